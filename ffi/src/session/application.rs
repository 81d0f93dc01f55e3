//! What the application wants.

use iot_tunnel_core::session::Progress;

use super::{Connection, SessionStorage, with};
use crate::memory::{Area, Bytes, Out, apart, bytes_mut};
use crate::status::{Code, Status};

/// At a source: opens a connection to a service. Its destination may answer by the event ENDED that it cannot.
///
/// WOULD_BLOCK: the outgoing buffer has no room; or, in V1 and V2 format, this session ended the service's connection less than
/// 500 ms ago, so that bytes which are still under way from it could not be told from those of the next. Call again when something
/// was sent, or at the deadline.
///
/// @param session The session.
/// @param service The place in the session's services, from 0.
/// @param connection The new connection.
/// @return OK, WOULD_BLOCK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY, MISUSE_NOT_SOURCE,
///         MISUSE_NOT_OPEN,
///         MISUSE_SESSION_CLOSED, MISUSE_UNKNOWN_SERVICE, MISUSE_SERVICE_NOT_IN_TUNNEL, MISUSE_SERVICE_NEEDS_NAME,
///         MISUSE_SERVICE_NOT_CHOSEN, CAPACITY_CONNECTION_TABLE_FULL (32 of a service), CAPACITY_ONE_CONNECTION_ONLY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_open(
    session: *mut SessionStorage,
    service: u32,
    connection: *mut Connection,
) -> Code {
    // SAFETY: the header's rules for storage and results.
    unsafe {
        with(session, &[Area::of(connection, 1)], &[], |client| {
            let out = Out::new(connection)?;
            // A number that is no usize is no service either.
            match client
                .session
                .open(usize::try_from(service).unwrap_or(usize::MAX))?
            {
                Progress::WouldBlock => Ok(Status::WouldBlock),
                Progress::Done(connection) => {
                    out.set(Connection::of(connection));
                    Ok(Status::Ok)
                }
            }
        })
    }
}

/// Sends bytes of a connection: the first of them, as many as the outgoing buffer has room for and one message takes.
///
/// @param session The session.
/// @param connection The connection.
/// @param data The bytes. They are copied. They may be the payload of an event of this session.
/// @param taken How many were taken; with WOULD_BLOCK 0.
/// @return OK, WOULD_BLOCK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_CONNECTION_ENDED, MISUSE_SESSION_CLOSED,
///         MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_send(
    session: *mut SessionStorage,
    connection: Connection,
    data: Bytes,
    taken: *mut usize,
) -> Code {
    // SAFETY: the header's rules for storage, bytes and results.
    unsafe {
        with(session, &[Area::of(taken, 1)], &[], |client| {
            let out = Out::new(taken)?;
            // It may lie in the incoming buffer, as what an event brought does: that is neither read nor written here.
            let [storage, _, outgoing] = client.areas(session);
            apart(&[Area::of(taken, 1), storage, outgoing], &[data.area()])?;
            match client.session.send(connection.get()?, data.get()?)? {
                Progress::WouldBlock => {
                    out.set(0);
                    Ok(Status::WouldBlock)
                }
                Progress::Done(count) => {
                    out.set(count);
                    Ok(Status::Ok)
                }
            }
        })
    }
}

/// Bytes that are enough for what stands around a payload.
pub const MAX_ENVELOPE: usize = 167;
const _: () = assert!(MAX_ENVELOPE == iot_tunnel_core::wire::MAX_ENVELOPE);

/// What stands around a payload in its frame.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Envelope {
    /// What goes before the payload.
    pub head: Bytes,
    /// What goes after it.
    pub tail: Bytes,
    /// How many bytes of the payload belong between the two.
    pub taken: usize,
}

/// As iot_tunnel_session_send, without a copy: says what stands before and after the first bytes of `data` in their frame.
/// Send head, those bytes and tail at once, before iot_tunnel_session_poll_output is asked again.
///
/// @param session The session.
/// @param connection The connection.
/// @param data The bytes. They are not looked at: their length counts.
/// @param buffer Takes head and tail.
/// @param capacity Its length in bytes. IOT_TUNNEL_MAX_ENVELOPE is enough.
/// @param envelope Head and tail, in `buffer`, and how many bytes of `data` belong between them.
/// @return OK, WOULD_BLOCK (something else waits to be sent, or `data` is empty), MISUSE_NULL_POINTER,
///         MISUSE_NOT_INITIALISED, MISUSE_CONNECTION_ENDED, MISUSE_SESSION_CLOSED, MISUSE_OVERLAPPING_MEMORY,
///         CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_envelope(
    session: *mut SessionStorage,
    connection: Connection,
    data: Bytes,
    buffer: *mut u8,
    capacity: usize,
    envelope: *mut Envelope,
) -> Code {
    // SAFETY: the header's rules for storage, bytes, buffers and results.
    unsafe {
        let written = [Area::of(buffer, capacity), Area::of(envelope, 1)];
        with(session, &written, &[], |client| {
            let out = Out::new(envelope)?;
            // As in `send`.
            let [storage, _, outgoing] = client.areas(session);
            let [buffer_area, envelope_area] = written;
            apart(&[buffer_area, envelope_area, storage, outgoing], &[data.area()])?;
            let buffer = bytes_mut(buffer, capacity)?;
            match client.session.envelope(connection.get()?, data.get()?, buffer)? {
                Progress::WouldBlock => Ok(Status::WouldBlock),
                Progress::Done((envelope, taken)) => {
                    out.set(Envelope {
                        head: Bytes::of(envelope.head),
                        tail: Bytes::of(envelope.tail),
                        taken,
                    });
                    Ok(Status::Ok)
                }
            }
        })
    }
}

/// Ends a connection; the peer is told after what was sent before. It never waits for room. Over V1 and V2 this ends the
/// service's stream.
///
/// @param session The session.
/// @param connection The connection.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_CONNECTION_ENDED, MISUSE_SESSION_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_reset(
    session: *mut SessionStorage,
    connection: Connection,
) -> Code {
    // SAFETY: the header's rules for storage.
    unsafe {
        with(session, &[], &[], |client| {
            client.session.reset(connection.get()?)?;
            Ok(Status::Ok)
        })
    }
}

/// Ends the session: every connection is over, the tokens are wiped, and what waits to be sent is forgotten. If there is a
/// socket, iot_tunnel_session_poll_output says once that it is to be closed. Twice is harmless.
///
/// @param session The session.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_close(session: *mut SessionStorage) -> Code {
    // SAFETY: the header's rules for storage.
    unsafe {
        with(session, &[], &[], |client| {
            client.session.close();
            Ok(Status::Ok)
        })
    }
}
