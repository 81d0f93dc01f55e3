//! [`Rule`]: what the texts of the API may be, and what exactly is wrong with one that may not.

mod class;

use core::fmt::{self, Write};

use self::class::Class;
use crate::error::{Error, Misuse};
use crate::json::Text;
use crate::visible::Visible;
use crate::words::{Words, displays_its_words, write_pieces};

/// Defines the rules: one row for each.
macro_rules! rules {
    ($($(#[$doc:meta])* $rule:ident: $name:literal, $min:literal to $max:literal of $class:literal, else $misuse:ident;)+) => {
        /// What a text may be: its length in characters and the characters allowed in it, which are ASCII in every rule.
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub enum Rule {
            $($(#[$doc])* $rule,)+
        }

        impl Rule {
            /// The value's name in the API model, such as `tunnelId`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)+ }
            }

            /// Fewest characters.
            #[must_use]
            pub const fn min(self) -> usize {
                match self { $(Self::$rule => $min,)+ }
            }

            /// Most characters.
            #[must_use]
            pub const fn max(self) -> usize {
                match self { $(Self::$rule => $max,)+ }
            }

            /// The characters allowed, as a regular expression's class.
            #[must_use]
            pub const fn class(self) -> &'static str {
                match self { $(Self::$rule => $class,)+ }
            }

            const fn misuse(self) -> Misuse {
                match self { $(Self::$rule => Misuse::$misuse,)+ }
            }
        }

        /// Of each rule the characters, as a set.
        static CHARACTERS: [Class; [$(Rule::$rule),+].len()] = [$(Class::of($class)),+];
    };
}

rules! {
    /// Of a [`TunnelId`](super::TunnelId).
    TunnelId: "tunnelId", 1 to 128 of r"[a-zA-Z0-9_\-+=:]", else InvalidTunnelId;
    /// Of a [`ThingName`](super::ThingName).
    ThingName: "thingName", 1 to 128 of "[a-zA-Z0-9:_-]", else InvalidThingName;
    /// Of a [`ServiceId`](super::ServiceId).
    ServiceId: "service", 1 to 128 of "[a-zA-Z0-9:_-]", else InvalidServiceId;
    /// Of a [`Region`](super::Region).
    Region: "region", 1 to 32 of "[a-z0-9-]", else InvalidRegion;
    /// Of a [`TunnelArn`](super::TunnelArn).
    TunnelArn: "tunnelArn", 1 to 1600 of "[!-~]", else InvalidTunnelArn;
    /// Of a [`ClientToken`](crate::ClientToken).
    ClientToken: "clientToken", 32 to 128 of "[a-zA-Z0-9-]", else InvalidClientToken;
}

impl Rule {
    /// Checks a whole value.
    ///
    /// # Errors
    /// The length in characters if it is outside the range, else the first character that is not allowed.
    pub fn check(self, value: &str) -> Result<(), InvalidText> {
        self.judge(Text::plain(value))
    }

    /// Checks a whole value of a message.
    pub(crate) fn judge(self, value: Text<'_>) -> Result<(), InvalidText> {
        let (mut characters, mut wrong) = (0, None);
        let allowed = &CHARACTERS[self as usize];
        for character in value.chars() {
            if wrong.is_none() && !allowed.has(character) {
                wrong = Some(TextFault::Character {
                    character,
                    position: characters,
                });
            }
            characters += 1;
        }
        if characters < self.min() || characters > self.max() {
            wrong = Some(TextFault::Length { characters });
        }
        match wrong {
            None => Ok(()),
            Some(fault) => Err(InvalidText { rule: self, fault }),
        }
    }
}

impl Words for Rule {
    /// The rule as a regular expression: `[a-zA-Z0-9_\-+=:]{1,128}`.
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        write_pieces!(to, self.class(), "{", self.min(), ",", self.max(), "}")
    }
}

displays_its_words!(Rule, InvalidText);

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.name())
    }
}

/// Why a text is not what its type allows. It never holds the text: that may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidText {
    /// The rule that was broken.
    pub rule: Rule,
    /// What broke it.
    pub fault: TextFault,
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// Too short or too long.
    Length {
        /// How many characters were given.
        characters: usize,
    },
    /// A character that is not allowed.
    Character {
        /// The first such character.
        character: char,
        /// Where it stands, counting characters from 0.
        position: usize,
    },
}

impl Words for InvalidText {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        let rule = self.rule;
        match self.fault {
            TextFault::Length { characters } => {
                write_pieces!(to, rule.name(), " has ", characters, " characters; allowed are ")?;
                write_pieces!(to, rule.min(), " to ", rule.max())
            }
            TextFault::Character { character, position } => {
                write_pieces!(
                    to,
                    rule.name(),
                    " has '",
                    Visible(character),
                    "' at position ",
                    position
                )?;
                write_pieces!(to, "; allowed is ", rule.class())
            }
        }
    }
}

impl core::error::Error for InvalidText {}

impl InvalidText {
    /// The number of the rule that was broken, for a text that the caller gave.
    #[must_use]
    pub const fn misuse(&self) -> Misuse {
        self.rule.misuse()
    }
}

impl From<InvalidText> for Error {
    fn from(error: InvalidText) -> Self {
        error.misuse().into()
    }
}
