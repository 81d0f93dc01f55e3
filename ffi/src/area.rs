//! Memory that a caller lends for longer than a call, and whether areas of memory are apart.

use core::slice;

use iot_tunnel_core::Misuse;

use crate::memory::Writable;

/// Where some memory lies.
#[derive(Clone, Copy)]
pub(crate) struct Area {
    start: *const u8,
    length: usize,
}

impl Area {
    /// The memory of bytes.
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        Self {
            start: bytes.as_ptr(),
            length: bytes.len(),
        }
    }

    /// Memory that a caller says to have.
    pub(crate) const fn at(start: *const u8, length: usize) -> Self {
        Self { start, length }
    }

    /// The memory of an object.
    pub(crate) const fn of_object<T>(object: *const T) -> Self {
        Self {
            start: object.cast(),
            length: size_of::<T>(),
        }
    }

    /// Some of its bytes, for writing.
    pub(crate) fn part(self, bytes: &[u8]) -> Writable {
        let offset = bytes.as_ptr().addr().wrapping_sub(self.start.addr());
        Writable {
            ptr: self.start.cast_mut().wrapping_add(offset),
            len: bytes.len(),
        }
    }

    /// An error unless no byte of it is in one of the others.
    pub(crate) fn apart(self, others: &[Self]) -> Result<(), Misuse> {
        match others.iter().all(|other| self.is_apart_from(*other)) {
            true => Ok(()),
            false => Err(Misuse::OverlappingMemory),
        }
    }

    /// Nothing is in an empty one.
    fn is_apart_from(self, other: Self) -> bool {
        let ends_before = |a: Self, b: Self| match b.start.addr().checked_sub(a.start.addr()) {
            Some(distance) => distance >= a.length,
            None => false,
        };
        self.length == 0 || other.length == 0 || ends_before(self, other) || ends_before(other, self)
    }
}

/// A buffer that a caller lends until what uses it is wiped.
pub(crate) struct Lent(Area);

impl Lent {
    /// What a caller lends.
    ///
    /// # Safety
    /// `ptr` points to `length` bytes that last as long as this, and nobody else uses them while a call that was given
    /// this one's owner runs.
    pub(crate) unsafe fn new(ptr: *mut u8, length: usize) -> Result<Self, Misuse> {
        match ptr.is_null() && length > 0 {
            true => Err(Misuse::NullPointer),
            false => Ok(Self(Area { start: ptr, length })),
        }
    }

    /// Where it lies.
    pub(crate) const fn area(&self) -> Area {
        self.0
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        match self.0.length {
            0 => &[],
            // SAFETY: `new` was promised these bytes.
            length => unsafe { slice::from_raw_parts(self.0.start, length) },
        }
    }
}

impl AsMut<[u8]> for Lent {
    fn as_mut(&mut self) -> &mut [u8] {
        match self.0.length {
            0 => &mut [],
            // SAFETY: `new` was promised these bytes, and they came as a pointer for writing.
            length => unsafe { slice::from_raw_parts_mut(self.0.start.cast_mut(), length) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_apart_if_they_share_no_byte() {
        let bytes = [0; 10];
        let apart = |a: &[u8], b: &[u8]| Area::of(a).apart(&[Area::of(b)]).is_ok();
        for (a, b, expected) in [
            (0..5, 5..10, true),
            (0..5, 4..10, false),
            (2..3, 0..10, false),
            (4..4, 0..10, true),
            (0..10, 0..10, false),
        ] {
            let (a, b) = (&bytes[a], &bytes[b]);
            assert_eq!((apart(a, b), apart(b, a)), (expected, expected));
        }
    }
}
