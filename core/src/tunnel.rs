//! [`Tunnel`]: the service's record of one tunnel, and every rule about it.
//!
//! A record is plain data of fixed size: it can lie in SRAM, in a database, or go over a wire. An operation takes the
//! record, its input, the time and the entropy, and gives an answer and [`Effects`]: what the caller must do
//! next, after it has stored the record. A failed operation changes nothing.
//!
//! ```text
//! OPEN ── close, or end of lifetime ──▶ CLOSED ── 3 hours, or close {delete} ──▶ deleted
//! ```
//!
//! Source of every rule: control-plane.md, "RotateTunnelAccessToken, exactly", "Tunnel lifecycle" and "A token's
//! life (one side)".
//!
#![doc = include_str!("tunnel/transitions.md")]

mod effects;
mod issued;
mod slot;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod view;

pub use effects::{Disconnect, DisconnectReason, Effect, Effects};
pub use slot::{Slot, Slots};
pub use state::{ClosedBy, ConnectionId};
pub use table::{Table, TableIn};
pub use view::{ConnectionState, Description, TunnelStatus};

use core::fmt;

use crate::destination::{DestinationConfig, DestinationConfigRef};
use crate::error::{Capacity, Error, Refusal};
use crate::id::TunnelId;
use crate::mode::{ClientMode, Side};
use crate::time::{Lifetime, Millis};
use crate::token::{Claim, ClientToken, Entropy, IssuedToken, TokenDigest};
use issued::Issued;
use state::{Life, Pair, State};

/// How long a closed tunnel can still be described and listed, in milliseconds: three hours.
pub const CLOSED_RETENTION: u64 = 180 * Millis::MINUTE;

/// The record of one tunnel. See the [module](self) for how to use it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tunnel {
    id: TunnelId,
    created_at: Millis,
    lifetime: Lifetime,
    last_updated_at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destination_config: Option<DestinationConfig>,
    /// The current token of each side. Kept after closing too, to tell a token of a closed tunnel from an unknown one.
    tokens: Pair<Issued>,
    /// When each side's connection state last changed. It outlives the connections.
    connection_updated_at: Pair<Millis>,
    state: State,
}

// The budget of the issue: a gateway keeps many in SRAM.
const _: () = assert!(size_of::<Tunnel>() <= 1024, "a record is at most 1 KiB");

/// The answer to [`Tunnel::open`].
#[derive(Debug)]
pub struct Opened {
    /// The source's first token.
    pub source: IssuedToken,
    /// The destination's first token.
    pub destination: IssuedToken,
    /// What to do next.
    pub effects: Effects,
}

/// The answer to [`Tunnel::rotate`]: a token for each rotated side, and no other.
#[derive(Debug, Default)]
pub struct Rotated {
    /// The source's new token, if the source was rotated.
    pub source: Option<IssuedToken>,
    /// The destination's new token, if the destination was rotated.
    pub destination: Option<IssuedToken>,
    /// What to do next.
    pub effects: Effects,
}

/// What a peer presents when it connects.
#[derive(Clone, Copy)]
pub struct Handshake<'a> {
    /// The access token as it came. Whatever it holds, it is judged.
    pub access_token: &'a str,
    /// The side it wants to be: its `local-proxy-mode`.
    pub side: Side,
    /// The client token, if it sent one.
    pub client_token: Option<&'a ClientToken>,
}

impl fmt::Debug for Handshake<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}

impl Tunnel {
    /// Opens a tunnel: both sides disconnected, a fresh token each.
    ///
    /// `id` must never have been used before in this account, not even by a deleted tunnel: that is what makes a
    /// token unique.
    ///
    /// # Errors
    /// [`Capacity::AccessTokenTooLong`], which no valid id can cause.
    pub fn open(
        id: TunnelId,
        destination_config: Option<DestinationConfig>,
        lifetime: Lifetime,
        now: Millis,
        entropy: &Entropy,
    ) -> Result<(Self, Opened), Error> {
        let (mut source, mut destination) = (None, None);
        let tokens = Pair::first(&id, entropy, |side, token| match side {
            Side::Source => source = Some(token.clone()),
            Side::Destination => destination = Some(token.clone()),
        })?;
        let effects = Effects {
            notify: has_thing(destination_config.as_ref()),
            ..Effects::default()
        };
        let tunnel = Self {
            destination_config,
            ..Self::new(id, lifetime, now, tokens)
        };
        // Both have been issued.
        let (source, destination) = source.zip(destination).ok_or(Capacity::AccessTokenTooLong)?;
        let opened = Opened {
            source,
            destination,
            effects,
        };
        Ok((tunnel, opened))
    }

