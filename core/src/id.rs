//! The identifiers of the API: each is made only by parsing, so holding one proves that it is valid.
//!
//! A [`Rule`] states what is allowed; there is one constant per type, and the validation messages, the
//! documentation and the parsers all read it. Every pattern matches the whole value, and lengths count
//! characters (control-plane.md, "Constraints").

mod arn;

use core::fmt;
use heapless::String;

use crate::error::{Error, Misuse};
use crate::visible::Visible;

/// What a text may be: its length in characters and the characters allowed in it.
#[derive(Clone, Copy)]
pub struct Rule {
    /// The value's name in the API model, such as `tunnelId`.
    pub name: &'static str,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// The characters allowed, as a regular expression's class.
    pub class: &'static str,
    allows: fn(char) -> bool,
    misuse: Misuse,
}

impl Rule {
    pub(crate) const fn new(
        name: &'static str,
        min: usize,
        max: usize,
        class: &'static str,
        allows: fn(char) -> bool,
        misuse: Misuse,
    ) -> Self {
        Self {
            name,
            min,
            max,
            class,
            allows,
            misuse,
        }
    }

    /// Checks a whole value.
    ///
    /// # Errors
    /// The length in characters if it is outside the range, else the first character that is not allowed.
    pub fn check(&self, value: &str) -> Result<(), InvalidText> {
        self.judge(value.chars())
    }

    /// Checks a whole value by its characters.
    pub(crate) fn judge(&self, value: impl Iterator<Item = char>) -> Result<(), InvalidText> {
        let (mut characters, mut wrong) = (0, None);
        for character in value {
            if wrong.is_none() && !(self.allows)(character) {
                wrong = Some(TextFault::Character {
                    character,
                    position: characters,
                });
            }
            characters += 1;
        }
        let fault = match (self.min..=self.max).contains(&characters) {
            true => wrong,
            false => Some(TextFault::Length { characters }),
        };
        match fault {
            None => Ok(()),
            Some(fault) => Err(InvalidText { rule: *self, fault }),
        }
    }
}

impl fmt::Display for Rule {
    /// The rule as a regular expression: `[a-zA-Z0-9_\-+=:]{1,128}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{{{},{}}}", self.class, self.min, self.max)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.name)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

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

impl fmt::Display for InvalidText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule { name, min, max, .. } = self.rule;
        match self.fault {
            TextFault::Length { characters } => {
                write!(
                    f,
                    "{name} has {characters} characters; allowed are {min} to {max}"
                )
            }
            TextFault::Character { character, position } => write!(
                f,
                "{name} has '{}' at position {position}; allowed is {}",
                Visible(character),
                self.rule.class
            ),
        }
    }
}

impl core::error::Error for InvalidText {}

impl InvalidText {
    /// The number of the rule that was broken, for a text that the caller gave.
    #[must_use]
    pub const fn misuse(&self) -> Misuse {
        self.rule.misuse
    }
}

impl From<InvalidText> for Error {
    fn from(error: InvalidText) -> Self {
        error.misuse().into()
    }
}

/// Defines a validated text of fixed capacity. `$len` is the type that counts its bytes.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $member:literal, $min:literal..=$max:literal as $len:ty, $class:literal, $allows:expr, $misuse:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String<$max, $len>);

        impl $name {
            /// What is allowed.
            pub const RULE: Rule = Rule::new($member, $min, $max, $class, $allows, $misuse);

            /// Parses a whole value; nothing is trimmed or folded.
            ///
            /// # Errors
            /// [`InvalidText`] with the length, or the first character not allowed and its position.
            pub fn parse(value: &str) -> Result<Self, InvalidText> {
                Self::RULE.check(value)?;
                let mut text = String::new();
                // Every rule allows ASCII only: what passes it has as many bytes as characters, and all of them fit.
                let _ = text.push_str(value);
                Ok(Self(text))
            }

            /// Takes a whole value by its characters.
            pub(crate) fn from_chars(value: impl Iterator<Item = char>) -> Result<Self, InvalidText> {
                let mut text = String::new();
                // They fit: see `parse`.
                Self::RULE.judge(value.inspect(|character| drop(text.push(*character))))?;
                Ok(Self(text))
            }

            /// The value as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl core::str::FromStr for $name {
            type Err = InvalidText;
            fn from_str(value: &str) -> Result<Self, InvalidText> {
                Self::parse(value)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "a {} matching {}", $member, $name::RULE)
                    }
                    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<$name, E> {
                        $name::parse(value).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Visitor)
            }
        }
    };
}

const fn is_name(character: char) -> bool {
    matches!(character, 'a'..='z' | 'A'..='Z' | '0'..='9' | ':' | '_' | '-')
}

text!(
    /// A tunnel's id, unique in its account: `[a-zA-Z0-9_\-+=:]{1,128}`.
    ///
    /// ```
    /// use iot_tunnel_core::TunnelId;
    /// assert_eq!(TunnelId::parse("3fa85f64-5717").unwrap().as_str(), "3fa85f64-5717");
    /// let error = TunnelId::parse("a b").unwrap_err();
    /// assert_eq!(error.to_string(), r"tunnelId has ' ' at position 1; allowed is [a-zA-Z0-9_\-+=:]");
    /// ```
    TunnelId, "tunnelId", 1..=128 as u8, r"[a-zA-Z0-9_\-+=:]",
    |character| matches!(character, 'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '+' | '=' | ':'),
    Misuse::InvalidTunnelId
);

text!(
    /// The name of a device in the registry: 1–128 of `[a-zA-Z0-9:_-]`. It is part of an MQTT topic.
    ThingName, "thingName", 1..=128 as u8, "[a-zA-Z0-9:_-]", is_name, Misuse::InvalidThingName
);

text!(
    /// The name of a service at the destination, such as `SSH`: 1–128 of `[a-zA-Z0-9:_-]`.
    ServiceId, "service", 1..=128 as u8, "[a-zA-Z0-9:_-]", is_name, Misuse::InvalidServiceId
);

text!(
    /// A tunnel's Amazon Resource Name, `arn:aws:iot:<region>:<account>:tunnel/<tunnelId>`:
    /// 1–1600 characters. Visible ASCII only (ours: the ARN grammar has no other).
    TunnelArn, "tunnelArn", 1..=1600 as u16, "[!-~]", |character| character.is_ascii_graphic(),
    Misuse::InvalidTunnelArn
);

text!(
    /// A region, such as `us-east-1`: `[a-z0-9-]{1,32}`. It becomes part of a host name, so nothing else is
    /// allowed (ours).
    Region, "region", 1..=32 as u8, "[a-z0-9-]", |character| matches!(character, 'a'..='z' | '0'..='9' | '-'),
    Misuse::InvalidRegion
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn lengths_count_characters_and_an_error_names_the_first_fault() {
        let long = "é".repeat(129);
        assert_eq!(
            TunnelId::parse(&long).unwrap_err().fault,
            TextFault::Length { characters: 129 }
        );
        let fault = TextFault::Character {
            character: 'é',
            position: 1,
        };
        assert_eq!(ThingName::parse("aéé").unwrap_err().fault, fault);
        assert_eq!(
            Region::parse("eu west").unwrap_err().to_string(),
            "region has ' ' at position 2; allowed is [a-z0-9-]"
        );
    }
}
