//! [`Message`]: the one kind of message that runs through a tunnel.

use core::fmt;

use super::available::AvailableServiceIds;

/// A message, borrowed from the bytes that it was decoded from or that it is to be encoded from.
///
/// A field that is absent on the wire has its default here: 0, false or empty; proto3 knows no difference. `Debug`
/// shows of a payload only the length: it is somebody's data.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Message<'a> {
    /// What it is about (`type`).
    pub message_type: MessageType,
    /// The stream it belongs to; 0 where there is none.
    pub stream_id: i32,
    /// Whether a receiver that does not know the type may skip it. Known types it never drops.
    pub ignorable: bool,
    /// The data of the stream, at most [`MAX_PAYLOAD`](super::MAX_PAYLOAD) bytes.
    pub payload: &'a [u8],
    /// The service that the stream is of, since V2.
    pub service_id: &'a str,
    /// The services of the tunnel, in SERVICE_IDS, since V2.
    pub available_service_ids: AvailableServiceIds<'a>,
    /// The TCP connection in the stream, since V3; 0 where there is none.
    pub connection_id: u32,
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("message_type", &self.message_type)
            .field("stream_id", &self.stream_id)
            .field("ignorable", &self.ignorable)
            .field("payload", &format_args!("{} bytes", self.payload.len()))
            .field("service_id", &self.service_id)
            .field("available_service_ids", &self.available_service_ids)
            .field("connection_id", &self.connection_id)
            .finish()
    }
}

/// Defines the known types: variants, numbers and names in one table.
macro_rules! message_types {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)+) => {
        /// What a message is about. data-plane.md §4 says what each does to its receiver.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum MessageType {
            $($(#[$doc])* $variant,)+
            /// A number that stands for no type: 0, or one of a later version.
            Unknown(UnknownType),
        }

        impl MessageType {
            /// Every known type, in order of its number.
            pub const KNOWN: [Self; 7] = [$(Self::$variant,)+];

            /// The type of a number.
            #[must_use]
            #[inline]
            pub const fn from_number(number: i32) -> Self {
                match number {
                    $($number => Self::$variant,)+
                    _ => Self::Unknown(UnknownType(number)),
                }
            }

            /// The number on the wire.
            #[must_use]
            #[inline]
            pub const fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)+
                    Self::Unknown(UnknownType(number)) => number,
                }
            }

            /// The protocol's name; `UNKNOWN` for a number that stands for no type.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Unknown(_) => "UNKNOWN",
                }
            }
        }
    };
}

message_types! {
    /// Bytes of a stream.
    Data = 1, "DATA";
    /// A source starts a stream.
    StreamStart = 2, "STREAM_START";
    /// A stream ends.
    StreamReset = 3, "STREAM_RESET";
    /// The service ends every stream.
    SessionReset = 4, "SESSION_RESET";
    /// The service names the tunnel's services; since V2.
    ServiceIds = 5, "SERVICE_IDS";
    /// A source opens a further connection in a stream; since V3.
    ConnectionStart = 6, "CONNECTION_START";
    /// A connection ends; since V3.
    ConnectionReset = 7, "CONNECTION_RESET";
}

impl Default for MessageType {
    /// What proto3 reads where no type was written: the number 0.
    fn default() -> Self {
        Self::from_number(0)
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(UnknownType(number)) => write!(f, "type {number}"),
            known => f.write_str(known.name()),
        }
    }
}

/// The number of a type that is not known, and never that of a known one: only [`MessageType::from_number`] makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnknownType(i32);

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    #[test]
    fn every_number_stands_for_one_type_and_comes_back() {
        for (number, known) in (1..).zip(MessageType::KNOWN) {
            assert_eq!(
                (known.number(), MessageType::from_number(number)),
                (number, known)
            );
        }
        for number in [0, 8, -1, i32::MIN, i32::MAX] {
            let unknown = MessageType::from_number(number);
            assert!(matches!(unknown, MessageType::Unknown(_)));
            assert_eq!(unknown.number(), number);
            assert_eq!(unknown.to_string(), format!("type {number}"));
        }
        assert_eq!(MessageType::StreamStart.to_string(), "STREAM_START");
    }

    #[test]
    fn a_payload_does_not_print_in_debug() {
        let message = Message {
            payload: b"secret",
            ..Message::default()
        };
        let shown = format!("{message:?}");
        assert!(
            shown.contains("payload: 6 bytes") && !shown.contains("115"),
            "{shown}"
        );
    }
}
