//! A file with an access token in it.

use std::io;
use std::path::PathBuf;

use iot_tunnel_core::{AccessToken, Error, TokenDigest};
use zeroize::Zeroizing;

/// The file, and what was read of it last.
pub(super) struct TokenFile {
    path: PathBuf,
    latest: Option<TokenDigest>,
}

/// Why there is no token in the file. It shows nothing of what is.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenFileError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    NoToken { path: PathBuf, source: Error },
}

impl TokenFile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, latest: None }
    }

    /// Reads the file: its token, if that is another than the last time. White space around it does not count.
    pub(super) fn read(&mut self) -> Result<Option<AccessToken>, TokenFileError> {
        let path = || self.path.clone();
        let text = std::fs::read_to_string(&self.path)
            .map(Zeroizing::new)
            .map_err(|source| TokenFileError::Unreadable { path: path(), source })?;
        let token = AccessToken::parse(text.trim())
            .map_err(|source| TokenFileError::NoToken { path: path(), source })?;
        let digest = token.digest();
        if self.latest == Some(digest) {
            return Ok(None);
        }
        self.latest = Some(digest);
        Ok(Some(token))
    }
}
