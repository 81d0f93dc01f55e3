//! Client access tokens and client tokens: secrets that never print and are wiped when dropped.

mod digest;
mod entropy;
mod issued;
mod secret;

use core::fmt;

use zeroize::Zeroizing;

pub use digest::TokenDigest;
pub use entropy::Entropy;
pub use issued::{Claim, ISSUED_PREFIX, IssuedToken, MAX_ISSUED, looks_issued};

use crate::error::{Capacity, Error, Misuse};
use crate::id::{InvalidText, Rule, TextFault};
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

    /// Adds text behind it; `None` if there is no room for all of it.
    fn push(&mut self, text: &str) -> Option<()> {
        self.0.push(text)
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
pub struct ClientToken(Secret<{ Self::RULE.max() }>);

impl ClientToken {
    /// What is allowed.
    pub const RULE: Rule = Rule::ClientToken;

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

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn no_token_prints() {
        let client = ClientToken::parse(&"c".repeat(32)).unwrap();
        assert_eq!(
            format!("{client:?} {:?}", client.digest()),
            "ClientToken(..) TokenDigest(..)"
        );
    }
}
