//! What a ValidationException says: which member broke which constraint, in AWS's words
//! (control-plane.md, "Errors outside the declared ones").

mod constraint;
mod path;
mod value;

use core::fmt::{self, Write};

pub use self::constraint::Constraint;
pub use self::path::Path;
pub use self::value::{MAX_ECHO, Value};
use crate::error::{Error, PeerFault};
use crate::words::{Words, displays_its_words, write_pieces};

/// Violations that a message lists; their number at its start counts all of them. Ours: without it a body of 1 MiB
/// would be answered with 60 MiB.
pub const MAX_LISTED: usize = 1000;

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

impl Words for Violation<'_> {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        to.write_str("Value ")?;
        if let Some(value) = self.value.filter(|value| !value.holds_token()) {
            write_pieces!(to, "'", value, "' ")?;
        }
        write_pieces!(
            to,
            "at '",
            self.member,
            "' failed to satisfy constraint: ",
            self.constraint
        )
    }
}

displays_its_words!(Violation<'_>, ValidationMessage<'_, '_>);

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

impl Words for ValidationMessage<'_, '_> {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        let mut message = MessageWriter::start(to, self.0.len())?;
        self.0.iter().try_for_each(|violation| message.add(violation))
    }
}

/// Writes a ValidationException's message, one violation after the other.
pub(crate) struct MessageWriter<'w, W> {
    to: &'w mut W,
    listed: usize,
}

impl<'w, W: Write> MessageWriter<'w, W> {
    pub(crate) fn start(to: &'w mut W, violations: usize) -> Result<Self, fmt::Error> {
        let plural = if violations == 1 { "" } else { "s" };
        write_pieces!(to, violations, " validation error", plural, " detected: ")?;
        Ok(Self { to, listed: 0 })
    }

    pub(crate) fn add(&mut self, violation: &Violation<'_>) -> fmt::Result {
        let separator = match self.listed {
            0 => "",
            MAX_LISTED => return Ok(()),
            _ => "; ",
        };
        self.listed += 1;
        write_pieces!(self.to, separator, violation)?;
        match self.listed {
            MAX_LISTED => self.to.write_str("; …"),
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
