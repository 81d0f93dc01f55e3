//! What is kept of a side's current token, and issuing the next one.

use crate::error::{Capacity, Error};
use crate::id::TunnelId;
use crate::mode::Side;
use crate::token::{Claim, Entropy, IssuedToken, TokenDigest};

/// A side's current token: its digest, never itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Issued {
    /// How often the side has been rotated.
    pub(super) generation: u32,
    pub(super) digest: TokenDigest,
}

impl Issued {
    /// What is kept of a token.
    pub(super) fn of(generation: u32, token: &IssuedToken) -> Self {
        Self {
            generation,
            digest: token.digest(),
        }
    }

    /// Issues a token of that generation.
    pub(super) fn issue(
        id: &TunnelId,
        side: Side,
        generation: u32,
        entropy: &Entropy,
    ) -> Result<IssuedToken, Error> {
        let token = Claim::issue(id, side, generation, entropy);
        token.ok_or(Error::Capacity(Capacity::AccessTokenTooLong))
    }

    /// Issues the token that may replace this one.
    pub(super) fn next(&self, id: &TunnelId, side: Side, entropy: &Entropy) -> Result<IssuedToken, Error> {
        let next = self.generation.checked_add(1);
        Self::issue(id, side, next.ok_or(Capacity::RotationsExhausted)?, entropy)
    }

    /// Keeps what [`next`](Self::next) has issued.
    pub(super) fn replace(&mut self, token: &IssuedToken) {
        *self = Self::of(self.generation.saturating_add(1), token);
    }
}
