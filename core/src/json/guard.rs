//! The check that stands in front of every reader: RFC 8259, the whole text, in one pass, without recursion.
//!
//! A reader behind it can go by quotes and brackets alone.

mod nesting;

use self::nesting::{Container, Nesting};
use super::fault::{JsonFault, JsonFaultKind};

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
    let mut scanner = Scanner { body, position: 0 };
    if text.starts_with('\u{feff}') {
        return Err(scanner.fault(JsonFaultKind::ByteOrderMark));
    }
    let mut nesting = Nesting::default();
    let mut due = Due::Value;
    loop {
        let next = scanner.skip_white_space();
        due = match due {
            Due::Value | Due::FirstElement => match next {
                Some(b'{') => scanner.open(&mut nesting, Container::Object)?,
                Some(b'[') => scanner.open(&mut nesting, Container::Array)?,
                Some(b']') if due == Due::FirstElement => scanner.close(&mut nesting),
                Some(byte) => scanner.scalar(byte)?,
                None => return Err(scanner.fault(JsonFaultKind::EndsEarly)),
            },
            Due::Name | Due::FirstName => match next {
                Some(b'"') => scanner.name()?,
                Some(b'}') if due == Due::FirstName => scanner.close(&mut nesting),
                _ => return Err(scanner.expected(JsonFaultKind::ExpectedName)),
            },
            Due::Separator => match (nesting.innermost(), next) {
                (None, None) => return Ok(text),
                (None, Some(_)) => return Err(scanner.fault(JsonFaultKind::TextAfterEnd)),
                (Some(Container::Object), Some(b'}')) | (Some(Container::Array), Some(b']')) => {
                    scanner.close(&mut nesting)
                }
                (Some(container), Some(b',')) => {
                    scanner.position += 1;
                    match container {
                        Container::Array => Due::Value,
                        Container::Object => Due::Name,
                    }
                }
                _ => return Err(scanner.expected(JsonFaultKind::ExpectedCommaOrEnd)),
            },
        };
    }
}

/// What must come next.
#[derive(Clone, Copy, PartialEq)]
enum Due {
    /// A value.
    Value,
    /// A value, or the end of an empty array.
    FirstElement,
    /// A member's name.
    Name,
    /// A member's name, or the end of an empty object.
    FirstName,
    /// What follows a complete value.
    Separator,
}

struct Scanner<'a> {
    body: &'a [u8],
    position: usize,
}

