//! [`Limits`]: how long local connections may keep others waiting, and how long they wait themselves.

use std::time::Duration;

/// How long a half-closed connection waits for further bytes of the other end, unless told otherwise (ours: longer than a retransmission or
/// two, shorter than a person's patience).
pub const HALF_CLOSE_SILENCE: Duration = Duration::from_secs(5);
/// How long a connection may take no byte while others wait behind it, unless told otherwise (ours).
pub const STALL_LIMIT: Duration = Duration::from_secs(10);

/// The limits of a tunnel's local connections.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) half_close_silence: Duration,
    /// None is no limit.
    pub(super) stall: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            half_close_silence: HALF_CLOSE_SILENCE,
            stall: Some(STALL_LIMIT),
        }
    }
}
