//! What is wrong with a message from elsewhere, in words.
//!
//! This is the only place that formats text. A program that calls no function with `explain` in its name does not link it.

use core::fmt::{self, Display, Write as _};

use iot_tunnel_core::{Capacity, Error};

use crate::memory::Buffer;

/// Writes what is wrong; nothing, if nothing is.
pub(crate) fn explain(buffer: Buffer<'_>, judgement: Result<(), impl Display>) -> Result<(), Error> {
    let Err(fault) = judgement else {
        return buffer.put("");
    };
    buffer.whole(|room| {
        let mut words = Words { room, length: 0 };
        // `Words` takes everything, and what core displays has no error of its own.
        let _ = write!(words, "{fault}");
        let Words { room, length } = words;
        if length > room.len() {
            room.fill(0);
        }
        Ok::<_, Capacity>(length)
    })
}

/// Text as far as there is room for it, and its whole length.
struct Words<'a> {
    room: &'a mut [u8],
    length: usize,
}

impl fmt::Write for Words<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length.saturating_add(text.len());
        if let Some(place) = self.room.get_mut(self.length..end) {
            place.copy_from_slice(text.as_bytes());
        }
        self.length = end;
        Ok(())
    }
}
