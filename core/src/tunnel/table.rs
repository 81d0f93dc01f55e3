//! [`Table`]: many tunnels in fixed memory, for a gateway or a test.

use super::slot::{Slot, Slots};
use super::{ConnectionId, Effects, Handshake, Opened, Rotated, Tunnel};
use crate::destination::{DestinationConfig, DestinationConfigRef};
use crate::error::{Capacity, Error, Misuse, Refusal};
use crate::id::TunnelId;
use crate::mode::{ClientMode, Side};
use crate::time::{Lifetime, Millis};
use crate::token::{Claim, Entropy, IssuedToken, TokenDigest};

/// Up to `N` tunnels, in `N` KiB at most.
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
pub type Table<const N: usize> = TableIn<[Option<Tunnel>; N]>;

/// Tunnels in slots that may be a caller's: as many as there are slots. It adds the rule that no record can know
/// alone: a client token belongs to one access token among all open tunnels.
///
/// Operations look a tunnel up by walking the table: meant for tens of tunnels, not thousands.
///
/// ```
/// use iot_tunnel_core::tunnel::TableIn;
/// let mut memory = vec![None; 3];
/// let table = TableIn::over(&mut memory[..]);
/// assert_eq!(table.next_deadline(), None);
/// ```
#[derive(Clone, Debug)]
pub struct TableIn<S> {
    slots: S,
}

impl<const N: usize> Table<N> {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slots: [const { None }; N],
        }
    }
}

impl<const N: usize> Default for Table<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Slots> TableIn<S> {
    /// The table of what these slots hold. All that it knows is in them.
    pub const fn over(slots: S) -> Self {
        Self { slots }
    }

    /// Opens a tunnel; see [`Tunnel::open`].
    ///
    /// # Errors
    /// [`Misuse::TunnelIdTaken`], or [`Capacity::TableFull`] with a tunnel in every slot (closed ones count until
    /// they are deleted).
    pub fn open(
        &mut self,
        id: TunnelId,
        destination_config: Option<DestinationConfig>,
        lifetime: Lifetime,
        now: Millis,
        entropy: &Entropy,
    ) -> Result<Opened, Error> {
        let slot = self.vacancy(&id)?;
        let (tunnel, opened) = Tunnel::open(id, destination_config, lifetime, now, entropy)?;
        slot.fill(move || tunnel);
        Ok(opened)
    }

    /// A free slot for a tunnel of this id, to be filled by [`Tunnel::open_in`].
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn vacancy(&mut self, id: &TunnelId) -> Result<&mut S::Slot, Error> {
        if self.get(id).is_some() {
            return Err(Misuse::TunnelIdTaken.into());
        }
        let mut slots = self.slots.as_mut().iter_mut();
        let free = slots.find(|slot| slot.get().is_none());
        free.ok_or(Error::Capacity(Capacity::TableFull))
    }

    /// The record of a tunnel.
    #[must_use]
    pub fn get(&self, id: &TunnelId) -> Option<&Tunnel> {
        self.iter().find(|tunnel| tunnel.id() == id)
    }

