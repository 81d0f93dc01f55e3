//! SHA-1 (FIPS 180-4, §6.1.2), for two things that do not rest on what is broken of it, which is that somebody can make two
//! messages of one digest:
//!
//! - `sec-websocket-accept`, where RFC 6455 has it and it protects nothing;
//! - by which a session knows a token again that it has had. Nobody can make a token with the digest of another's.
//!
//! Libraries unroll it for speed, to 3 KB of a microcontroller's flash; this takes a tenth of that.

use zeroize::Zeroizing;

/// Bytes that are hashed at a time.
const BLOCK: usize = 64;
/// Where the last block has the message's length in bits.
const LENGTH: usize = BLOCK - 8;

/// The digest of the message that the parts are together.
pub(crate) fn digest(parts: [&[u8]; 2]) -> [u8; 20] {
    let mut hash = Hash {
        state: [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0],
        words: Zeroizing::new([0; 16]),
        length: 0,
    };
    for part in parts {
        hash.take(part);
    }
    let bits = hash.length as u64 * 8;
    // Behind the message: a bit that is set, and zeros up to its length.
    hash.take(&[0x80]);
    while hash.length % BLOCK != LENGTH {
        hash.take(&[0]);
    }
    hash.take(&bits.to_be_bytes());
    let mut digest = [0; 20];
    for (slot, word) in digest.as_chunks_mut().0.iter_mut().zip(&hash.state) {
        *slot = word.to_be_bytes();
    }
    digest
}

struct Hash {
    state: [u32; 5],
    /// The block that is taken, of what may be a secret; and while it is hashed, the schedule's next 16 words: the one of
    /// step `t` is at `t % 16`.
    words: Zeroizing<[u32; 16]>,
    /// All bytes so far.
    length: usize,
}

impl Hash {
    #[inline(never)]
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let word = &mut self.words[self.length / 4 % 16];
            // Four of them shift out whatever it was.
            *word = *word << 8 | u32::from(*byte);
            self.length += 1;
            if self.length.is_multiple_of(BLOCK) {
                self.compress();
            }
        }
    }

    fn compress(&mut self) {
        let [mut a, mut b, mut c, mut d, mut e] = self.state;
        for t in 0..80_usize {
            let (mix, constant) = match t {
                0..20 => (b & c | !b & d, 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let words = &mut self.words;
            let word = words[t % 16];
            words[t % 16] =
                (words[(t + 13) % 16] ^ words[(t + 8) % 16] ^ words[(t + 2) % 16] ^ word).rotate_left(1);
            let next = (a.rotate_left(5).wrapping_add(mix).wrapping_add(e))
                .wrapping_add(constant)
                .wrapping_add(word);
            (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        }
        for (sum, word) in self.state.iter_mut().zip(&[a, b, c, d, e]) {
            *sum = sum.wrapping_add(*word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha1::{Digest, Sha1};
    use std::vec::Vec;

    proptest! {
        #[test]
        fn it_is_the_librarys(start: Vec<u8>, end: Vec<u8>) {
            let message = [&start[..], &end].concat();
            prop_assert_eq!(digest([&start, &end]), <[u8; 20]>::from(Sha1::digest(&message)));
        }
    }

    #[test]
    fn every_length_is_padded_as_the_librarys() {
        let message = [7; 3 * BLOCK];
        for length in 0..=message.len() {
            let (message, _) = message.split_at(length);
            assert_eq!(
                digest([message, b""]),
                <[u8; 20]>::from(Sha1::digest(message)),
                "{length}"
            );
        }
    }
}
