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

    /// Reads each of them once at most: megabytes may stand before the peer's last frame, and who waits for the next
    /// connection comes first. Whether anything moved.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let now = Instant::now();
        let mut moved = false;
        self.0.retain_mut(|farewell| {
            let step = match farewell.until > now {
                true => farewell.poll(cx),
                false => Step::Over,
            };
            moved |= step != Step::Waits;
            step != Step::Over
        });
        moved
    }
}

/// What one look at a socket brought.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Waits,
    /// Something was read: look again.
    Moved,
    /// Nothing is left to be done.
    Over,
}

impl Farewell {
    fn poll(&mut self, cx: &mut Context<'_>) -> Step {
        let written = match self.socket.poll_flush(cx) {
            Poll::Ready(Ok(_)) => self.socket.is_written(),
            Poll::Ready(Err(_)) => return Step::Over,
            Poll::Pending => false,
        };
        loop {
            match self.socket.receive() {
                Ok(Received::Payload) => self.socket.take(usize::MAX),
                Ok(Received::Ping | Received::Pong | Received::Close(_)) => {}
                Ok(Received::Nothing) => break,
                // Nothing that it says now is judged, once our last word is out.
                Err(_) if written || self.socket.close_handshake() == CloseHandshake::Done => {
                    return Step::Over;
                }
                Err(_) => return Step::Waits,
            }
        }
        // The server closes the connection first; who does it earlier may destroy the close frame.
        match self.socket.poll_read(cx) {
            Poll::Ready(Ok(1..)) => Step::Moved,
            Poll::Ready(_) => Step::Over,
            Poll::Pending => Step::Waits,
        }
    }
}
