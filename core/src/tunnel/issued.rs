//! What is kept of a side's current token, and issuing the next one.

use super::state::Pair;
use crate::error::{Capacity, Error};
use crate::id::TunnelId;
use crate::mode::{Rotation, Side};
use crate::token::{Claim, Entropy, IssuedToken, TokenDigest};

/// A side's current token: its digest, never itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Issued {
    /// How often the side has been rotated.
    pub(super) generation: u32,
    pub(super) digest: TokenDigest,
}

impl Issued {
    /// Issues a token of that generation, and hands it over.
    fn issue(
        id: &TunnelId,
        side: Side,
        generation: u32,
        entropy: &Entropy,
        give: &mut impl FnMut(Side, &IssuedToken),
    ) -> Result<Self, Error> {
        let mut token = IssuedToken::blank();
        Claim::issue(id, side, generation, entropy, &mut token).ok_or(Capacity::AccessTokenTooLong)?;
        give(side, &token);
        Ok(Self {
            generation,
            digest: token.digest(),
        })
    }
}

impl Pair<Issued> {
    /// Issues the first token of both sides.
    pub(super) fn first(
        id: &TunnelId,
        entropy: &Entropy,
        mut give: impl FnMut(Side, &IssuedToken),
    ) -> Result<Self, Error> {
        Ok(Self {
            source: Issued::issue(id, Side::Source, 0, entropy, &mut give)?,
            destination: Issued::issue(id, Side::Destination, 0, entropy, &mut give)?,
        })
    }

    /// Issues the next token of each side that is rotated. The numbers are counted before a token is handed over.
    pub(super) fn next(
        &self,
        rotation: Rotation,
        id: &TunnelId,
        entropy: &Entropy,
        mut give: impl FnMut(Side, &IssuedToken),
    ) -> Result<Pair<Option<Issued>>, Error> {
        let count = |side| match rotation.rotates(side) {
            true => self
                .get(side)
                .generation
                .checked_add(1)
                .ok_or(Capacity::RotationsExhausted)
                .map(Some),
            false => Ok(None),
        };
        let counted = Pair {
            source: count(Side::Source)?,
            destination: count(Side::Destination)?,
        };
        let mut issue = |side| match counted.get(side) {
            Some(generation) => Issued::issue(id, side, *generation, entropy, &mut give).map(Some),
            None => Ok(None),
        };
        Ok(Pair {
            source: issue(Side::Source)?,
            destination: issue(Side::Destination)?,
        })
    }
}
