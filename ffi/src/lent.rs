//! [`Lent`]: a buffer that a caller lends for longer than a call.

use core::slice;

use iot_tunnel_core::Misuse;

use crate::memory::{Area, Writable};

/// A buffer that a caller lends until what uses it is wiped.
pub(crate) struct Lent(Writable);

impl Lent {
    /// What a caller lends.
    ///
    /// # Safety
    /// It points to `len` bytes that last as long as this; nobody else uses them while a call runs to which this one's owner
    /// was given.
    pub(crate) unsafe fn new(ptr: *mut u8, len: usize) -> Result<Self, Misuse> {
        match ptr.is_null() && len > 0 {
            true => Err(Misuse::NullPointer),
            false => Ok(Self(Writable { ptr, len })),
        }
    }

    /// Where it stands.
    pub(crate) const fn place(&self) -> Place {
        Place(self.0)
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        match self.0.len {
            0 => &[],
            // SAFETY: `new` was promised these bytes.
            len => unsafe { slice::from_raw_parts(self.0.ptr, len) },
        }
    }
}

impl AsMut<[u8]> for Lent {
    fn as_mut(&mut self) -> &mut [u8] {
        match self.0.len {
            0 => &mut [],
            // SAFETY: `new` was promised these bytes.
            len => unsafe { slice::from_raw_parts_mut(self.0.ptr, len) },
        }
    }
}

/// Where a lent buffer stands. It reads and writes nothing.
pub(crate) struct Place(Writable);

impl Place {
    /// Its memory.
    pub(crate) fn area(&self) -> Area {
        self.0.area()
    }

    /// Some of its bytes, for the caller to write.
    pub(crate) fn part(&self, bytes: &[u8]) -> Writable {
        let offset = bytes.as_ptr().addr().wrapping_sub(self.0.ptr.addr());
        Writable {
            ptr: self.0.ptr.wrapping_add(offset),
            len: bytes.len(),
        }
    }
}
