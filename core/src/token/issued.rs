//! [`IssuedToken`] and its [`Claim`]: a token as the service makes it.

use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

use super::{AccessToken, Entropy};
use crate::id::TunnelId;
use crate::mode::Side;

/// What every issued token starts with (ours): its format and version, and a mark for secret scanners.
pub const ISSUED_PREFIX: &str = "iot1";
/// `ISSUED_PREFIX` decoded from base64url.
const MAGIC: [u8; 3] = [0x8a, 0x8b, 0x75];
/// Magic, side, generation; the id and 32 random bytes follow.
const HEADER: usize = MAGIC.len() + 1 + 4;
const RANDOM: usize = 32;
const MAX_RAW: usize = HEADER + TunnelId::RULE.max() + RANDOM;
/// Longest token that we issue, in characters: 224. Ours is at most 300 (control-plane.md, "A token's life").
pub const MAX_ISSUED: usize = MAX_RAW.div_ceil(3) * 4;

/// A token as we issue it: base64url of a [`Claim`] in clear and 256 random bits.
pub type IssuedToken = AccessToken<MAX_ISSUED>;

/// What an issued token says of itself. It finds the record and explains a refusal; it never admits anybody:
/// only the digest of the whole token does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The tunnel it was issued for.
    pub tunnel_id: TunnelId,
    /// The side it was issued for.
    pub side: Side,
    /// How often that side had been rotated when it was issued.
    pub generation: u32,
}

impl Claim {
    /// Reads the claim of a presented token; `None` if we cannot have issued it.
    #[must_use]
    pub fn read(token: &str) -> Option<Self> {
        let mut buffer = Zeroizing::new([0; MAX_RAW]);
        let raw = Base64UrlUnpadded::decode(token, &mut *buffer).ok()?;
        let rest = raw.strip_prefix(&MAGIC)?;
        let (&side, rest) = rest.split_first()?;
        let (generation, rest) = rest.split_first_chunk::<4>()?;
        let (id, _random) = rest.split_last_chunk::<RANDOM>()?;
        Some(Self {
            tunnel_id: TunnelId::parse(str::from_utf8(id).ok()?).ok()?,
            side: *Side::BOTH.get(usize::from(side))?,
            generation: u32::from_be_bytes(*generation),
        })
    }

    /// Issues the token of a claim, in a blank place. The claim differs from every other of the tunnel, so the same token
    /// never comes out twice, whatever the entropy. `None` never happens: there is room for the longest.
    pub(crate) fn issue(
        tunnel_id: &TunnelId,
        side: Side,
        generation: u32,
        entropy: &Entropy,
        token: &mut IssuedToken,
    ) -> Option<()> {
        let parts: [&[u8]; 5] = [
            &MAGIC,
            &[side as u8],
            &generation.to_be_bytes(),
            tunnel_id.as_str().as_bytes(),
            entropy.of_side(side),
        ];
        let mut bytes = parts.into_iter().flatten();
        // Three bytes at a time are four characters: the whole need not stand anywhere but in its place.
        let (mut group, mut text) = (Zeroizing::new([0; 3]), Zeroizing::new([0; 4]));
        loop {
            let mut length = 0;
            for (slot, byte) in group.iter_mut().zip(&mut bytes) {
                *slot = *byte;
                length += 1;
            }
            if length == 0 {
                return Some(());
            }
            let characters = Base64UrlUnpadded::encode(group.get(..length)?, &mut *text).ok()?;
            token.push(characters)?;
        }
    }
}

/// Whether a value looks like a token of ours. Error texts use it so that a token pasted into the wrong field is
/// not echoed.
#[must_use]
pub fn looks_issued(value: &str) -> bool {
    value.len() >= 64 && value.starts_with(ISSUED_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn a_token_carries_its_claim_behind_the_prefix_and_fits_its_limit() {
        let id = TunnelId::parse(&"x".repeat(128)).unwrap();
        let claim = Claim {
            tunnel_id: id,
            side: Side::Destination,
            generation: u32::MAX,
        };
        let mut bytes = [7; 64];
        bytes[0] = 8;
        let entropy = Entropy::new(bytes).unwrap();
        let mut token = IssuedToken::blank();
        Claim::issue(
            &claim.tunnel_id,
            claim.side,
            claim.generation,
            &entropy,
            &mut token,
        )
        .unwrap();
        assert!(token.expose().starts_with(ISSUED_PREFIX));
        assert!(token.expose().len() <= MAX_ISSUED && MAX_ISSUED <= 300);
        assert_eq!(Claim::read(token.expose()), Some(claim));
        assert!(looks_issued(token.expose()));
    }

    #[test]
    fn what_we_did_not_issue_has_no_claim() {
        for token in [
            "",
            "iot1",
            "bogus",
            "!",
            &"A".repeat(300),
            &format!("iot1{}", "A".repeat(60)),
        ] {
            assert_eq!(Claim::read(token), None, "{token}");
        }
    }
}
