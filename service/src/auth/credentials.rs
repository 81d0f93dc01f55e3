//! The credentials file: access keys, their secrets, and what each key may do.
//!
//! ```toml
//! [[key]]
//! access_key_id = "AKIDFLEET"
//! secret_access_key = "…"                         # 16 to 128 visible ASCII characters
//! actions = ["iot:RotateTunnelAccessToken", "iot:Describe*"]
//! client_modes = ["DESTINATION"]                  # optional, after iot:ClientMode
//! thing_names = ["line-1-*"]                      # optional, in place of iot:ThingGroupArn
//! services = ["SSH"]                              # optional, after iot:TunnelDestinationService
//! ```
//! A trailing `*` in `actions`, `thing_names` and `services` stands for any rest. What the conditions mean is
//! written at [`Key::permits`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use zeroize::Zeroizing;

use super::allowed::{ActionPattern, Allowed, ClientModeName, NamePattern};

/// Length of an access key id, in characters. The upper bound is IAM's; IAM's lower bound of 16 is not kept,
/// so that AWS's own example keys work (ours).
const ACCESS_KEY_ID_LENGTH: std::ops::RangeInclusive<usize> = 1..=128;

/// Length of a secret access key, in characters: AWS issues 40. A shorter one than 16 could be guessed from one
/// recorded signature (ours).
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 16..=128;

/// The keys of a credentials file, by access key id.
#[derive(Debug)]
pub struct Credentials {
    keys: HashMap<AccessKeyId, Arc<Key>>,
}

impl Credentials {
    /// Reads a credentials file.
    ///
    /// A file that others may read is still loaded: [`LoadedCredentials::exposed`] says so, for the caller to log.
    ///
    /// # Errors
    /// The path and [`CredentialsError`]: the file cannot be read, or its content is refused.
    pub fn load(path: &Path) -> Result<LoadedCredentials, CredentialsFileError> {
        let fail = |fault| CredentialsFileError {
            path: path.to_owned(),
            fault,
        };
        let mut file = File::open(path).map_err(|error| fail(error.into()))?;
        let exposed = ExposedFile::check(path, &file).map_err(|error| fail(error.into()))?;
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text)
            .map_err(|error| fail(error.into()))?;
        let credentials = text.parse().map_err(fail)?;
        Ok(LoadedCredentials { credentials, exposed })
    }

    /// The key with this id.
    pub fn key(&self, access_key_id: &str) -> Option<&Arc<Key>> {
        self.keys.get(access_key_id)
    }

    /// All keys, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.keys.values()
    }
}

impl FromStr for Credentials {
    type Err = CredentialsError;

    fn from_str(text: &str) -> Result<Self, CredentialsError> {
        let file: KeyList = toml::from_str(text).map_err(|error| CredentialsError::Content {
            line: line_at(text, error.span().map_or(0, |span| span.start)),
            // Not `Display`: that one quotes the line, and the line may hold a secret.
            reason: error.message().to_owned(),
        })?;
        let mut keys = HashMap::with_capacity(file.key.len());
        for key in file.key {
            let line = line_at(text, key.span().start);
            let key = key.into_inner();
            match keys.entry(key.access_key_id.clone()) {
                Entry::Vacant(vacant) => vacant.insert(Arc::new(key)),
                Entry::Occupied(occupied) => {
                    return Err(CredentialsError::RepeatedKey {
                        line,
                        access_key_id: occupied.key().clone(),
                    });
                }
            };
        }
        if keys.is_empty() {
            Err(CredentialsError::NoKey)
        } else {
            Ok(Self { keys })
        }
    }
}

/// The line, counted from 1, that holds the byte at `offset`.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The file as a whole. Each key is checked by its own types while it is read, so that an error knows its line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyList {
    #[serde(default)]
    key: Vec<Spanned<Key>>,
}

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

impl std::borrow::Borrow<str> for AccessKeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for AccessKeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        unquoted_string(deserializer, "access_key_id").and_then(|text| {
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
        let text = unquoted_string(deserializer, "secret_access_key")?;
        if SECRET_LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom(
                "secret_access_key must be 16 to 128 visible ASCII characters",
            ))
        }
    }
}

/// A string whose error does not quote it: serde's own would show a secret that lacks its quotation marks.
fn unquoted_string<'de, D: Deserializer<'de>>(
    deserializer: D,
    field: &'static str,
) -> Result<Zeroizing<String>, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(Zeroizing::new(text)),
        _ => Err(D::Error::custom(format_args!("{field} must be a string"))),
    }
}

/// Credentials, and what the caller should warn of.
#[derive(Debug)]
pub struct LoadedCredentials {
    /// The keys.
    pub credentials: Credentials,
    /// Set when users other than the file's owner may read it.
    pub exposed: Option<ExposedFile>,
}

/// A credentials file that its group or everybody may read or write: worth a warning. Unix only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the credentials file {} has mode {mode:04o}: others may read or change it; `chmod 600` it", path.display())]
pub struct ExposedFile {
    /// The file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

impl ExposedFile {
    #[cfg(unix)]
    fn check(path: &Path, file: &File) -> io::Result<Option<Self>> {
        use std::os::unix::fs::PermissionsExt as _;
        const GROUP_AND_OTHERS: u32 = 0o077;
        let mode = file.metadata()?.permissions().mode() & 0o7777;
        Ok((mode & GROUP_AND_OTHERS != 0).then(|| Self {
            path: path.to_owned(),
            mode,
        }))
    }

    #[cfg(not(unix))]
    fn check(_: &Path, _: &File) -> io::Result<Option<Self>> {
        Ok(None)
    }
}

/// Why a credentials file was refused, and which file.
#[derive(Debug, thiserror::Error)]
#[error("the credentials file {} is refused: {fault}", path.display())]
pub struct CredentialsFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: CredentialsError,
}

/// What is wrong with a credentials file.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read, or is not UTF-8.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is not TOML, or a field is missing, unknown, or has a value that is not allowed.
    #[error("line {line}: {reason}")]
    Content {
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// Two keys have the same id.
    #[error(
        "line {line}: access_key_id `{access_key_id}` is already taken by an earlier [[key]]; ids must differ"
    )]
    RepeatedKey {
        /// Where the second one begins, counted from 1.
        line: usize,
        /// The id.
        access_key_id: AccessKeyId,
    },
    /// There is no key at all: nobody could call the service.
    #[error("it holds no [[key]]; give at least one, with access_key_id, secret_access_key and actions")]
    NoKey,
}

#[cfg(test)]
mod tests;
