//! A client's end of a tunnel on a host, source or destination: what `iot-tunnel proxy` and `iot-tunnel agent` are made
//! of, as a library.
//!
//! The rules are core's [`Session`], [`handshake`](iot_tunnel_core::handshake) and
//! [`websocket`](iot_tunnel_core::websocket): the very code that firmware runs. This module gives them sockets:
//!
//! | what | where |
//! |---|---|
//! | the way to the service: TCP, an HTTP proxy, TLS | [`Dialer`] |
//! | the local ends: listeners of a source, servers of a destination | [`Services`] |
//! | one task that drives all of it | [`Client::start`] |
//! | new tokens while it runs, and its end | [`Tunnel`] |
//! | what happens to it | [`Events`] |
//!
//! ```no_run
//! use iot_tunnel::client::{Client, Dialer, Event, Listener, Services, Target, Trust};
//! use iot_tunnel_core::{AccessToken, Region, ServiceId};
//! use tokio::net::TcpListener;
//!
//! # async fn next_token() -> Result<AccessToken, Box<dyn std::error::Error>> { Err("ask your console".into()) }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let target = Target::aws(&Region::parse("eu-west-1")?);
//! let ssh = Listener {
//!     service: Some(ServiceId::parse("SSH")?),
//!     listener: TcpListener::bind("127.0.0.1:5555").await?.into(),
//! };
//! let client = Client::new(Dialer::new(target, &Trust::System, None)?, Services::Source(vec![ssh]));
//! let (tunnel, mut events) = client.start()?;
//! while let Some(event) = events.next().await {
//!     match event {
//!         // At first, and whenever the last one was refused: local listeners stay up meanwhile.
//!         Event::NeedsToken { .. } => tunnel.replace_token(next_token().await?, None).await?,
//!         Event::Open(open) => println!("open: {:?}", open.services),
//!         Event::Lost { why, .. } => println!("{why}"),
//!         Event::Refused(refused) => println!("{refused}"),
//!         Event::TunnelClosed | Event::Connecting | Event::Contested | Event::Closed => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What happens to a local connection
//!
//! - Bytes are kept for an application that does not take them, 256 KiB a connection; then the WebSocket is not read,
//!   so that TCP stops the peer. The tunnel's protocol cannot stop one connection alone.
//! - The protocol has no half-closed connection. When an application ends its side, what it sent before is sent, and the connection stays
//!   open for the answer. It is ended when the other end has ended it, or has sent nothing for [`HALF_CLOSE_SILENCE`], or when its place is
//!   needed for another one. Where a server ends its side behind an answer, the end is told at once. What remains impossible: a server
//!   that answers only when it sees the end of the request gets that end after the silence, and its answer comes too late.
//! - When an application takes no byte for [`STALL_LIMIT`] while other connections wait behind it, its connection alone is reset.
//! - When the peer ends a connection, the application gets what came before and then an orderly end (FIN).
//! - When a connection is cut, the application gets a TCP reset, and what it has not taken may be lost: the WebSocket ended, for whatever
//!   reason, or the other end has gone, or this end closes its tunnel or is killed. V1 and V2 have only one message for both; there
//!   every end of a stream on a living WebSocket is an orderly one.
//! - A source's listener is up for the tunnel's whole life. While the tunnel is not open, whoever connects waits in its
//!   backlog.
//! - More connections of a service than [`MAX_CONNECTIONS`] are closed at once.

mod dial;
mod driver;
mod event;
mod farewell;
mod http_proxy;
mod incoming;
mod kept;
mod limits;
mod line;
mod local;
mod local_socket;
mod locals;
mod outlet;
mod services;
mod target;
#[cfg(test)]
mod tests;
mod trust;
mod tunnel;
mod upgrade;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use iot_tunnel_core::handshake::{Endpoint, Subprotocol};
use iot_tunnel_core::session::{Config, MAX_BACKOFF, Session};
use iot_tunnel_core::token::MAX_ACCESS_TOKEN;
use iot_tunnel_core::wire::{MAX_MESSAGE, MAX_PAYLOAD};
use iot_tunnel_core::{Error, MAX_SERVICES, Misuse, ServiceId};
use tokio::sync::{broadcast, mpsc};

#[cfg(test)]
use dial::Socket;
pub use dial::{DialError, Dialer};
pub use event::{Event, Events, Loss, Open, Refused};
pub use http_proxy::{HttpProxy, HttpProxyError};
pub use incoming::{Incoming, OrderlyEnd};
pub use limits::{HALF_CLOSE_SILENCE, STALL_LIMIT};
pub use services::{Listener, Server, Services};
pub use target::{Target, TargetError};
pub(crate) use trust::certificates;
pub use trust::{Trust, TrustError};
pub use tunnel::{ReplaceError, Tunnel};

