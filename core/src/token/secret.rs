//! The memory of a secret text: fixed, wiped on drop, compared in constant time, and without any way to print it.

use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

/// ASCII text of at most `N` bytes. What follows it in `bytes` is zero.
#[derive(Clone, ZeroizeOnDrop)]
pub(super) struct Secret<const N: usize> {
    bytes: [u8; N],
    len: u16,
}

impl<const N: usize> Secret<N> {
    /// A copy of the whole text; `None` if it is longer than the room for it.
    pub(super) fn copy(text: &str) -> Option<Self> {
        let mut secret = Self {
            bytes: [0; N],
            len: u16::try_from(text.len()).ok()?,
        };
        secret
            .bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        Some(secret)
    }

    /// The text itself.
    pub(super) fn expose(&self) -> &str {
        // Only whole texts are ever copied in, so the empty one never stands in for a secret.
        let text = self.bytes.get(..usize::from(self.len)).map(str::from_utf8);
        text.and_then(Result::ok).unwrap_or_default()
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.bytes.ct_eq(&other.bytes).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}
