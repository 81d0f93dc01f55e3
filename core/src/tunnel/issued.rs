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
    pub(super) fn first(id: &TunnelId, side: Side, entropy: &Entropy) -> Result<(Self, IssuedToken), Error> {
        Self::issue(id, side, 0, entropy)
    }

    pub(super) fn next(
        &self,
        id: &TunnelId,
        side: Side,
        entropy: &Entropy,
    ) -> Result<(Self, IssuedToken), Error> {
        let generation = self
            .generation
            .checked_add(1)
            .ok_or(Capacity::RotationsExhausted)?;
        Self::issue(id, side, generation, entropy)
    }

    fn issue(
        id: &TunnelId,
        side: Side,
        generation: u32,
        entropy: &Entropy,
    ) -> Result<(Self, IssuedToken), Error> {
        let claim = Claim {
            tunnel_id: id.clone(),
            side,
            generation,
        };
        let token = claim.issue(entropy).ok_or(Capacity::AccessTokenTooLong)?;
        Ok((
            Self {
                generation,
                digest: token.digest(),
            },
            token,
        ))
    }
}
