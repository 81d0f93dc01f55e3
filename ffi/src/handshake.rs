//! The handshake of the data plane: where a client connects to, and how a service judges its request.

pub mod endpoint;
pub mod request;

use iot_tunnel_core::Misuse;
use iot_tunnel_core::handshake::{MAX_ANSWER_HEAD, MAX_PEER_TEXT, MAX_REQUEST, Subprotocol as Version};

/// How `Subprotocol` stands in a signature.
pub type SubprotocolCode = i32;

/// A version of the tunneling protocol, as offered and accepted in the handshake.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subprotocol {
    /// aws.iot.securetunneling-1.0: one service, one connection.
    V1 = 1,
    /// aws.iot.securetunneling-2.0: several services.
    V2 = 2,
    /// aws.iot.securetunneling-3.0: several services, each with several connections.
    V3 = 3,
}

/// Core's version of a number; 0 is V3.
pub(crate) const fn subprotocol(code: SubprotocolCode) -> Result<Version, Misuse> {
    match code {
        1 => Ok(Version::V1),
        2 => Ok(Version::V2),
        0 | 3 => Ok(Version::V3),
        _ => Err(Misuse::UnknownEnumValue),
    }
}

/// The number of a version.
const fn subprotocol_code(version: Version) -> SubprotocolCode {
    match version {
        Version::V1 => Subprotocol::V1 as SubprotocolCode,
        Version::V2 => Subprotocol::V2 as SubprotocolCode,
        Version::V3 => Subprotocol::V3 as SubprotocolCode,
    }
}

/// Longest upgrade request, in bytes.
pub const MAX_UPGRADE_REQUEST: usize = 4096;
const _: () = assert!(MAX_UPGRADE_REQUEST == MAX_REQUEST);

/// Bytes of a buffer that takes in every answer to an upgrade request.
pub const MAX_UPGRADE_ANSWER: usize = 4352;
const _: () = assert!(MAX_UPGRADE_ANSWER == MAX_ANSWER_HEAD + MAX_PEER_TEXT);
