//! What a session says to the application and to whoever drives it.

use core::fmt;

use super::streams::Connection;
use crate::error::{Error, PeerFault};
use crate::id::ServiceId;
use crate::mode::Side;
use crate::time::Millis;
use crate::token::{AccessToken, ClientToken};
use crate::websocket::CloseCode;
use crate::wire::AvailableServiceIds;

/// What one message of the tunnel means to the application. `Debug` shows of a payload only the length: it is
/// somebody's data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Nothing: the session has dealt with it.
    Handled,
    /// The session is open, and these are the tunnel's services.
    Open(Announced<'a>),
    /// At a destination: connect to the service. Who cannot calls [`reset`](super::Session::reset) at once.
    Started {
        /// The connection that was started.
        connection: Connection,
        /// Whether this began a new stream of the service: all other connections of it are over, as each of them would
        /// be by [`Ended`](Self::Ended).
        replaces: bool,
    },
    /// Bytes of a connection.
    Data {
        /// The connection they are of.
        connection: Connection,
        /// The bytes, which last until the next call. There is at least one.
        payload: &'a [u8],
    },
    /// The peer ended a connection: what came before is the whole of it. Flush that, then close. There is nothing to answer.
    Ended {
        /// The connection that is over.
        connection: Connection,
    },
    /// All connections of a service were cut off: the other side is gone, was replaced or rejects the service, and not by the end
    /// of a connection. What came may be a part of a whole, so that a TCP connection to an application is best ended by a reset.
    StreamEnded {
        /// The service: the place in [`Config::services`](super::Config::services).
        service: usize,
        /// What the other side did wrong, if that is why.
        fault: Option<PeerFault>,
    },
    /// The service cut off all connections (SESSION_RESET). The WebSocket stays.
    SessionReset,
    /// The peer broke the protocol: the session drops the WebSocket, and every connection is over. Its
    /// [`status`](super::Session::status) says what comes next.
    Lost {
        /// What the peer did, or how little room there was for it.
        fault: Error,
    },
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handled => f.write_str("Handled"),
            Self::Open(announced) => f.debug_tuple("Open").field(announced).finish(),
            Self::Started { connection, replaces } => f
                .debug_struct("Started")
                .field("connection", connection)
                .field("replaces", replaces)
                .finish(),
            Self::Data { connection, payload } => f
                .debug_struct("Data")
                .field("connection", connection)
                .field("payload", &format_args!("{} bytes", payload.len()))
                .finish(),
            Self::Ended { connection } => f.debug_struct("Ended").field("connection", connection).finish(),
            Self::StreamEnded { service, fault } => f
                .debug_struct("StreamEnded")
                .field("service", service)
                .field("fault", fault)
                .finish(),
            Self::SessionReset => f.write_str("SessionReset"),
            Self::Lost { fault } => f.debug_struct("Lost").field("fault", fault).finish(),
        }
    }
}

/// The services of the tunnel, beside those of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced<'a> {
    pub(super) tunnel: AvailableServiceIds<'a>,
    pub(super) session: &'a [ServiceId],
    pub(super) needs_name: bool,
}

impl<'a> Announced<'a> {
    /// The services of the tunnel. None if it was opened without.
    #[must_use]
    pub const fn services(&self) -> AvailableServiceIds<'a> {
        self.tunnel
    }

    /// The tunnel's services that the session does not have: nobody serves them, or nobody uses them.
    pub fn only_in_tunnel(&self) -> impl Iterator<Item = &'a str> {
        let session = self.session;
        let has = move |id: &str| session.iter().any(|service| service.as_str() == id);
        self.tunnel.into_iter().filter(move |id| !has(id))
    }

    /// The session's services that the tunnel does not have: no connection will come of them. If the tunnel names
    /// none, the one service of a session stands for what there is, and this is empty.
    pub fn only_in_session(&self) -> impl Iterator<Item = &'a ServiceId> {
        let tunnel = self.tunnel;
        let stands_for_all = tunnel.is_empty() && self.session.len() == 1;
        let has = move |service: &ServiceId| stands_for_all || tunnel.iter().any(|id| id == service.as_str());
        self.session.iter().filter(move |service| !has(service))
    }

    /// Whether the session was given no name for its service and the tunnel has several: no connection will come of it.
    /// The way out is another session with the name of one of [`services`](Self::services).
    #[must_use]
    pub const fn needs_name(&self) -> bool {
        self.needs_name
    }
}

