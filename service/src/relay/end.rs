//! [`End`]: why a connection has ended. [`Ending`]: how it is ended towards its client.

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
    /// The service ends it.
    Ended(Ending),
}

/// How the service ends a connection.
///
/// AWS's two clients take any close frame for "do not come back": the reference proxy exits, the C client stays away until
/// its program restarts it. After the end of TCP alone both reconnect with their client token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// A close frame: the token is dead or the protocol was broken. What waits for the client is given up.
    Final(Close<'static>),
    /// No close frame, only the end of TCP after what waits for the client was written: it may reconnect. The text is for
    /// the log.
    Bare(&'static str),
}

/// Why a silent peer's connection ends.
const SILENT: &str = "the peer said nothing for 60 s";
const _: () = assert!(GONE_AFTER.as_secs() == 60, "the text says how long");

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped(error) => write!(f, "the socket ended: {error}"),
            Self::ClosedByPeer(None) => f.write_str("the peer closed it, without a code"),
            Self::ClosedByPeer(Some(code)) => write!(f, "the peer closed it, with code {}", code.number()),
            Self::Fault(fault) => write!(f, "the peer broke the protocol: {fault}"),
            Self::Silent => f.write_str(SILENT),
            Self::Ended(Ending::Final(close)) => {
                write!(f, "closed with code {}: {}", close.code.number(), close.reason)
            }
            Self::Ended(Ending::Bare(why)) => f.write_str(why),
        }
    }
}

impl End {
    /// How the connection is ended towards the client, if it is still there.
    pub(super) fn ending(&self) -> Option<Ending> {
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
            Self::ClosedByPeer(code) => Some(Ending::Final(Close {
                code: code.unwrap_or(CloseCode::NORMAL),
                reason: "",
            })),
            Self::Fault(error) => Some(Ending::Final(fault(error))),
            Self::Silent => Some(Ending::Bare(SILENT)),
            Self::Ended(ending) => Some(*ending),
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
