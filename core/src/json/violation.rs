//! What a ValidationException says: which member broke which constraint, in AWS's words
//! (control-plane.md, "Errors outside the declared ones").

use core::fmt::{self, Write};
use core::num::NonZeroUsize;

use super::text::Text;
use crate::error::{Error, PeerFault};
use crate::id::{InvalidText, TextFault};
use crate::token::{ISSUED_PREFIX, MAX_ISSUED, looks_issued};
use crate::visible::Visible;

/// Characters of a value that a message repeats; a longer value is cut and ends in `…`. Ours.
pub const MAX_ECHO: usize = 64;

/// Violations that a message lists; their number at its start counts all of them. Ours: without it a body of 1 MiB
/// would be answered with 60 MiB.
pub const MAX_LISTED: usize = 1000;

/// Where a member stands in its request: `clientMode`, `destinationConfig.services.2.member`, `tags.3.member.key`.
///
/// ```
/// use iot_tunnel_core::json::Path;
/// assert_eq!(Path::of("tags").element(3).member("key").to_string(), "tags.3.member.key");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path<'a> {
    name: &'a str,
    element: Option<NonZeroUsize>,
    member: Option<&'a str>,
}

impl<'a> Path<'a> {
    /// A member by its name, or by the dotted names that lead to it.
    #[must_use]
    pub const fn of(name: &'a str) -> Self {
        Self {
            name,
            element: None,
            member: None,
        }
    }

    /// The element of this list at `position`, counted from 1.
    #[must_use]
    pub const fn element(self, position: usize) -> Self {
        Self {
            element: NonZeroUsize::new(position),
            ..self
        }
    }

    /// A member of this element.
    #[must_use]
    pub const fn member(self, name: &'a str) -> Self {
        Self {
            member: Some(name),
            ..self
        }
    }

    /// Whether it names no member but the body as a whole.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_empty()
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if let Some(position) = self.element {
            write!(f, ".{position}.member")?;
        }
        match self.member {
            Some(member) => write!(f, ".{member}"),
            None => Ok(()),
        }
    }
}

impl<'a> From<&'a str> for Path<'a> {
    fn from(name: &'a str) -> Self {
        Self::of(name)
    }
}

/// What a member must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint<'a> {
    /// It is required.
    NotNull,
    /// It is not allowed beside another member's value.
    NullWhen {
        /// When, such as `clientMode is SOURCE`.
        when: &'a str,
    },
    /// It is one of these.
    EnumValueSet(&'a [&'a str]),
    /// It is what its rule allows. The message adds what exactly is not.
    Rule(InvalidText),
    /// It matches this regular expression, as a whole.
    Pattern(&'a str),
    /// It has that many characters or elements at least.
    LengthAtLeast(usize),
    /// It has that many characters or elements at most.
    LengthAtMost(usize),
    /// No other element of its list is the same.
    Unique,
    /// It is that number or more.
    ValueAtLeast(i64),
    /// It is that number or less.
    ValueAtMost(i64),
}

const PATTERN: &str = "satisfy regular expression pattern: ";

impl fmt::Display for Constraint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Member must ")?;
        match self {
            Self::NotNull => f.write_str("not be null"),
            Self::NullWhen { when } => write!(f, "be null when {when}"),
            Self::EnumValueSet(names) => {
                f.write_str("satisfy enum value set: [")?;
                for (index, name) in names.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{name}")?;
                }
                f.write_char(']')
            }
            Self::Rule(InvalidText { rule, fault }) => {
                write!(f, "{PATTERN}{rule} ")?;
                match fault {
                    TextFault::Length { characters } => write!(f, "(it has {characters} characters)"),
                    TextFault::Character { character, position } => {
                        write!(f, "(it has '{}' at position {position})", Visible(*character))
                    }
                }
            }
            Self::Pattern(pattern) => write!(f, "{PATTERN}{pattern}"),
            Self::LengthAtLeast(least) => write!(f, "have length greater than or equal to {least}"),
            Self::LengthAtMost(most) => write!(f, "have length less than or equal to {most}"),
            Self::Unique => f.write_str("be unique in its list"),
            Self::ValueAtLeast(least) => write!(f, "have value greater than or equal to {least}"),
            Self::ValueAtMost(most) => write!(f, "have value less than or equal to {most}"),
        }
    }
}

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
    fn holds_token(&self) -> bool {
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

impl fmt::Display for Value<'_> {
    /// The start of it, with what does not print escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Text(text) => text,
            Self::Number(number) => return number.fmt(f),
        };
        let mut chars = text.chars();
        for character in chars.by_ref().take(MAX_ECHO) {
            write!(f, "{}", Visible(character))?;
        }
        match chars.next() {
            Some(_) => f.write_char('…'),
            None => Ok(()),
        }
    }
}

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

/// One broken constraint of a request.
///
/// ```
/// use iot_tunnel_core::json::{Constraint, Violation};
/// let violation = Violation::of("timeoutConfig.maxLifetimeTimeoutMinutes", Constraint::ValueAtMost(720));
/// assert_eq!(
///     violation.with(721).to_string(),
///     "Value '721' at 'timeoutConfig.maxLifetimeTimeoutMinutes' failed to satisfy constraint: \
///      Member must have value less than or equal to 720"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation<'a> {
    /// The member.
    pub member: Path<'a>,
    /// Its value, if there is one to show. What holds a token of ours is never shown.
    pub value: Option<Value<'a>>,
    /// What it had to be.
    pub constraint: Constraint<'a>,
}

