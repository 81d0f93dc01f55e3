//! A connection that is cut looks cut: its application gets a reset. Only the end that the peer told is an orderly one.

use iot_tunnel_core::DisconnectReason;
use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::websocket::{Close, CloseCode, Frame};
use iot_tunnel_core::wire::{Message, MessageType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::peer::{Peer, of_stream};
use super::rig::{Rig, connect, served, token, until_reset, within};

/// What cuts a connection.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// The TCP connection to the service ends.
    Drop,
    /// The service closes the WebSocket, as at a rotation.
    CloseFrame,
    /// The service closes the tunnel.
    TunnelClosed,
    /// A new token is handed in here.
    Rotation,
    /// The service breaks the rules of WebSocket.
    TextFrame,
    /// The service breaks the rules of the tunnel.
    EmptyMessage,
    /// The other end has gone: the service resets its streams.
    StreamReset,
    SessionReset,
    /// The tunnel is closed here.
    Stop,
}

const CAUSES: [Cause; 9] = [
    Cause::Drop,
    Cause::CloseFrame,
    Cause::TunnelClosed,
    Cause::Rotation,
    Cause::TextFrame,
    Cause::EmptyMessage,
    Cause::StreamReset,
    Cause::SessionReset,
    Cause::Stop,
];

/// A connection through which bytes have come, in a stream of that id.
struct Carrying {
    rig: Rig,
    peer: Peer,
    app: TcpStream,
    stream: i32,
    /// The connection id of its messages.
    connection: u32,
}

impl Carrying {
    async fn at_source(format: Subprotocol) -> Self {
        let (mut rig, address) = Rig::source_of(format).await;
        let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
        let app = connect(address).await;
        let (_, stream, connection, _) = peer.message().await;
        Self::with_bytes(rig, peer, app, stream, connection).await
    }

    async fn at_destination(connection: u32) -> Self {
        let (mut rig, server) = Rig::destination().await;
        let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
        peer.send(of_stream(MessageType::StreamStart, connection, b""))
            .await;
        let app = served(&server).await;
        Self::with_bytes(rig, peer, app, 7, connection).await
    }

    async fn with_bytes(rig: Rig, mut peer: Peer, mut app: TcpStream, stream: i32, connection: u32) -> Self {
        let mut data = of_stream(MessageType::Data, connection, b"half of ");
        data.stream_id = stream;
        peer.send(data).await;
        let mut came = [0; 8];
        within("the bytes", app.read_exact(&mut came))
            .await
            .expect("bytes");
        app.write_all(b"x").await.expect("written");
        Self {
            rig,
            peer,
            app,
            stream,
            connection,
        }
    }

    fn message(&self, message_type: MessageType) -> Message<'static> {
        let mut message = of_stream(message_type, self.connection, b"");
        message.stream_id = self.stream;
        if message_type == MessageType::StreamReset {
            message.connection_id = 0;
        }
        message
    }

    /// Lets it happen; gives the application's socket, and what must live as long.
    async fn suffer(mut self, cause: Cause) -> (TcpStream, Option<(Rig, Peer)>) {
        let closes = |reason| {
            Frame::Close(Some(Close {
                code: CloseCode::POLICY_VIOLATION,
                reason,
            }))
        };
        match cause {
            Cause::Drop => {
                drop(self.peer);
                return (self.app, None);
            }
            Cause::Stop => {
                drop(self.rig);
                return (self.app, None);
            }
            Cause::CloseFrame => self.peer.frame(closes("access token rotated")).await,
            Cause::TunnelClosed => {
                self.peer
                    .frame(closes(DisconnectReason::TunnelClosed.text()))
                    .await;
            }
            Cause::Rotation => {
                let handed = self.rig.tunnel.replace_token(token("second"), None).await;
                handed.expect("the second token");
            }
            Cause::TextFrame => self.peer.write(b"\x81\x02hi").await,
            Cause::EmptyMessage => self.peer.frame(Frame::Binary(b"\0\0")).await,
            Cause::StreamReset => self.peer.send(self.message(MessageType::StreamReset)).await,
            Cause::SessionReset => {
                let message_type = MessageType::SessionReset;
                self.peer
                    .send(Message {
                        message_type,
                        ..Message::default()
                    })
                    .await;
            }
        }
        (self.app, Some((self.rig, self.peer)))
    }
}

#[tokio::test]
async fn whatever_cuts_a_connection_its_application_gets_a_reset() {
    for cause in CAUSES {
        for side in ["source", "destination"] {
            let carrying = match side {
                "source" => Carrying::at_source(Subprotocol::V3).await,
                _ => Carrying::at_destination(1).await,
            };
            let (mut app, _alive) = carrying.suffer(cause).await;
            assert_eq!(until_reset(&mut app).await, b"", "{cause:?} at the {side}");
        }
    }
}

#[tokio::test]
async fn the_end_that_the_peer_tells_is_an_orderly_one_in_every_format() {
    for (format, message_type) in [
        (Subprotocol::V3, MessageType::ConnectionReset),
        (Subprotocol::V2, MessageType::StreamReset),
        (Subprotocol::V1, MessageType::StreamReset),
    ] {
        let mut carrying = Carrying::at_source(format).await;
        if format == Subprotocol::V1 {
            assert_eq!(carrying.connection, 0);
        }
        let end = carrying.message(message_type);
        carrying.peer.send(end).await;
        let read = within("the end", carrying.app.read(&mut [0; 1])).await;
        assert_eq!(read.expect("an orderly end"), 0, "{format:?}");
    }
    // A destination learns the format from its peer: the stream of connection 0 has no connection ids.
    for (connection, message_type) in [(1, MessageType::ConnectionReset), (0, MessageType::StreamReset)] {
        let mut carrying = Carrying::at_destination(connection).await;
        let end = carrying.message(message_type);
        carrying.peer.send(end).await;
        let read = within("the end", carrying.app.read(&mut [0; 1])).await;
        assert_eq!(read.expect("an orderly end"), 0, "connection {connection}");
    }
}

#[tokio::test]
async fn an_end_that_was_told_before_a_cut_is_completed_with_everything_that_came_before_it() {
    let mut carrying = Carrying::at_destination(1).await;
    let data = vec![42; 60_000];
    for _ in 0..3 {
        carrying.peer.send(of_stream(MessageType::Data, 1, &data)).await;
    }
    let end = carrying.message(MessageType::ConnectionReset);
    carrying.peer.send(end).await;
    drop(carrying.peer);
    // The client has seen the end of both.
    let _again = carrying.rig.dialled().await;
    let mut bytes = Vec::new();
    let read = within("the end", carrying.app.read_to_end(&mut bytes)).await;
    assert_eq!(read.expect("an orderly end"), 180_000);
}
