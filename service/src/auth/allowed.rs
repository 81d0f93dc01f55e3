//! The lists of a key: what `actions`, `client_modes`, `thing_names` and `services` may hold.

use std::fmt;

use serde::Deserialize;

use super::permission::{ACTIONS, PREFIX};

/// `clientMode` of the API, upper case exactly.
const CLIENT_MODES: [&str; 3] = ["SOURCE", "DESTINATION", "ALL"];

/// Length of a thing name and of a service, in characters: the API's constraint.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=128;

/// What one field of a key allows: at least one entry. An empty list would read as "no condition" to one
/// person and as "nothing" to another.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<T>")]
pub(super) struct Allowed<T>(Vec<T>);

impl<T> Allowed<T> {
    pub(super) fn any(&self, test: impl FnMut(&T) -> bool) -> bool {
        self.0.iter().any(test)
    }
}

impl<T> TryFrom<Vec<T>> for Allowed<T> {
    type Error = EntryError;

    fn try_from(entries: Vec<T>) -> Result<Self, EntryError> {
        if entries.is_empty() {
            Err(EntryError::EmptyList)
        } else {
            Ok(Self(entries))
        }
    }
}

impl<T: fmt::Display> fmt::Display for Allowed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{entry}")?;
        }
        Ok(())
    }
}

/// An entry of `actions`: the IAM name of an action, or the beginning of one and a `*`. Kept without `iot:`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ActionPattern(String);

impl ActionPattern {
    /// Whether `action`, an API name, is an action and this entry stands for it.
    pub(super) fn covers(&self, action: &str) -> bool {
        ACTIONS.contains(&action) && covers(&self.0, action)
    }
}

impl TryFrom<String> for ActionPattern {
    type Error = EntryError;

    fn try_from(entry: String) -> Result<Self, EntryError> {
        match entry.strip_prefix(PREFIX) {
            Some(pattern) if ACTIONS.iter().any(|action| covers(pattern, action)) => {
                Ok(Self(pattern.to_owned()))
            }
            _ => Err(EntryError::UnknownAction { entry }),
        }
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

/// An entry of `client_modes`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ClientModeName(String);

impl ClientModeName {
    /// Whether this is the mode of that name.
    pub(super) fn is(&self, client_mode: &str) -> bool {
        self.0 == client_mode
    }
}

impl TryFrom<String> for ClientModeName {
    type Error = EntryError;

    fn try_from(entry: String) -> Result<Self, EntryError> {
        if CLIENT_MODES.contains(&entry.as_str()) {
            Ok(Self(entry))
        } else {
            Err(EntryError::UnknownClientMode { entry })
        }
    }
}

impl fmt::Display for ClientModeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An entry of `thing_names` or `services`: a name, or the beginning of one and a `*`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct NamePattern(String);

impl NamePattern {
    /// Whether this entry stands for `name`.
    pub(super) fn covers(&self, name: &str) -> bool {
        covers(&self.0, name)
    }
}

impl TryFrom<String> for NamePattern {
    type Error = EntryError;

    fn try_from(entry: String) -> Result<Self, EntryError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":_-".contains(&byte);
        let beginning = entry.strip_suffix('*').unwrap_or(&entry);
        if NAME_LENGTH.contains(&entry.len()) && beginning.bytes().all(allowed) {
            Ok(Self(entry))
        } else {
            Err(EntryError::NotAName { entry })
        }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `pattern` is `name`, or is its beginning and a `*`. No name has a `*` of its own.
fn covers(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |beginning| name.starts_with(beginning))
}

/// Why an entry, or a list, is refused. The reader adds the line.
#[derive(Debug, thiserror::Error)]
pub(super) enum EntryError {
    #[error("an empty list allows nothing: list at least one entry, or leave an optional field out")]
    EmptyList,
    #[error(
        "`{entry}` in actions is not an action; allowed are {PREFIX}{}, or the beginning of one and a `*`",
        ACTIONS.join(&format!(", {PREFIX}"))
    )]
    UnknownAction { entry: String },
    #[error("`{entry}` in client_modes is not a mode; allowed are {}", CLIENT_MODES.join(", "))]
    UnknownClientMode { entry: String },
    #[error(
        "`{entry}` is not a name; thing_names and services hold 1 to 128 characters of [a-zA-Z0-9:_-], the \
         last of which may be a `*`"
    )]
    NotAName { entry: String },
}
