//! Variable-length integers of protobuf: seven bits a byte, the lowest first, the top bit set on all but the last.
//! A writer may send more bytes than a value needs.

use super::fault::DecodeFaultKind;

/// Most bytes of a value: enough for 64 bits (protobuf encoding guide).
const MAX_VALUE: usize = 10;

/// Most bytes of a tag or a length: enough for 32 bits. Google's decoders take no more.
const MAX_TAG: usize = 5;

/// Takes a value from the start of `rest`.
pub(super) fn read(rest: &mut &[u8]) -> Result<u64, DecodeFaultKind> {
    read_at_most(rest, MAX_VALUE)
}

/// Takes a tag or a length from the start of `rest`.
pub(super) fn read_tag(rest: &mut &[u8]) -> Result<u32, DecodeFaultKind> {
    u32::try_from(read_at_most(rest, MAX_TAG)?).map_err(|_| DecodeFaultKind::VarintTooLong)
}

#[inline(never)]
fn read_at_most(rest: &mut &[u8], most: usize) -> Result<u64, DecodeFaultKind> {
    let (mut value, mut bytes) = (0, rest.iter());
    for index in 0..most {
        let byte = *bytes.next().ok_or(DecodeFaultKind::Truncated)?;
        // Bits above the 64th fall off, as at Google.
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            *rest = bytes.as_slice();
            return Ok(value);
        }
    }
    Err(DecodeFaultKind::VarintTooLong)
}

/// Takes a value of at most 28 bits from the start of `rest`: the length of any payload, and any id that every public
/// encoder can write. `None` if it is longer or cut. For the few places where speed counts: it becomes part of them.
#[inline]
pub(super) fn read_short(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    let mut bytes = rest.iter();
    for (&byte, shift) in bytes.by_ref().zip((0..28).step_by(7)) {
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            *rest = bytes.as_slice();
            return Some(value);
        }
    }
    None
}

/// How many bytes `value` takes at least: what an encoder writes.
#[inline]
pub(super) const fn len(value: u64) -> usize {
    match value {
        // What most values are, without arithmetic.
        ..0x80 => 1,
        0x80..0x4000 => 2,
        _ => len_long(value),
    }
}

#[inline(never)]
const fn len_long(value: u64) -> usize {
    (u64::BITS - value.leading_zeros()).div_ceil(7) as usize
}
