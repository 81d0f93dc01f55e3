//! [`TokenHistory`]: which access tokens a session has had.

use heapless::Vec;

use super::event::TokenTaken;
use crate::token::TokenDigest;

/// Access tokens that a session knows again, the latest one included (ours). A broker redelivers what it has not seen
/// acknowledged; that a tunnel is rotated this often meanwhile is not to be expected.
pub const REMEMBERED_TOKENS: usize = 4;

/// The digests of the latest access tokens, the latest of all last.
pub(super) struct TokenHistory(Vec<TokenDigest, REMEMBERED_TOKENS, u8>);

impl TokenHistory {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// What a token is to a session that has had these.
    pub(super) fn judge(&self, token: &TokenDigest) -> TokenTaken {
        match self.0.split_last() {
            Some((latest, _)) if latest == token => TokenTaken::Same,
            Some((_, earlier)) if earlier.contains(token) => TokenTaken::Earlier,
            _ => TokenTaken::New,
        }
    }

    /// Takes one more. The oldest of a full history is forgotten.
    pub(super) fn add(&mut self, token: TokenDigest) {
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
        let digest = |number: usize| TokenDigest::of(&format!("token-{number}"));
        let mut history = TokenHistory::new();
        for latest in 0..10 {
            assert_eq!(history.judge(&digest(latest)), TokenTaken::New);
            history.add(digest(latest));
            for number in 0..=latest {
                let expected = match latest - number {
                    0 => TokenTaken::Same,
                    1..REMEMBERED_TOKENS => TokenTaken::Earlier,
                    _ => TokenTaken::New,
                };
                assert_eq!(history.judge(&digest(number)), expected, "{number} of {latest}");
            }
        }
    }
}
