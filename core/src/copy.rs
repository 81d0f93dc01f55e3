//! Copying without a panic.

/// Copies `bytes` to the start of `room`, as many as it has. `copy_from_slice` has a panic for other lengths, which stays in
/// the code wherever the compiler does not inline it, as in a firmware that is made small.
// A function of its own tells the compiler that the two do not overlap: so it is one call of memcpy.
#[inline(never)]
pub(crate) fn copy(room: &mut [u8], bytes: &[u8]) {
    for (slot, byte) in room.iter_mut().zip(bytes) {
        *slot = *byte;
    }
}
