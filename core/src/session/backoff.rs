//! How long a session waits before it connects again.

use super::random::Random;

/// Longest wait after the first failure in a row, in milliseconds (data-plane.md §5).
pub const FIRST_BACKOFF: u64 = 1_000;
/// Longest wait of all, in milliseconds (data-plane.md §5).
pub const MAX_BACKOFF: u64 = 120_000;

/// How far the wait has grown by the failures in a row: the ceiling of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backoff(u32);

impl Backoff {
    /// After no failure.
    pub(super) const NONE: Self = Self(FIRST_BACKOFF as u32);

    /// Counts one more failure and draws the wait: full jitter below a ceiling that doubles up to its cap. The jitter is
    /// drawn *within* the cap, so that a fleet whose waits are all at the cap still spreads.
    pub(super) fn next_wait(&mut self, random: &mut Random) -> u64 {
        let wait = random.up_to(self.0);
        self.0 = (self.0 * 2).min(MAX_BACKOFF as u32);
        wait.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn the_ceiling_doubles_to_its_cap_and_the_jitter_fills_it() {
        let ceilings = [1, 2, 4, 8, 16, 32, 64, 120, 120, 120].map(|seconds| seconds * 1_000);
        let mut waits = std::vec![Vec::new(); ceilings.len()];
        for seed in 0..2_000 {
            let (mut random, mut backoff) = (Random::new(), Backoff::NONE);
            random.stir(seed);
            for waits in &mut waits {
                waits.push(backoff.next_wait(&mut random));
            }
        }
        for (waits, ceiling) in waits.iter().zip(ceilings) {
            assert!(waits.iter().all(|wait| *wait <= ceiling));
            // Full jitter: the whole range, not a spread around its end, and no heap at the cap.
            assert!(waits.iter().any(|wait| *wait < ceiling / 50));
            assert!(waits.iter().any(|wait| *wait > ceiling / 50 * 49));
            assert!(waits.iter().filter(|wait| **wait == ceiling).count() < 20);
        }
    }
}
