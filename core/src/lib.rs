//! The rules of AWS IoT Secure Tunneling: the tunnel's record, the life of its access tokens, their rotation, and the
//! JSON that carries them. For services, gateways and devices.
//!
//! One invariant holds everywhere: **a call that fails has changed nothing, and whatever decides comes in as an
//! argument**: time, entropy and bytes. There is no clock, no socket, no allocator, no global and no log in here,
//! and no call panics, whatever it is given.
//!
//! # The loop of a service
//!
//! 1. Draw 64 bytes of entropy and read the clock.
//! 2. Read the tunnel's record.
//! 3. Call an operation: [`Tunnel::open`], [`connect`](Tunnel::connect), [`disconnect`](Tunnel::disconnect),
//!    [`rotate`](Tunnel::rotate), [`close`](Tunnel::close) or [`expire`](Tunnel::expire).
//! 4. If it is refused, answer with the error. The record is as it was.
//! 5. Store the record. Until that is durable, nothing has happened.
//! 6. Answer, then do what the [`Effects`] say.
//!
//! ```
//! use iot_tunnel_core::json::{RotateRequest, RotateResponse};
//! use iot_tunnel_core::{Effect, Entropy, Lifetime, Millis, Region, Tunnel, TunnelArn, TunnelId};
//!
//! # fn draw() -> [u8; 64] { core::array::from_fn(|i| i as u8) }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let id = TunnelId::parse("t-1")?;
//! let (mut stored, _) = Tunnel::open(id.clone(), None, Lifetime::default(), Millis(0), &Entropy::new(draw())?)?;
//!
//! let request = RotateRequest::parse(br#"{"tunnelId":"t-1","clientMode":"SOURCE"}"#)?;
//! let (now, entropy) = (Millis(60_000), Entropy::new(draw())?);                       // 1
//! let mut tunnel = stored.clone();                                                    // 2
//! let rotated = tunnel.rotate(request.client_mode, request.destination_config, now, &entropy)?; // 3, 4
//! stored = tunnel;                                                                    // 5
//! let arn = TunnelArn::of(&Region::parse("us-east-1")?, "123456789012", &id)?;
//! let response = RotateResponse {
//!     tunnel_arn: arn,
//!     source_access_token: rotated.source,
//!     destination_access_token: rotated.destination,
//! };
//! let mut body = [0; 1024];
//! let length = response.write(&mut body)?;                                            // 6
//! for effect in rotated.effects.iter() {
//!     match effect {
//!         Effect::Disconnect(_) | Effect::ResetPeer(_) | Effect::Notify | Effect::Deleted => {}
//!     }
//! }
//! assert!(body[..length].starts_with(br#"{"tunnelArn":"arn:aws:iot:us-east-1:123456789012:tunnel/t-1""#));
//! # Ok(())
//! # }
//! ```
//!
//! [`Table`] does steps 2 and 5 for many tunnels in fixed memory.
//!
//! # Limits
//!
//! | what | limit | source |
//! |---|---|---|
//! | tunnel id, thing name, service | 128 characters | API model |
//! | services of a tunnel | [`MAX_SERVICES`] | documented quota |
//! | lifetime | 1–720 minutes | API model |
//! | a closed tunnel is kept | [`tunnel::CLOSED_RETENTION`] | documented |
//! | access token that a client takes | [`token::MAX_ACCESS_TOKEN`] | ours: what a 4 KiB handshake has room for |
//! | access token that we issue | [`token::MAX_ISSUED`] | ours |
//! | upgrade request | [`handshake::MAX_REQUEST`] | protocol guide |
//! | head of the answer to it | [`handshake::MAX_ANSWER_HEAD`] | ours |
//! | nesting of JSON | [`json::MAX_DEPTH`] | ours |
//! | a record | 1 KiB, checked at compile time | ours |
//! | a [`Session`](session::Session), without its buffers and access token | 4 KiB, checked at compile time | ours |
//! | access tokens that a session knows again | [`session::REMEMBERED_TOKENS`] | ours |
//! | connections of a service in a session | [`session::MAX_CONNECTIONS`], or what its type says | ours |
//! | payload of a message | [`wire::MAX_PAYLOAD`] | documented |
//! | message | [`wire::MAX_MESSAGE`] | documented: its length has 16 bits |
//! | payload of a WebSocket frame | [`websocket::MAX_FRAME_PAYLOAD`] | documented |
//! | a [`websocket::Receiver`] | 160 bytes, checked at compile time | ours |
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod copy;
pub mod destination;
pub mod error;
pub mod handshake;
pub mod id;
pub mod json;
pub mod mode;
pub mod session;
mod sha1;
pub mod time;
pub mod token;
pub mod tunnel;
mod visible;
pub mod websocket;
pub mod wire;
mod words;

pub use destination::{DestinationConfig, DestinationConfigRef, MAX_SERVICES};
pub use error::{Capacity, Error, Misuse, PeerFault, Refusal};
pub use id::{InvalidText, Region, Rule, ServiceId, TextFault, ThingName, TunnelArn, TunnelId};
pub use mode::{ClientMode, Rotation, Side};
pub use time::{Lifetime, Millis, Now};
pub use token::{AccessToken, Claim, ClientToken, Entropy, IssuedToken, TokenDigest};
pub use tunnel::{
    CLOSED_RETENTION, ClosedBy, ConnectionId, ConnectionState, Description, Disconnect, DisconnectReason,
    Effect, Effects, Handshake, Opened, Rotated, Slot, Slots, Table, TableIn, Tunnel, TunnelStatus,
};
pub use words::Words;
