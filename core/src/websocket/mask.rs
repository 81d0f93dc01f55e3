//! [`MaskKey`]: what a client's payload is masked with.

/// The key that masks one frame (RFC 6455, §5.3). It cannot be copied: every frame takes a fresh one.
#[derive(Debug, PartialEq, Eq)]
pub struct MaskKey([u8; 4]);

impl MaskKey {
    /// A key of 4 bytes of entropy. A server must not be able to foresee them: draw them for this frame, from the
    /// random source that keys come from.
    #[must_use]
    pub const fn new(entropy: [u8; 4]) -> Self {
        Self(entropy)
    }

    /// The bytes, as the frame's header carries them.
    #[must_use]
    pub const fn bytes(&self) -> [u8; 4] {
        self.0
    }

    /// Turns the key to where it stands after `length` bytes: the payload goes on in another piece.
    pub(super) const fn advance(&mut self, length: usize) {
        // Which of the 4 bytes is next.
        self.0 = u32::from_be_bytes(self.0)
            .rotate_left(8 * (length % 4) as u32)
            .to_be_bytes();
    }

    /// Masks a frame's whole payload in place, or takes the mask off again.
    pub fn apply(&self, payload: &mut [u8]) {
        let key = u32::from_ne_bytes(self.0);
        let (words, rest) = payload.as_chunks_mut();
        for word in words {
            *word = (u32::from_ne_bytes(*word) ^ key).to_ne_bytes();
        }
        for (byte, key) in rest.iter_mut().zip(self.0) {
            *byte ^= key;
        }
    }
}
