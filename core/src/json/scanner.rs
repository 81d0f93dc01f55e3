//! A place in a JSON text; the ends of its values, and the escapes of its strings.

use core::ops::Range;

use super::fault::{JsonFault, JsonFaultKind};

/// What stands behind the backslash of an escape, and the character that this stands for. `/` may be escaped, but need not.
pub(super) const SHORT_ESCAPES: [[u8; 2]; 7] = [
    *br#""""#, *br"\\", *b"b\x08", *b"t\t", *b"n\n", *b"f\x0c", *b"r\r",
];

/// A place in a text.
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    /// How many bytes have been passed.
    pub(super) position: usize,
}

impl<'a> Scanner<'a> {
    pub(super) const fn at(text: &'a [u8], position: usize) -> Self {
        Self { text, position }
    }

    pub(super) const fn fault(&self, kind: JsonFaultKind) -> JsonFault {
        JsonFault {
            kind,
            position: self.position,
        }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.position >= self.text.len()
    }

    /// The next byte. At the end it is a zero, which JSON allows nowhere.
    pub(super) fn peek(&self) -> u8 {
        self.text.get(self.position).copied().unwrap_or_default()
    }

    pub(super) fn starts_with(&self, bytes: &[u8]) -> bool {
        self.text.starts_with(bytes)
    }

    /// Steps over the byte if it is that one.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == byte;
        self.position += usize::from(taken);
        taken
    }

    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn skip_white_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.position += 1;
        }
    }

    /// Steps over the next value inside of an array or object of a checked text, and what stands before it. Tells its place,
    /// which is empty if there is none any more.
    pub(super) fn pass_value(&mut self) -> Range<usize> {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r' | b',' | b':') {
            self.position += 1;
        }
        let start = self.position;
        // The end of the text is no value, and all else has been checked.
        let _ = self.value();
        start..self.position
    }

    /// Steps over what numbers and literals are made of.
    pub(super) fn pass_word(&mut self) {
        while matches!(self.peek(), b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') {
            self.position += 1;
        }
    }

    /// Steps over an escape, from its backslash, and tells the character it stands for; a surrogate pair is one.
    pub(super) fn escape(&mut self) -> Result<char, JsonFaultKind> {
        let start = self.position;
        self.position += 1;
        let character = match self.peek() {
            b'u' => return self.unicode(start),
            b'/' => b'/',
            kind => match SHORT_ESCAPES.iter().find(|[escape, _]| *escape == kind) {
                Some([_, character]) => *character,
                None => return Err(JsonFaultKind::InvalidEscape),
            },
        };
        self.position += 1;
        Ok(char::from(character))
    }

    /// What is left of a `\u` escape: a code unit, and a second one if it is half of a pair.
    fn unicode(&mut self, start: usize) -> Result<char, JsonFaultKind> {
        let mut character = self.code_unit()?;
        if matches!(character, 0xd800..=0xdbff) && self.take(b'\\') && self.peek() == b'u' {
            let low = self.code_unit()?;
            if matches!(low, 0xdc00..=0xdfff) {
                character = 0x1_0000 + ((character & 0x3ff) << 10 | low & 0x3ff);
            }
        }
        // Half of a pair is no character.
        char::from_u32(character).ok_or_else(|| {
            self.position = start;
            JsonFaultKind::LoneSurrogate
        })
    }

    /// The `uXXXX` of an escape.
    fn code_unit(&mut self) -> Result<u32, JsonFaultKind> {
        self.position += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.peek()).to_digit(16);
            unit = unit << 4 | digit.ok_or(JsonFaultKind::InvalidEscape)?;
            self.position += 1;
        }
        Ok(unit)
    }
}
