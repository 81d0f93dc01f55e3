//! Errors of flags that repeat no secret.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Longest value that an error repeats, in bytes (ours: longer than any flag and shorter than any token).
const MAX_REPEATED: usize = 48;

/// Reads a value that may be a secret, by this function. clap's own parsers repeat a value that they refuse.
#[derive(Clone)]
pub(crate) struct Quiet<T>(pub(crate) fn(&str) -> Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Quiet<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let refused = |why: &str| {
            let flag = argument.map(ToString::to_string).unwrap_or_default();
            let text = format!("invalid value for '{flag}': {why}\n");
            clap::Error::raw(ErrorKind::ValueValidation, text).with_cmd(command)
        };
        let text = value.to_str().ok_or_else(|| refused("it is not UTF-8"))?;
        (self.0)(text).map_err(|why| refused(&why))
    }
}

/// Takes out of clap's error what may be a token that stands where it does not belong.
#[must_use]
pub fn without_secrets(mut error: clap::Error) -> clap::Error {
    for kind in [
        ContextKind::InvalidArg,
        ContextKind::InvalidValue,
        ContextKind::InvalidSubcommand,
    ] {
        if let Some(ContextValue::String(value)) = error.get(kind)
            && value.len() > MAX_REPEATED
        {
            let length = value.len();
            error.insert(
                kind,
                ContextValue::String(format!("(a text of {length} characters)")),
            );
        }
    }
    error
}
