//! Numbers that nobody shall foresee from outside a device but that guard no secret: the jitter of the back-off and the
//! first stream id.

/// A small generator (SplitMix64), seeded with the caller's entropy.
#[derive(Clone, Copy)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new() -> Self {
        Self(0)
    }

    /// Stirs in what was drawn for a new token.
    pub(super) const fn stir(&mut self, seed: u64) {
        self.0 ^= seed;
    }

    /// A number from 0 to `most`.
    pub(super) const fn up_to(&mut self, most: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        // Its upper half, scaled to the range: small processors cannot divide 64 bits. That some numbers come a little more
        // often than others is far below what anybody could see, since the ranges are far below 2^32.
        (((z >> 32) * (most as u64 + 1)) >> 32) as u32
    }
}
