//! [`Table`]: many tunnels in fixed memory, for a gateway or a test.

use heapless::Vec;

use super::{ConnectionId, Effects, Handshake, Opened, Rotated, Tunnel};
use crate::destination::DestinationConfig;
use crate::error::{Capacity, Error, Misuse, Refusal};
use crate::id::TunnelId;
use crate::mode::{ClientMode, Side};
use crate::time::{Lifetime, Millis};
use crate::token::{Claim, Entropy, TokenDigest};

/// Up to `N` tunnels, `N` KiB at most. It adds the rule that no record can know alone: a client token belongs to one access
/// token among all open tunnels.
///
/// Operations look a tunnel up by walking the table: meant for tens of tunnels, not thousands.
///
/// ```
/// use iot_tunnel_core::{ClientMode, Entropy, Lifetime, Millis, Table, TunnelId};
/// # fn entropy(seed: u8) -> Entropy { let mut b = [seed; 64]; b[0] ^= 1; Entropy::new(b).unwrap() }
/// let mut table = Table::<4>::new();
/// let id = TunnelId::parse("t-1").unwrap();
/// let opened = table.open(id.clone(), None, Lifetime::default(), Millis(0), &entropy(1)).unwrap();
/// let rotated = table.rotate(&id, ClientMode::Source, None, Millis(1), &entropy(2)).unwrap();
/// assert!(rotated.source.unwrap() != opened.source && rotated.destination.is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Table<const N: usize> {
    tunnels: Vec<Tunnel, N>,
}

impl<const N: usize> Table<N> {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { tunnels: Vec::new() }
    }

    /// Opens a tunnel; see [`Tunnel::open`].
    ///
    /// # Errors
    /// [`Misuse::TunnelIdTaken`], or [`Capacity::TableFull`] with `N` tunnels in it (closed ones count until they
    /// are deleted).
    pub fn open(
        &mut self,
        id: TunnelId,
        destination_config: Option<DestinationConfig>,
        lifetime: Lifetime,
        now: Millis,
        entropy: &Entropy,
    ) -> Result<Opened, Error> {
        if self.get(&id).is_some() {
            return Err(Misuse::TunnelIdTaken.into());
        }
        let (tunnel, opened) = Tunnel::open(id, destination_config, lifetime, now, entropy)?;
        self.tunnels.push(tunnel).map_err(|_| Capacity::TableFull)?;
        Ok(opened)
    }

    /// The record of a tunnel.
    #[must_use]
    pub fn get(&self, id: &TunnelId) -> Option<&Tunnel> {
        self.tunnels.iter().find(|tunnel| tunnel.id() == id)
    }

    /// Every record, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Tunnel> {
        self.tunnels.iter()
    }

    /// A peer's handshake; see [`Tunnel::connect`]. The token says which tunnel is meant.
    ///
    /// # Errors
    /// The refusals of [`Tunnel::connect`].
    pub fn connect(
        &mut self,
        handshake: Handshake<'_>,
        connection: ConnectionId,
        now: Millis,
    ) -> Result<(TunnelId, Effects), Refusal> {
        let claim = Claim::read(handshake.access_token).ok_or(Refusal::UnknownAccessToken)?;
        let in_use = handshake
            .client_token
            .is_some_and(|token| self.is_client_token_in_use(&token.digest(), now));
        let tunnel = self
            .get_mut(&claim.tunnel_id)
            .ok_or(Refusal::UnknownAccessToken)?;
        let effects = tunnel.connect(handshake, connection, |_| in_use, now)?;
        Ok((claim.tunnel_id, effects))
    }

    /// A peer's connection has ended; see [`Tunnel::disconnect`].
    ///
    /// # Errors
    /// [`Refusal::TunnelNotFound`].
    pub fn disconnect(
        &mut self,
        id: &TunnelId,
        side: Side,
        connection: ConnectionId,
        now: Millis,
    ) -> Result<Effects, Refusal> {
        Ok(self.find(id)?.disconnect(side, connection, now))
    }

    /// RotateTunnelAccessToken; see [`Tunnel::rotate`].
    ///
    /// # Errors
    /// [`Misuse::DestinationConfigWithSource`] before all else, [`Refusal::TunnelNotFound`], and the errors of
    /// [`Tunnel::rotate`].
    pub fn rotate(
        &mut self,
        id: &TunnelId,
        client_mode: ClientMode,
        destination_config: Option<DestinationConfig>,
        now: Millis,
        entropy: &Entropy,
    ) -> Result<Rotated, Error> {
        // Constraints of the request come before the state of the tunnel (control-plane.md, "Order of checks").
        client_mode.rotation(destination_config.is_some())?;
        self.find(id)?
            .rotate(client_mode, destination_config, now, entropy)
    }

    /// CloseTunnel; see [`Tunnel::close`]. With `delete` the record is gone afterwards.
    ///
    /// # Errors
    /// [`Refusal::TunnelNotFound`].
    pub fn close(&mut self, id: &TunnelId, delete: bool, now: Millis) -> Result<Effects, Refusal> {
        let effects = self.find(id)?.close(delete, now);
        if effects.deletes() {
            self.tunnels.retain(|tunnel| tunnel.id() != id);
        }
        Ok(effects)
    }

    /// Does what time asks for in every tunnel (see [`Tunnel::expire`]) and hands each tunnel's effects, where there
    /// are any, to `sink`. Records past their retention are gone afterwards.
    pub fn expire(&mut self, now: Millis, mut sink: impl FnMut(&TunnelId, Effects)) {
        self.tunnels.retain_mut(|tunnel| {
            let effects = tunnel.expire(now);
            if effects != Effects::default() {
                sink(tunnel.id(), effects);
            }
            !effects.deletes()
        });
    }

    /// When [`expire`](Self::expire) will next have something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        self.tunnels.iter().map(Tunnel::next_deadline).min()
    }

    fn is_client_token_in_use(&self, digest: &TokenDigest, now: Millis) -> bool {
        self.tunnels
            .iter()
            .filter(|tunnel| tunnel.is_open(now))
            .any(|tunnel| {
                Side::BOTH
                    .iter()
                    .any(|side| tunnel.bound_client_token(*side).as_ref() == Some(digest))
            })
    }

    fn get_mut(&mut self, id: &TunnelId) -> Option<&mut Tunnel> {
        self.tunnels.iter_mut().find(|tunnel| tunnel.id() == id)
    }

    fn find(&mut self, id: &TunnelId) -> Result<&mut Tunnel, Refusal> {
        self.get_mut(id).ok_or(Refusal::TunnelNotFound)
    }
}
