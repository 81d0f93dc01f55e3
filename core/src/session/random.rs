//! Numbers that nobody shall foresee from outside a device but that guard no secret: the jitter of the back-off and the
//! first stream id.

/// A small generator (a counter behind MurmurHash3's finaliser, all in 32 bits), seeded with the caller's entropy.
#[derive(Clone, Copy)]
pub(super) struct Random(u32);

impl Random {
    pub(super) const fn new() -> Self {
        Self(0)
    }

    /// Stirs in what was drawn for a new token.
    pub(super) const fn stir(&mut self, seed: u32) {
        self.0 ^= seed;
    }

    /// A number from 0 to `most`.
    pub(super) const fn up_to(&mut self, most: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9);
        let mut z = self.0;
        z = (z ^ (z >> 16)).wrapping_mul(0x85eb_ca6b);
        z = (z ^ (z >> 13)).wrapping_mul(0xc2b2_ae35);
        z ^= z >> 16;
        // Scaled to the range: small processors divide slowly. That some numbers come a little more often than others is
        // below what anybody could see, since the ranges are far below 2^32.
        ((z as u64 * (most as u64 + 1)) >> 32) as u32
    }
}
