//! [`TokenDigest`]: what is kept of a token.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The SHA-256 digest that stands for a token wherever one is kept. Compared in constant time.
///
/// Where flash is short, compile with `--cfg sha2_backend_soft="compact"`: sha2's unrolled loops are over 6 KB of a firmware.
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
