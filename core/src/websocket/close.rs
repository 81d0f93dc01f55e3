//! How a connection ends: [`Close`], [`CloseCode`], [`CloseHandshake`].

#[cfg(test)]
mod tests;

use super::MAX_CONTROL_PAYLOAD;
use super::receiver::Receiver;
use super::sender::Sender;
use crate::error::{Misuse, PeerFault};
use crate::tunnel::DisconnectReason;

/// Why a connection ends: a number that may stand in a close frame.
///
/// These are 1000–1003 and 1007–1014, which are registered, and 3000–4999, which libraries and applications give
/// their own meaning (RFC 6455, §7.4). 1005, 1006 and 1015 stand for endings without a code and are never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: the peer goes away.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: a rule of the protocol was broken.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: data of a type that is not taken, such as text.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1007: text that is not UTF-8.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// 1008: a rule of the service was broken; it ends connections of rotated and closed tunnels (ours).
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: more bytes than are taken.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1011: the service cannot go on.
    pub const INTERNAL_ERROR: Self = Self(1011);

    /// The code of that number, or none if it must not stand in a close frame.
    #[must_use]
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(number)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl PeerFault {
    /// The code of the close frame that answers this fault.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::TextFrame => CloseCode::UNSUPPORTED_DATA,
            Self::CloseReasonNotUtf8 => CloseCode::INVALID_PAYLOAD,
            Self::FramePayloadTooLong => CloseCode::MESSAGE_TOO_BIG,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}

impl DisconnectReason {
    /// The close frame by which the service ends a connection for this reason.
    #[must_use]
    pub const fn close(self) -> Close<'static> {
        Close {
            code: CloseCode::POLICY_VIOLATION,
            reason: self.text(),
        }
    }

    /// The reason of which a close frame is, read from its code and its text.
    #[must_use]
    pub fn of(close: Close<'_>) -> Option<Self> {
        Self::EVERY.into_iter().find(|reason| reason.close() == close)
    }
}

/// The payload of a control frame, in memory of its own.
pub(super) type ControlPayload = heapless::Vec<u8, { MAX_CONTROL_PAYLOAD as usize }, u8>;

/// The payload of a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close<'a> {
    /// Why, for programs.
    pub code: CloseCode,
    /// Why, for people: at most [`MAX_CLOSE_REASON`](super::MAX_CLOSE_REASON) bytes. It is the peer's text: escape it
    /// before you show it.
    pub reason: &'a str,
}

impl<'a> Close<'a> {
    /// Reads a close frame's payload. An empty one is allowed and says nothing.
    pub(super) fn decode(payload: &'a [u8]) -> Result<Option<Self>, PeerFault> {
        match payload {
            [] => Ok(None),
            [_] => Err(PeerFault::CloseCodeTruncated),
            [high, low, reason @ ..] => {
                let code = CloseCode::from_number(u16::from_be_bytes([*high, *low]))
                    .ok_or(PeerFault::CloseCodeNotAllowed)?;
                let reason = core::str::from_utf8(reason).map_err(|_| PeerFault::CloseReasonNotUtf8)?;
                Ok(Some(Self { code, reason }))
            }
        }
    }

    /// The close frame's payload.
    pub(super) fn encode(self) -> Result<ControlPayload, Misuse> {
        let mut payload = ControlPayload::new();
        payload
            .extend_from_slice(&self.code.number().to_be_bytes())
            .and_then(|()| payload.extend_from_slice(self.reason.as_bytes()))
            .map_err(|_| Misuse::ControlPayloadTooLong)?;
        Ok(payload)
    }
}

/// How far the closing handshake is. The table stands in the [module](super)'s documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseHandshake {
    /// Nobody has sent a close frame.
    Open,
    /// We have; the peer's is awaited, and its data until then.
    CloseSent,
    /// The peer has; ours is due.
    CloseReceived,
    /// Both have. The server closes the socket first; a client does if it waits too long for that (RFC 6455, §7.1.1).
    Done,
}

impl CloseHandshake {
    /// The state of the connection that these two are the ends of. Each knows what it did, so they cannot disagree.
    #[must_use]
    pub const fn of(sender: &Sender, receiver: &Receiver) -> Self {
        match (sender.has_closed(), receiver.has_closed()) {
            (false, false) => Self::Open,
            (true, false) => Self::CloseSent,
            (false, true) => Self::CloseReceived,
            (true, true) => Self::Done,
        }
    }
}
