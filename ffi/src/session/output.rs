//! What is to be done.

use iot_tunnel_core::session::Output as Todo;

use super::{SessionStorage, tell, with};
use crate::memory::{Area, Out, Writable};
use crate::status::{Code, Status};

/// What is to be done.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// Nothing, until something is to be reported or the deadline has come.
    Wait = 0,
    /// Close the socket, whatever it is at; with `close_code` if it is a WebSocket. Report nothing more of it.
    CloseWebsocket = 1,
    /// Make a connection: TCP, TLS, then iot_tunnel_session_upgrade_request and iot_tunnel_session_handle_upgrade. If it
    /// does not come so far, close the socket and call iot_tunnel_session_handle_closed.
    Connect = 2,
    /// Send a WebSocket ping, and report its pong by iot_tunnel_session_handle_pong.
    Ping = 3,
    /// Send `bytes`, as many as the socket takes, in binary messages cut anywhere; then call iot_tunnel_session_sent.
    Send = 4,
}

/// What is to be done.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Output {
    /// What it is.
    pub kind: OutputKind,
    /// CLOSE_WEBSOCKET: the code of the close frame, such as 1000. Otherwise 0.
    pub close_code: u16,
    /// SEND: the first bytes of what waits, 1 to 131076. They lie in the outgoing buffer until the next call of a function
    /// of this session, and are handed out again until iot_tunnel_session_sent lets go of them. Who has no room for a copy
    /// may mask them where they lie: see iot_tunnel_websocket_mask.
    pub bytes: Writable,
    /// When iot_tunnel_session_handle_timeout is due, whatever the kind; UINT64_MAX: never.
    pub deadline: u64,
}

/// Says what is to be done next. Do it and call again, until it says WAIT or the socket takes no more. CLOSE_WEBSOCKET,
/// CONNECT and PING are said once.
///
/// @param session The session.
/// @param output What is to be done.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_poll_output(
    session: *mut SessionStorage,
    output: *mut Output,
) -> Code {
    // SAFETY: the header's rules for storage and results.
    unsafe {
        with(session, &[Area::of(output, 1)], &[], |client| {
            let out = Out::new(output)?;
            let (kind, close_code, bytes) = match client.session.poll_output() {
                Todo::Wait(_) => (OutputKind::Wait, 0, Writable::EMPTY),
                Todo::CloseWebSocket(code) => (OutputKind::CloseWebsocket, code.number(), Writable::EMPTY),
                Todo::Connect(_) => {
                    client.pending = None;
                    (OutputKind::Connect, 0, Writable::EMPTY)
                }
                Todo::Ping => (OutputKind::Ping, 0, Writable::EMPTY),
                Todo::Send(bytes) => (OutputKind::Send, 0, client.outgoing.part(bytes)),
            };
            out.set(Output {
                kind,
                close_code,
                bytes,
                deadline: client.deadline(),
            });
            Ok(Status::Ok)
        })
    }
}

/// Takes that the first bytes of SEND were sent, or stand where they will be sent from.
///
/// @param session The session.
/// @param count How many bytes.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_SENT_TOO_MUCH.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_sent(session: *mut SessionStorage, count: usize) -> Code {
    // SAFETY: the header's rules for storage.
    unsafe {
        with(session, &[], &[], |client| {
            client.session.sent(count)?;
            Ok(Status::Ok)
        })
    }
}

/// Says when iot_tunnel_session_handle_timeout is due: what iot_tunnel_session_poll_output says too, for a caller whose
/// socket takes no more.
///
/// @param session The session.
/// @param deadline The time, in milliseconds of the clock that `now` is of; UINT64_MAX: never.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_deadline(
    session: *const SessionStorage,
    deadline: *mut u64,
) -> Code {
    // SAFETY: the header's rules for storage and results.
    unsafe { tell(session, deadline, |client| Ok(client.deadline())) }
}
