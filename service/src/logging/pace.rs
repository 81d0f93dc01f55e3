//! [`Pace`]: lines that anybody can cause, a few each second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many such lines are written in a second (ours): more than an operator reads, and less than fills a disk.
const A_SECOND: u32 = 20;

/// Says which of the lines that anybody can cause are written.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Option<Second>>);

/// How many lines were left out, if any.
pub(crate) type LeftOut = Option<u64>;

#[derive(Debug)]
struct Second {
    began: Instant,
    written: u32,
    left_out: u64,
}

impl Pace {
    /// Whether this line is written; if so, how many were left out before it, for a field that is absent where none were.
    pub(crate) fn admits(&self) -> Option<LeftOut> {
        let left_out = self.admits_at(Instant::now())?;
        Some((left_out > 0).then_some(left_out))
    }

    fn admits_at(&self, now: Instant) -> Option<u64> {
        let mut second = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = second.get_or_insert(Second {
            began: now,
            written: 0,
            left_out: 0,
        });
        if now.duration_since(current.began) >= Duration::from_secs(1) {
            (current.began, current.written) = (now, 0);
        }
        if current.written == A_SECOND {
            current.left_out += 1;
            return None;
        }
        current.written += 1;
        Some(std::mem::take(&mut current.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_lines_a_second_are_written_and_the_others_counted() {
        let (pace, now) = (Pace::default(), Instant::now());
        let written = (0..1_000).filter(|_| pace.admits_at(now) == Some(0)).count();
        assert_eq!(written, 20);
        let later = now + Duration::from_secs(1);
        assert_eq!(pace.admits_at(later), Some(980));
        assert_eq!(pace.admits_at(later), Some(0));
    }
}
