//! Client access tokens and client tokens: secrets that never print and are wiped when dropped.

mod secret;

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::error::{Capacity, Error, Misuse};
use crate::id::{InvalidText, Rule, TextFault, TunnelId};
use crate::mode::Side;
use secret::Secret;

/// Longest access token that a client takes, in bytes: the handshake request may be 4 KiB in all
/// (data-plane.md §1), and 1 KiB is kept for its request line and other headers (ours).
pub const MAX_ACCESS_TOKEN: usize = 3072;

/// A client access token (CAT): opaque to whoever holds it, 1 to `N` visible ASCII characters.
///
/// It is compared in constant time, wiped on drop, and never printed. AWS's own are several hundred characters.
///
/// ```
/// use iot_tunnel_core::AccessToken;
/// let token = AccessToken::<64>::parse("secret").unwrap();
/// assert_eq!(format!("{token:?}"), "AccessToken(..)");
/// assert_eq!(token.expose(), "secret");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken<const N: usize = MAX_ACCESS_TOKEN>(Secret<N>);

impl<const N: usize> AccessToken<N> {
    /// Takes a token as it came. Visible ASCII only: it becomes a header's value.
    ///
    /// # Errors
    /// [`Misuse::InvalidAccessToken`] if it is empty or has another character,
    /// [`Capacity::AccessTokenTooLong`] if it has more than `N` bytes. It is never cut.
    pub fn parse(value: &str) -> Result<Self, Error> {
        let mut token = Self::blank();
        token.replace(value)?;
        Ok(token)
    }

    /// Judges a token as [`parse`](Self::parse) does, without a place for it.
    ///
    /// # Errors
    /// As of [`parse`](Self::parse).
    pub fn check(value: &str) -> Result<(), Error> {
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Misuse::InvalidAccessToken.into());
        }
        match value.len() <= N {
            true => Ok(()),
            false => Err(Capacity::AccessTokenTooLong.into()),
        }
    }

    /// The place of a token, before there is one.
    pub(crate) const fn blank() -> Self {
        Self(Secret::blank())
    }

    /// As [`parse`](Self::parse), in the place of the token before: kilobytes need not move. An error leaves that one.
    pub(crate) fn replace(&mut self, value: &str) -> Result<(), Error> {
        Self::check(value)?;
        self.0
            .replace(value)
            .ok_or(Error::Capacity(Capacity::AccessTokenTooLong))
    }

    /// Makes it the place of a token again.
    pub(crate) fn wipe(&mut self) {
        self.0.wipe();
    }

    /// The secret itself. Whoever calls this answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Its SHA-256 digest.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.expose())
    }
}

impl<const N: usize> fmt::Debug for AccessToken<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// A client token (data-plane header `client-token`), `[a-zA-Z0-9-]{32,128}`: a client presents it again to use
/// an access token a second time. A secret like the access token.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientToken(Secret<{ Self::RULE.max }>);

impl ClientToken {
    /// What is allowed.
    pub const RULE: Rule = Rule::new(
        "clientToken",
        32,
        128,
        "[a-zA-Z0-9-]",
        |character| character.is_ascii_alphanumeric() || character == '-',
        Misuse::InvalidClientToken,
    );

    /// Parses a whole value.
    ///
    /// # Errors
    /// [`InvalidText`] with the length, or the first character not allowed and its position.
    pub fn parse(value: &str) -> Result<Self, InvalidText> {
        Self::RULE.check(value)?;
        // The rule allows ASCII only, so the characters just counted are the bytes copied here.
        Secret::copy(value).map(Self).ok_or(InvalidText {
            rule: Self::RULE,
            fault: TextFault::Length {
                characters: value.len(),
            },
        })
    }

    /// The place of a token, before there is one.
    pub(crate) const fn blank() -> Self {
        Self(Secret::blank())
    }

    /// Whether it is the place of a token only.
    pub(crate) fn is_blank(&self) -> bool {
        self.expose().is_empty()
    }

    /// Takes a copy of another, in the place of the token before.
    pub(crate) fn copy(&mut self, other: &Self) {
        // It fits: the other has no more room.
        let _ = self.0.replace(other.expose());
    }

    /// A fresh one.
    #[must_use]
    pub fn fresh(entropy: &Entropy) -> Self {
        let mut token = Self::blank();
        token.refresh(entropy);
        token
    }

