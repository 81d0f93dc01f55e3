//! [`Entropy`]: what tokens are made of.

use core::fmt;

use zeroize::{Zeroize as _, ZeroizeOnDrop};

use crate::error::Misuse;
use crate::mode::Side;

/// 64 bytes of entropy: 32 for each side's next token.
///
/// The caller draws them from a cryptographic source; wiped on drop. Use each only once.
pub struct Entropy([u8; 64]);

impl Drop for Entropy {
    #[inline(never)]
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Entropy {}

impl Entropy {
    /// Takes freshly drawn bytes.
    ///
    /// # Errors
    /// [`Misuse::StuckEntropy`] if all 64 bytes are the same: a source that was never started reads like that.
    pub fn new(bytes: [u8; 64]) -> Result<Self, Misuse> {
        let entropy = Self(bytes);
        match entropy.0.iter().all(|byte| *byte == entropy.0[0]) {
            true => Err(Misuse::StuckEntropy),
            false => Ok(entropy),
        }
    }

    /// The half that a session makes a client token of.
    pub(super) fn for_client_token(&self) -> &[u8] {
        self.0.split_at(32).0
    }

    /// A number for what a session draws that is no secret. It shares no byte with the client token.
    pub(crate) fn seed(&self) -> u32 {
        let bytes = self.0.last_chunk();
        bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    pub(super) fn of_side(&self, side: Side) -> &[u8] {
        let (source, destination) = self.0.split_at(32);
        match side {
            Side::Source => source,
            Side::Destination => destination,
        }
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuck_random_source_is_refused() {
        assert_eq!(Entropy::new([0; 64]).unwrap_err(), Misuse::StuckEntropy);
        assert_eq!(Entropy::new([255; 64]).unwrap_err(), Misuse::StuckEntropy);
    }
}
