//! The service's end of one connection, in the hands of a test.

use iot_tunnel_core::handshake::{HandshakeRequest, Subprotocol};
use iot_tunnel_core::websocket::{Event, Frame, Receiver, Sender};
use iot_tunnel_core::wire::{Deframer, MAX_MESSAGE, Message, MessageType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::rig::within;

/// What a client has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Message {
        message_type: MessageType,
        stream_id: i32,
        connection_id: u32,
        service_id: String,
        payload: Vec<u8>,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>),
    /// It closed the socket.
    End,
}

/// One connection of a client to the service.
pub(super) struct Peer {
    socket: DuplexStream,
    receiver: Receiver,
    sender: Sender,
    deframer: Deframer<Vec<u8>>,
    /// What was read and not taken yet.
    unread: Vec<u8>,
    /// Payload that was read and not taken yet.
    payload: Vec<u8>,
    pub(super) access_token: String,
    pub(super) client_token: Option<String>,
}

impl Peer {
    /// Reads a client's upgrade request.
    async fn asked(mut socket: DuplexStream) -> (Self, String) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(
                within("the upgrade request", socket.read_u8())
                    .await
                    .expect("a request"),
            );
        }
        let head = String::from_utf8(head).expect("text");
        let mut lines = head.trim_end().split("\r\n");
        let target = lines
            .next()
            .and_then(|line| line.split(' ').nth(1))
            .expect("a target");
        let headers = lines.map(|line| line.split_once(": ").expect("a header"));
        let headers = headers.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let request = HandshakeRequest::judge("GET", target, headers).expect("a valid request");
        assert_eq!(request.subprotocol, Subprotocol::V3);
        let accept = request.key.accept().as_str().to_owned();
        let peer = Self {
            socket,
            receiver: Receiver::of_client(),
            sender: Sender::new(),
            deframer: Deframer::new(vec![0; MAX_MESSAGE]),
            unread: Vec::new(),
            payload: Vec::new(),
            access_token: request.access_token.to_owned(),
            client_token: request
                .client_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
        };
        (peer, accept)
    }

    /// Accepts the upgrade and says nothing more.
    pub(super) async fn accept(socket: DuplexStream) -> Self {
        let (mut peer, accept) = Self::asked(socket).await;
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-accept: {accept}\r\nsec-websocket-protocol: {}\r\nchannel-id: c-1\r\n\r\n",
            Subprotocol::V3
        );
        peer.write(answer.as_bytes()).await;
        peer
    }

    /// Accepts the upgrade and names the tunnel's services.
    pub(super) async fn open(socket: DuplexStream, services: &[&str]) -> Self {
        let mut peer = Self::accept(socket).await;
        peer.send(Message {
            message_type: MessageType::ServiceIds,
            available_service_ids: services.into(),
            ..Message::default()
        })
        .await;
        peer
    }

    /// Refuses the upgrade.
    pub(super) async fn refuse(socket: DuplexStream, status: u16, reason: &str) -> Self {
        Self::answer(socket, status, "", reason).await
    }

    /// Refuses the upgrade with further headers.
    pub(super) async fn answer(socket: DuplexStream, status: u16, headers: &str, reason: &str) -> Self {
        let (mut peer, _) = Self::asked(socket).await;
        let length = reason.len();
        let answer = format!("HTTP/1.1 {status} No\r\n{headers}content-length: {length}\r\n\r\n{reason}");
        peer.write(answer.as_bytes()).await;
        peer
    }

    /// Sends bytes as they are.
    pub(super) async fn write(&mut self, bytes: &[u8]) {
        within("the client to read", self.socket.write_all(bytes))
            .await
            .expect("a client");
    }

    pub(super) async fn frame(&mut self, frame: Frame<'_>) {
        let mut buffer = vec![0; 140_000];
        let length = self.sender.write_unmasked(frame, &mut buffer).expect("a frame");
        self.write(&buffer[..length]).await;
    }

    /// Sends one message in a WebSocket message of its own.
    pub(super) async fn send(&mut self, message: Message<'_>) {
        let bytes = encoded(&message);
        self.frame(Frame::Binary(&bytes)).await;
    }

    /// Sends one message, however long the client takes to read it.
    pub(super) async fn send_slowly(&mut self, message: Message<'_>) {
        let bytes = encoded(&message);
        let mut buffer = vec![0; 140_000];
        let frame = Frame::Binary(&bytes);
        let length = self.sender.write_unmasked(frame, &mut buffer).expect("a frame");
        self.socket.write_all(&buffer[..length]).await.expect("a client");
    }

    /// Sends one message, if the client reads within the time.
    pub(super) async fn try_send(&mut self, message: Message<'_>, patience: std::time::Duration) -> bool {
        let bytes = encoded(&message);
        let mut buffer = vec![0; 140_000];
        let length = self
            .sender
            .write_unmasked(Frame::Binary(&bytes), &mut buffer)
            .expect("a frame");
        let sending = self.socket.write_all(&buffer[..length]);
        tokio::time::timeout(patience, sending).await.is_ok()
    }

    /// The next thing that the client sends.
    pub(super) async fn next(&mut self) -> Sent {
        loop {
            let mut payload = &self.payload[..];
            if let Some(bytes) = self.deframer.next(&mut payload).expect("a frame") {
                let message = Message::decode(bytes).expect("a message");
                let sent = Sent::Message {
                    message_type: message.message_type,
                    stream_id: message.stream_id,
                    connection_id: message.connection_id,
                    service_id: message.service_id.to_owned(),
                    payload: message.payload.to_vec(),
                };
                let rest = payload.len();
                self.payload.drain(..self.payload.len() - rest);
                return sent;
            }
            self.payload.clear();

            let mut input = &mut self.unread[..];
            let sent = match self
                .receiver
                .receive_masked(&mut input)
                .expect("a frame of a client")
            {
                Some(Event::Binary(bytes)) => {
                    self.payload.extend_from_slice(bytes);
                    None
                }
                Some(Event::Ping(payload)) => Some(Sent::Ping(payload.to_vec())),
                Some(Event::Pong(payload)) => Some(Sent::Pong(payload.to_vec())),
                Some(Event::Close(close)) => Some(Sent::Close(close.map(|close| close.code.number()))),
                None => None,
            };
            let rest = input.len();
            self.unread.drain(..self.unread.len() - rest);
            match sent {
                Some(sent) => return sent,
                None if !self.payload.is_empty() || !self.unread.is_empty() => continue,
                None => {}
            }
            self.unread.resize(64 * 1024, 0);
            let read = within("the client to send", self.socket.read(&mut self.unread)).await;
            let count = read.expect("a client");
            self.unread.truncate(count);
            if count == 0 {
                return Sent::End;
            }
        }
    }

    /// The next message that the client sends: its type, its stream, its connection, its payload.
    pub(super) async fn message(&mut self) -> (MessageType, i32, u32, Vec<u8>) {
        match self.next().await {
            Sent::Message {
                message_type,
                stream_id,
                connection_id,
                payload,
                ..
            } => (message_type, stream_id, connection_id, payload),
            sent => panic!("{sent:?} in place of a message"),
        }
    }

    /// The bytes of a connection until it ends, in pieces put together, and the message that ends it.
    pub(super) async fn data_until_end(&mut self) -> (Vec<u8>, MessageType) {
        let mut data = Vec::new();
        loop {
            let (message_type, _, _, payload) = self.message().await;
            match message_type {
                MessageType::Data => data.extend_from_slice(&payload),
                other => return (data, other),
            }
        }
    }
}

pub(super) fn encoded(message: &Message<'_>) -> Vec<u8> {
    let mut bytes = vec![0; 65_600];
    let length = message.encode_frame(&mut bytes).expect("a message");
    bytes.truncate(length);
    bytes
}

/// A message of stream 7, connection `connection` of service SSH.
pub(super) fn of_stream(message_type: MessageType, connection: u32, payload: &[u8]) -> Message<'_> {
    Message {
        message_type,
        stream_id: 7,
        service_id: "SSH",
        connection_id: connection,
        payload,
        ..Message::default()
    }
}
