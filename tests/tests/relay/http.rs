//! The HTTP of a handshake, byte by byte: what no WebSocket library would send can be sent, and nothing of an answer is
//! hidden.

use iot_tunnel_core::Side;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::http::{HeaderMap, Request, Response};
use uuid::Uuid;

use super::rig::DEADLINE;

/// What a client sends. The header names are in lower case here.
#[derive(Clone)]
pub(crate) struct Handshake {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) version: &'static str,
    pub(crate) headers: Vec<(String, String)>,
}

impl Handshake {
    /// The ordinary one: V3, the token in its header, no client token. The key is the example of RFC 6455 §1.3.
    pub(crate) fn new(side: Side, token: &str) -> Self {
        let handshake = Self {
            method: "GET",
            target: format!("/tunnel?local-proxy-mode={}", side.as_str()),
            version: "HTTP/1.1",
            headers: Vec::new(),
        };
        [
            ("host", "localhost"),
            ("upgrade", "websocket"),
            ("connection", "upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", "aws.iot.securetunneling-3.0"),
            ("access-token", token),
        ]
        .into_iter()
        .fold(handshake, |handshake, (name, value)| handshake.and(name, value))
    }

    /// With one header more.
    pub(crate) fn and(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Without a header.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| given != name);
        self
    }

    /// With another value of a header.
    pub(crate) fn with(self, name: &str, value: impl Into<String>) -> Self {
        self.without(name).and(name, value)
    }

    /// With another target.
    pub(crate) fn to(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// On the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} {}\r\n", self.method, self.target, self.version);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        (text + "\r\n").into_bytes()
    }

    /// For tungstenite.
    pub(crate) fn request(&self) -> Request<()> {
        let mut request = Request::get(format!("ws://localhost{}", self.target));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(()).expect("a request")
    }
}

/// An answer to a handshake.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// Sends a request and reads its answer.
    pub(crate) async fn to(mut socket: impl AsyncRead + AsyncWrite + Unpin, request: &[u8]) -> Self {
        socket.write_all(request).await.expect("to send");
        timeout(DEADLINE, Self::read(&mut socket))
            .await
            .expect("an answer")
    }

    /// Reads an answer with its body.
    pub(crate) async fn read(socket: &mut (impl AsyncRead + Unpin)) -> Self {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.expect("a head"));
        }
        let head = String::from_utf8(head).expect("text");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let mut response = Response::builder().status(status.expect("a status"));
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            response = response.header(name, value);
        }
        let (parts, ()) = response.body(()).expect("an answer").into_parts();
        let length = parts.headers.get("content-length");
        let length = length.map_or(0, |length| {
            length.to_str().expect("text").parse().expect("a length")
        });
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await.expect("a whole answer");
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body).expect("text"),
        }
    }

    /// The status and the reason, once it is known to be a refusal as data-plane.md §1 has it.
    #[track_caller]
    pub(crate) fn refusal(&self) -> (u16, String) {
        assert!(matches!(self.status, 400..=599), "no refusal: {}", self.status);
        assert_eq!(
            self.header("x-status-reason"),
            self.body,
            "header and body say the same"
        );
        assert_eq!(self.header("content-type"), "text/plain; charset=utf-8");
        let _ = self.channel_id();
        (self.status, self.body.clone())
    }

    /// The id for support.
    #[track_caller]
    pub(crate) fn channel_id(&self) -> Uuid {
        self.header("channel-id").parse().expect("a UUID")
    }

    /// A header that stands there once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.get_all(name).iter().collect();
        let [value] = values[..] else {
            panic!("{} headers {name}", values.len())
        };
        value.to_str().expect("visible characters")
    }
}