impl Scanner<'_> {
    const fn fault(&self, kind: JsonFaultKind) -> JsonFault {
        JsonFault {
            kind,
            position: self.position,
        }
    }

    /// The fault of something else standing here, or of nothing.
    fn expected(&self, kind: JsonFaultKind) -> JsonFault {
        match self.peek() {
            Some(_) => self.fault(kind),
            None => self.fault(JsonFaultKind::EndsEarly),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.body.get(self.position).copied()
    }

    /// Steps over the byte if it is that one.
    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.position += usize::from(taken);
        taken
    }

    fn skip_white_space(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.position += 1,
                other => return other,
            }
        }
    }

    fn open(&mut self, nesting: &mut Nesting, container: Container) -> Result<Due, JsonFault> {
        if !nesting.open(container) {
            return Err(self.fault(JsonFaultKind::TooDeep));
        }
        self.position += 1;
        Ok(match container {
            Container::Array => Due::FirstElement,
            Container::Object => Due::FirstName,
        })
    }

    const fn close(&mut self, nesting: &mut Nesting) -> Due {
        nesting.close();
        self.position += 1;
        Due::Separator
    }

    /// A member's name and the colon.
    fn name(&mut self) -> Result<Due, JsonFault> {
        self.string()?;
        self.skip_white_space();
        match self.take(b':') {
            true => Ok(Due::Value),
            false => Err(self.expected(JsonFaultKind::ExpectedColon)),
        }
    }

    /// A value that holds no other; `first` is its first byte.
    fn scalar(&mut self, first: u8) -> Result<Due, JsonFault> {
        match first {
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => self.literal(b"null")?,
            _ => return Err(self.fault(JsonFaultKind::ExpectedValue)),
        }
        Ok(Due::Separator)
    }

    fn literal(&mut self, literal: &[u8]) -> Result<(), JsonFault> {
        let rest = self.body.get(self.position..).unwrap_or_default();
        if rest.starts_with(literal) {
            self.position += literal.len();
            return Ok(());
        }
        match literal.starts_with(rest) {
            true => self.position = self.body.len(),
            false => return Err(self.fault(JsonFaultKind::ExpectedValue)),
        }
        Err(self.fault(JsonFaultKind::EndsEarly))
    }

    fn number(&mut self) -> Result<(), JsonFault> {
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
        match self.peek() {
            Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') => {
                Err(self.fault(JsonFaultKind::InvalidNumber))
            }
            _ => Ok(()),
        }
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), JsonFault> {
        let start = self.position;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        match self.position > start {
            true => Ok(()),
            false => Err(self.expected(JsonFaultKind::InvalidNumber)),
        }
    }

    /// A string, from its opening quote.
    fn string(&mut self) -> Result<(), JsonFault> {
        self.position += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0..=0x1f) => return Err(self.fault(JsonFaultKind::ControlCharacter)),
                Some(_) => self.position += 1,
                None => return Err(self.fault(JsonFaultKind::EndsEarly)),
            }
        }
    }

    /// An escape, from its backslash; a surrogate pair is two.
    fn escape(&mut self) -> Result<(), JsonFault> {
        let start = self.position;
        let lone = JsonFault {
            kind: JsonFaultKind::LoneSurrogate,
            position: start,
        };
        self.position += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.position += 1,
            Some(b'u') => {
                let whole = match self.code_unit()? {
                    0xd800..=0xdbff => {
                        self.take(b'\\')
                            && self.peek() == Some(b'u')
                            && matches!(self.code_unit()?, 0xdc00..=0xdfff)
                    }
                    0xdc00..=0xdfff => false,
                    _ => true,
                };
                if !whole {
                    return Err(lone);
                }
            }
            _ => return Err(self.expected(JsonFaultKind::InvalidEscape)),
        }
        Ok(())
    }

    /// The `uXXXX` of an escape.
    fn code_unit(&mut self) -> Result<u32, JsonFault> {
        self.position += 1;
        let mut unit = 0;
        for _ in 0..4 {
            match self.peek().and_then(|byte| char::from(byte).to_digit(16)) {
                Some(digit) => unit = unit << 4 | digit,
                None => return Err(self.expected(JsonFaultKind::InvalidEscape)),
            }
            self.position += 1;
        }
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use JsonFaultKind::*;
    use std::string::String;

    #[test]
    fn every_fault_is_named_with_its_place() {
        let cases: &[(&[u8], JsonFaultKind, usize)] = &[
            (b"", EndsEarly, 0),
            (b" \n", EndsEarly, 2),
            (b"{", EndsEarly, 1),
            (b"[1", EndsEarly, 2),
            (b"[1,]", ExpectedValue, 3),
            (b"[,1]", ExpectedValue, 1),
            (b"]", ExpectedValue, 0),
            (b"tru", EndsEarly, 3),
            (b"nul]", ExpectedValue, 0),
            (b"truex", TextAfterEnd, 4),
            (b"{'a':1}", ExpectedName, 1),
            (br#"{"a":1,}"#, ExpectedName, 7),
            (br#"{"a" 1}"#, ExpectedColon, 5),
            (br#"{"a":1]"#, ExpectedCommaOrEnd, 6),
            (br#"[1}"#, ExpectedCommaOrEnd, 2),
            (br#"["a" "b"]"#, ExpectedCommaOrEnd, 5),
            (b"01", InvalidNumber, 1),
            (b"+1", ExpectedValue, 0),
            (b"-", EndsEarly, 1),
            (b"-a", InvalidNumber, 1),
            (b"1.", EndsEarly, 2),
            (b"1.e1", InvalidNumber, 2),
            (b"1e+ ", InvalidNumber, 3),
            (b".5", ExpectedValue, 0),
            (b"0x1", InvalidNumber, 1),
            (b"\"a\nb\"", ControlCharacter, 2),
            (b"\"\0\"", ControlCharacter, 1),
            (br#""\x31""#, InvalidEscape, 2),
            (br#""\u12g4""#, InvalidEscape, 5),
            (br#""\u+123""#, InvalidEscape, 3),
            (br#""\u12"#, EndsEarly, 5),
            (br#""a\"#, EndsEarly, 3),
            (br#""a\ud83d""#, LoneSurrogate, 2),
            (br#""a\ud83d\n""#, LoneSurrogate, 2),
            (br#""a\ud83d\u0041""#, LoneSurrogate, 2),
            (br#""a\ude00""#, LoneSurrogate, 2),
            (b"\"\xff\"", NotUtf8, 1),
            (b"\"\xc0\x80\"", NotUtf8, 1),
            (b"\"\xed\xa0\x80\"", NotUtf8, 1),
            (b"\xef\xbb\xbf{}", ByteOrderMark, 0),
            (b"{} x", TextAfterEnd, 3),
            (b"{}}", TextAfterEnd, 2),
            (b"{}\0", TextAfterEnd, 2),
        ];
        for &(body, kind, position) in cases {
            let name = String::from_utf8_lossy(body);
            assert_eq!(check(body), Err(JsonFault { kind, position }), "{name}");
        }
        assert_eq!(
            std::format!("{}", check(b"{} x").unwrap_err()),
            "more text follows the end of the JSON value (at byte 3)"
        );
    }

    #[test]
    fn what_is_json_passes_whole() {
        for text in [
            "0",
            " -0 ",
            "\t1.5e-3\r\n",
            "1E+9",
            "true",
            "\"\"",
            "[]",
            "{}",
            "[ ]",
            "{ }",
            r#"{"a":[1,{"b":null}],"a":{}}"#,
            r#""\u0000\ud83d\ude00\"\\\/\b\f\n\r\tX""#,
            "\"\u{7f}\u{2028}\u{10ffff}\"",
        ] {
            assert_eq!(check(text.as_bytes()), Ok(text));
        }
    }

    #[test]
    fn nesting_is_allowed_to_the_limit_and_no_deeper() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let limit = MAX_DEPTH as usize;
        assert!(check(nested(limit).as_bytes()).is_ok());
        let fault = JsonFault {
            kind: TooDeep,
            position: limit,
        };
        assert_eq!(check(nested(limit + 1).as_bytes()), Err(fault));
        assert_eq!(check("[".repeat(1_000_000).as_bytes()), Err(fault));
        let mixed = "{\"a\":[".repeat(limit / 2) + &"]}".repeat(limit / 2);
        assert!(check(mixed.as_bytes()).is_ok());
    }
}