impl<'a> Violation<'a> {
    /// A violation that shows no value.
    pub fn of(member: impl Into<Path<'a>>, constraint: Constraint<'a>) -> Self {
        Self {
            member: member.into(),
            value: None,
            constraint,
        }
    }

    /// The same, with the value that was given.
    #[must_use]
    pub fn with(self, value: impl Into<Value<'a>>) -> Self {
        Self {
            value: Some(value.into()),
            ..self
        }
    }
}

impl fmt::Display for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value ")?;
        if let Some(value) = self.value.filter(|value| !value.holds_token()) {
            write!(f, "'{value}' ")?;
        }
        let Self {
            member, constraint, ..
        } = self;
        write!(f, "at '{member}' failed to satisfy constraint: {constraint}")
    }
}

impl core::error::Error for Violation<'_> {}

impl From<Violation<'_>> for Error {
    fn from(_: Violation<'_>) -> Self {
        PeerFault::InvalidMember.into()
    }
}

/// The message of a ValidationException, from all violations of a request.
///
/// ```
/// use iot_tunnel_core::json::{Constraint, ValidationMessage, Violation};
/// let violations = [
///     Violation::of("resourceArn", Constraint::NotNull),
///     Violation::of("tags", Constraint::LengthAtLeast(1)),
/// ];
/// assert_eq!(
///     ValidationMessage(&violations).to_string(),
///     "2 validation errors detected: \
///      Value at 'resourceArn' failed to satisfy constraint: Member must not be null; \
///      Value at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1"
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ValidationMessage<'v, 'a>(pub &'v [Violation<'a>]);

impl fmt::Display for ValidationMessage<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = MessageWriter::start(f, self.0.len())?;
        self.0.iter().try_for_each(|violation| message.add(violation))
    }
}

/// Writes a ValidationException's message, one violation after the other.
pub(crate) struct MessageWriter<'w, 'f> {
    formatter: &'w mut fmt::Formatter<'f>,
    listed: usize,
}

impl<'w, 'f> MessageWriter<'w, 'f> {
    pub(crate) fn start(
        formatter: &'w mut fmt::Formatter<'f>,
        violations: usize,
    ) -> Result<Self, fmt::Error> {
        let plural = if violations == 1 { "" } else { "s" };
        write!(formatter, "{violations} validation error{plural} detected: ")?;
        Ok(Self { formatter, listed: 0 })
    }

    pub(crate) fn add(&mut self, violation: &Violation<'_>) -> fmt::Result {
        let separator = match self.listed {
            0 => "",
            MAX_LISTED => return Ok(()),
            _ => "; ",
        };
        self.listed += 1;
        write!(self.formatter, "{separator}{violation}")?;
        match self.listed {
            MAX_LISTED => self.formatter.write_str("; …"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    #[test]
    fn a_value_is_cut_and_what_does_not_print_is_escaped() {
        let shown = |text: &str| Value::from(text).to_string();
        assert_eq!(shown(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(shown(&"é".repeat(65)), "é".repeat(64) + "…");
        assert_eq!(shown("a\n\0\u{7f}\u{202e}'\"\\"), r#"a\n\u{0}\u{7f}\u{202e}'"\"#);
        assert_eq!(Value::from(-7).to_string(), "-7");
    }

    #[test]
    fn every_constraint_reads_as_at_aws() {
        let texts: [(Constraint<'_>, &str); 6] = [
            (
                Constraint::Pattern("[a-z]+"),
                "satisfy regular expression pattern: [a-z]+",
            ),
            (Constraint::EnumValueSet(&["A"]), "satisfy enum value set: [A]"),
            (
                Constraint::LengthAtLeast(1),
                "have length greater than or equal to 1",
            ),
            (
                Constraint::LengthAtMost(2048),
                "have length less than or equal to 2048",
            ),
            (
                Constraint::ValueAtLeast(1),
                "have value greater than or equal to 1",
            ),
            (
                Constraint::ValueAtMost(720),
                "have value less than or equal to 720",
            ),
        ];
        for (constraint, text) in texts {
            assert_eq!(constraint.to_string(), String::from("Member must ") + text);
        }
    }

    #[test]
    fn a_message_counts_all_violations_and_lists_a_bounded_number() {
        let violations = [Violation::of("tags", Constraint::NotNull); MAX_LISTED + 1];
        let message = ValidationMessage(&violations).to_string();
        assert!(message.starts_with("1001 validation errors detected: Value at 'tags'"));
        assert_eq!(message.matches("Value at").count(), MAX_LISTED);
        assert!(message.ends_with("not be null; …"));
    }

    #[test]
    fn a_short_text_with_the_prefix_is_no_token() {
        let violation = Violation::of("tunnelId", Constraint::NotNull);
        assert!(violation.with("iot1 iot1").to_string().contains("'iot1 iot1'"));
    }
}
