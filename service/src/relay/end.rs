//! [`End`]: why a connection has ended, and what its peer is told.

use std::fmt;
use std::io;

use iot_tunnel_core::Error;
use iot_tunnel_core::websocket::{Close, CloseCode, MAX_CLOSE_REASON};

use super::peer::GONE_AFTER;

/// Why a connection has ended.
#[derive(Debug)]
pub(super) enum End {
    /// The socket ended, without a close frame.
    Dropped(io::Error),
    /// The peer sent a close frame.
    ClosedByPeer(Option<CloseCode>),
    /// The peer broke the protocol.
    Fault(Error),
    /// The peer said nothing for [`GONE_AFTER`].
    Silent,
    /// The service closes it.
    Closed(Close<'static>),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped(error) => write!(f, "the socket ended: {error}"),
            Self::ClosedByPeer(None) => f.write_str("the peer closed it, without a code"),
            Self::ClosedByPeer(Some(code)) => write!(f, "the peer closed it, with code {}", code.number()),
            Self::Fault(fault) => write!(f, "the peer broke the protocol: {fault}"),
            Self::Silent => write!(f, "the peer said nothing for {} s", GONE_AFTER.as_secs()),
            Self::Closed(close) => write!(f, "closed with code {}: {}", close.code.number(), close.reason),
        }
    }
}

impl End {
    /// The close frame that tells the peer, if it still listens.
    pub(super) fn close(&self) -> Option<Close<'static>> {
        let fault = |fault: &Error| match fault {
            Error::Peer(fault) => Close {
                code: fault.close_code(),
                reason: fits(fault.text()),
            },
            _ => Close {
                code: CloseCode::MESSAGE_TOO_BIG,
                reason: "",
            },
        };
        match self {
            Self::Dropped(_) => None,
            Self::ClosedByPeer(code) => Some(Close {
                code: code.unwrap_or(CloseCode::NORMAL),
                reason: "",
            }),
            Self::Fault(error) => Some(fault(error)),
            Self::Silent => Some(Close {
                code: CloseCode::GOING_AWAY,
                reason: "no sign of life for 60 s",
            }),
            Self::Closed(close) => Some(*close),
        }
    }
}

/// A reason that a close frame has room for; one that is longer is left out, the code tells enough.
const fn fits(reason: &'static str) -> &'static str {
    match reason.len() <= MAX_CLOSE_REASON as usize {
        true => reason,
        false => "",
    }
}