/// What happened to a call that needs room in the buffer for what is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress<T> {
    /// It was done.
    Done(T),
    /// Nothing was done: call again when some of [`Output::Send`] was sent. For [`open`](super::Session::open) the
    /// [`deadline`](super::Session::deadline) may come first.
    WouldBlock,
}

/// What a handed-in access token was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenTaken {
    /// Another than the latest: the session connects with it.
    New,
    /// The latest once more, as a redelivered notification has it: nothing changes, even if it was refused.
    Same,
    /// One of those before the latest ([`REMEMBERED_TOKENS`](super::REMEMBERED_TOKENS)), as a late notification has it:
    /// a rotation has revoked it, so nothing changes, whatever became of the latest.
    Earlier,
}

/// With what client token an access token goes.
#[derive(Clone, Debug)]
pub enum Binding {
    /// A fresh one, so that the session can connect again after a drop.
    Fresh,
    /// That one. The service refuses it if it is in use with another access token.
    With(ClientToken),
    /// None: the access token can be used once.
    Unbound,
}

/// What ran out in [`handle_timeout`](super::Session::handle_timeout).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// Nothing that ends a connection: it was too early, a ping is due, or a wait is over.
    None,
    /// The handshake was not answered within [`CONNECT_TIMEOUT`](super::CONNECT_TIMEOUT).
    Connect,
    /// The service did not say its services within [`SERVICE_IDS_TIMEOUT`](super::SERVICE_IDS_TIMEOUT).
    ServiceIds,
    /// The peer, which had answered a ping before, was silent for [`PONG_TIMEOUT`](super::PONG_TIMEOUT) after one.
    Pong,
}

/// What is to be done. `Debug` shows of what is to be sent only the length.
pub enum Output<'s, const TOKEN: usize> {
    /// Close the socket, whatever it is at, with that code if it is a WebSocket. Nothing more is reported of it.
    CloseWebSocket(CloseCode),
    /// Make a connection and report its end: [`handle_upgrade`](super::Session::handle_upgrade), or
    /// [`handle_closed`](super::Session::handle_closed) if it did not come so far.
    Connect(Connect<'s, TOKEN>),
    /// Send a ping, and report its pong by [`handle_pong`](super::Session::handle_pong).
    Ping,
    /// Send these bytes, as many as the socket takes, in binary messages cut anywhere; then call
    /// [`sent`](super::Session::sent). Until then they are handed out again.
    Send(&'s [u8]),
    /// Nothing, until something is to be reported or, if a time is given, [`handle_timeout`](super::Session::handle_timeout)
    /// is due.
    Wait(Option<Millis>),
}

impl<const TOKEN: usize> fmt::Debug for Output<'_, TOKEN> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CloseWebSocket(code) => f.debug_tuple("CloseWebSocket").field(code).finish(),
            Self::Connect(connect) => f.debug_tuple("Connect").field(connect).finish(),
            Self::Ping => f.write_str("Ping"),
            Self::Send(bytes) => write!(f, "Send({} bytes)", bytes.len()),
            Self::Wait(deadline) => f.debug_tuple("Wait").field(deadline).finish(),
        }
    }
}

/// What an upgrade request is made of, beside the endpoint and a fresh key.
#[derive(Clone, Copy, Debug)]
pub struct Connect<'s, const TOKEN: usize> {
    /// The side.
    pub side: Side,
    /// The access token.
    pub access_token: &'s AccessToken<TOKEN>,
    /// The client token, if the access token goes with one.
    pub client_token: Option<&'s ClientToken>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::streams::{Counters, Format, Streams};
    use std::format;

    #[test]
    fn what_runs_through_a_tunnel_does_not_print() {
        let mut counters = Counters::new();
        let mut streams = Streams::<1, 1>::new();
        let format = Format {
            service_id: false,
            connection_id: false,
        };
        let (connection, _) = streams.start(0, 1, format, 0, &mut counters).unwrap();
        let payload = &b"secret"[..];
        let output = Output::<64>::Send(payload);
        let shown = format!("{:?} {output:?}", Event::Data { connection, payload });
        assert!(
            shown.contains("payload: 6 bytes") && shown.contains("Send(6 bytes)"),
            "{shown}"
        );
        assert!(!shown.contains("115"), "{shown}");
    }
}