    /// As [`open`](Self::open), in little memory: the record is made in a free slot instead of moved into it, the
    /// config is lent, and each token is lent to `give` instead of moved to the caller.
    ///
    /// # Errors
    /// Those of [`open`](Self::open). The slot is then still free.
    pub fn open_in(
        slot: &mut impl Slot,
        id: &TunnelId,
        destination_config: Option<DestinationConfigRef<'_>>,
        lifetime: Lifetime,
        now: Millis,
        entropy: &Entropy,
        give: impl FnMut(Side, &IssuedToken),
    ) -> Result<Effects, Error> {
        let tokens = Pair::first(id, entropy, give)?;
        slot.fill(|| Self::new(id.clone(), lifetime, now, tokens));
        if let (Some(tunnel), Some(config)) = (slot.get_mut(), destination_config) {
            DestinationConfig::keep(&mut tunnel.destination_config, config);
        }
        Ok(Effects {
            notify: destination_config.is_some_and(|config| config.thing_name().is_some()),
            ..Effects::default()
        })
    }

    const fn new(id: TunnelId, lifetime: Lifetime, now: Millis, tokens: Pair<Issued>) -> Self {
        Self {
            id,
            created_at: now,
            lifetime,
            last_updated_at: now,
            destination_config: None,
            tokens,
            connection_updated_at: Pair::both(now),
            state: State::Open(Pair::both(Life::Fresh)),
        }
    }

    /// A peer's handshake: accepts it and marks the token used, or says which rule refuses it.
    ///
    /// `connection` names the new connection in later calls; it must differ from every other of this tunnel.
    /// `client_token_in_use` tells whether a client token's digest is bound to another access token of an open
    /// tunnel; it is asked only when the answer matters. Store the record before you answer with 101: the use of a
    /// token must survive a crash.
    ///
    /// # Errors
    /// The first that applies, in this order: [`Refusal::UnknownAccessToken`], [`Refusal::TunnelClosed`] or
    /// [`Refusal::TunnelExpired`], [`Refusal::AccessTokenRevoked`], [`Refusal::ModeMismatch`],
    /// [`Refusal::AccessTokenUsed`], [`Refusal::ClientTokenMismatch`], [`Refusal::ClientTokenInUse`].
    pub fn connect(
        &mut self,
        handshake: Handshake<'_>,
        connection: ConnectionId,
        client_token_in_use: impl FnOnce(&TokenDigest) -> bool,
        now: Millis,
    ) -> Result<Effects, Refusal> {
        let claim = Claim::read(handshake.access_token).ok_or(Refusal::UnknownAccessToken)?;
        let current = self.tokens.get(claim.side);
        // A claim only explains a refusal. Nothing but the digest of the whole token admits.
        let is_current = current.digest == TokenDigest::of(handshake.access_token);
        let is_revoked = claim.generation < current.generation;
        if claim.tunnel_id != self.id || !(is_current || is_revoked) {
            return Err(Refusal::UnknownAccessToken);
        }
        let lives = self.state.open_at(self.lifetime.end(self.created_at), now)?;
        if !is_current {
            return Err(Refusal::AccessTokenRevoked);
        }
        if claim.side != handshake.side {
            return Err(Refusal::ModeMismatch);
        }
        let life = lives.get_mut(claim.side);
        let presented = handshake.client_token.map(ClientToken::digest);
        let replaced = match (&*life, &presented) {
            (Life::Fresh, Some(digest)) if client_token_in_use(digest) => {
                return Err(Refusal::ClientTokenInUse);
            }
            (Life::Fresh, _) => None,
            (Life::Used { bound: None, .. }, _) => return Err(Refusal::AccessTokenUsed),
            (Life::Used { bound, .. }, _) if *bound != presented => return Err(Refusal::ClientTokenMismatch),
            (Life::Used { connection, .. }, _) => *connection,
        };
        *life = Life::Used {
            bound: presented,
            connection: Some(connection),
        };
        let mut effects = Effects::default();
        if let Some(old) = replaced {
            effects.disconnect(claim.side, old, DisconnectReason::Replaced);
            effects.reset_peer_of(claim.side, lives);
        }
        self.connection_changed(claim.side, now);
        Ok(effects)
    }

    /// A peer's connection has ended. What a connection that was replaced, rotated out or closed leaves behind is
    /// no news: such a call changes nothing and has no effects.
    pub fn disconnect(&mut self, side: Side, connection: ConnectionId, now: Millis) -> Effects {
        let mut effects = Effects::default();
        if let State::Open(lives) = &mut self.state
            && let Life::Used {
                connection: current, ..
            } = lives.get_mut(side)
            && *current == Some(connection)
        {
            *current = None;
            effects.reset_peer_of(side, lives);
            self.connection_changed(side, now);
        }
        effects
    }

