//! What runs through a tunnel: messages in protobuf, each in a frame with its length.
//!
//! ```text
//! frame = length of the message (u16, big-endian) + message (proto3, 7 fields)
//! ```
//!
//! Frames lie end to end in the binary messages of a WebSocket, whose edges mean nothing: a frame may straddle them.
//! Nothing is copied that need not be: a decoded [`Message`] borrows from the bytes it was read from, and a
//! [`Deframer`] copies only what comes in parts.
//!
//! A receiver does three things with what arrives, each with its own kind of error:
//!
//! 1. [`Deframer::next`] cuts the stream into frames ([`FrameFault`]);
//! 2. [`Message::decode`] reads one by the rules of proto3 ([`DecodeFault`]);
//! 3. [`Message::check`] judges whether its sender may send that ([`ContentFault`]).
//!
//! ```
//! use iot_tunnel_core::Side;
//! use iot_tunnel_core::wire::{Deframer, Message, MessageType, Origin, Verdict};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let start = Message {
//!     message_type: MessageType::StreamStart,
//!     stream_id: 1,
//!     service_id: "SSH",
//!     connection_id: 1,
//!     ..Message::default()
//! };
//! let mut frame = [0; 64];
//! let length = start.encode_frame(&mut frame)?;
//! assert_eq!(frame[..length], *b"\x00\x0b\x08\x02\x10\x01\x2a\x03SSH\x38\x01");
//!
//! let mut deframer = Deframer::new([0; 1024]);
//! for mut part in frame[..length].chunks(5) {
//!     while let Some(message) = deframer.next(&mut part)? {
//!         let message = Message::decode(message)?;
//!         assert_eq!(message.check(Origin::Client(Side::Source))?, Verdict::Valid);
//!         assert_eq!(message, start);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Source of every rule: data-plane.md §3. Where public implementations of protobuf differ, Google's decides.

mod available;
mod decode;
mod deframer;
mod encode;
mod fault;
mod field;
mod message;
mod rules;
mod varint;
mod write;

#[cfg(test)]
mod properties;

pub use available::{AvailableServiceIds, Iter};
pub use deframer::Deframer;
pub use encode::{Envelope, MAX_ENVELOPE};
pub use fault::{ContentFault, DecodeFault, DecodeFaultKind, EncodeFault, FrameFault};
pub use message::{Message, MessageType, UnknownType};
pub use rules::{Origin, Verdict};

/// Longest payload of a message, in bytes: 63 KiB (data-plane.md §3). Two peers may agree on less.
pub const MAX_PAYLOAD: usize = 64_512;

/// Longest message, in bytes: what the length of a frame can say (data-plane.md §3).
pub const MAX_MESSAGE: usize = u16::MAX as usize;

/// Bytes of a frame before its message: the length, big-endian (data-plane.md §3).
pub const PREFIX: usize = size_of::<u16>();
