//! RFC 6455 framing for a client that has only a TLS socket, such as firmware without a WebSocket library, and for the
//! service at its other end.
//!
//! [`Receiver`] takes the socket's bytes, in any split, and yields [`Event`]s; [`Sender`] writes [`Frame`]s into a
//! caller's buffer. Both begin after the upgrade was accepted, own no buffer for payload, and do no I/O.
//!
//! ```
//! use iot_tunnel_core::websocket::{CloseHandshake, Event, Frame, MaskKey, Receiver, Sender};
//!
//! # fn draw() -> [u8; 4] { [0x37, 0xfa, 0x21, 0x3d] }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (mut receiver, mut sender) = (Receiver::new(), Sender::new());
//! let (mut stream, mut out) = (Vec::new(), [0; 256]);
//!
//! // What the socket has read: half of a message, a ping inside it, the other half, and a close.
//! let mut input: &[u8] = b"\x02\x02he\x89\x01!\x80\x03llo\x88\x02\x03\xe8";
//! while let Some(event) = receiver.receive(&mut input)? {
//!     let answer = match event {
//!         Event::Binary(bytes) => {
//!             stream.extend_from_slice(bytes); // into the tunnel's deframer
//!             continue;
//!         }
//!         Event::Ping(payload) => Frame::Pong(payload),
//!         Event::Pong(_) => continue, // the peer is alive
//!         Event::Close(close) => Frame::Close(close),
//!     };
//!     let length = sender.write(answer, MaskKey::new(draw()), &mut out)?;
//!     // socket.write_all(&out[..length])
//!     # let _ = length;
//! }
//! assert_eq!(stream, b"hello");
//! assert_eq!(CloseHandshake::of(&sender, &receiver), CloseHandshake::Done); // the socket can go
//! # Ok(())
//! # }
//! ```
//!
//! When `receive` fails, the peer broke the protocol: answer with a close frame of the fault's
//! [`close_code`](crate::PeerFault::close_code) and drop the connection.
//!
//! The service does the same with [`Receiver::of_client`], [`Receiver::receive_masked`] and
//! [`Sender::write_unmasked`].
//!
//! # Closing
#![doc = include_str!("websocket/transitions.md")]
//!
//! # Rules beyond the RFC
//!
//! Source: data-plane.md, §2. Binary messages only, and a frame's payload has at most [`MAX_FRAME_PAYLOAD`] bytes. The
//! edges of messages mean nothing to the framing above, so payload is handed on as it arrives and a message needs no
//! room. A pong answers a ping, with the same payload, and is sent for no other reason. There are no extensions.
//!
//! # Why not a library
//!
//! ws-framer 0.4 needs no allocator either. Fed the same bytes, it keeps whole messages in its buffer, so that one frame
//! at our limit takes 128 KiB of RAM, skips what has no room and goes on: a hole in a stream of bytes. It takes masked
//! frames from a server, lengths that are not minimal, any close code, and frames after a close or a fault. It draws
//! mask keys itself, and masks with zeros where it has no random source or the source fails. It is no smaller, and in
//! a build for a microcontroller its panics stay reachable.

mod close;
mod header;
mod mask;
mod receiver;
mod sender;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;

pub use close::{Close, CloseCode, CloseHandshake};
pub use header::{ControlOpcode, DataOpcode, FrameHeader, Opcode};
pub use mask::MaskKey;
pub use receiver::{Event, Receiver};
pub use sender::{Frame, SendError, Sender};

/// The longest payload of a frame in either direction, in bytes: data-plane.md, §2.
pub const MAX_FRAME_PAYLOAD: u32 = 131_076;

/// The longest payload of a close, ping or pong frame, in bytes: RFC 6455, §5.5.
pub const MAX_CONTROL_PAYLOAD: u8 = 125;

/// The longest reason of a close frame, in bytes: what its code leaves of [`MAX_CONTROL_PAYLOAD`].
pub const MAX_CLOSE_REASON: u8 = MAX_CONTROL_PAYLOAD - 2;
