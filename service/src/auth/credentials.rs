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

use serde::Deserialize;
use toml::Spanned;
use zeroize::Zeroizing;

use super::key::{AccessKeyId, Key};

/// The keys of a credentials file, by access key id.
#[derive(Debug)]
pub struct Credentials {
    keys: HashMap<AccessKeyId, Arc<Key>>,
}

impl Credentials {
    /// Reads a credentials file.
    ///
    /// A file that others may read is still loaded: [`LoadedCredentials::exposed`] says so, to be logged.
    ///
    /// # Errors
    /// The path and [`CredentialsError`]: the file cannot be read, or its content is refused.
    pub fn load(path: &Path) -> Result<LoadedCredentials, CredentialsFileError> {
        Self::read(path).map_err(|fault| CredentialsFileError {
            path: path.to_owned(),
            fault,
        })
    }

    fn read(path: &Path) -> Result<LoadedCredentials, CredentialsError> {
        let mut file = File::open(path)?;
        let exposed = ExposedFile::check(path, &file)?;
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text)?;
        Ok(LoadedCredentials {
            credentials: text.parse()?,
            exposed,
        })
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
            match keys.entry(key.access_key_id().clone()) {
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

/// The file as a whole. A key is checked by its own types while it is read, so that an error knows its line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyList {
    #[serde(default)]
    key: Vec<Spanned<Key>>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposedFile {
    /// The file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

impl fmt::Display for ExposedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, mode } = self;
        let path = path.display();
        write!(
            f,
            "the credentials file {path} has mode {mode:04o}: others may read or change it; `chmod 600` it"
        )
    }
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
