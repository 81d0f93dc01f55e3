//! The words that a session uses.
#![expect(missing_docs, reason = "the macro adds to each enum what nobody but it uses")]

use iot_tunnel_core::Misuse;
use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::session::{Status, Timeout, TokenTaken};
use wasm_bindgen::prelude::*;

use crate::fault::Fault;

/// What happens to a WebSocket. With some there is a number, or a text.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Happening {
    /// It is open. The text is the subprotocol that the service chose.
    Accepted = "accepted",
    /// The service said no: for good, or with 408, 429 or 500 to 599 for now. The number is the status, 400 to 599.
    Refused = "refused",
    /// It is closed, or could not be opened. Number and text are those of its close frame; 0, 1005 and 1006 stand for none.
    Closed = "closed",
    /// A ping came, which the socket answers itself.
    Ping = "ping",
    /// A pong came.
    Pong = "pong",
    /// From now on the peer's bytes stay in it.
    Paused = "paused",
    /// They are read again.
    Resumed = "resumed",
}

/// What `handle` found.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum EventKind {
    /// Nothing more, until more comes or something was sent.
    None = "none",
    /// The session is open. The tunnel's services are in `announced`.
    Open = "open",
    /// At a destination: `connection` was started; connect to its service. If it `replaces`, the service's others are over.
    Started = "started",
    /// Bytes of `connection`, at the report's `payload`.
    Data = "data",
    /// `connection` is over.
    Ended = "ended",
    /// All connections of `service` are over; `fault` says whether the peer did something wrong.
    StreamEnded = "stream-ended",
    /// All connections are over. The WebSocket stays.
    SessionReset = "session-reset",
    /// The peer broke the protocol, `fault` says how: all connections are over, and the WebSocket is to be closed.
    Lost = "lost",
    /// The call was wrong or had no room, `fault` says how, and has changed nothing.
    Misuse = "misuse",
}

/// What `poll` asks for.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum OutputKind {
    /// Nothing, until something happens or `deadline` has come.
    Wait = "wait",
    /// Close the socket, whatever it is at, with `closeCode`. Nothing more is reported of it.
    CloseWebSocket = "close-websocket",
    /// Open a WebSocket with the tokens given, and report what happened.
    Connect = "connect",
    /// Send a ping, and report its `pong`.
    Ping = "ping",
    /// Send the bytes at the report's `frame`, then report `sent`.
    Send = "send",
}

/// Where a session is.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum SessionStatus {
    AwaitingToken = "awaiting-token",
    Connecting = "connecting",
    AwaitingServices = "awaiting-services",
    Open = "open",
    Backoff = "backoff",
    Closed = "closed",
}

impl SessionStatus {
    pub(super) fn of(status: Status) -> Self {
        match status {
            Status::AwaitingToken(_) => Self::AwaitingToken,
            Status::Connecting => Self::Connecting,
            Status::AwaitingServices => Self::AwaitingServices,
            Status::Open => Self::Open,
            Status::Backoff { .. } => Self::Backoff,
            Status::Closed => Self::Closed,
        }
    }
}

/// Why a session has no token: it has had none, it is spent, or the service refused it.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum WithoutToken {
    None = "none",
    Spent = "spent",
    Refused = "refused",
}

/// What a token that was handed in was: another than the latest, the latest, or one of those before.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Taken {
    New = "new",
    Same = "same",
    Earlier = "earlier",
}

impl Taken {
    pub(super) fn of(taken: TokenTaken) -> Self {
        match taken {
            TokenTaken::New => Self::New,
            TokenTaken::Same => Self::Same,
            TokenTaken::Earlier => Self::Earlier,
        }
    }
}

/// What ran out.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum TimeoutKind {
    None = "none",
    Connect = "connect",
    ServiceIds = "service-ids",
    Pong = "pong",
}

impl TimeoutKind {
    pub(super) fn of(timeout: Timeout) -> Self {
        match timeout {
            Timeout::None => Self::None,
            Timeout::Connect => Self::Connect,
            Timeout::ServiceIds => Self::ServiceIds,
            Timeout::Pong => Self::Pong,
        }
    }
}

/// How a source writes its messages.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub enum Format {
    V1 = "V1",
    V2 = "V2",
    V3 = "V3",
}

impl Format {
    pub(super) fn core(self) -> Result<Subprotocol, Fault> {
        match self {
            Self::V1 => Ok(Subprotocol::V1),
            Self::V2 => Ok(Subprotocol::V2),
            Self::V3 => Ok(Subprotocol::V3),
            Self::__Invalid => Err(Fault::new(
                Misuse::UnknownEnumValue.into(),
                &"a format is 'V1', 'V2' or 'V3'",
            )),
        }
    }
}
