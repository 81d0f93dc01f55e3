//! The identifiers of the API: each is made only by parsing, so holding one proves that it is valid.
//!
//! A [`Rule`] states what is allowed; there is one for each type, and the validation messages, the
//! documentation and the parsers all read it. Every pattern matches the whole value, and lengths count
//! characters (control-plane.md, "Constraints").

mod arn;
mod rule;

use core::fmt;

use heapless::String;

pub use self::rule::{InvalidText, Rule, TextFault};
use crate::json::Text;

/// Defines a validated text of fixed capacity. `$len` is the type that counts its bytes.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $len:ty) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String<{ Rule::$name.max() }, $len>);

        impl $name {
            /// What is allowed.
            pub const RULE: Rule = Rule::$name;

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

            /// Takes a whole value of a message.
            pub(crate) fn from_text(value: Text<'_>) -> Result<Self, InvalidText> {
                Self::RULE.judge(value)?;
                let mut text = String::new();
                // They fit: see `parse`.
                value.chars().for_each(|character| drop(text.push(character)));
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
                        write!(f, "a {} matching {}", $name::RULE.name(), $name::RULE)
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

text!(
    /// A tunnel's id, unique in its account: `[a-zA-Z0-9_\-+=:]{1,128}`.
    ///
    /// ```
    /// use iot_tunnel_core::TunnelId;
    /// assert_eq!(TunnelId::parse("3fa85f64-5717").unwrap().as_str(), "3fa85f64-5717");
    /// let error = TunnelId::parse("a b").unwrap_err();
    /// assert_eq!(error.to_string(), r"tunnelId has ' ' at position 1; allowed is [a-zA-Z0-9_\-+=:]");
    /// ```
    TunnelId, u8
);

text!(
    /// The name of a device in the registry: 1–128 of `[a-zA-Z0-9:_-]`. It is part of an MQTT topic.
    ThingName, u8
);

text!(
    /// The name of a service at the destination, such as `SSH`: 1–128 of `[a-zA-Z0-9:_-]`.
    ServiceId, u8
);

text!(
    /// A tunnel's Amazon Resource Name, `arn:aws:iot:<region>:<account>:tunnel/<tunnelId>`:
    /// 1–1600 characters. Visible ASCII only (ours: the ARN grammar has no other).
    TunnelArn, u16
);

text!(
    /// A region, such as `us-east-1`: `[a-z0-9-]{1,32}`. It becomes part of a host name, so nothing else is
    /// allowed (ours).
    Region, u8
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
