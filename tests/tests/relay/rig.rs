//! A service in this process, and a client that hides nothing: WebSocket by tungstenite, messages as they come.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use iot_tunnel::clock::ManualClock;
use iot_tunnel::{LocalService, LocalServiceBuilder};
use iot_tunnel_core::wire::{Message, MessageType};
use iot_tunnel_core::{Millis, Side};
use iot_tunnel_tests::api;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, Response};
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long to wait for what must come.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// When every test begins.
const START: Millis = Millis(1_700_000_000_000);

/// A service and the clock it lives by.
pub(crate) struct Rig {
    pub(crate) service: LocalService,
    pub(crate) clock: ManualClock,
}

/// An opened tunnel and its tokens.
pub(crate) struct Tunnel {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) destination: String,
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    pub(crate) async fn with(configure: impl FnOnce(LocalServiceBuilder) -> LocalServiceBuilder) -> Self {
        let clock = ManualClock::at(START);
        let builder = LocalService::builder().without_mqtt().clock(clock.clone());
        let service = configure(builder).start().await.expect("a service");
        Self { service, clock }
    }

    /// Calls an operation that must succeed.
    pub(crate) async fn done(&self, operation: &str, body: Value) -> Value {
        api::call(self.service.control_url(), operation, &body)
            .await
            .success()
    }

    /// A tunnel with these services; with none, one without a destinationConfig.
    pub(crate) async fn open(&self, services: &[&str]) -> Tunnel {
        let body = match services.is_empty() {
            true => json!({}),
            false => json!({ "destinationConfig": { "services": services } }),
        };
        let opened = self.done("OpenTunnel", body).await;
        let member = |name: &str| opened[name].as_str().expect("a string").to_owned();
        Tunnel {
            id: member("tunnelId"),
            source: member("sourceAccessToken"),
            destination: member("destinationAccessToken"),
        }
    }

    /// RotateTunnelAccessToken; the new tokens that it gave.
    pub(crate) async fn rotate(&self, tunnel: &mut Tunnel, client_mode: &str) {
        let body = json!({ "tunnelId": tunnel.id, "clientMode": client_mode });
        let rotated = self.done("RotateTunnelAccessToken", body).await;
        let member = |name: &str| rotated[name].as_str().map(str::to_owned);
        if let Some(token) = member("sourceAccessToken") {
            tunnel.source = token;
        }
        if let Some(token) = member("destinationAccessToken") {
            tunnel.destination = token;
        }
    }

    /// What DescribeTunnel says of a side: CONNECTED or DISCONNECTED.
    pub(crate) async fn state(&self, tunnel: &Tunnel, side: Side) -> String {
        let described = self
            .done("DescribeTunnel", json!({ "tunnelId": tunnel.id }))
            .await;
        let member = format!("{}ConnectionState", side.as_str());
        described["tunnel"][member]["status"]
            .as_str()
            .expect("a status")
            .to_owned()
    }

    /// Waits until DescribeTunnel says that of a side.
    pub(crate) async fn until_state(&self, tunnel: &Tunnel, side: Side, status: &str) {
        let reached = async { while self.state(tunnel, side).await != status {} };
        timeout(DEADLINE, reached).await.expect("the state is reached");
    }

    /// A handshake that must succeed, over V3, without a client token.
    pub(crate) async fn connect(&self, side: Side, token: &str) -> Peer {
        let outcome = self.handshake(Handshake::new(side, token)).await;
        outcome.expect("the handshake is accepted").0
    }

    /// Both peers of a tunnel, connected and told its services.
    pub(crate) async fn both(&self, tunnel: &Tunnel) -> (Peer, Peer) {
        let mut source = self.connect(Side::Source, &tunnel.source).await;
        let mut destination = self.connect(Side::Destination, &tunnel.destination).await;
        for peer in [&mut source, &mut destination] {
            assert_eq!(peer.receive().await.message_type, MessageType::ServiceIds);
        }
        (source, destination)
    }

    /// A handshake: the connection and the answer's head, or the refusal whole.
    pub(crate) async fn handshake(
        &self,
        handshake: Handshake<'_>,
    ) -> Result<(Peer, Response<Option<Vec<u8>>>), Response<Option<Vec<u8>>>> {
        let url = format!("{}{}", self.service.data_plain_url(), handshake.target);
        let mut request = url.into_client_request().expect("a URL");
        for (name, value) in handshake.headers {
            request.headers_mut().append(
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                HeaderValue::from_str(&value).expect("a value"),
            );
        }
        match timeout(DEADLINE, connect_async(request))
            .await
            .expect("an answer")
        {
            Ok((socket, response)) => Ok((Peer { socket }, response)),
            Err(tungstenite::Error::Http(response)) => Err(*response),
            Err(error) => panic!("no answer: {error}"),
        }
    }
}

