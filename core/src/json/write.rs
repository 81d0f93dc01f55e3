//! Writing messages with serde-json-core into a caller's buffer.

use core::fmt;

use serde::Serialize;
use zeroize::Zeroize;

use super::fault::BufferTooSmall;
use super::length;

/// Writes `message` to the start of `buffer` and returns its length in bytes.
///
/// # Errors
/// [`BufferTooSmall`] with the length needed; the buffer is cleared, so that no part of a token stays in it.
pub(crate) fn write(message: &impl Serialize, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
    serde_json_core::to_slice(message, buffer).map_err(|_| {
        buffer.zeroize();
        BufferTooSmall {
            needed: length::of(message),
        }
    })
}

/// A string that is written as it is displayed.
pub(crate) struct Displayed<'a, T>(pub(crate) &'a T);

impl<T: fmt::Display> Serialize for Displayed<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}
