//! [`TokenHistory`]: which access tokens a session has had.

use heapless::Vec;
use subtle::ConstantTimeEq as _;

use super::event::TokenTaken;
use crate::sha1;

/// Access tokens that a session knows again, the latest one included (ours). A broker redelivers what it has not seen
/// acknowledged; that a tunnel is rotated this often meanwhile is not to be expected.
pub const REMEMBERED_TOKENS: usize = 4;

/// By what a session knows a token again: nobody can read the token out of it.
///
/// It admits nobody, so a session has no need of [`TokenDigest`](crate::TokenDigest): whoever could bring it two tokens of one
/// digest could as well bring it none. The handshake needs SHA-1 in any case, and SHA-256 is 1 KB of a firmware's flash.
pub(super) struct Mark([u8; 20]);

impl Mark {
    pub(super) fn of(access_token: &str) -> Self {
        Self(sha1::digest([access_token.as_bytes(), b""]))
    }
}

/// In constant time, as all that is made of a token.
impl PartialEq for Mark {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The marks of the latest access tokens, the latest of all last.
pub(super) struct TokenHistory(Vec<Mark, REMEMBERED_TOKENS, u8>);

impl TokenHistory {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// What a token is to a session that has had these.
    pub(super) fn judge(&self, token: &Mark) -> TokenTaken {
        match self.0.split_last() {
            Some((latest, _)) if latest == token => TokenTaken::Same,
            Some((_, earlier)) if earlier.contains(token) => TokenTaken::Earlier,
            _ => TokenTaken::New,
        }
    }

    /// Takes one more. The oldest of a full history is forgotten.
    pub(super) fn add(&mut self, token: Mark) {
        if self.0.is_full() {
            self.0.remove(0);
        }
        // There is room now.
        let _ = self.0.push(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn the_latest_is_the_same_those_before_it_are_earlier_and_the_oldest_is_forgotten() {
        let mark = |number: usize| Mark::of(&format!("token-{number}"));
        let mut history = TokenHistory::new();
        for latest in 0..10 {
            assert_eq!(history.judge(&mark(latest)), TokenTaken::New);
            history.add(mark(latest));
            for number in 0..=latest {
                let expected = match latest - number {
                    0 => TokenTaken::Same,
                    1..REMEMBERED_TOKENS => TokenTaken::Earlier,
                    _ => TokenTaken::New,
                };
                assert_eq!(history.judge(&mark(number)), expected, "{number} of {latest}");
            }
        }
    }
}
