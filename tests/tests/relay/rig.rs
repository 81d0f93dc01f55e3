//! A service in this process, and calls and connections in the words of the tests.

use std::time::Duration;

use iot_tunnel::clock::ManualClock;
use iot_tunnel::{LocalService, LocalServiceBuilder};
use iot_tunnel_core::wire::MessageType;
use iot_tunnel_core::{Millis, Side};
use iot_tunnel_tests::api;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::http::Response;

use super::http::{Answer, Handshake};
use super::peer::Peer;

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
#[derive(Clone)]
pub(crate) struct Tunnel {
    pub(crate) id: String,
    pub(crate) source: String,
    pub(crate) destination: String,
}

impl Tunnel {
    pub(crate) fn token(&self, side: Side) -> &str {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }
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

    /// RotateTunnelAccessToken; the tunnel has the new tokens that it gave.
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

    /// CloseTunnel.
    pub(crate) async fn close(&self, tunnel: &Tunnel, delete: bool) {
        let body = json!({ "tunnelId": tunnel.id, "delete": delete });
        let _ = self.done("CloseTunnel", body).await;
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

    /// Fails unless DescribeTunnel says that of source and destination.
    pub(crate) async fn is(&self, tunnel: &Tunnel, source: &str, destination: &str) {
        let states = [
            self.state(tunnel, Side::Source).await,
            self.state(tunnel, Side::Destination).await,
        ];
        assert_eq!(states, [source, destination]);
    }

    /// Waits until DescribeTunnel says that of a side.
    pub(crate) async fn until_state(&self, tunnel: &Tunnel, side: Side, status: &str) {
        let reached = async { while self.state(tunnel, side).await != status {} };
        timeout(DEADLINE, reached).await.expect("the state is reached");
    }

    /// Where the data plane listens without TLS.
    fn data_address(&self) -> &str {
        let url = self.service.data_plain_url();
        url.strip_prefix("ws://").expect("a ws URL")
    }

    /// A TCP connection to the data plane.
    pub(crate) async fn dial(&self) -> TcpStream {
        let stream = TcpStream::connect(self.data_address())
            .await
            .expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        stream
    }

    /// A TCP connection to the data plane whose own end holds little: what is not read is soon felt.
    pub(crate) async fn dial_narrow(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(16_384).expect("a size");
        socket.set_send_buffer_size(16_384).expect("a size");
        let address = self.data_address().parse().expect("an address");
        socket.connect(address).await.expect("a connection")
    }

    /// A handshake by tungstenite: the connection and the answer's head, or the refusal.
    pub(crate) async fn handshake(
        &self,
        handshake: Handshake,
    ) -> Result<(Peer, Response<Option<Vec<u8>>>), Answer> {
        Peer::over(self.dial().await, handshake).await
    }

    /// A handshake that must succeed.
    pub(crate) async fn accepted(&self, handshake: Handshake) -> Peer {
        match self.handshake(handshake).await {
            Ok((peer, _)) => peer,
            Err(refused) => panic!("refused: {:?}", refused.refusal()),
        }
    }

    /// A handshake that must succeed, over V3, without a client token.
    pub(crate) async fn connect(&self, side: Side, token: &str) -> Peer {
        self.accepted(Handshake::new(side, token)).await
    }

    /// Both peers of a tunnel, connected and told its services.
    pub(crate) async fn both(&self, tunnel: &Tunnel) -> (Peer, Peer) {
        self.both_with(tunnel, |handshake| handshake).await
    }

    /// Both peers, connected by handshakes that differ from the ordinary one.
    pub(crate) async fn both_with(
        &self,
        tunnel: &Tunnel,
        differ: impl Fn(Handshake) -> Handshake,
    ) -> (Peer, Peer) {
        let mut peers = Vec::new();
        for side in Side::BOTH {
            let handshake = differ(Handshake::new(side, tunnel.token(side)));
            let mut peer = self.accepted(handshake).await;
            assert_eq!(peer.receive().await.message_type, MessageType::ServiceIds);
            peers.push(peer);
        }
        let destination = peers.pop().expect("two peers");
        (peers.pop().expect("two peers"), destination)
    }

    /// Sends a request as it stands and reads its answer.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        Answer::to(self.dial().await, request.as_ref()).await
    }

    /// A handshake that must be refused: the status and the reason.
    pub(crate) async fn refusal(&self, handshake: Handshake) -> (u16, String) {
        self.ask(handshake.bytes()).await.refusal()
    }

    /// The value of a metric, by its name with its labels.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let url = self.service.control_url();
        let request = http::Request::get("/metrics")
            .header("host", api::authority(url))
            .body(Default::default())
            .expect("a request");
        let answer = api::exchange(url, request).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let value = |line: &str| {
            Some(
                line.strip_prefix(name)?
                    .strip_prefix(' ')?
                    .parse()
                    .expect("a number"),
            )
        };
        text.lines().find_map(value).unwrap_or_default()
    }
}

/// A valid client token that differs for each `n`.
pub(crate) fn client_token(n: u32) -> String {
    format!("client-token-of-32-characters-{n:08}")
}
