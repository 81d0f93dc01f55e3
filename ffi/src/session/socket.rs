//! What happened to the socket, and the time.

use iot_tunnel_core::Millis;
use iot_tunnel_core::session::Timeout as Expired;
use iot_tunnel_core::websocket::{Close, CloseCode};

use super::{SessionStorage, with};
use crate::memory::{Area, Out, Text};
use crate::status::{Code, Status};

/// What ran out.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// Nothing that ends a connection: it was too early, a ping is due, or a wait is over.
    None = 0,
    /// The handshake was not answered within 30 seconds.
    Connect = 1,
    /// The service did not say its services within 30 seconds.
    ServiceIds = 2,
    /// The peer, which has answered a ping on this connection before, was silent for 30 seconds after one. A service may leave pings
    /// unanswered: where none was ever answered, silence ends nothing, and TCP keepalive of the socket is to find out a peer that is
    /// gone.
    Pong = 3,
}

/// Takes the end of the socket that CONNECT asked for, whatever it was: no connection, no TLS, no answer, a close frame, a
/// broken connection.
///
/// @param session The session.
/// @param now The time, in milliseconds of a monotonic clock.
/// @param close_code What a close frame said; 0 if none came or it said nothing. A number that stands in no close frame,
///        such as 1006, is taken for 0.
/// @param close_reason What it said for people. With it the session knows a closed tunnel from a lost connection.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY, MISUSE_NOT_UTF8,
///         MISUSE_NOT_CONNECTED (the session has given the socket up itself), MISUSE_SESSION_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_handle_closed(
    session: *mut SessionStorage,
    now: u64,
    close_code: u16,
    close_reason: Text,
) -> Code {
    // SAFETY: the header's rules for storage and text.
    unsafe {
        with(session, &[], &[close_reason.area()], |client| {
            let reason = close_reason.get()?;
            let close = CloseCode::from_number(close_code).map(|code| Close { code, reason });
            client.session.handle_closed(Millis(now), close)?;
            Ok(Status::Ok)
        })
    }
}

/// Takes a ping of the peer, which the WebSocket itself answers: a sign of life.
///
/// @param session The session.
/// @param now The time, in milliseconds of a monotonic clock.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTED, MISUSE_SESSION_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_handle_ping(session: *mut SessionStorage, now: u64) -> Code {
    // SAFETY: the header's rules for storage.
    unsafe {
        with(session, &[], &[], |client| {
            client.session.handle_ping(Millis(now))?;
            Ok(Status::Ok)
        })
    }
}

/// Takes the pong that answers PING.
///
/// @param session The session.
/// @param now The time, in milliseconds of a monotonic clock.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTED, MISUSE_SESSION_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_handle_pong(session: *mut SessionStorage, now: u64) -> Code {
    // SAFETY: the header's rules for storage.
    unsafe {
        with(session, &[], &[], |client| {
            client.session.handle_pong(Millis(now))?;
            Ok(Status::Ok)
        })
    }
}

/// Takes the time: due at the deadline, harmless at any other moment. A connection to the service that ran out is given up,
/// and iot_tunnel_session_poll_output goes on.
///
/// @param session The session.
/// @param now The time, in milliseconds of a monotonic clock.
/// @param timeout What ran out. May be NULL.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_handle_timeout(
    session: *mut SessionStorage,
    now: u64,
    timeout: *mut Timeout,
) -> Code {
    // SAFETY: the header's rules for storage and results.
    unsafe {
        with(session, &[Area::of(timeout, 1)], &[], |client| {
            let expired = match client.session.handle_timeout(Millis(now)) {
                Expired::None => Timeout::None,
                Expired::Connect => Timeout::Connect,
                Expired::ServiceIds => Timeout::ServiceIds,
                Expired::Pong => Timeout::Pong,
            };
            if let Ok(out) = Out::new(timeout) {
                out.set(expired);
            }
            Ok(Status::Ok)
        })
    }
}

/// Says that the application leaves the peer's bytes in the socket from now on, or that it reads again. Meanwhile the peer
/// is not taken for silent.
///
/// @param session The session.
/// @param now The time, in milliseconds of a monotonic clock.
/// @param paused Whether they are left there.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTED, MISUSE_SESSION_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_pause(
    session: *mut SessionStorage,
    now: u64,
    paused: bool,
) -> Code {
    // SAFETY: the header's rules for storage.
    unsafe {
        with(session, &[], &[], |client| {
            client.session.pause(Millis(now), paused)?;
            Ok(Status::Ok)
        })
    }
}
