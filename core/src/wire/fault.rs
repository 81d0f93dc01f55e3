//! What can be wrong with a frame, with a message's bytes, with what it says, and with one that is to be sent.

use core::fmt;

use super::message::MessageType;
use super::{MAX_MESSAGE, MAX_PAYLOAD};
use crate::error::{Capacity, Error, Misuse, PeerFault};

/// Why a stream cannot be cut into frames any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameFault {
    /// A frame says that its message has no byte.
    Empty,
    /// A message is longer than the buffer.
    TooLong {
        /// The bytes that the message has.
        needed: usize,
        /// The bytes that the buffer has.
        room: usize,
    },
}

impl fmt::Display for FrameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(PeerFault::EmptyFrame.text()),
            Self::TooLong { needed, room } => {
                write!(f, "a message has {needed} bytes; the buffer has room for {room}")
            }
        }
    }
}

impl core::error::Error for FrameFault {}

impl From<FrameFault> for Error {
    fn from(fault: FrameFault) -> Self {
        match fault {
            FrameFault::Empty => PeerFault::EmptyFrame.into(),
            FrameFault::TooLong { .. } => Capacity::BufferTooSmall.into(),
        }
    }
}

/// Why bytes are not a message, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecodeFault {
    /// What is wrong.
    pub kind: DecodeFaultKind,
    /// Where the field starts, in bytes from the start of the message.
    pub position: usize,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecodeFaultKind {
    /// The message ends before the field does.
    Truncated,
    /// A varint does not end where it must: a value after 10 bytes, a tag or a length after 32 bits.
    VarintTooLong,
    /// The field's number is 0.
    FieldNumberZero,
    /// The wire type is 3 or 4.
    Group,
    /// The wire type is 6 or 7.
    WireType,
    /// A service id is not UTF-8.
    NotUtf8,
}

impl DecodeFaultKind {
    /// What is wrong, for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Truncated => "the message ends inside a field",
            Self::VarintTooLong => {
                "a varint has at most 10 bytes, in a tag or a length at most 5 bytes and 32 bits"
            }
            Self::FieldNumberZero => "a field's number is never 0",
            Self::Group => "groups are not part of proto3",
            Self::WireType => "a field's wire type is 0, 1, 2 or 5",
            Self::NotUtf8 => "a service id must be UTF-8",
        }
    }
}

impl fmt::Display for DecodeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (in the field at byte {})", self.kind.text(), self.position)
    }
}

impl core::error::Error for DecodeFault {}

impl From<DecodeFault> for Error {
    fn from(_: DecodeFault) -> Self {
        PeerFault::MalformedMessage.into()
    }
}

/// Why a message must not say what it says, or not on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentFault {
    /// The type is 0; or it is not known, and the message may not be ignored.
    Type {
        /// The type.
        message_type: MessageType,
    },
    /// Messages of this type do not come from there.
    Origin {
        /// The type.
        message_type: MessageType,
    },
    /// The stream id is 0, and the type is about a stream.
    StreamId {
        /// The type.
        message_type: MessageType,
    },
    /// The payload is longer than [`MAX_PAYLOAD`].
    Payload {
        /// Its length in bytes.
        length: usize,
    },
}

impl fmt::Display for ContentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type { message_type } => {
                write!(
                    f,
                    "a message has {message_type}, which is not known, and may not be ignored"
                )
            }
            Self::Origin { message_type } => write!(f, "this sender may not send {message_type}"),
            Self::StreamId { message_type } => write!(f, "{message_type} needs a streamId other than 0"),
            Self::Payload { length } => {
                write!(f, "a payload has {length} bytes; allowed are {MAX_PAYLOAD}")
            }
        }
    }
}

impl core::error::Error for ContentFault {}

impl From<ContentFault> for Error {
    fn from(fault: ContentFault) -> Self {
        match fault {
            ContentFault::Type { .. } => PeerFault::UnknownMessageType,
            ContentFault::Origin { .. } => PeerFault::UnexpectedMessage,
            ContentFault::StreamId { .. } => PeerFault::StreamIdMissing,
            ContentFault::Payload { .. } => PeerFault::PayloadTooLong,
        }
        .into()
    }
}

