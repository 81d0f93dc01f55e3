//! A file with an access token in it, which somebody writes anew when the token was rotated.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use iot_tunnel_core::{AccessToken, TokenDigest};
use zeroize::Zeroizing;

use crate::program::access_token;

/// How often is looked whether the file is another one (ours): a look costs one system call.
const LOOK: Duration = Duration::from_millis(200);

/// The file, and what was read of it last.
pub(super) struct TokenFile {
    path: PathBuf,
    latest: Option<TokenDigest>,
    seen: Option<Stamp>,
}

/// What tells a file from what it was.
type Stamp = (u64, u64, SystemTime);

/// Why there is no token in the file. It shows nothing of what is.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenFileError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: {why}", path.display())]
    NoToken { path: PathBuf, why: String },
}

impl TokenFile {
    /// The file as it is now: it changes when it is written after this.
    pub(super) fn new(path: PathBuf) -> Self {
        let mut file = Self {
            path,
            latest: None,
            seen: None,
        };
        file.seen = file.stamp();
        file
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns when the file is there and is another than at first, or than when it was read last.
    pub(super) async fn changed(&self) {
        loop {
            let stamp = self.stamp();
            if stamp.is_some() && stamp != self.seen {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn stamp(&self) -> Option<Stamp> {
        let file = std::fs::metadata(&self.path).ok()?;
        Some((file.ino(), file.len(), file.modified().ok()?))
    }

    /// Reads the file: its token, if that is another than the last time. What often surrounds it does not count.
    pub(super) fn read(&mut self) -> Result<Option<AccessToken>, TokenFileError> {
        let path = || self.path.clone();
        // Before it is read: what is written meanwhile is another file then.
        self.seen = self.stamp();
        let text = std::fs::read_to_string(&self.path)
            .map(Zeroizing::new)
            .map_err(|source| TokenFileError::Unreadable { path: path(), source })?;
        let token = access_token(&text).map_err(|why| TokenFileError::NoToken { path: path(), why })?;
        let digest = token.digest();
        if self.latest == Some(digest) {
            return Ok(None);
        }
        self.latest = Some(digest);
        Ok(Some(token))
    }
}
