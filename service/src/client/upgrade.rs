//! The upgrade of a connection to a WebSocket.

use std::sync::Arc;
use std::time::Duration;

use iot_tunnel_core::PeerFault;
use iot_tunnel_core::handshake::{
    Answer, Endpoint, MAX_ANSWER_HEAD, MAX_PEER_TEXT, MAX_REQUEST, Offer, PeerText, PendingUpgrade,
    Subprotocol, UpgradeKey, UpgradeRequest,
};
use iot_tunnel_core::session::Connect;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::dial::{DialError, Socket};

/// Longest wait for the words of a refusal whose status is there (ours).
const REASON_TIMEOUT: Duration = Duration::from_secs(2);

/// How a driver comes to a connection. Tests bring their own.
pub(super) type Dial = Arc<dyn Fn() -> Dialling + Send + Sync>;
pub(super) type Dialling = std::pin::Pin<Box<dyn Future<Output = Result<Socket, DialError>> + Send>>;

/// An upgrade request that is written, and what judges the answer.
pub(super) struct Upgrading {
    /// With the tokens in clear.
    request: Zeroizing<Vec<u8>>,
    pending: PendingUpgrade,
}

/// A whole answer.
pub(super) struct Answered {
    pub(super) socket: Socket,
    /// What was received: the answer, and behind it the WebSocket's first bytes.
    received: Vec<u8>,
    ended: bool,
    pending: PendingUpgrade,
}

impl Upgrading {
    /// Writes the request.
    pub(super) fn new<const N: usize>(
        connect: &Connect<'_, N>,
        endpoint: &Endpoint,
    ) -> Result<Self, DialError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce)?;
        let request = UpgradeRequest {
            endpoint,
            side: connect.side,
            access_token: connect.access_token,
            client_token: connect.client_token,
            // As AWS's own clients do. An older format is spoken over it too.
            offer: Offer::Only(Subprotocol::V3),
            key: UpgradeKey::new(nonce)?,
        };
        let mut buffer = Zeroizing::new(vec![0; MAX_REQUEST]);
        let length = request.write(&mut buffer).map_err(DialError::Request)?;
        buffer.truncate(length);
        Ok(Self {
            request: buffer,
            pending: request.pending(),
        })
    }

    /// Dials, asks, and reads the answer.
    pub(super) async fn run(self, dial: Dial) -> Result<Answered, DialError> {
        let mut socket = dial().await?;
        socket.write_all(&self.request).await.map_err(DialError::Broken)?;
        socket.flush().await.map_err(DialError::Broken)?;
        drop(self.request);

        let mut received = vec![0; MAX_ANSWER_HEAD + MAX_PEER_TEXT];
        let (mut length, mut ended) = (0, false);
        loop {
            let whole = received.get(..length).unwrap_or_default();
            match self
                .pending
                .read(whole, ended)
                .map_err(|fault| unusable(fault, whole))?
            {
                Answer::Complete { .. } => break,
                Answer::NeedMore => {}
            }
            let has_status = self.pending.read(whole, true).is_ok();
            let room = received.get_mut(length..).unwrap_or_default();
            let reading = socket.read(room);
            let read = match has_status {
                true => timeout(REASON_TIMEOUT, reading).await.unwrap_or(Ok(0)),
                false => reading.await,
            };
            match read {
                Ok(0) => ended = true,
                Ok(count) => length += count,
                Err(_) if has_status => ended = true,
                Err(error) => return Err(DialError::Broken(error)),
            }
        }
        received.truncate(length);
        Ok(Answered {
            socket,
            received,
            ended,
            pending: self.pending,
        })
    }
}

/// Why an answer is of no use. One with a status that no service of tunnels gives comes from something else on the way,
/// which often says where it wants the client to go.
fn unusable(fault: PeerFault, answer: &[u8]) -> DialError {
    let mut lines = answer.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let status = lines
        .next()
        .and_then(|line| line.split(|byte| *byte == b' ').nth(1));
    let status = status.and_then(|digits| str::from_utf8(digits).ok()?.parse().ok());
    match (fault, status) {
        (PeerFault::UnexpectedUpgradeStatus, Some(status)) => {
            let value = |line: &[u8]| {
                let (name, value) = line.split_at_checked(LOCATION.len())?;
                name.eq_ignore_ascii_case(LOCATION)
                    .then(|| PeerText::new(value.trim_ascii()).to_string())
            };
            let location = lines.take_while(|line| !line.is_empty()).find_map(value);
            DialError::NoService { status, location }
        }
        _ => DialError::Answer(fault),
    }
}

/// The header that names another place, with its colon.
const LOCATION: &[u8] = b"location:";

impl Answered {
    /// The answer, read once more: it borrows from what was received.
    pub(super) fn answer(&self) -> Result<Answer<'_>, DialError> {
        self.pending
            .read(&self.received, self.ended)
            .map_err(DialError::Answer)
    }

    /// The socket, and the bytes behind the answer's head of `consumed` bytes.
    pub(super) fn into_parts(mut self, consumed: usize) -> (Socket, Vec<u8>) {
        self.received.drain(..consumed.min(self.received.len()));
        (self.socket, self.received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_from_something_else_is_named_with_its_status_and_where_it_points() {
        for (answer, text) in [
            (
                "HTTP/1.1 302 Found\r\nServer: x\r\nlocation:  https://login.example/\r\n\r\nLocation: not this",
                "the answer to the upgrade was 302, Location: https://login.example/: this is not a tunnel service; check \
                 --proxy-endpoint, and any proxy or login page in between",
            ),
            (
                "HTTP/1.1 200 OK\r\n\r\n<html>",
                "the answer to the upgrade was 200: this is not a tunnel service; check --proxy-endpoint, and any proxy or login \
                 page in between",
            ),
        ] {
            let error = unusable(PeerFault::UnexpectedUpgradeStatus, answer.as_bytes());
            assert_eq!(error.to_string(), text);
        }
        let other = unusable(PeerFault::NotWebSocket, b"HTTP/1.1 101 x\r\n\r\n");
        assert!(matches!(other, DialError::Answer(PeerFault::NotWebSocket)));
    }
}