/// Why a message cannot be encoded. Nothing has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncodeFault {
    /// The payload is longer than [`MAX_PAYLOAD`].
    PayloadTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// The message is longer than [`MAX_MESSAGE`].
    MessageTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// Every field has its default, so the message has no byte, and a frame must hold one.
    Empty,
    /// The buffer is too small.
    BufferTooSmall {
        /// The bytes that are needed.
        needed: usize,
    },
}

impl fmt::Display for EncodeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PayloadTooLong { length } => {
                write!(f, "the payload has {length} bytes; allowed are {MAX_PAYLOAD}")
            }
            Self::MessageTooLong { length } => {
                write!(f, "the message has {length} bytes; allowed are {MAX_MESSAGE}")
            }
            Self::Empty => f.write_str(Misuse::EmptyMessage.text()),
            Self::BufferTooSmall { needed } => {
                write!(f, "the buffer is too small: {needed} bytes are needed")
            }
        }
    }
}

impl core::error::Error for EncodeFault {}

impl From<EncodeFault> for Error {
    fn from(fault: EncodeFault) -> Self {
        match fault {
            EncodeFault::PayloadTooLong { .. } => Misuse::PayloadTooLong.into(),
            EncodeFault::MessageTooLong { .. } => Misuse::MessageTooLong.into(),
            EncodeFault::Empty => Misuse::EmptyMessage.into(),
            EncodeFault::BufferTooSmall { .. } => Capacity::BufferTooSmall.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    #[test]
    fn every_fault_names_what_is_wrong_and_has_a_number() {
        fn shown<F: Into<Error> + ToString + Copy>(fault: F) -> (u16, String) {
            (fault.into().code(), fault.to_string())
        }
        let message_type = MessageType::StreamStart;
        let unknown = MessageType::from_number(9);
        let decode = DecodeFault {
            kind: DecodeFaultKind::NotUtf8,
            position: 7,
        };
        let length = 70_000;
        let expected = [
            (shown(FrameFault::Empty), 304, "a frame must hold a message"),
            (
                shown(FrameFault::TooLong { needed: 9, room: 8 }),
                401,
                "9 bytes; the buffer has room for 8",
            ),
            (shown(decode), 305, "must be UTF-8 (in the field at byte 7)"),
            (
                shown(ContentFault::Type {
                    message_type: unknown,
                }),
                306,
                "type 9",
            ),
            (
                shown(ContentFault::Origin { message_type }),
                307,
                "may not send STREAM_START",
            ),
            (
                shown(ContentFault::StreamId { message_type }),
                308,
                "STREAM_START needs a streamId",
            ),
            (
                shown(ContentFault::Payload { length }),
                309,
                "70000 bytes; allowed are 64512",
            ),
            (
                shown(EncodeFault::PayloadTooLong { length }),
                107,
                "70000 bytes; allowed are 64512",
            ),
            (
                shown(EncodeFault::MessageTooLong { length }),
                108,
                "70000 bytes; allowed are 65535",
            ),
            (shown(EncodeFault::Empty), 109, "a frame must hold some"),
            (
                shown(EncodeFault::BufferTooSmall { needed: 9 }),
                401,
                "9 bytes are needed",
            ),
        ];
        for ((code, text), number, part) in expected {
            assert_eq!(code, number, "{text}");
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn the_limits_in_the_texts_are_the_constants() {
        for (text, limit) in [
            (Misuse::PayloadTooLong.text(), MAX_PAYLOAD),
            (PeerFault::PayloadTooLong.text(), MAX_PAYLOAD),
            (Misuse::MessageTooLong.text(), MAX_MESSAGE),
        ] {
            assert!(text.replace(',', "").contains(&limit.to_string()), "{text}");
        }
    }
}
