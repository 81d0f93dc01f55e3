//! The handshake of the data plane: an HTTP/1.1 upgrade to WebSocket with an access token, from both ends.
//!
//! **A client** makes an [`UpgradeRequest`] for an [`Endpoint`], sends what it writes, and keeps its
//! [`PendingUpgrade`], which judges the answer as it arrives:
//!
//! | answer | judged | what to do |
//! |---|---|---|
//! | 101 that keeps every rule | [`Upgrade::Accepted`] | speak WebSocket from the first byte after the head |
//! | 400–499, but 408 and 429 | [`Upgrade::Refused`] | get another token: the same one is never taken again |
//! | 408, 429, 500–599 | [`Upgrade::Retry`] | try again, later each time, and not before its `retry_after` |
//! | another 1xx | passed over (RFC 9110 §15.2) | |
//! | anything else | [`PeerFault`](crate::PeerFault) | close: what answers is not this service; see [`UnexpectedAnswer`] |
//!
//! ```
//! use iot_tunnel_core::handshake::{Answer, Endpoint, Offer, Subprotocol, Upgrade, UpgradeKey, UpgradeRequest};
//! use iot_tunnel_core::{AccessToken, Region, Side};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let request = UpgradeRequest {
//!     endpoint: &Endpoint::aws(&Region::parse("eu-west-1")?),
//!     side: Side::Destination,
//!     access_token: &AccessToken::<64>::parse("secret")?,
//!     client_token: None,
//!     offer: Offer::Only(Subprotocol::V3),
//!     key: UpgradeKey::new(*b"the sample nonce")?, // 16 bytes drawn for this request alone
//! };
//! let mut buffer = [0; 4096];
//! let length = request.write(&mut buffer)?;
//! assert!(buffer[..length].starts_with(b"GET /tunnel?local-proxy-mode=destination HTTP/1.1\r\n"));
//!
//! let pending = request.pending();
//! let received = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
//!     sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
//!     sec-websocket-protocol: aws.iot.securetunneling-3.0\r\n\r\n\x82\x00";
//! match pending.read(received, false)? {
//!     Answer::Complete { upgrade: Upgrade::Accepted { subprotocol, .. }, consumed } => {
//!         assert_eq!(subprotocol, Subprotocol::V3);
//!         assert_eq!(&received[consumed..], b"\x82\x00");
//!     }
//!     Answer::Complete { upgrade: Upgrade::Refused { status, reason, .. }, .. } => println!("{status}: {reason}"),
//!     Answer::Complete { upgrade: Upgrade::Retry { .. }, .. } => println!("later"),
//!     Answer::NeedMore => println!("receive more, then read all of it again"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **The service** judges a request with [`HandshakeRequest::judge`], the token with
//! [`Tunnel::connect`](crate::Tunnel::connect), and says no with a [`Rejection`].
//!
//! The response head is read by a reader of our own: the one that hosts use (httparse) can reach a panic on a
//! microcontroller, wants a table of headers there is no room for, and takes line ends that we refuse. In tests the
//! two are compared.

mod address;
mod endpoint;
mod fault;
mod head;
pub mod header;
mod key;
mod peer_text;
mod pending;
mod rejection;
mod request;
mod subprotocol;
mod unexpected;
mod upgrade_request;

#[cfg(test)]
mod properties;

pub use endpoint::{Endpoint, InvalidEndpoint};
pub use fault::HandshakeFault;
pub use key::{UpgradeAccept, UpgradeKey};
pub use peer_text::{MAX_PEER_TEXT, PeerText};
pub use pending::{Answer, PendingUpgrade, Upgrade};
pub use rejection::Rejection;
pub use request::HandshakeRequest;
pub use subprotocol::{Offer, Subprotocol};
pub use unexpected::UnexpectedAnswer;
pub use upgrade_request::{UpgradeRequest, UpgradeRequestError};

/// Longest upgrade request, in bytes, with its request line, headers and empty line (data-plane.md §1).
pub const MAX_REQUEST: usize = 4096;

/// Longest head of an answer that a client reads, in bytes (ours: as long as a request may be). A buffer of this
/// and [`MAX_PEER_TEXT`] bytes takes in every answer.
pub const MAX_ANSWER_HEAD: usize = 4096;

/// The path of the handshake, exactly.
const PATH: &str = "/tunnel";
/// The one parameter of its query; its value is a side's name.
const MODE: &str = "local-proxy-mode";
