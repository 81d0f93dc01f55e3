//! The check that stands in front of every reader: RFC 8259, the whole text, in one pass, without recursion.
//!
//! A reader behind it can go by quotes and brackets alone.

mod nesting;
#[cfg(test)]
mod tests;

use self::nesting::{Container, Nesting};
use super::fault::{JsonFault, JsonFaultKind};
use super::scanner::Scanner;

/// Most arrays and objects that may stand inside each other. Ours: the deepest message of the API has 3, and a reader
/// that recurses over what is checked here has its stack bounded by this.
pub const MAX_DEPTH: u32 = 32;

/// Checks that `body` is one JSON value as RFC 8259 defines it, at most [`MAX_DEPTH`] deep, and nothing after it.
///
/// Every escape in it is valid and every surrogate is paired, so decoding cannot fail later. Duplicate names are
/// allowed by RFC 8259 and left to the reader.
///
/// # Errors
/// The first [`JsonFault`].
pub fn check(body: &[u8]) -> Result<&str, JsonFault> {
    let text = str::from_utf8(body).map_err(|error| JsonFault {
        kind: JsonFaultKind::NotUtf8,
        position: error.valid_up_to(),
    })?;
    let mut scanner = Scanner::at(body, 0);
    match scanner.whole() {
        Ok(()) => Ok(text),
        // Whatever was expected where the text ends, it ends early.
        Err(_) if scanner.is_at_end() => Err(scanner.fault(JsonFaultKind::EndsEarly)),
        Err(kind) => Err(scanner.fault(kind)),
    }
}

/// The grammar. An error stands where the scanner stands then; at the end of the text it says what was expected there.
impl Scanner<'_> {
    /// One value, and nothing after it.
    fn whole(&mut self) -> Result<(), JsonFaultKind> {
        if self.starts_with(b"\xef\xbb\xbf") {
            return Err(JsonFaultKind::ByteOrderMark);
        }
        self.value()?;
        self.skip_white_space();
        match self.is_at_end() {
            true => Ok(()),
            false => Err(JsonFaultKind::TextAfterEnd),
        }
    }

    /// A value, and what stands before it.
    pub(super) fn value(&mut self) -> Result<(), JsonFaultKind> {
        let mut nesting = Nesting::default();
        loop {
            self.start_of_value(&mut nesting)?;
            // A value is complete. What follows it is up to what it stands in.
            loop {
                let Some(container) = nesting.innermost() else {
                    return Ok(());
                };
                self.skip_white_space();
                if self.take(b',') {
                    self.name_in(container)?;
                    break;
                }
                if !self.take(container.end()) {
                    return Err(JsonFaultKind::ExpectedCommaOrEnd);
                }
                nesting.close();
            }
        }
    }

    /// A scalar or an empty container; or the start of others, up to the first value in them that is one.
    fn start_of_value(&mut self, nesting: &mut Nesting) -> Result<(), JsonFaultKind> {
        loop {
            self.skip_white_space();
            let container = match self.peek() {
                b'[' => Container::Array,
                b'{' => Container::Object,
                first => return self.scalar(first),
            };
            nesting.open(container)?;
            self.position += 1;
            self.skip_white_space();
            if self.take(container.end()) {
                nesting.close();
                return Ok(());
            }
            self.name_in(container)?;
        }
    }

    /// In an object, a member's name and the colon; in an array, nothing.
    fn name_in(&mut self, container: Container) -> Result<(), JsonFaultKind> {
        if container == Container::Array {
            return Ok(());
        }
        self.skip_white_space();
        if self.peek() != b'"' {
            return Err(JsonFaultKind::ExpectedName);
        }
        self.string()?;
        self.skip_white_space();
        match self.take(b':') {
            true => Ok(()),
            false => Err(JsonFaultKind::ExpectedColon),
        }
    }

    /// A value that holds no other; `first` is its first byte.
    fn scalar(&mut self, first: u8) -> Result<(), JsonFaultKind> {
        match first {
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => Err(JsonFaultKind::ExpectedValue),
        }
    }

    fn literal(&mut self, literal: &[u8]) -> Result<(), JsonFaultKind> {
        let start = self.position;
        if literal.iter().all(|byte| self.take(*byte)) {
            return Ok(());
        }
        if !self.is_at_end() {
            self.position = start;
        }
        Err(JsonFaultKind::ExpectedValue)
    }

    fn number(&mut self) -> Result<(), JsonFaultKind> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let end = self.position;
        self.pass_word();
        if self.position > end {
            self.position = end;
            return Err(JsonFaultKind::InvalidNumber);
        }
        Ok(())
    }

    /// One digit or more.
    #[cfg_attr(target_os = "none", inline(never))]
    fn digits(&mut self) -> Result<(), JsonFaultKind> {
        let start = self.position;
        while self.peek().is_ascii_digit() {
            self.position += 1;
        }
        match self.position > start {
            true => Ok(()),
            false => Err(JsonFaultKind::InvalidNumber),
        }
    }

    /// A string, from its opening quote.
    fn string(&mut self) -> Result<(), JsonFaultKind> {
        self.position += 1;
        loop {
            match self.peek() {
                b'\\' => drop(self.escape()?),
                0..=0x1f => return Err(JsonFaultKind::ControlCharacter),
                byte => {
                    self.position += 1;
                    if byte == b'"' {
                        return Ok(());
                    }
                }
            }
        }
    }
}
