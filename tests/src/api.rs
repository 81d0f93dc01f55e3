//! A client of the API that hides nothing, and that checks on every answer what every answer must have.

use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use uuid::Uuid;

/// The content type of requests and answers.
pub const JSON: &str = "application/x-amz-json-1.1";

/// What stands before the operation in `X-Amz-Target`.
pub const SERVICE: &str = "IoTSecuredTunneling";

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
}

/// What a refusal says. Compared as a whole, so that a test states all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// The `__type`, which is the `x-amzn-ErrorType` too.
    pub exception: String,
    /// The message.
    pub message: String,
}

impl Refused {
    /// The refusal that a test expects.
    #[must_use]
    pub fn with(status: u16, exception: &str, message: &str) -> Self {
        Self {
            status,
            exception: exception.to_owned(),
            message: message.to_owned(),
        }
    }
}

impl Answer {
    /// The body of a success.
    ///
    /// # Panics
    /// If it is a refusal.
    #[must_use]
    #[track_caller]
    pub fn success(&self) -> Value {
        assert_eq!(
            self.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        assert!(
            !self.headers.contains_key("x-amzn-errortype"),
            "a success is no error"
        );
        let body: Value = serde_json::from_slice(&self.body).expect("a body of JSON");
        assert!(body.is_object(), "a success is a JSON object");
        body
    }

    /// What the refusal says, once it is known to have the form of one: the name in body and header, a message, and
    /// no other member.
    ///
    /// # Panics
    /// If it is a success or has another form.
    #[must_use]
    #[track_caller]
    pub fn refusal(&self) -> Refused {
        assert!(!self.status.is_success(), "refused was expected");
        let body: Value = serde_json::from_slice(&self.body).expect("a body of JSON");
        let members = body.as_object().expect("an object");
        assert_eq!(
            members.keys().map(String::as_str).collect::<Vec<_>>(),
            ["__type", "message"]
        );
        let text = |member: &str| members[member].as_str().expect("a string");
        assert_eq!(
            self.header("x-amzn-errortype"),
            text("__type"),
            "header and body disagree"
        );
        Refused::with(self.status.as_u16(), text("__type"), text("message"))
    }

    /// Fails unless it is a refusal with that status, exception and message.
    #[track_caller]
    pub fn is_refused(&self, status: u16, exception: &str, message: &str) {
        assert_eq!(self.refusal(), Refused::with(status, exception, message));
    }

    /// Fails unless it is a refusal with that status and exception, whatever it says.
    #[track_caller]
    pub fn is_refused_as(&self, status: u16, exception: &str) {
        let refusal = self.refusal();
        assert_eq!(
            (refusal.status, refusal.exception.as_str()),
            (status, exception),
            "{}",
            refusal.message
        );
    }

    /// A header that stands there once.
    ///
    /// # Panics
    /// If it is absent, repeated, or not text.
    #[must_use]
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().unwrap_or_else(|| panic!("no header {name}"));
        assert!(values.next().is_none(), "more than one header {name}");
        value.to_str().expect("a header of visible characters")
    }

    /// The `x-amzn-RequestId`.
    #[must_use]
    #[track_caller]
    pub fn request_id(&self) -> Uuid {
        self.header("x-amzn-requestid")
            .parse()
            .expect("a request id is a UUID")
    }
}

/// The request for an operation, not signed.
#[must_use]
pub fn request(url: &str, operation: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::post("/")
        .header(HOST, authority(url))
        .header(CONTENT_TYPE, JSON)
        .header("x-amz-target", format!("{SERVICE}.{operation}"))
        .body(body.into())
        .expect("a valid request")
}

/// Calls an operation.
pub async fn call(url: &str, operation: &str, body: &Value) -> Answer {
    send(url, request(url, operation, body.to_string())).await
}

/// Sends a request of the API on a connection of its own.
///
/// # Panics
/// If there is no answer, or one that lacks what every answer of the API has.
pub async fn send(url: &str, request: Request<Bytes>) -> Answer {
    let answer = exchange(url, request).await;
    assert_eq!(answer.header("content-type"), JSON);
    let _ = answer.request_id();
    answer
}

/// Sends any request and takes the answer as it is.
///
/// # Panics
/// If there is no answer.
pub async fn exchange(url: &str, request: Request<Bytes>) -> Answer {
    let stream = TcpStream::connect(authority(url)).await.expect("a connection");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("a connection for HTTP");
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request.map(Full::new)).await;
    let (parts, body) = response.expect("an answer").into_parts();
    let body = body.collect().await.expect("a whole answer").to_bytes();
    connection.abort();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

/// `127.0.0.1:40123` of `http://127.0.0.1:40123`.
///
/// # Panics
/// If it is another URL.
#[must_use]
pub fn authority(url: &str) -> &str {
    url.strip_prefix("http://").expect("an http URL")
}
