//! Where the entropy of new tokens comes from.

use std::sync::Arc;

use iot_tunnel_core::{Entropy, Misuse};

/// The random source failed. Nothing has changed; no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum EntropyError {
    /// It gave nothing.
    #[error("the random source failed: {0}")]
    Failed(String),
    /// It gave the same byte 64 times.
    #[error(transparent)]
    Stuck(#[from] Misuse),
}

/// Draws entropy. The operating system's source, unless a test wants another.
#[derive(Clone)]
pub struct EntropySource(Arc<Fill>);

/// Fills the bytes, or says why it cannot.
type Fill = dyn Fn(&mut [u8; 64]) -> Result<(), String> + Send + Sync;

impl EntropySource {
    /// The operating system's cryptographic source.
    #[must_use]
    pub fn system() -> Self {
        Self::from_fn(|bytes| getrandom::fill(bytes).map_err(|error| error.to_string()))
    }

    /// Another source: it fills the bytes, or says why it cannot.
    pub fn from_fn(fill: impl Fn(&mut [u8; 64]) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// Draws 64 bytes.
    ///
    /// # Errors
    /// [`EntropyError`] if the source fails or is stuck.
    pub fn draw(&self) -> Result<Entropy, EntropyError> {
        let mut bytes = zeroize::Zeroizing::new([0; 64]);
        (self.0)(&mut bytes).map_err(EntropyError::Failed)?;
        Ok(Entropy::new(*bytes)?)
    }
}
