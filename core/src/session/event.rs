//! What a session says to the application and to whoever drives it.

use super::streams::Connection;
use crate::error::{Error, PeerFault};
use crate::id::ServiceId;
use crate::mode::Side;
use crate::time::Millis;
use crate::token::{AccessToken, ClientToken};
use crate::websocket::CloseCode;
use crate::wire::AvailableServiceIds;

/// What one message of the tunnel means to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Nothing: the session has dealt with it.
    Handled,
    /// The session is open, and these are the tunnel's services.
    Open(Announced<'a>),
    /// At a destination: connect to the service. Who cannot calls [`reset`](super::Session::reset) at once.
    Started {
        /// The connection that was started.
        connection: Connection,
        /// Whether this began a new stream of the service: all other connections of it are over.
        replaces: bool,
    },
    /// Bytes of a connection.
    Data {
        /// The connection they are of.
        connection: Connection,
        /// The bytes, which last until the next call. There is at least one.
        payload: &'a [u8],
    },
    /// The peer ended a connection: flush what came before, then close it. There is nothing to answer.
    Ended {
        /// The connection that is over.
        connection: Connection,
    },
    /// All connections of a service are over, as each of them would be by [`Ended`](Self::Ended).
    StreamEnded {
        /// The service: the place in [`Config::services`](super::Config::services).
        service: usize,
        /// What the other side did wrong, if that is why.
        fault: Option<PeerFault>,
    },
    /// The service ended all connections (SESSION_RESET). The WebSocket stays.
    SessionReset,
    /// The peer broke the protocol: the session drops the WebSocket, and every connection is over. Its
    /// [`status`](super::Session::status) says what comes next.
    Lost {
        /// What the peer did, or how little room there was for it.
        fault: Error,
    },
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
    /// Nothing was done: call again when some of [`Output::Send`] was sent.
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
    /// The peer was silent for [`PONG_TIMEOUT`](super::PONG_TIMEOUT) after a ping.
    Pong,
}

/// What is to be done.
#[derive(Debug)]
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
