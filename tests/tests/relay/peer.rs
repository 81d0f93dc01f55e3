//! A client that hides nothing: WebSocket by tungstenite, messages as they come.

use futures_util::{SinkExt as _, StreamExt as _};
use iot_tunnel_core::wire::{Message, MessageType};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::http::{Answer, Handshake};
use super::rig::DEADLINE;

/// What a connection runs over.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

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
    pub(crate) socket: WebSocketStream<Box<dyn Socket>>,
}

impl Peer {
    /// A handshake over a connection: the peer and the answer's head, or the refusal.
    pub(crate) async fn over(
        stream: impl Socket + 'static,
        handshake: Handshake,
    ) -> Result<(Self, Response<Option<Vec<u8>>>), Answer> {
        let stream: Box<dyn Socket> = Box::new(stream);
        let connected = client_async(handshake.request(), stream);
        match timeout(DEADLINE, connected).await.expect("an answer") {
            Ok((socket, response)) => Ok((Self { socket }, response)),
            Err(tungstenite::Error::Http(response)) => {
                let (parts, body) = response.into_parts();
                Err(Answer {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    body: String::from_utf8(body.unwrap_or_default()).expect("text"),
                })
            }
            Err(error) => panic!("no answer: {error}"),
        }
    }

    /// Sends a tunnel frame alone in a binary message.
    pub(crate) async fn send(&mut self, message: Message<'_>) {
        self.send_bytes(&frame(message)).await;
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let sent = self.socket.send(Frame::Binary(bytes.to_vec().into()));
        timeout(DEADLINE, sent).await.expect("room").expect("sent");
    }

    /// Sends bytes past the WebSocket library.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        let sent = self.socket.get_mut().write_all(bytes);
        timeout(DEADLINE, sent).await.expect("room").expect("sent");
    }

    /// The next WebSocket message.
    pub(crate) async fn next(&mut self) -> Frame {
        let next = timeout(DEADLINE, self.socket.next()).await.expect("a message");
        next.expect("the connection lives").expect("a WebSocket message")
    }

    /// The next tunnel message, which must be alone in its WebSocket message. The relay's pings are passed over; the
    /// library answers them.
    pub(crate) async fn receive(&mut self) -> Received {
        let bytes = loop {
            match self.next().await {
                Frame::Binary(bytes) => break bytes,
                Frame::Ping(_) => {}
                other => panic!("no binary message: {other:?}"),
            }
        };
        let (length, rest) = bytes.split_first_chunk().expect("a length");
        assert_eq!(
            usize::from(u16::from_be_bytes(*length)),
            rest.len(),
            "one frame a message"
        );
        Received::from(Message::decode(rest).expect("a message"))
    }

    /// The next tunnel message must be this one.
    pub(crate) async fn receives(&mut self, message: Message<'_>) {
        assert_eq!(self.receive().await, Received::from(message));
    }

    /// The close frame that must come next: its code and reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.next().await {
                Frame::Close(Some(close)) => return (close.code.into(), close.reason.to_string()),
                Frame::Ping(_) => {}
                other => panic!("no close frame with a code: {other:?}"),
            }
        }
    }

    /// The relay's answer to a close frame must come next, and then the end.
    pub(crate) async fn ended_after_close(&mut self) {
        let next = self.next().await;
        assert!(matches!(next, Frame::Close(_)), "{next:?}");
        self.ended().await;
    }

    /// The end of TCP must come next, with no close frame before it. The relay's pings are passed over.
    pub(crate) async fn ended_bare(&mut self) {
        loop {
            match timeout(DEADLINE, self.socket.next()).await.expect("an end") {
                Some(Ok(Frame::Ping(_))) => {}
                Some(Err(tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                    return;
                }
                other => panic!("no bare end: {other:?}"),
            }
        }
    }

    /// The connection must have ended but for its end itself.
    pub(crate) async fn ended(&mut self) {
        let next = timeout(DEADLINE, self.socket.next()).await.expect("an end");
        assert!(matches!(next, None | Some(Err(_))), "{next:?}");
    }
}

impl From<Message<'_>> for Received {
    fn from(message: Message<'_>) -> Self {
        Self {
            message_type: message.message_type,
            stream_id: message.stream_id,
            service_id: message.service_id.to_owned(),
            connection_id: message.connection_id,
            services: message.available_service_ids.iter().map(str::to_owned).collect(),
            payload: message.payload.to_vec(),
        }
    }
}

/// The source starts a stream, which the destination hears of.
pub(crate) async fn starts_stream(source: &mut Peer, destination: &mut Peer, start: Message<'_>) {
    source.send(start).await;
    destination.receives(start).await;
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

/// The STREAM_RESET that belongs to a start.
pub(crate) fn reset_of(start: Message<'_>) -> Message<'_> {
    Message {
        message_type: MessageType::StreamReset,
        payload: b"",
        ..start
    }
}
