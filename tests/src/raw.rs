//! A TCP connection for what no HTTP client would send.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::api::{self, Answer, JSON, SERVICE};

/// How long to wait for bytes that must come.
const DEADLINE: Duration = Duration::from_secs(20);

/// A connection that sends any bytes and reads what comes back. It blocks: the service must run on another thread.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    /// What has come and was not asked for yet.
    unread: Vec<u8>,
}

impl Raw {
    /// Connects.
    ///
    /// # Panics
    /// If nothing listens there.
    #[must_use]
    pub fn connect(url: &str) -> Self {
        let stream = TcpStream::connect(api::authority(url)).expect("a connection");
        stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        stream.set_write_timeout(Some(DEADLINE)).expect("a deadline");
        let unread = Vec::new();
        Self { stream, unread }
    }

    /// Sends bytes.
    ///
    /// # Panics
    /// If the other side is gone.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("to send");
    }

    /// Sends bytes that the other side need not take: it may have answered and gone.
    pub fn offer(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Says that nothing more will be sent.
    pub fn finish(&mut self) {
        self.stream.shutdown(Shutdown::Write).expect("to end the sending");
    }

    /// Reads one answer with its body.
    ///
    /// # Panics
    /// If what comes is no answer.
    #[must_use]
    pub fn answer(&mut self) -> Answer {
        let head = self.head();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let mut response = http::Response::builder().status(status.expect("a status line"));
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            response = response.header(name, value);
        }
        let (parts, ()) = response.body(()).expect("an answer").into_parts();
        let length = parts.headers.get("content-length").map_or(0, |length| {
            length.to_str().expect("text").parse().expect("a length")
        });
        while self.unread.len() < length {
            assert!(self.read(), "the answer ends early");
        }
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: self.unread.drain(..length).collect::<Vec<_>>().into(),
        }
    }

    /// Reads up to the end of a head, such as `HTTP/1.1 100 Continue`.
    ///
    /// # Panics
    /// If none comes.
    #[must_use]
    pub fn head(&mut self) -> String {
        self.until("\r\n\r\n").trim_end().to_owned()
    }

    /// Reads up to the end of some text.
    ///
    /// # Panics
    /// If it does not come.
    #[must_use]
    pub fn until(&mut self, end: &str) -> String {
        loop {
            let at = self
                .unread
                .windows(end.len())
                .position(|bytes| bytes == end.as_bytes());
            if let Some(at) = at {
                let text = self.unread.drain(..at + end.len()).collect();
                return String::from_utf8(text).expect("text");
            }
            assert!(self.read(), "the connection ended before {end:?} came");
        }
    }

    /// Reads whatever still comes until the other side ends the connection.
    #[must_use]
    pub fn rest(&mut self) -> Vec<u8> {
        while self.read() {}
        std::mem::take(&mut self.unread)
    }

    /// Reads some more; `false` if the connection has ended.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        // A reset ends a connection too.
        let count = match self.stream.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("nothing came: {error}"),
        };
        self.unread.extend_from_slice(&buffer[..count]);
        count > 0
    }
}

/// A request's head up to its content type; what comes after it is the caller's.
#[must_use]
pub fn head(operation: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-target: {SERVICE}.{operation}\r\ncontent-type: {JSON}\r\n"
    )
}

/// A whole request.
#[must_use]
pub fn request(operation: &str, body: &Value) -> String {
    let body = body.to_string();
    format!("{}content-length: {}\r\n\r\n{body}", head(operation), body.len())
}
