//! [`Value`]: what a broken constraint shows of a member's value.

use core::fmt::{self, Write};

use crate::json::text::Text;
use crate::token::{ISSUED_PREFIX, MAX_ISSUED, looks_issued};
use crate::visible::Visible;
use crate::words::{Words, displays_its_words};

/// Characters of a value that a message repeats; a longer value is cut and ends in `…`. Ours.
pub const MAX_ECHO: usize = 64;

/// A value that broke a constraint, for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string.
    Text(Text<'a>),
    /// A number.
    Number(i64),
}

impl Value<'_> {
    /// Whether it holds a token that we issued, alone or inside other text.
    pub(super) fn holds_token(&self) -> bool {
        let Self::Text(text) = self else { return false };
        let mut chars = text.chars();
        loop {
            let prefix = chars.clone().take(ISSUED_PREFIX.len());
            if prefix.eq(ISSUED_PREFIX.chars()) {
                let mut start = heapless::String::<MAX_ISSUED>::new();
                // It is only as long as the room for it; that is enough to tell.
                let _ = chars.clone().try_for_each(|character| start.push(character));
                if looks_issued(&start) {
                    return true;
                }
            }
            if chars.next().is_none() {
                return false;
            }
        }
    }
}

impl Words for Value<'_> {
    /// The start of it, with what does not print escaped.
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        let text = match self {
            Self::Text(text) => text,
            Self::Number(number) => return number.write_words(to),
        };
        let mut chars = text.chars();
        for character in chars.by_ref().take(MAX_ECHO) {
            Visible(character).write_words(to)?;
        }
        match chars.next() {
            Some(_) => to.write_str("…"),
            None => Ok(()),
        }
    }
}

displays_its_words!(Value<'_>);

impl<'a> From<Text<'a>> for Value<'a> {
    fn from(text: Text<'a>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Text::plain(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}
