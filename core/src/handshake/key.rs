//! `sec-websocket-key` and the `sec-websocket-accept` that answers it (RFC 6455 §4).

use base64ct::{Base64, Encoding};

use crate::error::Misuse;
use crate::sha1;

/// What RFC 6455 §1.3 appends to the key.
const GUID: &[u8; 36] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The key of one upgrade request: base64 of 16 random bytes. It proves that the answer is to this request; it is
/// no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpgradeKey([u8; 24]);

impl UpgradeKey {
    /// The key of freshly drawn bytes. Use each only once.
    ///
    /// # Errors
    /// [`Misuse::StuckEntropy`] if all 16 bytes are the same: a source that was never started reads like that.
    pub fn new(entropy: [u8; 16]) -> Result<Self, Misuse> {
        let [first, ..] = entropy;
        if entropy.iter().all(|byte| *byte == first) {
            return Err(Misuse::StuckEntropy);
        }
        Ok(Self(base64(&entropy)))
    }

    /// Reads a header's value: exactly 16 bytes in base64 with its padding.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let decoded = Base64::decode(value, &mut [0; 16]).ok()?.len();
        match decoded {
            16 => value.try_into().ok().map(Self),
            _ => None,
        }
    }

    /// The value of the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // base64 is ASCII.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The answer to this key.
    #[must_use]
    pub fn accept(&self) -> UpgradeAccept {
        UpgradeAccept(base64(&sha1::digest([&self.0, GUID])))
    }
}

/// The value of `sec-websocket-accept`: base64 of 20 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpgradeAccept([u8; 28]);

impl UpgradeAccept {
    /// The value of the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // base64 is ASCII.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 28] {
        &self.0
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `bytes` in base64 with its padding (RFC 4648 §4), which has `TEXT` characters.
fn base64<const TEXT: usize>(bytes: &[u8]) -> [u8; TEXT] {
    let mut text = [b'='; TEXT];
    encode(bytes, &mut text);
    text
}

/// Writes the characters of `bytes`, and leaves the padding. What is written so is no secret: looked up in a table, it takes
/// less code than base64ct's, which takes the same time for all bytes, and has no panic.
fn encode(bytes: &[u8], text: &mut [u8]) {
    for (index, character) in text.iter_mut().enumerate() {
        let (byte, bit) = (index * 6 / 8, index * 6 % 8);
        let Some(&high) = bytes.get(byte) else { break };
        let low = bytes.get(byte + 1).copied().unwrap_or(0);
        let sextet = u16::from_be_bytes([high, low]) >> (10 - bit);
        *character = ALPHABET[usize::from(sextet) % ALPHABET.len()];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn base64_is_the_librarys(bytes in any::<[u8; 21]>()) {
            let mut buffer = [0; 28];
            prop_assert_eq!(&base64::<28>(&bytes)[..], Base64::encode(&bytes, &mut buffer).unwrap().as_bytes());
            prop_assert_eq!(&base64::<28>(&bytes[..20])[..], Base64::encode(&bytes[..20], &mut buffer).unwrap().as_bytes());
            prop_assert_eq!(&base64::<28>(&bytes[..19])[..], Base64::encode(&bytes[..19], &mut buffer).unwrap().as_bytes());
        }
    }

    #[test]
    fn the_accept_of_a_key_is_that_of_the_standard() {
        for (key, accept) in [
            ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), // RFC 6455 §1.3
            ("9/h0zvwMEXrg06G+RjnmcA==", "k7YO/3BnT1ab312INuJ2Y2mzWDc="), // computed by Python
        ] {
            assert_eq!(
                UpgradeKey::parse(key.as_bytes()).unwrap().accept().as_str(),
                accept
            );
        }
        let key = UpgradeKey::new(*b"the sample nonce").unwrap();
        assert_eq!(key.as_str(), "dGhlIHNhbXBsZSBub25jZQ==");
    }

    #[test]
    fn only_16_bytes_in_base64_are_a_key() {
        for value in [
            "",
            "dGhlIHNhbXBsZSBub25jZQ",     // no padding
            "dGhlIHNhbXBsZSBub25j",       // 15 bytes
            "dGhlIHNhbXBsZSBub25jZSE=",   // 17 bytes
            "dGhlIHNhbXBsZSBub25jZSEh",   // 18 bytes
            "dGhlIHNhbXBsZSBub25jZR==",   // bits behind the end
            "dGhlIHNhbXBsZSBub25jZ-==",   // the other alphabet
            "dGhlIHNhbXBsZSBub25jZQ== ",  // white space
            "dGhlIHNhbXBsZSBub25jZQ==\0", // more
        ] {
            assert_eq!(UpgradeKey::parse(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn a_stuck_random_source_is_refused() {
        assert_eq!(UpgradeKey::new([0; 16]), Err(Misuse::StuckEntropy));
    }
}