/// What a client sends.
pub(crate) struct Handshake<'a> {
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'a str, String)>,
}

impl<'a> Handshake<'a> {
    /// The ordinary one: V3, the token in its header, no client token.
    pub(crate) fn new(side: Side, token: &str) -> Self {
        Self {
            target: format!("/tunnel?local-proxy-mode={}", side.as_str()),
            headers: vec![
                ("access-token", token.to_owned()),
                ("sec-websocket-protocol", "aws.iot.securetunneling-3.0".to_owned()),
            ],
        }
    }

    /// Another value of a header, or one more.
    pub(crate) fn with(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.headers.retain(|(given, _)| *given != name);
        self.headers.push((name, value.into()));
        self
    }
}

/// A message that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) message_type: MessageType,
    pub(crate) stream_id: i32,
    pub(crate) service_id: String,
    pub(crate) connection_id: u32,
    pub(crate) services: Vec<String>,
    pub(crate) payload: Vec<u8>,
}

/// A client's connection.
pub(crate) struct Peer {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Peer {
    /// Sends a tunnel frame alone in a binary message.
    pub(crate) async fn send(&mut self, message: Message<'_>) {
        self.send_bytes(&frame(message)).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let sent = self.socket.send(Frame::Binary(bytes.to_vec().into()));
        timeout(DEADLINE, sent).await.expect("room").expect("sent");
    }

    /// The next WebSocket message.
    pub(crate) async fn next(&mut self) -> Frame {
        let next = timeout(DEADLINE, self.socket.next()).await.expect("a message");
        next.expect("the connection lives").expect("a WebSocket message")
    }

    /// The next tunnel message, which must be alone in its WebSocket message.
    pub(crate) async fn receive(&mut self) -> Received {
        let Frame::Binary(bytes) = self.next().await else {
            panic!("no binary message")
        };
        let (length, rest) = bytes.split_first_chunk().expect("a length");
        assert_eq!(
            usize::from(u16::from_be_bytes(*length)),
            rest.len(),
            "one frame a message"
        );
        let message = Message::decode(rest).expect("a message");
        Received {
            message_type: message.message_type,
            stream_id: message.stream_id,
            service_id: message.service_id.to_owned(),
            connection_id: message.connection_id,
            services: message.available_service_ids.iter().map(str::to_owned).collect(),
            payload: message.payload.to_vec(),
        }
    }

    /// The close frame that must come next: its code and reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        match self.next().await {
            Frame::Close(Some(close)) => (close.code.into(), close.reason.to_string()),
            other => panic!("no close frame with a code: {other:?}"),
        }
    }
}

/// A message as a tunnel frame.
pub(crate) fn frame(message: Message<'_>) -> Vec<u8> {
    let mut buffer = vec![0; 70_000];
    let length = message.encode_frame(&mut buffer).expect("a frame");
    buffer.truncate(length);
    buffer
}

/// A message about connection 1 of a stream.
pub(crate) fn message<'a>(
    message_type: MessageType,
    stream_id: i32,
    service_id: &'a str,
    payload: &'a [u8],
) -> Message<'a> {
    Message {
        message_type,
        stream_id,
        service_id,
        payload,
        connection_id: 1,
        ..Message::default()
    }
}
