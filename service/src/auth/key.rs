//! An access key: its id, its secret, and what it may do.

use std::borrow::Borrow;
use std::fmt;
use std::ops::RangeInclusive;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::allowed::{ActionPattern, Allowed, ClientModeName, NamePattern};

/// Length of an access key id, in characters. The upper bound is IAM's; IAM's lower bound of 16 is not kept,
/// so that AWS's own example keys work (ours).
const ACCESS_KEY_ID_LENGTH: RangeInclusive<usize> = 1..=128;

/// Length of a secret access key, in characters: AWS issues 40. One shorter than 16 could be guessed from a
/// recorded signature (ours).
const SECRET_LENGTH: RangeInclusive<usize> = 16..=128;

/// An access key and what it may do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    access_key_id: AccessKeyId,
    secret_access_key: SecretAccessKey,
    pub(super) actions: Allowed<ActionPattern>,
    pub(super) client_modes: Option<Allowed<ClientModeName>>,
    pub(super) thing_names: Option<Allowed<NamePattern>>,
    pub(super) services: Option<Allowed<NamePattern>>,
}

impl Key {
    /// The key's id: public, fit for logs.
    pub fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    pub(super) fn secret(&self) -> &[u8] {
        self.secret_access_key.0.as_bytes()
    }
}

/// The id of an access key: 1 to 128 of `[A-Za-z0-9_]`. Public, fit for logs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id in `text`, or nothing when `text` is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        (ACCESS_KEY_ID_LENGTH.contains(&text.len()) && text.bytes().all(allowed))
            .then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for AccessKeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for AccessKeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        unechoed_string(deserializer, "access_key_id").and_then(|text| {
            Self::parse(&text).ok_or_else(|| {
                // The value is not shown: it may be the secret in the wrong place.
                D::Error::custom("access_key_id must be 1 to 128 characters of [A-Za-z0-9_]")
            })
        })
    }
}

/// A secret access key: wiped when dropped, shown to nobody.
struct SecretAccessKey(Zeroizing<String>);

impl fmt::Debug for SecretAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAccessKey(redacted)")
    }
}

impl<'de> Deserialize<'de> for SecretAccessKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = unechoed_string(deserializer, "secret_access_key")?;
        if SECRET_LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom(
                "secret_access_key must be 16 to 128 visible ASCII characters",
            ))
        }
    }
}

/// A string whose error does not show it: serde's own would show a secret that lacks its quotation marks.
fn unechoed_string<'de, D: Deserializer<'de>>(
    deserializer: D,
    field: &'static str,
) -> Result<Zeroizing<String>, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(Zeroizing::new(text)),
        _ => Err(D::Error::custom(format_args!("{field} must be a string"))),
    }
}