use driver::{Driver, Handles};
use limits::Limits;
use locals::Locals;
use upgrade::Dial;

/// Connections of a service at a time (ours: twice what the reference proxy takes).
pub const MAX_CONNECTIONS: usize = 256;

/// Room for the control messages that wait, in bytes (ours): data does not go through the session.
const CONTROL_MESSAGES: usize = 16 * 1024;

/// Core's session in the memory of a host.
type ClientSession = Session<Vec<u8>, MAX_ACCESS_TOKEN, MAX_SERVICES, MAX_CONNECTIONS>;

/// A tunnel to be.
pub struct Client {
    endpoint: Endpoint,
    dial: Dial,
    services: Services,
    format: Subprotocol,
    max_payload: usize,
    max_backoff: Duration,
    limits: Limits,
}

impl Client {
    /// One end of a tunnel: how to come to its service, and what it carries bytes between.
    #[must_use]
    pub fn new(dialer: Dialer, services: Services) -> Self {
        let endpoint = dialer.target().endpoint().clone();
        let dialer = Arc::new(dialer);
        Self {
            endpoint,
            dial: Arc::new(move || {
                let dialer = dialer.clone();
                Box::pin(async move { dialer.dial().await })
            }),
            services,
            format: Subprotocol::V3,
            max_payload: MAX_PAYLOAD,
            max_backoff: Duration::from_millis(MAX_BACKOFF),
            limits: Limits::default(),
        }
    }

    /// At a source: the format that the destination speaks, if it knows no newer one; V3 otherwise.
    #[must_use]
    pub fn format(self, format: Subprotocol) -> Self {
        Self { format, ..self }
    }

    /// The longest payload of a message that is sent, in bytes: 1 to [`MAX_PAYLOAD`]. Less suits a peer with little memory,
    /// which must hold a whole message.
    #[must_use]
    pub fn max_payload(self, max_payload: usize) -> Self {
        Self { max_payload, ..self }
    }

    /// Ceiling of the waits after a failed connect or a drop, at most [`MAX_BACKOFF`], which is the default. 5 seconds suit a person who waits.
    /// A service that answers 5xx, 408 or 429 is always given up to `MAX_BACKOFF`.
    #[must_use]
    pub fn max_backoff(self, max_backoff: Duration) -> Self {
        Self { max_backoff, ..self }
    }

    /// How long a half-closed connection waits for further bytes of the other end before it is ended; [`HALF_CLOSE_SILENCE`] otherwise.
    #[must_use]
    pub fn half_close_silence(mut self, silence: Duration) -> Self {
        self.limits.half_close_silence = silence;
        self
    }

    /// How long a connection may take no byte while others wait behind it, before it is reset; [`STALL_LIMIT`] otherwise. `None` is no
    /// limit: then one application that stops reading stops every connection of the tunnel.
    #[must_use]
    pub fn stall_limit(mut self, limit: Option<Duration>) -> Self {
        self.limits.stall = limit;
        self
    }

    /// Starts the tunnel's task on the current tokio runtime. Its first event asks for a token.
    ///
    /// # Errors
    /// [`Misuse::NoServices`], [`Misuse::DuplicateService`], [`Misuse::ServiceNeedsName`] if one of several services has
    /// no name, [`Misuse::MaxPayloadOutOfRange`], [`Capacity::ServiceTableFull`](iot_tunnel_core::Capacity::ServiceTableFull) for more than 3.
    pub fn start(self) -> Result<(Tunnel, Events), Error> {
        let names = self.services.names();
        let named: Vec<ServiceId> = names.iter().flatten().cloned().collect();
        let side = self.services.side();
        let config = match names.as_slice() {
            [None] => Config::unnamed(side),
            names if names.len() > named.len() => return Err(Misuse::ServiceNeedsName.into()),
            _ => Config::new(side, &named),
        };
        let config = Config {
            format: self.format,
            max_payload: self.max_payload,
            max_backoff: u32::try_from(self.max_backoff.as_millis()).unwrap_or(u32::MAX),
            ..config
        };
        let outgoing = vec![0; CONTROL_MESSAGES];
        let session = Box::new(Session::new(&config, vec![0; MAX_MESSAGE], outgoing)?);
        let (tokens, handed) = mpsc::channel(1);
        let (events, receiver) = broadcast::channel(event::WAITING_EVENTS);
        let locals = Locals::new(self.services, self.limits);
        let handles = Handles {
            tokens: handed,
            events,
        };
        let driver = Driver::new(session, self.endpoint, self.dial, locals, handles);
        let task = tokio::spawn(driver.run());
        Ok((Tunnel::new(tokens, task), Events(receiver)))
    }
}
