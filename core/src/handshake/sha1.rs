//! SHA-1 (FIPS 180-4, §6.1.2), for the one message that a handshake hashes.
//!
//! It protects nothing here: RFC 6455 has it in `sec-websocket-accept`. Libraries unroll it for speed, to 3 KB of a
//! microcontroller's flash; this takes a tenth of that.

use crate::copy::copy;

/// Bytes of the message: the key and the GUID.
pub(super) const MESSAGE: usize = 60;

/// With what follows it, a message fills two blocks of 64 bytes: a bit that is set, zeros, and its length in bits.
const PADDED: usize = 128;

/// The digest of the message that `start` and `end` are together.
pub(super) fn digest(start: &[u8; 24], end: &[u8; MESSAGE - 24]) -> [u8; 20] {
    let [high, low] = (MESSAGE as u16 * 8).to_be_bytes();
    let mut padded = [0; PADDED];
    copy(&mut padded, start);
    copy(padded.get_mut(start.len()..).unwrap_or_default(), end);
    padded[MESSAGE] = 0x80;
    padded[PADDED - 2] = high;
    padded[PADDED - 1] = low;

    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.as_chunks().0 {
        compress(&mut state, block);
    }
    let mut digest = [0; 20];
    for (slot, word) in digest.as_chunks_mut().0.iter_mut().zip(&state) {
        *slot = word.to_be_bytes();
    }
    digest
}

fn compress(state: &mut [u32; 5], block: &[u8; 64]) {
    // The schedule's next 16 words; the one of step `t` is at `t % 16`.
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for t in 0..80_usize {
        let (mix, constant) = match t {
            0..20 => (b & c | !b & d, 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let word = words[t % 16];
        words[t % 16] =
            (words[(t + 13) % 16] ^ words[(t + 8) % 16] ^ words[(t + 2) % 16] ^ word).rotate_left(1);
        let next = (a.rotate_left(5).wrapping_add(mix).wrapping_add(e))
            .wrapping_add(constant)
            .wrapping_add(word);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
    }
    for (sum, word) in state.iter_mut().zip(&[a, b, c, d, e]) {
        *sum = sum.wrapping_add(*word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha1::{Digest, Sha1};

    proptest! {
        #[test]
        fn it_is_the_librarys(start in any::<[u8; 24]>(), end: [[u8; 18]; 2]) {
            let end = end.concat();
            let message = [&start[..], &end].concat();
            prop_assert_eq!(digest(&start, end[..].try_into().unwrap()), <[u8; 20]>::from(Sha1::digest(&message)));
        }
    }
}
