//! The memory of a secret text: fixed, wiped on drop, compared in constant time, and without any way to print it.

use heapless::String;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// ASCII text of at most `N` bytes. Making a blank one writes its length only, so that a place for a long one costs no
/// copy; wiping it writes all of its bytes.
#[derive(Clone)]
pub(super) struct Secret<const N: usize>(String<N, u16>);

impl<const N: usize> Secret<N> {
    /// No secret yet, or no longer.
    pub(super) const fn blank() -> Self {
        Self(String::new())
    }

    /// A copy of the whole text; `None` if it is longer than the room for it.
    pub(super) fn copy(text: &str) -> Option<Self> {
        let mut secret = Self::blank();
        secret.replace(text)?;
        Some(secret)
    }

    /// Takes a copy of the whole text in the place of the secret before it. `None` if it is longer than the room for it:
    /// then that one stays.
    pub(super) fn replace(&mut self, text: &str) -> Option<()> {
        if text.len() > N {
            return None;
        }
        self.wipe();
        self.push(text)
    }

    /// Leaves nothing of it. A function of its own: the loop is not repeated wherever a secret goes.
    #[inline(never)]
    pub(super) fn wipe(&mut self) {
        self.0.zeroize();
    }

    /// Adds text behind it; `None` if there is no room for all of it.
    pub(super) fn push(&mut self, text: &str) -> Option<()> {
        self.0.push_str(text).ok()
    }

    /// The text itself.
    pub(super) fn expose(&self) -> &str {
        self.0.as_str()
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl<const N: usize> ZeroizeOnDrop for Secret<N> {}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_too_long_leaves_the_secret_before_it() {
        let mut secret = Secret::<3>::copy("abc").unwrap();
        assert_eq!(secret.replace("1234"), None);
        assert_eq!(secret.expose(), "abc");
        assert_eq!(secret.replace("de"), Some(()));
        assert_eq!(secret.expose(), "de");
        assert!(Secret::<3>::copy("1234").is_none());
    }
}