    /// Every record, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Tunnel> {
        self.slots.as_ref().iter().filter_map(Slot::get)
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
        let (slot, effects) = self.connect_in(handshake, connection, now)?;
        let tunnel = slot.get().ok_or(Refusal::UnknownAccessToken)?;
        Ok((tunnel.id().clone(), effects))
    }

    /// As [`connect`](Self::connect), but gives the tunnel's slot.
    ///
    /// # Errors
    /// The refusals of [`Tunnel::connect`].
    pub fn connect_in(
        &mut self,
        handshake: Handshake<'_>,
        connection: ConnectionId,
        now: Millis,
    ) -> Result<(&mut S::Slot, Effects), Refusal> {
        let claim = Claim::read(handshake.access_token).ok_or(Refusal::UnknownAccessToken)?;
        let in_use = handshake
            .client_token
            .is_some_and(|token| self.is_client_token_in_use(&token.digest(), now));
        let slot = self.slot(&claim.tunnel_id).ok();
        let slot = slot.ok_or(Refusal::UnknownAccessToken)?;
        let tunnel = slot.get_mut().ok_or(Refusal::UnknownAccessToken)?;
        let effects = tunnel.connect(handshake, connection, |_| in_use, now)?;
        Ok((slot, effects))
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

    /// RotateTunnelAccessToken in little memory; see [`Tunnel::rotate_in`].
    ///
    /// # Errors
    /// Those of [`rotate`](Self::rotate).
    pub fn rotate_in(
        &mut self,
        id: &TunnelId,
        client_mode: ClientMode,
        destination_config: Option<DestinationConfigRef<'_>>,
        now: Millis,
        entropy: &Entropy,
        give: impl FnMut(Side, &IssuedToken),
    ) -> Result<Effects, Error> {
        client_mode.rotation(destination_config.is_some())?;
        self.find(id)?
            .rotate_in(client_mode, destination_config, now, entropy, give)
    }

    /// CloseTunnel; see [`Tunnel::close`]. With `delete` the record is gone afterwards.
    ///
    /// # Errors
    /// [`Refusal::TunnelNotFound`].
    pub fn close(&mut self, id: &TunnelId, delete: bool, now: Millis) -> Result<Effects, Refusal> {
        let slot = self.slot(id)?;
        let effects = slot.get_mut().map(|tunnel| tunnel.close(delete, now));
        let effects = effects.ok_or(Refusal::TunnelNotFound)?;
        if effects.deletes() {
            slot.free();
        }
        Ok(effects)
    }

    /// Does what time asks for in every tunnel (see [`Tunnel::expire`]) and hands each tunnel's effects, where there
    /// are any, to `sink`. Records past their retention are gone afterwards.
    pub fn expire(&mut self, now: Millis, mut sink: impl FnMut(&TunnelId, Effects)) {
        while let Some((id, effects)) = self.expire_next(now) {
            sink(&id, effects);
        }
    }

    /// Does what time asks for, up to the first tunnel where that has effects. Call it until it returns `None`.
    pub fn expire_next(&mut self, now: Millis) -> Option<(TunnelId, Effects)> {
        for slot in self.slots.as_mut() {
            if let Some(tunnel) = slot.get_mut() {
                let effects = tunnel.expire(now);
                if effects != Effects::default() {
                    let id = tunnel.id().clone();
                    if effects.deletes() {
                        slot.free();
                    }
                    return Some((id, effects));
                }
            }
        }
        None
    }

    /// When [`expire`](Self::expire) will next have something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        self.iter().map(Tunnel::next_deadline).min()
    }

    fn is_client_token_in_use(&self, digest: &TokenDigest, now: Millis) -> bool {
        self.iter().filter(|tunnel| tunnel.is_open(now)).any(|tunnel| {
            Side::BOTH
                .iter()
                .any(|side| tunnel.bound_client_token(*side).as_ref() == Some(digest))
        })
    }

    /// The slot of a tunnel.
    ///
    /// # Errors
    /// [`Refusal::TunnelNotFound`].
    pub fn slot(&mut self, id: &TunnelId) -> Result<&mut S::Slot, Refusal> {
        let mut slots = self.slots.as_mut().iter_mut();
        let found = slots.find(|slot| slot.get().is_some_and(|tunnel| tunnel.id() == id));
        found.ok_or(Refusal::TunnelNotFound)
    }

    fn find(&mut self, id: &TunnelId) -> Result<&mut Tunnel, Refusal> {
        let tunnel = self.slot(id)?.get_mut();
        tunnel.ok_or(Refusal::TunnelNotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CLOSED_RETENTION;

    fn entropy(seed: u8) -> Entropy {
        let mut bytes = [seed; 64];
        bytes[0] ^= 1;
        Entropy::new(bytes).unwrap()
    }

    #[test]
    fn all_that_a_table_knows_is_in_its_slots() {
        let mut slots = [None, None];
        let ids = ["a", "b", "c"].map(|id| TunnelId::parse(id).unwrap());
        let open = |slots: &mut [Option<Tunnel>], id: &TunnelId| {
            let opened =
                TableIn::over(slots).open(id.clone(), None, Lifetime::default(), Millis(0), &entropy(1));
            opened.map(drop)
        };
        let [a, b, c] = &ids;
        assert_eq!(open(&mut slots, a), Ok(()));
        assert_eq!(open(&mut slots, a), Err(Misuse::TunnelIdTaken.into()));
        assert_eq!(open(&mut slots, b), Ok(()));
        let full = slots.clone();
        assert_eq!(open(&mut slots, c), Err(Capacity::TableFull.into()));
        assert_eq!(slots, full);

        let mut table = TableIn::over(&mut slots[..]);
        assert!(table.close(a, true, Millis(1)).unwrap().deletes());
        assert_eq!(table.close(a, true, Millis(1)), Err(Refusal::TunnelNotFound));
        assert_eq!(slots.each_ref().map(Option::is_some), [false, true]);
        assert_eq!(open(&mut slots, c), Ok(()));
        assert_eq!(
            slots.each_ref().map(|slot| slot.as_ref().map(Tunnel::id)),
            [Some(c), Some(b)]
        );
    }

    #[test]
    fn tunnels_expire_one_by_one() {
        let mut table = Table::<3>::new();
        for (id, at) in [("a", 0), ("b", 9), ("c", 0)] {
            let id = TunnelId::parse(id).unwrap();
            table
                .open(id, None, Lifetime::default(), Millis(at), &entropy(1))
                .unwrap();
        }
        let end = table.next_deadline().unwrap();
        // Nobody is connected, so closing has no effect; deleting has.
        assert_eq!(table.expire_next(end), None);
        let end = end.after(CLOSED_RETENTION);
        let mut deleted = || {
            table
                .expire_next(end)
                .map(|(id, effects)| (id, effects.deletes()))
        };
        assert_eq!(deleted(), Some((TunnelId::parse("a").unwrap(), true)));
        assert_eq!(deleted(), Some((TunnelId::parse("c").unwrap(), true)));
        assert_eq!(deleted(), None);
        assert_eq!(table.iter().count(), 1);
    }
}