    /// RotateTunnelAccessToken: revokes the current token of each chosen side and issues a new one. A live
    /// connection of a rotated side is to be closed; the other side stays. The end of the tunnel does not move.
    ///
    /// # Errors
    /// [`Misuse::DestinationConfigWithSource`](crate::Misuse::DestinationConfigWithSource), [`Refusal::TunnelClosed`], [`Refusal::TunnelExpired`],
    /// [`Capacity::RotationsExhausted`]. The record stays as it was.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it goes over to the record, in whatever way"
    )]
    pub fn rotate(
        &mut self,
        client_mode: ClientMode,
        destination_config: Option<DestinationConfig>,
        now: Millis,
        entropy: &Entropy,
    ) -> Result<Rotated, Error> {
        let (mut source, mut destination) = (None, None);
        let config = destination_config.as_ref().map(DestinationConfigRef::of);
        let effects = self.rotate_in(client_mode, config, now, entropy, |side, token| match side {
            Side::Source => source = Some(token.clone()),
            Side::Destination => destination = Some(token.clone()),
        })?;
        Ok(Rotated {
            source,
            destination,
            effects,
        })
    }

    /// As [`rotate`](Self::rotate), in little memory: the config is lent, and each token is lent to `give` instead of
    /// moved to the caller.
    ///
    /// # Errors
    /// Those of [`rotate`](Self::rotate).
    pub fn rotate_in(
        &mut self,
        client_mode: ClientMode,
        destination_config: Option<DestinationConfigRef<'_>>,
        now: Millis,
        entropy: &Entropy,
        give: impl FnMut(Side, &IssuedToken),
    ) -> Result<Effects, Error> {
        let rotation = client_mode.rotation(destination_config.is_some())?;
        let lives = self.state.open_at(self.lifetime.end(self.created_at), now)?;
        let issued = self.tokens.next(rotation, &self.id, entropy, give)?;

        // Nothing fails from here on.
        let mut effects = Effects::default();
        for (side, issued) in [
            (Side::Source, issued.source),
            (Side::Destination, issued.destination),
        ] {
            if let Some(issued) = issued {
                *self.tokens.get_mut(side) = issued;
                if let Some(connection) = core::mem::take(lives.get_mut(side)).connection() {
                    effects.disconnect(side, connection, DisconnectReason::Rotated);
                    *self.connection_updated_at.get_mut(side) = now;
                }
            }
        }
        for side in Side::BOTH {
            if effects.disconnects(side).is_some() {
                effects.reset_peer_of(side, lives);
            }
        }
        if let Some(config) = destination_config {
            DestinationConfig::keep(&mut self.destination_config, config);
        }
        effects.notify = rotation.destination && has_thing(self.destination_config.as_ref());
        self.last_updated_at = now.max(self.last_updated_at);
        Ok(effects)
    }

    /// CloseTunnel. Closing a closed tunnel succeeds and changes nothing (ours); with `delete` it is to be deleted
    /// at once in either state.
    pub fn close(&mut self, delete: bool, now: Millis) -> Effects {
        let mut effects = match now < self.ends_at() {
            true => self.close_at(now, ClosedBy::Request),
            false => self.close_at(self.ends_at(), ClosedBy::Lifetime),
        };
        effects.deleted = delete;
        effects
    }

    /// Does what time asks for: closes the tunnel at the end of its lifetime, and has it deleted three hours after
    /// it closed. Call it when [`next_deadline`](Self::next_deadline) comes; earlier or again it does nothing.
    pub fn expire(&mut self, now: Millis) -> Effects {
        let mut effects = match now < self.ends_at() {
            true => Effects::default(),
            false => self.close_at(self.ends_at(), ClosedBy::Lifetime),
        };
        effects.deleted = matches!(self.state, State::Closed { .. }) && now >= self.next_deadline();
        effects
    }

    /// A clock that was set back does not take the time of a change back with it.
    fn connection_changed(&mut self, side: Side, now: Millis) {
        let at = self.connection_updated_at.get_mut(side);
        *at = now.max(*at);
    }

    /// Closes an open tunnel; a closed one stays as it is.
    fn close_at(&mut self, at: Millis, by: ClosedBy) -> Effects {
        let mut effects = Effects::default();
        if let State::Open(lives) = &self.state {
            for side in Side::BOTH {
                if let Some(connection) = lives.get(side).connection() {
                    effects.disconnect(side, connection, DisconnectReason::TunnelClosed);
                    *self.connection_updated_at.get_mut(side) = at;
                }
            }
            self.state = State::Closed { at, by };
            self.last_updated_at = at;
        }
        effects
    }
}

fn has_thing(config: Option<&DestinationConfig>) -> bool {
    config.is_some_and(|config| config.thing_name().is_some())
}
