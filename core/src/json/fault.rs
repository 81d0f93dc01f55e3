//! What can be wrong with a body, from "not JSON" to "not this message".

use core::fmt::{self, Write};

use super::guard::MAX_DEPTH;
use super::violation::{Constraint, Path, Violation};
use crate::error::{Capacity, Error, PeerFault};
use crate::words::{Words, displays_its_words, write_pieces};

/// Why a text is not JSON, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JsonFault {
    /// What is wrong.
    pub kind: JsonFaultKind,
    /// Where, in bytes from the start of the text.
    pub position: usize,
}

/// What is wrong with a text that is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JsonFaultKind {
    /// The bytes are not UTF-8.
    NotUtf8,
    /// The text starts with a byte order mark.
    ByteOrderMark,
    /// The text ends before its value does.
    EndsEarly,
    /// Something else stands where a value must.
    ExpectedValue,
    /// Something else stands where a member's name must.
    ExpectedName,
    /// Something else stands between a member's name and its value.
    ExpectedColon,
    /// Something else stands after an element or member.
    ExpectedCommaOrEnd,
    /// A number is not written as JSON writes numbers.
    InvalidNumber,
    /// A control character stands in a string as it is.
    ControlCharacter,
    /// A backslash is followed by something that is no escape.
    InvalidEscape,
    /// An escape names half of a surrogate pair and the other half does not follow.
    LoneSurrogate,
    /// More than [`MAX_DEPTH`] arrays and objects stand inside each other.
    TooDeep,
    /// More than white space follows the value.
    TextAfterEnd,
}

impl JsonFaultKind {
    /// What is wrong, for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotUtf8 => "the bytes are not UTF-8",
            Self::ByteOrderMark => "JSON must not start with a byte order mark",
            Self::EndsEarly => "the JSON text ends early",
            Self::ExpectedValue => "expected a JSON value",
            Self::ExpectedName => "expected a member's name in double quotes",
            Self::ExpectedColon => "expected a colon after a member's name",
            Self::ExpectedCommaOrEnd => "expected a comma or the end of the array or object",
            Self::InvalidNumber => "the number is not written as JSON allows",
            Self::ControlCharacter => "a control character in a string must be escaped",
            Self::InvalidEscape => r#"expected one of \" \\ \/ \b \f \n \r \t \uXXXX"#,
            Self::LoneSurrogate => "a surrogate escape needs its other half",
            Self::TooDeep => "too many arrays and objects stand inside each other",
            Self::TextAfterEnd => "more text follows the end of the JSON value",
        }
    }
}

impl Words for JsonFault {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        to.write_str(self.kind.text())?;
        if self.kind == JsonFaultKind::TooDeep {
            write_pieces!(to, ": allowed are ", MAX_DEPTH as usize)?;
        }
        write_pieces!(to, " (at byte ", self.position, ")")
    }
}

impl core::error::Error for JsonFault {}

/// JSON that does not have the shape of its message. It never holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unexpected {
    /// The member, or the empty path for the whole body.
    pub member: Path<'static>,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a member's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// It must be a string.
    NotAString,
    /// It must be an array.
    NotAnArray,
    /// It must be an object.
    NotAnObject,
    /// It stands in its object twice. RFC 8259 leaves the meaning open, so it is refused (ours).
    GivenTwice,
}

impl Words for Unexpected {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        match self.member.is_empty() {
            true => to.write_str("the body")?,
            false => self.member.write_words(to)?,
        }
        to.write_str(match self.problem {
            Problem::NotAString => " must be a string",
            Problem::NotAnArray => " must be an array",
            Problem::NotAnObject => " must be a JSON object",
            Problem::GivenTwice => " is given twice",
        })
    }
}

impl core::error::Error for Unexpected {}

/// Why a body cannot be read as its message: a SerializationException.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// It is not JSON.
    NotJson(JsonFault),
    /// It is JSON of another shape.
    Unexpected(Unexpected),
}

impl Words for BodyFault {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        match self {
            Self::NotJson(fault) => fault.write_words(to),
            Self::Unexpected(fault) => fault.write_words(to),
        }
    }
}

displays_its_words!(JsonFault, Unexpected, BodyFault, MessageFault, BufferTooSmall);

impl core::error::Error for BodyFault {}

impl From<JsonFault> for BodyFault {
    fn from(fault: JsonFault) -> Self {
        Self::NotJson(fault)
    }
}

impl From<Unexpected> for BodyFault {
    fn from(fault: Unexpected) -> Self {
        Self::Unexpected(fault)
    }
}

impl From<JsonFault> for Error {
    fn from(_: JsonFault) -> Self {
        PeerFault::MalformedJson.into()
    }
}

impl From<Unexpected> for Error {
    fn from(_: Unexpected) -> Self {
        PeerFault::UnexpectedJson.into()
    }
}

impl From<BodyFault> for Error {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::NotJson(fault) => fault.into(),
            BodyFault::Unexpected(fault) => fault.into(),
        }
    }
}

/// Why a message that a client reads (an answer, a notification) is refused. The first thing wrong with it; it
/// never holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageFault {
    /// It cannot be read as its message.
    Body(BodyFault),
    /// A member's value breaks its rule.
    Member {
        /// The member.
        member: Path<'static>,
        /// What it had to be.
        constraint: Constraint<'static>,
    },
    /// An access token has no room.
    AccessTokenTooLong {
        /// The member.
        member: Path<'static>,
        /// Characters that there is room for.
        room: usize,
    },
}

impl Words for MessageFault {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        match self {
            Self::Body(fault) => fault.write_words(to),
            Self::Member { member, constraint } => Violation::of(*member, *constraint).write_words(to),
            Self::AccessTokenTooLong { member, room } => {
                let there_is = " characters there is room for";
                write_pieces!(to, member, " is longer than the ", room, there_is)
            }
        }
    }
}

impl core::error::Error for MessageFault {}

impl<F: Into<BodyFault>> From<F> for MessageFault {
    fn from(fault: F) -> Self {
        Self::Body(fault.into())
    }
}

impl MessageFault {
    /// The fault of a member that breaks a constraint.
    pub(crate) fn member(member: impl Into<Path<'static>>) -> impl FnOnce(Constraint<'static>) -> Self {
        let member = member.into();
        move |constraint| Self::Member { member, constraint }
    }
}

impl From<MessageFault> for Error {
    fn from(fault: MessageFault) -> Self {
        match fault {
            MessageFault::Body(fault) => fault.into(),
            MessageFault::Member { .. } => PeerFault::InvalidMember.into(),
            MessageFault::AccessTokenTooLong { .. } => Capacity::AccessTokenTooLong.into(),
        }
    }
}

/// The buffer given is too small for the JSON. It holds nothing: what had been written is cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferTooSmall {
    /// The bytes that the JSON needs.
    pub needed: usize,
}

impl Words for BufferTooSmall {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        write_pieces!(to, "the buffer is too small: ", self.needed, " bytes are needed")
    }
}

impl core::error::Error for BufferTooSmall {}

impl From<BufferTooSmall> for Error {
    fn from(_: BufferTooSmall) -> Self {
        Capacity::BufferTooSmall.into()
    }
}
