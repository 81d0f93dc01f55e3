//! Where a session is.

use iot_tunnel_core::Misuse;
use iot_tunnel_core::session::{NoToken as Why, Status as At};

use super::{SessionStorage, tell};
use crate::memory::Text;
use crate::status::Code;

/// Where a session is.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// It needs a token.
    AwaitingToken = 1,
    /// It connects: the handshake is to be made or answered.
    Connecting = 2,
    /// The WebSocket is up, and the service is to say which services there are.
    AwaitingServices = 3,
    /// Bytes flow.
    Open = 4,
    /// It waits before it connects again.
    Backoff = 5,
    /// It is over.
    Closed = 6,
}

/// Why a session has no token to connect with.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// It has one, or is closed.
    NotSo = 0,
    /// It has had none.
    Never = 1,
    /// Its connection was lost, and without a client token the access token cannot be used again.
    Spent = 2,
    /// The service refused it, for good: `http_status`. The tunnel is closed or expired, or a rotation has revoked the token.
    Refused = 3,
}

/// Where a session is, with what belongs to it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SessionStatus {
    /// Where it is.
    pub state: SessionState,
    /// AWAITING_TOKEN: why.
    pub no_token: NoToken,
    /// AWAITING_TOKEN after REFUSED: the HTTP status, 400–499. Otherwise 0.
    pub http_status: u16,
    /// BACKOFF: until when, in milliseconds of the clock that `now` is of. Otherwise 0.
    pub backoff_until: u64,
    /// Whether the latest 4 or more connections in a row were accepted and then lost before they proved usable. The usual cause is
    /// another client with the same access token and client token: the service lets each replace the other.
    pub contested: bool,
}

impl SessionStatus {
    fn of(at: At, contested: bool) -> Self {
        let mut status = Self {
            state: SessionState::Closed,
            no_token: NoToken::NotSo,
            http_status: 0,
            backoff_until: 0,
            contested,
        };
        status.state = match at {
            At::AwaitingToken(why) => {
                status.no_token = match why {
                    Why::None => NoToken::Never,
                    Why::Spent => NoToken::Spent,
                    Why::Refused { status: http } => {
                        status.http_status = http;
                        NoToken::Refused
                    }
                };
                SessionState::AwaitingToken
            }
            At::Connecting => SessionState::Connecting,
            At::AwaitingServices => SessionState::AwaitingServices,
            At::Open => SessionState::Open,
            At::Backoff { until } => {
                status.backoff_until = until.0;
                SessionState::Backoff
            }
            At::Closed => SessionState::Closed,
        };
        status
    }
}

/// Says where a session is.
///
/// @param session The session.
/// @param status Where it is.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_describe(
    session: *const SessionStorage,
    status: *mut SessionStatus,
) -> Code {
    // SAFETY: the header's rules for storage and results.
    unsafe {
        tell(session, status, |client| {
            Ok(SessionStatus::of(
                client.session.status(),
                client.session.is_contested(),
            ))
        })
    }
}

/// Says the name of a service of the session.
///
/// @param session The session.
/// @param service Its place, from 0.
/// @param name Its name. Empty if it has none: the session was made without, and the tunnel says none or does not say it yet.
///        It lies in the session: copy it if another call follows.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY, MISUSE_UNKNOWN_SERVICE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_service(
    session: *const SessionStorage,
    service: u32,
    name: *mut Text,
) -> Code {
    // SAFETY: the header's rules for storage and results.
    unsafe {
        tell(session, name, |client| {
            let place = usize::try_from(service).map_err(|_| Misuse::UnknownService)?;
            match client.session.services().get(place) {
                Some(name) => Ok(Text::of(name.as_str())),
                None if place == 0 => Ok(Text::EMPTY),
                None => Err(Misuse::UnknownService),
            }
        })
    }
}
