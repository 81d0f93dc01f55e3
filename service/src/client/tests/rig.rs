//! A client under test, and where its connections come out.

use std::sync::Arc;
use std::time::Duration;

use iot_tunnel_core::handshake::{Endpoint, Subprotocol};
use iot_tunnel_core::wire::MAX_PAYLOAD;
use iot_tunnel_core::{AccessToken, ServiceId};
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::super::{Client, DialError, Event, Events, Listener, Server, Services, Socket, Tunnel};

/// Everything here happens within a second or two; a test that waits this long has failed.
const DEADLINE: Duration = Duration::from_secs(20);

pub(super) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {DEADLINE:?} for {what}"),
    }
}

pub(super) fn token(text: &str) -> AccessToken {
    AccessToken::parse(text).expect("a token")
}

pub(super) fn service(name: &str) -> Option<ServiceId> {
    Some(ServiceId::parse(name).expect("a service"))
}

/// A client that runs.
pub(super) struct Rig {
    pub(super) tunnel: Tunnel,
    pub(super) events: Events,
    dialled: mpsc::UnboundedReceiver<DuplexStream>,
}

impl Rig {
    /// Starts a client that has its first token, `first`.
    pub(super) async fn start(services: Services) -> Self {
        Self::with_payloads_of(MAX_PAYLOAD, services).await
    }

    /// One that sends payloads of at most so many bytes.
    pub(super) async fn with_payloads_of(max_payload: usize, services: Services) -> Self {
        Self::with(services, |client| client.max_payload(max_payload)).await
    }

    /// One with settings of its own.
    pub(super) async fn with(services: Services, settings: impl FnOnce(Client) -> Client) -> Self {
        let (dials, dialled) = mpsc::unbounded_channel();
        let client = Client {
            endpoint: Endpoint::parse("service").expect("an endpoint"),
            dial: Arc::new(move || {
                // As much as a socket's buffers take.
                let (ours, theirs) = tokio::io::duplex(64 * 1024);
                let dialled = dials
                    .send(theirs)
                    .map_err(|_| DialError::Broken(std::io::ErrorKind::Other.into()));
                Box::pin(async move { dialled.map(|()| Box::new(ours) as Socket) })
            }),
            services,
            format: Subprotocol::V3,
            max_payload: MAX_PAYLOAD,
            max_backoff: Duration::from_secs(1),
            limits: Default::default(),
        };
        let (tunnel, events) = settings(client).start().expect("a client");
        tunnel
            .replace_token(token("first"), None)
            .await
            .expect("the first token");
        Self {
            tunnel,
            events,
            dialled,
        }
    }

    /// A source with a listener for SSH, and where that listens.
    pub(super) async fn source() -> (Self, std::net::SocketAddr) {
        Self::source_with_payloads_of(MAX_PAYLOAD).await
    }

    /// Such a one that sends payloads of at most so many bytes.
    pub(super) async fn source_with_payloads_of(max_payload: usize) -> (Self, std::net::SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let service = service("SSH");
        (
            Self::with_payloads_of(
                max_payload,
                Services::Source(vec![Listener {
                    service,
                    listener: listener.into(),
                }]),
            )
            .await,
            address,
        )
    }

    /// A source with a listener for SSH that speaks that format.
    pub(super) async fn source_of(format: Subprotocol) -> (Self, std::net::SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let service = service("SSH");
        let services = Services::Source(vec![Listener {
            service,
            listener: listener.into(),
        }]);
        (
            Self::with(services, |client| client.format(format)).await,
            address,
        )
    }

    /// A destination with a server for SSH.
    pub(super) async fn destination() -> (Self, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address").to_string();
        let service = service("SSH");
        (
            Self::start(Services::Destination(vec![Server { service, address }])).await,
            listener,
        )
    }

    /// The next connection that the client makes.
    pub(super) async fn dialled(&mut self) -> DuplexStream {
        within("the client to connect", self.dialled.recv())
            .await
            .expect("a client")
    }

    /// The next event that is one of those.
    pub(super) async fn event<T>(&mut self, what: &str, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let event = within(what, self.events.next()).await;
            let event = event.unwrap_or_else(|| panic!("the tunnel ended before {what}"));
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    pub(super) async fn opened(&mut self) -> super::super::Open {
        let open = |event| match event {
            Event::Open(open) => Some(open),
            _ => None,
        };
        self.event("the tunnel to open", open).await
    }
}

/// Reads until the connection is reset: what came before that. An orderly end fails.
pub(super) async fn until_reset(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = within("the reset of a connection", socket.read_to_end(&mut bytes)).await;
    let error = read
        .map(|count| format!("an orderly end after {count} bytes"))
        .expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    bytes
}

/// Connects to a listener of a source.
pub(super) async fn connect(to: std::net::SocketAddr) -> TcpStream {
    within("the listener", TcpStream::connect(to))
        .await
        .expect("a connection")
}

/// The connection that a destination makes to its server.
pub(super) async fn served(server: &TcpListener) -> TcpStream {
    within("the destination", server.accept())
        .await
        .expect("a connection")
        .0
}
