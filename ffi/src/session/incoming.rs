//! What the peer sends, and what it means.

use iot_tunnel_core::Millis;
use iot_tunnel_core::session::{Announced, Event as Said};

use super::{Connection, SessionStorage, with};
use crate::memory::{Area, Bytes, Out, Plain, Text, apart, object_mut};
use crate::status::{Code, Status};

/// What one message of the tunnel means.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// There is no whole message. All input is taken, unless something is to be sent first: see
    /// iot_tunnel_session_handle_bytes.
    None = 0,
    /// Nothing: the session has dealt with it. Call again.
    Handled = 1,
    /// The session is open, and `services` are the tunnel's.
    Open = 2,
    /// At a destination: `connection` was started. Connect to its service; if you cannot, call iot_tunnel_session_reset at
    /// once. If `replaces`, all other connections of that service are over, as each of them would be by ENDED.
    Started = 3,
    /// `payload` came on `connection`: at least one byte.
    Data = 4,
    /// The peer ended `connection`, so that what came before is the whole of it: flush that, then close. There is nothing to answer.
    Ended = 5,
    /// All connections of `service` were cut off: the other side is gone, was replaced or rejects the service. What came may be a part
    /// of a whole: a TCP connection to a local program is best ended by a reset. `fault` says what the other side did wrong, if that is
    /// why.
    StreamEnded = 6,
    /// The service cut off all connections, as by STREAM_ENDED. The WebSocket stays.
    SessionReset = 7,
    /// The peer broke the protocol, by `fault`: every connection is over, and iot_tunnel_session_poll_output goes on.
    /// CAPACITY_BUFFER_TOO_SMALL is a message longer than the incoming buffer. The rest of the input is gone.
    Lost = 8,
}

/// What one message of the tunnel means. What a kind does not name is zero.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Event {
    /// What it is.
    pub kind: EventKind,
    /// STARTED, DATA, ENDED: the connection.
    pub connection: Connection,
    /// DATA: the bytes. They lie in the input or in the incoming buffer, and last until the input is used for something else
    /// or iot_tunnel_session_handle_bytes is called again. They may be sent back from there by iot_tunnel_session_send.
    pub payload: Bytes,
    /// STREAM_ENDED: the service, by its place in the session's services.
    pub service: u32,
    /// STARTED: whether all other connections of that service are over.
    pub replaces: bool,
    /// OPEN: whether the session was given no name for its service and the tunnel has several: no connection will come of
    /// it. Make another session with one of these names.
    pub needs_name: bool,
    /// STREAM_ENDED, LOST: a status; 0 if the other side did nothing wrong.
    pub fault: Code,
    /// OPEN: the tunnel's services. They last as `payload`.
    pub services: [Text; 3],
    /// OPEN: how many of them are here, 0 to 3. 0: the tunnel was opened without.
    pub service_count: u32,
    /// OPEN: how many more the service named. A tunnel of AWS has no more than 3.
    pub services_omitted: u32,
}

/// Takes the next message off the start of the input, the payload of binary WebSocket messages in any split, and says what
/// it means. Call it as long as it gives an event and the application can take one: nothing is kept for you. An application
/// that cannot take another event keeps the input, reads no more from the socket and says so by iot_tunnel_session_pause.
///
/// With NONE the input is used up. At a destination there is one exception: while the outgoing buffer has no room for an
/// answer, the input stays as it is, and the peer is not taken for silent. Send first, then call again with the same input.
///
/// @param session The session.
/// @param now The time, in milliseconds of a monotonic clock.
/// @param input What was received. It is moved behind what was taken. It must not lie in a buffer of the session.
/// @param event What the message means.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY; unless the input is empty also
///         MISUSE_NOT_CONNECTED, MISUSE_SESSION_CLOSED. What the peer does wrong is the event LOST.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_handle_bytes(
    session: *mut SessionStorage,
    now: u64,
    input: *mut Bytes,
    event: *mut Event,
) -> Code {
    // SAFETY: the header's rules for storage, bytes and results.
    unsafe {
        let written = [Area::of(input, 1), Area::of(event, 1)];
        with(session, &written, &[], |client| {
            let out = Out::new(event)?;
            let input = object_mut(input)?;
            let [storage, incoming, outgoing] = client.areas(session);
            let [own, said] = written;
            apart(&[own, said, storage, incoming, outgoing], &[input.area()])?;
            let mut rest = input.get()?;
            let said = client.session.handle_bytes(Millis(now), &mut rest)?;
            let event = out.zeroed();
            if let Some(said) = said {
                event.fill(said);
            }
            input.move_on(rest.len());
            Ok(Status::Ok)
        })
    }
}

// SAFETY: an event of nothing but zeroes is NONE.
unsafe impl Plain for Event {}

impl Event {
    /// Says it, in an event that is NONE.
    fn fill(&mut self, said: Said<'_>) {
        self.kind = match said {
            Said::Handled => EventKind::Handled,
            Said::Open(announced) => {
                self.announce(&announced);
                EventKind::Open
            }
            Said::Started { connection, replaces } => {
                self.connection = Connection::of(connection);
                self.replaces = replaces;
                EventKind::Started
            }
            Said::Data { connection, payload } => {
                self.connection = Connection::of(connection);
                self.payload = Bytes::of(payload);
                EventKind::Data
            }
            Said::Ended { connection } => {
                self.connection = Connection::of(connection);
                EventKind::Ended
            }
            Said::StreamEnded { service, fault } => {
                // At most 2.
                self.service = service as u32;
                self.fault = fault.map_or(0, |fault| Code::from(fault.code()));
                EventKind::StreamEnded
            }
            Said::SessionReset => EventKind::SessionReset,
            Said::Lost { fault } => {
                self.fault = Code::from(fault.code());
                EventKind::Lost
            }
        };
    }

    fn announce(&mut self, announced: &Announced<'_>) {
        let mut places = self.services.iter_mut();
        for id in announced.services() {
            match places.next() {
                Some(place) => {
                    *place = Text::of(id);
                    self.service_count += 1;
                }
                None => self.services_omitted = self.services_omitted.saturating_add(1),
            }
        }
        self.needs_name = announced.needs_name();
    }
}
