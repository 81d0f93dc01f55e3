//! [`Constraint`]: what a member must be, in AWS's words.

use core::fmt::{self, Write};

use crate::id::{InvalidText, TextFault};
use crate::visible::Visible;
use crate::words::{Words, displays_its_words, write_pieces};

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

impl Words for Constraint<'_> {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        to.write_str("Member must ")?;
        match self {
            Self::NotNull => to.write_str("not be null"),
            Self::NullWhen { when } => write_pieces!(to, "be null when ", when),
            Self::EnumValueSet(names) => {
                to.write_str("satisfy enum value set: [")?;
                for (index, name) in names.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write_pieces!(to, comma, name)?;
                }
                to.write_str("]")
            }
            Self::Rule(InvalidText { rule, fault }) => {
                write_pieces!(to, PATTERN, rule, " (it has ")?;
                match fault {
                    TextFault::Length { characters } => write_pieces!(to, characters, " characters)"),
                    TextFault::Character { character, position } => {
                        write_pieces!(to, "'", Visible(*character), "' at position ", position, ")")
                    }
                }
            }
            Self::Pattern(pattern) => write_pieces!(to, PATTERN, pattern),
            Self::LengthAtLeast(least) => write_pieces!(to, "have length greater than or equal to ", least),
            Self::LengthAtMost(most) => write_pieces!(to, "have length less than or equal to ", most),
            Self::Unique => to.write_str("be unique in its list"),
            Self::ValueAtLeast(least) => write_pieces!(to, "have value greater than or equal to ", least),
            Self::ValueAtMost(most) => write_pieces!(to, "have value less than or equal to ", most),
        }
    }
}

displays_its_words!(Constraint<'_>);
