//! What is wrong with a message from elsewhere, in words.
//!
//! A program that calls no function with `explain` in its name does not link the texts.

use core::fmt;

use iot_tunnel_core::{Capacity, Error, Words};

use crate::memory::Buffer;

/// Writes what is wrong; nothing, if nothing is.
pub(crate) fn explain(buffer: Buffer<'_>, judgement: Result<(), impl Words>) -> Result<(), Error> {
    let Err(fault) = judgement else {
        return buffer.put("");
    };
    buffer.whole(|room| {
        let mut written = Written { room, length: 0 };
        // `Written` takes everything, and words have no error of their own.
        let _ = fault.write_words(&mut written);
        let Written { room, length } = written;
        if length > room.len() {
            room.fill(0);
        }
        Ok::<_, Capacity>(length)
    })
}

/// Text as far as there is room for it, and its whole length.
struct Written<'a> {
    room: &'a mut [u8],
    length: usize,
}

impl fmt::Write for Written<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length.saturating_add(text.len());
        if let Some(place) = self.room.get_mut(self.length..end) {
            place.copy_from_slice(text.as_bytes());
        }
        self.length = end;
        Ok(())
    }
}
