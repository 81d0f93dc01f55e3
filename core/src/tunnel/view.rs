//! Reading a record: what DescribeTunnel shows, and what the caller needs to know.

use super::state::{ClosedBy, ConnectionId, State};
use super::{CLOSED_RETENTION, Tunnel};
use crate::destination::DestinationConfig;
use crate::id::TunnelId;
use crate::mode::Side;
use crate::time::{Lifetime, Millis};
use crate::token::TokenDigest;

/// A tunnel's status in the API, with what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TunnelStatus {
    /// OPEN: it can be connected and rotated.
    Open,
    /// CLOSED, for good.
    Closed {
        /// Since when.
        at: Millis,
        /// By what.
        by: ClosedBy,
    },
}

impl TunnelStatus {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Closed { .. } => "CLOSED",
        }
    }
}

/// A side's connection state in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionState {
    /// Whether a peer is connected.
    pub connected: bool,
    /// When that last changed.
    pub last_updated_at: Millis,
}

impl ConnectionState {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self.connected {
            true => "CONNECTED",
            false => "DISCONNECTED",
        }
    }
}

/// How a tunnel looks at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// OPEN or CLOSED.
    pub status: TunnelStatus,
    /// The source's connection.
    pub source: ConnectionState,
    /// The destination's connection.
    pub destination: ConnectionState,
    /// When the tunnel last changed.
    pub last_updated_at: Millis,
}

impl Description {
    /// That side's connection.
    #[must_use]
    pub const fn connection(&self, side: Side) -> ConnectionState {
        match side {
            Side::Source => self.source,
            Side::Destination => self.destination,
        }
    }
}

impl Tunnel {
    /// The tunnel's id.
    #[must_use]
    pub const fn id(&self) -> &TunnelId {
        &self.id
    }

    /// What stands at the destination now: what it was opened with, or what a rotation has put there.
    #[must_use]
    pub const fn destination_config(&self) -> Option<&DestinationConfig> {
        self.destination_config.as_ref()
    }

    /// When it was opened.
    #[must_use]
    pub const fn created_at(&self) -> Millis {
        self.created_at
    }

    /// The moment at which it closes by itself. No operation ever moves it.
    #[must_use]
    pub const fn ends_at(&self) -> Millis {
        self.lifetime.end(self.created_at)
    }

    /// The lifetime it was opened with.
    #[must_use]
    pub const fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// How often that side's token has been rotated. A notification carries the token of one generation: it is
    /// current as long as this number stands.
    #[must_use]
    pub const fn generation(&self, side: Side) -> u32 {
        self.tokens.get(side).generation
    }

    /// The digest of the client token that the side's current access token is bound to, while the tunnel is open.
    #[must_use]
    pub const fn bound_client_token(&self, side: Side) -> Option<TokenDigest> {
        match &self.state {
            State::Open(lives) => lives.get(side).bound(),
            State::Closed { .. } => None,
        }
    }

    /// How the tunnel looks at a moment: expired is CLOSED, whether or not [`expire`](Self::expire) has run.
    #[must_use]
    pub fn describe(&self, now: Millis) -> Description {
        let ends_at = self.ends_at();
        let status = match self.state {
            State::Open(_) if now < ends_at => TunnelStatus::Open,
            State::Open(_) => TunnelStatus::Closed {
                at: ends_at,
                by: ClosedBy::Lifetime,
            },
            State::Closed { at, by } => TunnelStatus::Closed { at, by },
        };
        let connection = |side| {
            let last_updated_at = *self.connection_updated_at.get(side);
            match (self.connection(side), status) {
                (Some(_), TunnelStatus::Open) => ConnectionState {
                    connected: true,
                    last_updated_at,
                },
                (Some(_), TunnelStatus::Closed { at, .. }) => ConnectionState {
                    connected: false,
                    last_updated_at: at,
                },
                (None, _) => ConnectionState {
                    connected: false,
                    last_updated_at,
                },
            }
        };
        Description {
            status,
            source: connection(Side::Source),
            destination: connection(Side::Destination),
            // The end of an open tunnel comes after everything that has changed it.
            last_updated_at: match status {
                TunnelStatus::Open => self.last_updated_at,
                TunnelStatus::Closed { at, .. } => at,
            },
        }
    }

    /// The live connection of that side, if there is one.
    #[must_use]
    pub const fn connection(&self, side: Side) -> Option<ConnectionId> {
        match &self.state {
            State::Open(lives) => lives.get(side).connection(),
            State::Closed { .. } => None,
        }
    }

    /// Whether it is open at that moment.
    #[must_use]
    pub const fn is_open(&self, now: Millis) -> bool {
        matches!(self.state, State::Open(_)) && now.0 < self.ends_at().0
    }

    /// When [`expire`](Self::expire) will next have something to do: the tunnel's end, or its deletion.
    #[must_use]
    pub const fn next_deadline(&self) -> Millis {
        match &self.state {
            State::Open(_) => self.ends_at(),
            State::Closed { at, .. } => at.after(CLOSED_RETENTION),
        }
    }
}
