//! A client's end of a tunnel, without I/O: it takes tokens, bytes and time, and says what to do.

// In the order in which the header shows what they declare.
pub mod config;
pub mod connect;

pub mod output;

pub mod incoming;

pub mod socket;

pub mod application;
pub mod state;

use core::mem::MaybeUninit;
use core::num::NonZeroU32;

use iot_tunnel_core::handshake::PendingUpgrade;
use iot_tunnel_core::session::{self, Config, Session};
use iot_tunnel_core::{Error, Misuse};

use crate::lent::{Lent, Place};
use crate::memory::{Area, Out, apart};
use crate::status::{Code, Status, answer};
use crate::storage::{Storage, value, view};

/// A session: a client's end of a tunnel, source or destination. Storage only; make it with iot_tunnel_session_init, and
/// let it lie where it is until it is wiped. It holds access and client token.
///
/// The introduction has its loop, step by step.
///
/// An answer of the application goes out like this: iot_tunnel_session_send copies it into the outgoing buffer, as a frame of
/// the tunnel; poll_output says SEND; its bytes go into a WebSocket frame, by iot_tunnel_websocket_write into another
/// buffer, or where they lie by iot_tunnel_websocket_mask; iot_tunnel_session_sent lets go of them. A WebSocket library or a
/// proxy may take the part of iot_tunnel_websocket.
///
/// What is masked where it lies must go out whole before any other frame: meanwhile a PING that poll_output says, and a pong
/// that is due, wait; iot_tunnel_session_sent takes it in steps; and each time poll_output says again where the rest lies.
#[repr(C)]
pub struct SessionStorage {
    opaque: [u64; 601],
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
    fn of(connection: session::Connection) -> Self {
        Self {
            // At most 2.
            service: connection.service() as u32,
            serial: connection.serial().get(),
        }
    }

    /// One that never was is used like one that has ended.
    fn get(self) -> Result<session::Connection, Misuse> {
        let service = usize::try_from(self.service).map_err(|_| Misuse::ConnectionEnded)?;
        NonZeroU32::new(self.serial)
            .and_then(|serial| session::Connection::from_parts(service, serial))
            .ok_or(Misuse::ConnectionEnded)
    }
}

/// What lies in a session's storage.
pub struct Client {
    session: Session<Lent>,
    /// What judges the answer to the upgrade request, once that was written.
    pending: Option<PendingUpgrade>,
    /// Where the session's two buffers lie.
    incoming: Place,
    outgoing: Place,
}

impl Client {
    /// Makes one where it stays.
    fn make<'p>(
        place: &'p mut MaybeUninit<Self>,
        config: &Config<'_, &str>,
        (incoming, outgoing): (Lent, Lent),
        places: (Place, Place),
    ) -> Result<&'p mut Self, Error> {
        let client = place.as_mut_ptr();
        // SAFETY: the places of its members are places, and after this there is something in each.
        unsafe {
            let session = (&raw mut (*client).session).cast::<MaybeUninit<Session<Lent>>>();
            Session::init(&mut *session, config, incoming, outgoing)?;
            (&raw mut (*client).pending).write(None);
            (&raw mut (*client).incoming).write(places.0);
            (&raw mut (*client).outgoing).write(places.1);
            Ok(place.assume_init_mut())
        }
    }

    /// When the time is due, as C has it.
    fn deadline(&self) -> u64 {
        self.session.deadline().map_or(u64::MAX, |deadline| deadline.0)
    }

    /// All that the session writes to.
    fn areas(&self, storage: *const SessionStorage) -> [Area; 3] {
        [Area::of(storage, 1), self.incoming.area(), self.outgoing.area()]
    }
}

/// The session in storage, once all that a call writes is found apart from all else. Every call begins with it.
///
/// # Safety
/// `storage` is NULL or points to storage that nobody else uses. Its buffers are as promised to [`Lent::new`].
#[inline(never)]
unsafe fn enter<'a>(
    storage: *mut SessionStorage,
    written: &[Area],
    read: &[Area],
) -> Result<&'a mut Client, Code> {
    let found = || {
        apart(written, read)?;
        // SAFETY: as this function's.
        let client = unsafe { value(storage) }?;
        let own = client.areas(storage);
        apart(&own, written)?;
        apart(&own, read)?;
        Ok(client)
    };
    // The error as C has it: so the result goes through two registers.
    found().map_err(|misuse: Misuse| misuse.code().into())
}

/// Does something with the session in storage.
///
/// # Safety
/// As of [`enter`].
unsafe fn with(
    storage: *mut SessionStorage,
    written: &[Area],
    read: &[Area],
    act: impl FnOnce(&mut Client) -> Result<Status, Error>,
) -> Code {
    // SAFETY: as this function's.
    match unsafe { enter(storage, written, read) }.map(act) {
        Ok(Ok(status)) => status as Code,
        Ok(Err(error)) => error.code().into(),
        Err(code) => code,
    }
}

/// Looks at the session in storage, and writes what is asked for.
///
/// # Safety
/// `storage` is NULL or points to storage that does not change meanwhile; `result` is as of [`Out::new`].
unsafe fn tell<T>(
    storage: *const SessionStorage,
    result: *mut T,
    look: impl FnOnce(&Client) -> Result<T, Misuse>,
) -> Code {
    answer(|| {
        // SAFETY: as this function's.
        let (client, out) = unsafe { (view(storage)?, Out::new(result)?) };
        apart(&client.areas(storage), &[Area::of(result, 1)])?;
        out.set(look(client)?);
        Ok(())
    })
}
