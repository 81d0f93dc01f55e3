//! What a tunnel tells whoever started it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use iot_tunnel_core::session::{NoToken, Timeout};
use iot_tunnel_core::websocket::CloseCode;
use iot_tunnel_core::{Error, PeerFault};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::dial::DialError;

/// How many events wait for whoever does not take them. The oldest go first: the latest says where the tunnel is.
pub(super) const WAITING_EVENTS: usize = 32;

/// What happened to a tunnel. It holds no token; texts of the peer are escaped.
#[derive(Clone, Debug)]
pub enum Event {
    /// A connection is made.
    Connecting,
    /// Bytes flow.
    Open(Open),
    /// The connection is lost, or did not come about.
    Lost {
        /// Why.
        why: Loss,
        /// When the next one is made, if the token still serves for one.
        retry_in: Option<Duration>,
    },
    /// Several connections in a row were lost before they were of use: another instance may be using the same tokens. Told once, until a
    /// connection has proved usable. The waits grow as if the service were overloaded.
    Contested,
    /// The service refused the token, for good.
    Refused(Refused),
    /// There is no token to connect with: hand one in, by [`Tunnel::replace_token`](super::Tunnel::replace_token).
    NeedsToken {
        /// What became of the last one.
        why: NoToken,
    },
    /// The service closed the tunnel itself. There is no token for it any more.
    TunnelClosed,
    /// The end, as asked for or because the tunnel is closed. Nothing follows.
    Closed,
}

/// The services of an open tunnel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// The tunnel's. None if it was opened without.
    pub services: Vec<String>,
    /// Those of them that this end does not have.
    pub only_in_tunnel: Vec<String>,
    /// Those of this end that the tunnel does not have: no connection will come of them.
    pub only_here: Vec<String>,
    /// Whether this end has no name for its service and the tunnel has several: no connection will come of it.
    pub needs_name: bool,
    /// The service's name for the connection, for support.
    pub channel_id: Option<String>,
}

/// A refusal, in the service's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status, 400–499.
    pub status: u16,
    /// Why; empty if it gave no reason.
    pub reason: String,
    /// The service's name for the attempt, for support.
    pub channel_id: Option<String>,
}

/// Why a connection is lost.
#[derive(Clone, Debug)]
pub enum Loss {
    /// It did not come about.
    Unreachable(Arc<DialError>),
    /// The service cannot take it now (500–599).
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// Why; empty if it gave no reason.
        reason: String,
    },
    /// The service closed it.
    Closed {
        /// Why, for programs, if it said so.
        code: Option<CloseCode>,
        /// Why, for people.
        reason: String,
    },
    /// It ended without a word.
    Ended,
    /// It broke.
    Broken(Arc<io::Error>),
    /// The service broke the rules of WebSocket.
    WebSocket(PeerFault),
    /// The service broke the rules of the tunnel.
    Tunnel(Error),
    /// Something took too long.
    Timeout(Timeout),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => error.fmt(f),
            Self::Unavailable { status, reason } => write!(f, "the service answered {status} {reason}"),
            Self::Closed {
                code: Some(code),
                reason,
            } => write!(f, "the service closed it: {} {reason}", code.number()),
            Self::Closed { code: None, .. } => f.write_str("the service closed it and did not say why"),
            Self::Ended => f.write_str("the connection ended without a word"),
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
            Self::WebSocket(fault) => write!(f, "the service does not speak WebSocket as it should: {fault}"),
            Self::Tunnel(fault) => write!(f, "the service does not speak as a tunnel should: {fault}"),
            Self::Timeout(Timeout::Connect) => f.write_str("the service did not answer in time"),
            Self::Timeout(Timeout::ServiceIds) => {
                f.write_str("the service did not name the tunnel's services in time")
            }
            Self::Timeout(Timeout::Pong | Timeout::None) => {
                f.write_str("the service was silent for too long")
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        match self.reason.as_str() {
            "" => Ok(()),
            reason => write!(f, " {reason}"),
        }
    }
}

/// The events of a tunnel, from its start on.
#[derive(Debug)]
pub struct Events(pub(super) broadcast::Receiver<Event>);

impl Events {
    /// The next one; none after the tunnel has ended. Who takes none for a long time misses the oldest. It can be
    /// cancelled without loss.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match self.0.recv().await {
                Ok(event) => return Some(event),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
