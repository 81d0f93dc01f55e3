//! WebSockets that were given up, until their closing handshake is done.

use std::task::{Context, Poll};
use std::time::Duration;

use iot_tunnel_core::websocket::{Close, CloseHandshake};
use tokio::time::Instant;

use super::websocket::{Received, WebSocket};

/// Longest wait for the peer's part of the closing handshake (ours).
const TIMEOUT: Duration = Duration::from_secs(2);
/// Most that are waited for at a time: tokens may be handed in one after the other (ours).
const MAX: usize = 4;

/// Sockets on which a close frame is sent, and the peer's awaited. What else it sends is of no use to anybody.
#[derive(Default)]
pub(super) struct Farewells(Vec<Farewell>);

struct Farewell {
    socket: Box<WebSocket>,
    until: Instant,
}

impl Farewells {
    /// Queues the close frame behind what is queued already.
    pub(super) fn begin(&mut self, mut socket: Box<WebSocket>, close: Option<Close<'_>>) {
        if socket.close(close).is_err() {
            return;
        }
        if self.0.len() == MAX {
            self.0.remove(0);
        }
        self.0.push(Farewell {
            socket,
            until: Instant::now() + TIMEOUT,
        });
    }

    /// Whether there are none.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When the first is given up.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.iter().map(|farewell| farewell.until).min()
    }

    /// Does what can be done now. Whether one of them ended.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let now = Instant::now();
        let before = self.0.len();
        self.0
            .retain_mut(|farewell| farewell.until > now && !farewell.poll_done(cx));
        self.0.len() < before
    }
}

impl Farewell {
    /// Whether nothing is left to be done.
    fn poll_done(&mut self, cx: &mut Context<'_>) -> bool {
        let written = match self.socket.poll_flush(cx) {
            Poll::Ready(Ok(_)) => self.socket.is_written(),
            Poll::Ready(Err(_)) => return true,
            Poll::Pending => false,
        };
        loop {
            match self.socket.receive() {
                Ok(Received::Payload) => self.socket.take(usize::MAX),
                Ok(Received::Ping | Received::Pong | Received::Close(_)) => {}
                // The server closes the connection first; who does it earlier may destroy the close frame.
                Ok(Received::Nothing) => match self.socket.poll_read(cx) {
                    Poll::Ready(Ok(1..)) => {}
                    Poll::Ready(_) => return true,
                    Poll::Pending => return false,
                },
                // Nothing that it says now is judged, once our last word is out.
                Err(_) => return written || self.socket.close_handshake() == CloseHandshake::Done,
            }
        }
    }
}
