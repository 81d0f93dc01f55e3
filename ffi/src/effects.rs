//! What an operation on a record asks its caller to do.

use iot_tunnel_core::{self as core, Misuse};

use crate::memory::{Out, Text};
use crate::mode::{SideCode, side_code};
use crate::status::{Code, answer};

/// How `DisconnectReason` stands in a signature.
pub type DisconnectReasonCode = i32;

/// Why a peer's connection is to be closed.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisconnectReason {
    /// It is not to be closed, or there is none.
    None = 0,
    /// Its access token was rotated.
    Rotated = 1,
    /// The same client came back on a new connection.
    Replaced = 2,
    /// The tunnel closed.
    TunnelClosed = 3,
}

/// A connection to close.
#[repr(C)]
pub struct Disconnect {
    /// Why; NONE: there is nothing to close.
    pub reason: DisconnectReasonCode,
    /// The connection, as its caller named it when it connected.
    pub connection: u64,
}

/// What to do after an operation, once the record is stored. All zeroes: nothing.
///
/// Do it in this order: close the connections, with the code 1008 and the reason's text; tell the peer that its streams are
/// over; publish the notification; drop the record.
#[repr(C)]
pub struct Effects {
    /// The source's connection to close.
    pub source: Disconnect,
    /// The destination's connection to close.
    pub destination: Disconnect,
    /// The side that stays connected and is to be told that its streams are over; 0: neither. Tell it by a STREAM_RESET for each
    /// service's stream that was started and not reset since, with the ids of its STREAM_START. (SESSION_RESET would say it in
    /// one message, but makes a public client deaf.)
    pub reset_peer: SideCode,
    /// The destination's new token is to be published to the thing.
    pub notify: bool,
    /// The tunnel is to be deleted.
    pub deleted: bool,
}

impl Effects {
    /// As C has it.
    pub(crate) fn of(effects: &core::Effects) -> Self {
        let disconnect = |side| match effects.disconnects(side) {
            Some(disconnect) => Disconnect {
                reason: reason_code(disconnect.reason),
                connection: disconnect.connection.0,
            },
            None => Disconnect {
                reason: DisconnectReason::None as DisconnectReasonCode,
                connection: 0,
            },
        };
        Self {
            source: disconnect(core::Side::Source),
            destination: disconnect(core::Side::Destination),
            reset_peer: effects.iter().find_map(reset_peer).unwrap_or(0),
            notify: effects.notifies(),
            deleted: effects.deletes(),
        }
    }
}

fn reset_peer(effect: core::Effect) -> Option<SideCode> {
    match effect {
        core::Effect::ResetPeer(side) => Some(side_code(side)),
        _ => None,
    }
}

const fn reason_code(reason: core::DisconnectReason) -> DisconnectReasonCode {
    match reason {
        core::DisconnectReason::Rotated => DisconnectReason::Rotated as DisconnectReasonCode,
        core::DisconnectReason::Replaced => DisconnectReason::Replaced as DisconnectReasonCode,
        core::DisconnectReason::TunnelClosed => DisconnectReason::TunnelClosed as DisconnectReasonCode,
    }
}

/// The reason for the WebSocket close frame, whose code is 1008.
///
/// @param reason ROTATED, REPLACED or TUNNEL_CLOSED of iot_tunnel_disconnect_reason.
/// @param text Where the result goes. The text lasts for ever.
/// @return OK, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_disconnect_reason_text(
    reason: DisconnectReasonCode,
    text: *mut Text,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for results.
        let out = unsafe { Out::new(text) }?;
        let known = core::DisconnectReason::EVERY
            .iter()
            .find(|of| reason_code(**of) == reason);
        out.set(Text::of(known.ok_or(Misuse::UnknownEnumValue)?.text()));
        Ok(())
    })
}
