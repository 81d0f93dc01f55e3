//! The states of a tunnel and of a side's token. Each state owns its data: a closed tunnel has no connections, a fresh
//! token no client token.

use crate::error::Refusal;
use crate::mode::Side;
use crate::time::Millis;
use crate::token::TokenDigest;

/// One value for each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Pair<T> {
    pub(super) source: T,
    pub(super) destination: T,
}

impl<T> Pair<T> {
    pub(super) const fn get(&self, side: Side) -> &T {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }

    pub(super) const fn get_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        }
    }
}

impl<T: Copy> Pair<T> {
    pub(super) const fn both(value: T) -> Self {
        Self {
            source: value,
            destination: value,
        }
    }
}

/// Names one connection of a peer; the caller chooses the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u64);

/// The life of a side's current token. A revoked token has no state: its digest is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Life {
    /// Never used.
    #[default]
    Fresh,
    /// Used in a handshake.
    Used {
        /// The client token it is bound to. Without one it can never be used again.
        bound: Option<TokenDigest>,
        /// The live connection, if there is one.
        connection: Option<ConnectionId>,
    },
}

impl Life {
    pub(super) const fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::Fresh => None,
            Self::Used { connection, .. } => *connection,
        }
    }

    pub(super) const fn bound(&self) -> Option<TokenDigest> {
        match self {
            Self::Fresh => None,
            Self::Used { bound, .. } => *bound,
        }
    }
}

/// The tunnel: OPEN → CLOSED, never back.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum State {
    Open(Pair<Life>),
    Closed { at: Millis, by: ClosedBy },
}

impl State {
    /// The lives of both sides' tokens, if the tunnel is open at `now`. It is the clock that decides, not a sweep.
    pub(super) fn open_at(&mut self, ends_at: Millis, now: Millis) -> Result<&mut Pair<Life>, Refusal> {
        match self {
            Self::Open(lives) if now < ends_at => Ok(lives),
            Self::Open(_)
            | Self::Closed {
                by: ClosedBy::Lifetime,
                ..
            } => Err(Refusal::TunnelExpired),
            Self::Closed {
                by: ClosedBy::Request,
                ..
            } => Err(Refusal::TunnelClosed),
        }
    }
}

/// What closed a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ClosedBy {
    /// CloseTunnel.
    Request,
    /// The end of its lifetime.
    Lifetime,
}
