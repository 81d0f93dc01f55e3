//! [`Config`]: what a session is told once.

use super::backoff::MAX_BACKOFF;
use crate::handshake::Subprotocol;
use crate::id::ServiceId;
use crate::mode::Side;
use crate::wire::MAX_PAYLOAD;

/// What a session is told when it is made. It keeps a copy.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a, S = ServiceId> {
    /// The side of the tunnel. A session keeps it: a token for the other side is refused.
    pub side: Side,
    /// The services that a source opens connections to, or that a destination serves.
    pub services: Services<'a, S>,
    /// The newest format that a source speaks; it is an older one where the accepted subprotocol is older. Over V3 a
    /// source may speak V1 or V2 format, for a destination that knows no other. A destination answers in the format of
    /// each stream.
    pub format: Subprotocol,
    /// The longest payload that is sent, in bytes: 1 to [`MAX_PAYLOAD`], or less where the peers agreed on less
    /// (data-plane.md §3). What is taken is limited by the buffer for it.
    pub max_payload: usize,
    /// Ceiling of the waits after a failed connect or a drop, in milliseconds; higher values count as [`MAX_BACKOFF`]. 5,000 suits a
    /// person who waits, [`MAX_BACKOFF`] a fleet. A service that answers 5xx, 408 or 429 is always given up to [`MAX_BACKOFF`].
    pub max_backoff: u32,
}

impl<'a> Config<'a> {
    /// These services, V3, the protocol's longest payload and [`MAX_BACKOFF`].
    #[must_use]
    pub const fn new(side: Side, services: &'a [ServiceId]) -> Self {
        Self {
            services: Services::Named(services),
            ..Self::unnamed(side)
        }
    }

    /// One service, whatever the tunnel calls it; the rest as in [`new`](Self::new).
    #[must_use]
    pub const fn unnamed(side: Side) -> Self {
        Self {
            side,
            services: Services::Unnamed,
            format: Subprotocol::V3,
            max_payload: MAX_PAYLOAD,
            max_backoff: MAX_BACKOFF as u32,
        }
    }
}

/// Which services a session has. Each is known by its place, from 0. `S` is what holds a name: a [`ServiceId`], or a `&str`
/// that becomes one.
#[derive(Clone, Copy, Debug)]
pub enum Services<'a, S = ServiceId> {
    /// Those of these names: at least one, and none twice. In a tunnel without services a single one stands for what
    /// the other side has, whatever its name.
    Named(&'a [S]),
    /// One, and its name is the tunnel's to say, on each connection anew: the name that SERVICE_IDS says, or none if it
    /// says none or does not come (V1). If it says several, nothing is opened by guess:
    /// [`Announced::needs_name`](super::Announced::needs_name).
    Unnamed,
}
