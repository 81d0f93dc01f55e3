//! How long to wait before something is tried again.

use std::time::Duration;

/// Failures in a row, and the waits that they cost: full jitter below a ceiling that doubles up to its cap. The jitter is
/// drawn within the cap, so that many who wait as long as they may do not come back together.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    failures: u32,
}

impl Backoff {
    /// The ceiling after the first failure, and the highest.
    pub(crate) const fn new(first: Duration, cap: Duration) -> Self {
        Self {
            first,
            cap,
            failures: 0,
        }
    }

    /// Counts one more failure and draws the wait.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1);
        let ceiling = self.first.saturating_mul(factor).min(self.cap);
        ceiling.mul_f64(fastrand::f64())
    }

    /// As [`next_wait`](Self::next_wait), but never less than half of the ceiling: for what is asked again in vain until
    /// somebody does something about it.
    pub(crate) fn next_even_wait(&mut self) -> Duration {
        let jitter = self.next_wait();
        let factor = 1_u32
            .checked_shl(self.failures.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let ceiling = self.first.saturating_mul(factor).min(self.cap);
        ceiling / 2 + jitter / 2
    }

    /// How many failures there were in a row.
    pub(crate) const fn failures(&self) -> u32 {
        self.failures
    }

    /// Starts anew.
    pub(crate) const fn forget(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_to_its_cap_and_falls_back() {
        let (first, cap) = (Duration::from_secs(1), Duration::from_secs(8));
        let mut backoff = Backoff::new(first, cap);
        for ceiling in [1, 2, 4, 8, 8, 8].map(Duration::from_secs) {
            assert!(backoff.next_wait() <= ceiling);
        }
        backoff.failures = u32::MAX;
        assert!(backoff.next_wait() <= cap);
        backoff.forget();
        assert!(backoff.next_wait() <= first);
    }

    #[test]
    fn an_even_wait_is_at_least_half_of_the_ceiling_and_grows_to_its_cap() {
        let mut backoff = Backoff::new(Duration::from_secs(10), Duration::from_secs(60));
        for ceiling in [10, 20, 40, 60, 60] {
            let wait = backoff.next_even_wait();
            let ceiling = Duration::from_secs(ceiling);
            assert!(ceiling / 2 <= wait && wait <= ceiling, "{wait:?} of {ceiling:?}");
        }
    }

    #[test]
    fn the_jitter_fills_the_whole_range() {
        let waits = (0..500).map(|_| {
            let mut backoff = Backoff::new(Duration::from_secs(10), Duration::from_secs(10));
            backoff.next_wait()
        });
        let waits: Vec<_> = waits.collect();
        assert!(waits.iter().any(|wait| *wait < Duration::from_secs(1)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_secs(9)));
    }
}
