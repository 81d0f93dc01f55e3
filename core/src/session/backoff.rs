//! How long a session waits before it connects again.

use super::random::Random;

/// Ceiling of the wait after the first failure in a row, in milliseconds (data-plane.md §5).
pub const FIRST_BACKOFF: u64 = 1_000;
/// Highest ceiling of a wait, in milliseconds (data-plane.md §5).
pub const MAX_BACKOFF: u64 = 120_000;
/// Longest `Retry-After` that a session keeps to, in milliseconds (ours: a wrong value must not silence a device for hours).
pub const MAX_RETRY_AFTER: u64 = 600_000;
/// A connection that was open for this long has proved usable, in milliseconds (ours: it has outlived an unanswered ping;
/// some services answer none).
pub const USABLE_AFTER: u64 = 50_000;
/// After this many openings in a row that were lost before they proved usable, the session counts as
/// [contested](super::Session::is_contested) (ours).
pub const CONTESTED_AFTER: u8 = 4;

/// Why a wait is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection came about: name, TCP, TLS or an unreadable answer.
    NotConnected,
    /// An open connection was lost.
    Dropped,
    /// The service answered that it cannot serve now, with the seconds of its `Retry-After`.
    Unavailable { retry_after: Option<u32> },
}

/// The failures in a row since a connection proved usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backoff {
    /// How often the ceiling has doubled, up to [`DOUBLINGS`].
    doublings: u8,
    /// Whether the one immediate attempt after a drop was used.
    retried_at_once: bool,
    /// Open connections lost without proof, up to [`CONTESTED_AFTER`].
    unproved: u8,
}

/// Doublings of [`FIRST_BACKOFF`] that reach [`MAX_BACKOFF`].
const DOUBLINGS: u8 = 7;
const _: () = assert!(FIRST_BACKOFF << DOUBLINGS >= MAX_BACKOFF);

impl Backoff {
    /// After no failure.
    pub(super) const NONE: Self = Self {
        doublings: 0,
        retried_at_once: false,
        unproved: 0,
    };

    /// Whether the openings in a row that proved nothing are so many that another client may be using the same tokens.
    pub(super) const fn is_contested(&self) -> bool {
        self.unproved >= CONTESTED_AFTER
    }

    /// Counts a failure and draws the wait after it, in milliseconds. `cap` bounds the ceiling after a failed connect or a
    /// drop; the service's own refusals and contested tokens always use [`MAX_BACKOFF`].
    ///
    /// The first drop is followed by an immediate attempt. All other waits have full jitter, drawn *within* the cap, so that a
    /// fleet whose waits are all at the cap still spreads.
    pub(super) fn next_wait(&mut self, failure: Failure, cap: u32, random: &mut Random) -> u64 {
        if failure == Failure::Dropped {
            self.unproved = (self.unproved + 1).min(CONTESTED_AFTER);
            if self.doublings == 0 && !self.retried_at_once {
                self.retried_at_once = true;
                return 0;
            }
        }
        // In 32 bits, and drawn in one place: a microcontroller has this in its flash.
        let ceiling = ((FIRST_BACKOFF as u32) << self.doublings).min(MAX_BACKOFF as u32);
        self.doublings = (self.doublings + 1).min(DOUBLINGS);
        let (least, ceiling) = match failure {
            Failure::Unavailable { retry_after } => {
                let seconds = retry_after
                    .unwrap_or_default()
                    .min((MAX_RETRY_AFTER / 1_000) as u32);
                (seconds * 1_000, ceiling)
            }
            Failure::NotConnected | Failure::Dropped if self.is_contested() => (0, ceiling),
            Failure::NotConnected | Failure::Dropped => (0, ceiling.min(cap)),
        };
        u64::from(least + random.up_to(ceiling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// The waits of 2,000 sessions after each of ten failures in a row.
    fn waits(failure: Failure, cap: u32) -> Vec<Vec<u64>> {
        let mut waits = std::vec![Vec::new(); 10];
        for seed in 0..2_000 {
            let (mut random, mut backoff) = (Random::new(), Backoff::NONE);
            random.stir(seed);
            for waits in &mut waits {
                waits.push(backoff.next_wait(failure, cap, &mut random));
            }
        }
        waits
    }

    fn assert_full_jitter(waits: &[u64], ceiling: u64) {
        assert!(waits.iter().all(|wait| *wait <= ceiling));
        // Full jitter: the whole range, not a spread around its end, and no heap at the cap.
        assert!(waits.iter().any(|wait| *wait < ceiling / 50));
        assert!(waits.iter().any(|wait| *wait > ceiling / 50 * 49));
        assert!(waits.iter().filter(|wait| **wait == ceiling).count() < 20);
    }

    #[test]
    fn the_ceiling_doubles_to_its_cap_and_the_jitter_fills_it() {
        let unavailable = Failure::Unavailable { retry_after: None };
        for (failure, cap, ceilings) in [
            (
                Failure::NotConnected,
                MAX_BACKOFF,
                [1, 2, 4, 8, 16, 32, 64, 120, 120, 120],
            ),
            (Failure::NotConnected, 5_000, [1, 2, 4, 5, 5, 5, 5, 5, 5, 5]),
            // The application's cap is for its own network, not for a service that is overloaded.
            (unavailable, 5_000, [1, 2, 4, 8, 16, 32, 64, 120, 120, 120]),
        ] {
            for (waits, ceiling) in waits(failure, cap as u32).iter().zip(ceilings) {
                assert_full_jitter(waits, ceiling * 1_000);
            }
        }
    }

    #[test]
    fn the_first_drop_is_followed_by_an_immediate_attempt_and_drops_that_prove_nothing_by_ever_longer_waits()
    {
        let waits = waits(Failure::Dropped, 5_000);
        assert!(waits[0].iter().all(|wait| *wait == 0));
        // From the fourth on the tokens are contested, and the short cap no longer applies.
        for (waits, ceiling) in waits[1..].iter().zip([1, 2, 4, 8, 16, 32, 64, 120, 120]) {
            assert_full_jitter(waits, ceiling * 1_000);
        }
        let (mut random, mut backoff) = (Random::new(), Backoff::NONE);
        for drops in 1..=6 {
            backoff.next_wait(Failure::Dropped, 5_000, &mut random);
            assert_eq!(backoff.is_contested(), drops >= CONTESTED_AFTER);
        }
    }

    #[test]
    fn a_failed_connect_leaves_no_immediate_attempt() {
        let (mut random, mut backoff) = (Random::new(), Backoff::NONE);
        backoff.next_wait(Failure::NotConnected, 5_000, &mut random);
        let waits = (0..50).map(|_| {
            let mut again = backoff;
            again.next_wait(Failure::Dropped, 5_000, &mut random)
        });
        assert!(waits.max().is_some_and(|longest| longest > 1_000));
    }

    #[test]
    fn a_wait_is_never_shorter_than_retry_after_and_a_wrong_one_is_bounded() {
        for (seconds, least) in [
            (0, 0),
            (7, 7_000),
            (600, MAX_RETRY_AFTER),
            (u32::MAX, MAX_RETRY_AFTER),
        ] {
            let retry_after = Some(seconds);
            for (failures, waits) in waits(Failure::Unavailable { retry_after }, 5_000)
                .iter()
                .enumerate()
            {
                let most = least + (FIRST_BACKOFF << failures).min(MAX_BACKOFF);
                assert!(waits.iter().all(|wait| (least..=most).contains(wait)));
            }
        }
    }
}
