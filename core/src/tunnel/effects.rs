//! What an operation asks its caller to do, once the record is stored.

use super::state::{ConnectionId, Life, Pair};
use crate::mode::Side;

/// Why a peer's connection is to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// Its access token was rotated.
    Rotated,
    /// The same client came back on a new connection.
    Replaced,
    /// The tunnel closed.
    TunnelClosed,
}

impl DisconnectReason {
    /// All three.
    pub const EVERY: [Self; 3] = [Self::Rotated, Self::Replaced, Self::TunnelClosed];

    /// The reason in the WebSocket close frame, whose code is 1008 (ours: control-plane.md, rule 6), and in the log. A
    /// replaced connection ends without a close frame: after one, AWS's clients would not come back.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Rotated => "access token rotated",
            Self::Replaced => "replaced by a new connection",
            Self::TunnelClosed => "tunnel closed",
        }
    }
}

/// A connection to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disconnect {
    /// The side it belongs to.
    pub side: Side,
    /// The connection, as named in `connect`.
    pub connection: ConnectionId,
    /// Why.
    pub reason: DisconnectReason,
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Close this connection.
    Disconnect(Disconnect),
    /// Tell that side, which stays connected, that every stream is reset.
    ResetPeer(Side),
    /// Publish the destination's new token to the thing.
    Notify,
    /// Delete the record.
    Deleted,
}

/// All that one operation asks for, of fixed size. Iterate over it, or ask for one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    pub(super) source: Option<Disconnect>,
    pub(super) destination: Option<Disconnect>,
    pub(super) reset_peer: Option<Side>,
    pub(super) notify: bool,
    pub(super) deleted: bool,
}

impl Effects {
    /// Everything to do, in an order that is safe to follow: connections close before their peers hear of it.
    pub fn iter(&self) -> impl Iterator<Item = Effect> + use<> {
        [
            self.source.map(Effect::Disconnect),
            self.destination.map(Effect::Disconnect),
            self.reset_peer.map(Effect::ResetPeer),
            self.notify.then_some(Effect::Notify),
            self.deleted.then_some(Effect::Deleted),
        ]
        .into_iter()
        .flatten()
    }

    /// The connection of that side to close, if any.
    #[must_use]
    pub const fn disconnects(&self, side: Side) -> Option<Disconnect> {
        match side {
            Side::Source => self.source,
            Side::Destination => self.destination,
        }
    }

    /// Whether the destination's new token is to be published to the thing.
    #[must_use]
    pub const fn notifies(&self) -> bool {
        self.notify
    }

    /// Whether the record is to be deleted.
    #[must_use]
    pub const fn deletes(&self) -> bool {
        self.deleted
    }

    pub(super) fn disconnect(&mut self, side: Side, connection: ConnectionId, reason: DisconnectReason) {
        let disconnect = Some(Disconnect {
            side,
            connection,
            reason,
        });
        match side {
            Side::Source => self.source = disconnect,
            Side::Destination => self.destination = disconnect,
        }
    }

    /// `side` has lost its connection: whoever is connected across the tunnel holds streams that lead nowhere.
    pub(super) fn reset_peer_of(&mut self, side: Side, lives: &Pair<Life>) {
        self.reset_peer = lives.get(side.other()).connection().map(|_| side.other());
    }
}