    /// Takes a fresh one, in the place of the token before: 256 bits in hexadecimal.
    pub(crate) fn refresh(&mut self, entropy: &Entropy) {
        let digit = |nibble| match nibble {
            ..=9 => b'0' + nibble,
            _ => b'a' + (nibble - 10),
        };
        let mut text = Zeroizing::new([0; 64]);
        for (digits, byte) in text.as_chunks_mut().0.iter_mut().zip(entropy.for_client_token()) {
            *digits = [digit(byte >> 4), digit(byte & 15)];
        }
        // They are ASCII, and 64 characters fit.
        let _ = self.0.replace(str::from_utf8(&*text).unwrap_or_default());
    }

    /// Makes it the place of a token again.
    pub(crate) fn wipe(&mut self) {
        self.0.wipe();
    }

    /// The secret itself. Whoever calls this answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Its SHA-256 digest.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.expose())
    }
}

impl fmt::Debug for ClientToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientToken(..)")
    }
}

/// The SHA-256 digest that stands for a token wherever one is kept. Compared in constant time.
#[derive(Clone, Copy)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a token's characters.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// The 32 bytes, for an index. Equality of secrets is `==`, never a comparison of these.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenDigest {}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(..)")
    }
}

/// base64url of 32 bytes, without padding.
const DIGEST_TEXT: usize = 43;

impl serde::Serialize for TokenDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = [0; DIGEST_TEXT];
        let text = Base64UrlUnpadded::encode(&self.0, &mut buffer).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(text)
    }
}

impl<'de> serde::Deserialize<'de> for TokenDigest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = TokenDigest;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("32 bytes in base64url")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<TokenDigest, E> {
                let mut bytes = [0; 32];
                match Base64UrlUnpadded::decode(text, &mut bytes) {
                    Ok(decoded) if decoded.len() == 32 => Ok(TokenDigest(bytes)),
                    _ => Err(E::invalid_value(
                        serde::de::Unexpected::Str("another text"),
                        &self,
                    )),
                }
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// 64 bytes of entropy: 32 for each side's next token.
///
/// The caller draws them from a cryptographic source; wiped on drop. Use each only once.
pub struct Entropy([u8; 64]);

impl Drop for Entropy {
    #[inline(never)]
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Entropy {}

impl Entropy {
    /// Takes freshly drawn bytes.
    ///
    /// # Errors
    /// [`Misuse::StuckEntropy`] if all 64 bytes are the same: a source that was never started reads like that.
    pub fn new(bytes: [u8; 64]) -> Result<Self, Misuse> {
        let entropy = Self(bytes);
        match entropy.0.iter().all(|byte| *byte == entropy.0[0]) {
            true => Err(Misuse::StuckEntropy),
            false => Ok(entropy),
        }
    }

    /// The half that a session makes a client token of.
    fn for_client_token(&self) -> &[u8] {
        self.0.split_at(32).0
    }

    /// A number for what a session draws that is no secret. It shares no byte with the client token.
    pub(crate) fn seed(&self) -> u32 {
        let bytes = self.0.last_chunk();
        bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    fn of_side(&self, side: Side) -> &[u8] {
        let (source, destination) = self.0.split_at(32);
        match side {
            Side::Source => source,
            Side::Destination => destination,
        }
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy(..)")
    }
}

/// What every issued token starts with (ours): its format and version, and a mark for secret scanners.
pub const ISSUED_PREFIX: &str = "iot1";
/// `ISSUED_PREFIX` decoded from base64url.
const MAGIC: [u8; 3] = [0x8a, 0x8b, 0x75];
/// Magic, side, generation; the id and 32 random bytes follow.
const HEADER: usize = MAGIC.len() + 1 + 4;
const RANDOM: usize = 32;
const MAX_RAW: usize = HEADER + TunnelId::RULE.max + RANDOM;
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
            token.0.push(characters)?;
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

    #[test]
    fn a_stuck_random_source_is_refused() {
        assert_eq!(Entropy::new([0; 64]).unwrap_err(), Misuse::StuckEntropy);
        assert_eq!(Entropy::new([255; 64]).unwrap_err(), Misuse::StuckEntropy);
    }

    #[test]
    fn no_token_prints() {
        let client = ClientToken::parse(&"c".repeat(32)).unwrap();
        assert_eq!(
            format!("{client:?} {:?}", client.digest()),
            "ClientToken(..) TokenDigest(..)"
        );
    }
}
