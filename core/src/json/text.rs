//! A string of a message, as it stands in the body: borrowed, decoded only when it is read.

use core::fmt;

use zeroize::Zeroizing;

use super::scanner::Scanner;
use crate::error::{Capacity, Error, Misuse};
use crate::token::AccessToken;

/// A string value or a member's name. Out of a checked body it may still hold escapes; every method sees the
/// decoded characters. `Debug` shows nothing: it may be a secret.
#[derive(Clone, Copy, Default)]
pub struct Text<'a> {
    raw: &'a str,
    /// Whether a backslash is the start of an escape.
    has_escapes: bool,
}

impl<'a> Text<'a> {
    /// A text that holds no escapes: every character stands for itself.
    #[must_use]
    pub const fn plain(text: &'a str) -> Self {
        Self {
            raw: text,
            has_escapes: false,
        }
    }

    /// The text itself, if it holds no escape.
    #[must_use]
    pub fn as_plain(&self) -> Option<&'a str> {
        let is_plain = !self.has_escapes || !self.raw.bytes().any(|byte| byte == b'\\');
        is_plain.then_some(self.raw)
    }

    /// The characters, decoded.
    #[must_use]
    pub const fn chars(&self) -> Chars<'a> {
        Chars { rest: *self }
    }

    /// Whether it has no character.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Decodes it to the start of `buffer`; `None` if it does not fit.
    #[must_use]
    pub fn decode<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b str> {
        let mut length = 0;
        for character in self.chars() {
            let end = length + character.len_utf8();
            character.encode_utf8(buffer.get_mut(length..end)?);
            length = end;
        }
        str::from_utf8(buffer.get(..length)?).ok()
    }

    /// What stands before and after the first `separator`.
    #[must_use]
    pub fn split_once(&self, separator: char) -> Option<(Self, Self)> {
        let mut chars = self.chars();
        loop {
            let rest = chars.rest.raw;
            if chars.next()? == separator {
                let before = self.raw.get(..self.raw.len() - rest.len())?;
                return Some((Self { raw: before, ..*self }, chars.rest));
            }
        }
    }

    /// Parses an access token; no copy of it stays behind.
    pub(crate) fn parse_token<const N: usize>(&self) -> Result<AccessToken<N>, Error> {
        if let Some(plain) = self.as_plain() {
            return AccessToken::parse(plain);
        }
        if !self.chars().all(|character| character.is_ascii_graphic()) {
            return Err(Misuse::InvalidAccessToken.into());
        }
        let mut buffer = Zeroizing::new([0; N]);
        let token = self.decode(&mut *buffer).ok_or(Capacity::AccessTokenTooLong)?;
        AccessToken::parse(token)
    }
}

/// A string of a body that has passed the guard: what stands between its quotes, with its escapes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Quoted<'a>(pub(super) &'a str);

impl<'a> From<Quoted<'a>> for Text<'a> {
    fn from(Quoted(raw): Quoted<'a>) -> Self {
        Self {
            raw,
            has_escapes: true,
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::plain(text)
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.chars().eq(other.chars())
    }
}

impl Eq for Text<'_> {}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        match self.as_plain() {
            Some(plain) => f.write_str(plain),
            None => self.chars().try_for_each(|character| f.write_char(character)),
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(..)")
    }
}

/// The decoded characters of a [`Text`].
#[derive(Clone, Debug)]
pub struct Chars<'a> {
    rest: Text<'a>,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let raw = self.rest.raw;
        let mut chars = raw.chars();
        let mut character = chars.next()?;
        let mut rest = chars.as_str();
        if character == '\\' && self.rest.has_escapes {
            let mut scanner = Scanner::at(raw.as_bytes(), 0);
            // The guard has passed it.
            character = scanner.escape().ok()?;
            rest = raw.get(scanner.position..)?;
        }
        self.rest.raw = rest;
        Some(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TextFault, TunnelId};
    use std::format;
    use std::string::{String, ToString};

    #[test]
    fn escapes_decode_to_their_characters() {
        let text = Text::from(Quoted(r#"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\uFFFFé"#));
        assert_eq!(text.to_string(), "\"\\/\u{8}\u{c}\n\r\té😀\u{ffff}é");
        assert!(text == "\"\\/\u{8}\u{c}\n\r\té😀\u{ffff}é");
        assert!(text != "\"");
        assert_eq!(text.as_plain(), None);
    }

    #[test]
    fn a_plain_text_has_no_escapes() {
        let text = Text::plain(r"a\n");
        assert_eq!(text.chars().collect::<String>(), r"a\n");
        assert_eq!(text.as_plain(), Some(r"a\n"));
    }

    #[test]
    fn a_text_splits_at_a_decoded_character() {
        let (before, after) = Text::from(Quoted(r"\u0061\u0023b#c")).split_once('#').unwrap();
        assert!(before == "a" && after == "b#c");
        assert!(Text::plain("abc").split_once('#').is_none());
    }

    #[test]
    fn an_escaped_identifier_is_judged_by_its_decoded_characters() {
        let parse = |raw: &str| TunnelId::from_text(Quoted(raw).into());
        assert_eq!(parse(&r"\u0061".repeat(128)).unwrap().as_str(), "a".repeat(128));
        for (raw, characters) in [(r"\ud83d\ude00".repeat(129), 129), (r"\u0061".repeat(600), 600)] {
            assert_eq!(parse(&raw).unwrap_err().fault, TextFault::Length { characters });
        }
        let fault = TextFault::Character {
            character: '😀',
            position: 127,
        };
        assert_eq!(
            parse(&("a".repeat(127) + r"\ud83d\ude00")).unwrap_err().fault,
            fault
        );
    }

    #[test]
    fn an_escaped_token_is_decoded_and_bounded() {
        let parse = |raw: &str| Text::from(Quoted(raw)).parse_token::<4>();
        assert_eq!(parse(r"\u0061b\/").unwrap().expose(), "ab/");
        assert_eq!(parse(r"abc\/d"), Err(Capacity::AccessTokenTooLong.into()));
        assert_eq!(parse(r"abcd\u00e9"), Err(Misuse::InvalidAccessToken.into()));
        assert_eq!(parse(""), Err(Misuse::InvalidAccessToken.into()));
    }

    #[test]
    fn a_text_may_be_a_secret_and_does_not_print_in_debug() {
        let text = Text::plain("secret");
        assert_eq!(
            format!("{text:?} {:?}", text.chars()),
            "Text(..) Chars { rest: Text(..) }"
        );
    }
}
