//! A session under a script of calls: what is done with it ([`script`]), two of it that must not differ ([`twins`]), what
//! its application knows ([`application`]) and what its peer sees ([`peer`]).

pub mod application;
pub mod driver;
pub mod peer;
pub mod script;
pub mod twins;

use iot_tunnel_core::session::{Connection, Event, Output, Session};
use iot_tunnel_core::websocket::CloseCode;
use iot_tunnel_core::{Error, Millis, PeerFault};

/// Longest access token, in bytes.
pub const TOKEN: usize = 16;
/// Most services.
pub const SERVICES: usize = 3;
/// Most connections of a service: few, so that a short script fills the table.
pub const CONNECTIONS: usize = 3;

/// The session that is examined.
pub type Client = Session<Vec<u8>, TOKEN, SERVICES, CONNECTIONS>;

/// An [`Event`] that owns what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in core")]
pub enum Seen {
    Handled,
    Open {
        tunnel: Vec<String>,
        only_in_tunnel: Vec<String>,
        only_in_session: Vec<String>,
        needs_name: bool,
    },
    Started {
        connection: Connection,
        replaces: bool,
    },
    Data {
        connection: Connection,
        payload: Vec<u8>,
    },
    Ended {
        connection: Connection,
    },
    StreamEnded {
        service: usize,
        fault: Option<PeerFault>,
    },
    SessionReset,
    Lost {
        fault: Error,
    },
}

impl From<Event<'_>> for Seen {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Handled => Self::Handled,
            Event::Open(announced) => Self::Open {
                tunnel: announced.services().iter().map(Into::into).collect(),
                only_in_tunnel: announced.only_in_tunnel().map(Into::into).collect(),
                only_in_session: announced.only_in_session().map(ToString::to_string).collect(),
                needs_name: announced.needs_name(),
            },
            Event::Started { connection, replaces } => Self::Started { connection, replaces },
            Event::Data { connection, payload } => Self::Data {
                connection,
                payload: payload.into(),
            },
            Event::Ended { connection } => Self::Ended { connection },
            Event::StreamEnded { service, fault } => Self::StreamEnded { service, fault },
            Event::SessionReset => Self::SessionReset,
            Event::Lost { fault } => Self::Lost { fault },
        }
    }
}

/// An [`Output`] that owns what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in core")]
pub enum Task {
    CloseWebSocket(CloseCode),
    Connect {
        access_token: String,
        client_token: Option<String>,
    },
    Ping,
    Send(Vec<u8>),
    Wait(Option<Millis>),
}

impl From<Output<'_, TOKEN>> for Task {
    fn from(output: Output<'_, TOKEN>) -> Self {
        match output {
            Output::CloseWebSocket(code) => Self::CloseWebSocket(code),
            Output::Connect(connect) => {
                let (access_token, client_token) = (connect.access_token.expose(), connect.client_token);
                let shown = format!("{connect:?}");
                assert!(!shown.contains(access_token), "a token prints");
                Self::Connect {
                    access_token: access_token.into(),
                    client_token: client_token.map(|token| token.expose().into()),
                }
            }
            Output::Ping => Self::Ping,
            Output::Send(bytes) => Self::Send(bytes.into()),
            Output::Wait(deadline) => Self::Wait(deadline),
        }
    }
}
