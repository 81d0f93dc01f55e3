//! How long a session waits before it connects again.

use super::random::Random;

/// Longest wait after the first failure in a row, in milliseconds (data-plane.md §5).
pub const FIRST_BACKOFF: u64 = 1_000;
/// Longest wait of all, in milliseconds (data-plane.md §5).
pub const MAX_BACKOFF: u64 = 120_000;

/// The failures in a row: how far the wait has grown.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(super) struct Failures(u32);

impl Failures {
    /// Counts one more and draws the wait: full jitter below a ceiling that doubles up to its cap. The jitter is drawn
    /// *within* the cap, so that a fleet whose waits are all at the cap still spreads.
    pub(super) fn next_wait(&mut self, random: &mut Random) -> u64 {
        let ceiling = 1u64
            .checked_shl(self.0)
            .map(|factor| FIRST_BACKOFF.saturating_mul(factor));
        self.0 = self.0.saturating_add(1);
        let ceiling = ceiling.map_or(MAX_BACKOFF, |ceiling| ceiling.min(MAX_BACKOFF));
        random.up_to(ceiling as u32).into()
    }

    /// Starts anew.
    pub(super) const fn forget(&mut self) {
        self.0 = 0;
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
            let (mut random, mut failures) = (Random::new(), Failures::default());
            random.stir(seed);
            for waits in &mut waits {
                waits.push(failures.next_wait(&mut random));
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

    #[test]
    fn the_count_of_failures_never_overflows() {
        let mut random = Random::new();
        let mut failures = Failures(u32::MAX);
        assert!(failures.next_wait(&mut random) <= MAX_BACKOFF);
        assert!(failures.next_wait(&mut random) <= MAX_BACKOFF);
        failures.forget();
        assert!(failures.next_wait(&mut random) <= FIRST_BACKOFF);
    }
}
