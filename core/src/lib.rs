//! The rules of AWS IoT Secure Tunneling.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod destination;
pub mod error;
pub mod id;
pub mod json;
pub mod mode;
pub mod time;
pub mod token;
pub mod tunnel;

pub use destination::{DestinationConfig, MAX_SERVICES};
pub use error::{Capacity, Error, Misuse, PeerFault, Refusal};
pub use id::{InvalidText, Region, Rule, ServiceId, TextFault, ThingName, TunnelArn, TunnelId};
pub use mode::{ClientMode, Rotation, Side};
pub use time::{Lifetime, Millis};
pub use token::{AccessToken, Claim, ClientToken, Entropy, IssuedToken, TokenDigest};
pub use tunnel::{
    CLOSED_RETENTION, ClosedBy, ConnectionId, ConnectionState, Description, Disconnect, DisconnectReason,
    Effect, Effects, Handshake, Opened, Rotated, Table, Tunnel, TunnelStatus,
};
