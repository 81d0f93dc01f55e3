//! A client's end of a tunnel, without I/O: it takes tokens, bytes and time, and says what to do.

pub mod calls;
pub mod config;
pub mod connect;
pub mod incoming;
pub mod output;
pub mod state;

use iot_tunnel_core::handshake::PendingUpgrade;
use iot_tunnel_core::session::{self, Session};
use iot_tunnel_core::{Error, Misuse};

use crate::area::{Area, Lent};
use crate::status::{Code, Status, answer};
use crate::storage::{Storage, value};

/// A session: a client's end of a tunnel, source or destination. Storage only; make it with iot_tunnel_session_init, and
/// let it lie where it is until it is wiped. It holds access and client token.
#[repr(C)]
pub struct SessionStorage {
    opaque: [u64; 644],
}

// SAFETY: one member of words.
unsafe impl Storage for SessionStorage {
    type Value = Client;
    const MARK: u64 = u64::from_be_bytes(*b"session1");
}

/// A connection in the tunnel, by name: copy it as you like. It names this one from its start to its end and never another
/// one. All zero is none.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its service: the place in the session's services, from 0.
    pub service: u32,
    /// What tells it from every other one. 0: this is no connection.
    pub serial: u32,
}

impl Connection {
    /// No connection.
    pub const NONE: Self = Self {
        service: 0,
        serial: 0,
    };

    fn of(connection: session::Connection) -> Self {
        Self {
            // At most 2.
            service: connection.service() as u32,
            serial: connection.serial(),
        }
    }

    /// One that never was is used like one that has ended.
    fn get(self) -> Result<session::Connection, Misuse> {
        let service = usize::try_from(self.service).map_err(|_| Misuse::ConnectionEnded)?;
        session::Connection::from_parts(service, self.serial).ok_or(Misuse::ConnectionEnded)
    }
}

/// What lies in a session's storage.
pub struct Client {
    session: Session<Lent>,
    /// What judges the answer to the upgrade request, once that was written.
    pending: Option<PendingUpgrade>,
    /// Where the session's two buffers lie.
    incoming: Area,
    outgoing: Area,
}

impl Client {
    /// When the time is due, as C has it.
    fn deadline(&self) -> u64 {
        self.session.deadline().map_or(u64::MAX, |deadline| deadline.0)
    }

    /// An error unless this memory of the caller's is apart from all that the session uses.
    fn apart(&self, area: Area) -> Result<(), Misuse> {
        area.apart(&[Area::of_object(self), self.incoming, self.outgoing])
    }

    /// As `apart`, of what is read while only the outgoing buffer is written: it may lie in the incoming one, as what an
    /// event brought does.
    fn apart_from_outgoing(&self, area: Area) -> Result<(), Misuse> {
        area.apart(&[Area::of_object(self), self.outgoing])
    }
}

/// Does something with the session in storage.
///
/// # Safety
/// `storage` is NULL or points to storage that nobody else uses. Its buffers are as promised to `Lent::new`.
unsafe fn with(storage: *mut SessionStorage, act: impl FnOnce(&mut Client) -> Result<Status, Error>) -> Code {
    // SAFETY: as this function's.
    let client = unsafe { value(storage) };
    answer(client.map_err(Error::from).and_then(act))
}

/// Ends a session and zeroes its storage, tokens included: afterwards it is "not initialised", and its buffers are the
/// caller's again. Twice is harmless. The buffers are not zeroed: what ran through the tunnel may be in them. Nobody is
/// told: call iot_tunnel_session_close and do what iot_tunnel_session_poll_output says before, if the WebSocket is to be
/// closed in order.
///
/// @param session The session, or storage without one.
/// @return OK, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_wipe(session: *mut SessionStorage) -> Code {
    // SAFETY: the header's rules for storage.
    let wiped = unsafe { crate::storage::wipe(session) };
    crate::status::code(wiped.map_err(Into::into))
}
