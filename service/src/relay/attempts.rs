//! [`Attempts`]: how often a token may be tried.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use iot_tunnel_core::{Millis, TokenDigest};

/// Attempts that a token has at once (ours): more than any client with a back-off makes.
pub const BURST: u32 = 20;

/// Time until a token has one attempt more, in milliseconds (ours). Some clients try again 35 times a second, for ever
/// (data-plane.md §6, class 8).
pub const REFILL: u64 = 1_000;

/// How many tokens are watched at most (ours). Those that have all of their attempts again are forgotten first.
const MAX_WATCHED: usize = 65_536;

/// Counts the attempts with each token, known or not, by its digest.
#[derive(Default)]
pub(super) struct Attempts(Mutex<Watched>);

#[derive(Default)]
struct Watched {
    /// When each token has all of its attempts again.
    full_again: HashMap<[u8; 32], Millis>,
    /// When those that have were forgotten last: a look at all of them is not for every handshake.
    cleared: Millis,
}

impl Attempts {
    /// Whether a token may be tried now; if so, this is one attempt.
    ///
    /// What is kept of a token is the time at which it has all of its attempts again: each attempt moves it on by
    /// [`REFILL`], and it may be at most [`BURST`] of those ahead.
    pub(super) fn allow(&self, token: TokenDigest, now: Millis) -> bool {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Watched { full_again, cleared } = &mut *watched;
        if full_again.len() >= MAX_WATCHED && !(*cleared..cleared.after(REFILL)).contains(&now) {
            full_again.retain(|_, at| *at > now);
            *cleared = now;
        }
        let is_full = full_again.len() >= MAX_WATCHED;
        let at = match full_again.get_mut(token.as_bytes()) {
            Some(at) => at,
            // Whoever brings so many tokens at once must not keep the others out: those are judged as ever.
            None if is_full => return true,
            None => full_again.entry(*token.as_bytes()).or_insert(now),
        };
        let limit = now.after(REFILL * u64::from(BURST));
        // A clock that was set back must not lock a token out until it has caught up.
        *at = (*at).clamp(now, limit);
        let next = at.after(REFILL);
        let allowed = next <= limit;
        if allowed {
            *at = next;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_burst_of_attempts_and_then_one_a_second() {
        let attempts = Attempts::default();
        let (hot, other) = (TokenDigest::of("hot"), TokenDigest::of("other"));
        let allowed = |token, now| attempts.allow(token, Millis(now));
        assert_eq!((0..100).filter(|_| allowed(hot, 5_000)).count(), 20);
        assert!(allowed(other, 5_000));
        // 35 a second, for ten seconds.
        let through = (0..350).filter(|attempt| allowed(hot, 5_000 + attempt * 1_000 / 35));
        assert!((9..=10).contains(&through.count()));
        // An hour later it has its burst again.
        assert_eq!((0..100).filter(|_| allowed(hot, 3_600_000)).count(), 20);
    }

    #[test]
    fn a_clock_that_was_set_back_costs_a_token_no_more_than_its_burst() {
        let attempts = Attempts::default();
        let token = TokenDigest::of("token");
        let an_hour = Millis(3_600_000);
        assert!((0..BURST).all(|_| attempts.allow(token, an_hour)));
        assert!(!attempts.allow(token, Millis(0)));
        assert!(attempts.allow(token, Millis(REFILL)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let attempts = Attempts::default();
        let token = |number: usize| TokenDigest::of(&number.to_string());
        let watched = || attempts.0.lock().unwrap().full_again.len();
        assert!((0..MAX_WATCHED).all(|number| attempts.allow(token(number), Millis(5_000))));
        // One more is judged as ever, and not watched; those that are watched still are.
        assert!((0..100).all(|_| attempts.allow(token(MAX_WATCHED), Millis(5_000))));
        assert_eq!(watched(), MAX_WATCHED);
        let hot = (0..100).filter(|_| attempts.allow(token(0), Millis(5_000)));
        assert_eq!(hot.count(), 19);
        // A second later all but that one have their attempts again, and are forgotten.
        assert!(attempts.allow(token(MAX_WATCHED), Millis(6_000)));
        assert_eq!(watched(), 2);
    }
}
