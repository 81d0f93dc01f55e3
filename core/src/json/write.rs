//! Writing messages into a caller's buffer, byte for byte as serde-json-core writes them (the tests compare), but
//! without formatting.

use core::fmt::{self, Display, Write};

use zeroize::Zeroize;

use super::fault::BufferTooSmall;
use super::scanner::SHORT_ESCAPES;

/// Has `message` write JSON to the start of `buffer`; returns its length in bytes.
///
/// # Errors
/// [`BufferTooSmall`] with the length needed; the buffer is cleared, so that no part of a token stays in it.
pub(crate) fn write(
    buffer: &mut [u8],
    message: impl FnOnce(&mut Writer<'_>),
) -> Result<usize, BufferTooSmall> {
    let mut writer = Writer {
        buffer,
        length: 0,
        follows: false,
    };
    message(&mut writer);
    let Writer { buffer, length, .. } = writer;
    if length > buffer.len() {
        buffer.zeroize();
        return Err(BufferTooSmall { needed: length });
    }
    Ok(length)
}

/// Compact JSON: what there is room for is written, and all of it is counted.
pub(crate) struct Writer<'b> {
    buffer: &'b mut [u8],
    length: usize,
    /// Whether what comes next follows something in its array or object: then a comma stands between.
    follows: bool,
}

impl Writer<'_> {
    /// The start of an array or object.
    pub(crate) fn open(&mut self, bracket: u8) {
        self.next();
        self.put(bracket);
        self.follows = false;
    }

    /// The end of an array or object.
    pub(crate) fn close(&mut self, bracket: u8) {
        self.put(bracket);
        self.follows = true;
    }

    /// The name of a member, whose value comes next.
    pub(crate) fn name(&mut self, name: &str) {
        self.text(name);
        self.put(b':');
        self.follows = false;
    }

    /// A string.
    pub(crate) fn text(&mut self, text: &str) {
        self.next();
        self.put(b'"');
        self.escaped(text);
        self.put(b'"');
    }

    /// A string that is written as it is displayed.
    pub(crate) fn displayed(&mut self, text: &impl Display) {
        self.next();
        self.put(b'"');
        // `Escaped` takes everything.
        let _ = write!(Escaped(self), "{text}");
        self.put(b'"');
    }

    /// A member that is a string.
    pub(crate) fn member(&mut self, name: &str, text: &str) {
        self.name(name);
        self.text(text);
    }

    /// A member that is a string, unless there is none.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.member(name, text);
        }
    }

    /// A member that is an array of strings.
    pub(crate) fn list(&mut self, name: &str, texts: &[&str]) {
        self.name(name);
        self.open(b'[');
        texts.iter().for_each(|text| self.text(text));
        self.close(b']');
    }

    fn next(&mut self) {
        if self.follows {
            self.put(b',');
        }
        self.follows = true;
    }

    fn escaped(&mut self, text: &str) {
        for byte in text.bytes() {
            if let Some([escape, _]) = SHORT_ESCAPES.iter().find(|[_, character]| *character == byte) {
                self.put(b'\\');
                self.put(*escape);
            } else if byte < b' ' {
                let digit = match byte & 0xf {
                    digit @ 0..=9 => b'0' + digit,
                    digit => b'A' - 10 + digit,
                };
                let escape = [b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), digit];
                escape.into_iter().for_each(|byte| self.put(byte));
            } else {
                self.put(byte);
            }
        }
    }

    // For flash: it is called from everywhere.
    #[cfg_attr(target_os = "none", inline(never))]
    fn put(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.length) {
            *place = byte;
        }
        self.length += 1;
    }
}

/// The inside of a string.
struct Escaped<'w, 'b>(&'w mut Writer<'b>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.escaped(text);
        Ok(())
    }
}
