//! [`Limits`]: how long local connections may keep others waiting, and how long they wait themselves.

use std::time::Duration;

/// How long a half-closed connection waits for further bytes of the other end, unless told otherwise (ours: longer than a retransmission or
/// two, shorter than a person's patience).
pub const HALF_CLOSE_SILENCE: Duration = Duration::from_secs(5);
/// How long a connection may take no byte while others wait behind it, unless told otherwise (ours).
pub const STALL_LIMIT: Duration = Duration::from_secs(10);

/// How long a half-closed connection is silent before it makes way for a new one that has no place (ours: longer than the gaps of an
/// answer that is under way).
pub(super) const MAKE_WAY_AFTER: Duration = Duration::from_secs(1);
/// How long a new connection waits for a place before it is closed (ours: as long as a half-closed one keeps its own). An
/// application that has closed may have bytes and its end under way.
pub(super) const PLACE_PATIENCE: Duration = Duration::from_secs(5);

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
