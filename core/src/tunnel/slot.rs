//! [`Slot`]: the memory of one record, which may be a caller's.

use super::Tunnel;

/// A place that is free or holds one record.
pub trait Slot {
    /// The record, if the slot is not free.
    fn get(&self) -> Option<&Tunnel>;

    /// The record, to be changed.
    fn get_mut(&mut self) -> Option<&mut Tunnel>;

    /// Takes a record in place of what it holds. A record is close to 1 KiB: `make` lets it come to be where it stays.
    fn fill(&mut self, make: impl FnOnce() -> Tunnel);

    /// Drops the record: the slot is free.
    fn free(&mut self);
}

impl Slot for Option<Tunnel> {
    fn get(&self) -> Option<&Tunnel> {
        self.as_ref()
    }

    fn get_mut(&mut self) -> Option<&mut Tunnel> {
        self.as_mut()
    }

    fn fill(&mut self, make: impl FnOnce() -> Tunnel) {
        *self = Some(make());
    }

    fn free(&mut self) {
        *self = None;
    }
}

// It costs no more than its record.
const _: () = assert!(size_of::<Option<Tunnel>>() <= 1024, "a slot is at most 1 KiB");

/// The memory of a table: its slots.
pub trait Slots: AsRef<[Self::Slot]> + AsMut<[Self::Slot]> {
    /// One of them.
    type Slot: Slot;
}

impl<S: Slot, const N: usize> Slots for [S; N] {
    type Slot = S;
}

impl<S: Slot> Slots for &mut [S] {
    type Slot = S;
}
