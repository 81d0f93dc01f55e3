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

/// How many bytes `value` takes at least: what an encoder writes. A byte for every seven bits, without a division.
#[inline]
pub(super) const fn len(value: u64) -> usize {
    let highest_bit = (value | 1).leading_zeros() ^ 63;
    ((highest_bit * 9 + 73) / 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_for_seven_bits() {
        assert_eq!((len(0), len(u64::MAX)), (1, 10));
        for bits in 1..64_u32 {
            let least = 1 << (bits - 1);
            assert_eq!(len(least), bits.div_ceil(7) as usize, "{bits} bits");
            assert_eq!(len(least | (least - 1)), bits.div_ceil(7) as usize, "{bits} bits");
        }
    }
}
