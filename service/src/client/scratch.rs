//! The memory that all local connections of a tunnel read into, one at a time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use iot_tunnel_core::session::{Connection, Progress};
use iot_tunnel_core::wire::MAX_PAYLOAD;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::TcpStream;

use super::ClientSession;

/// What one read takes: two whole messages (ours).
const SIZE: usize = 2 * MAX_PAYLOAD;

/// Bytes of one connection on their way to the session. Until the session has taken them all nobody reads more, which
/// is how the tunnel's slowness stops the local applications.
pub(super) struct Scratch {
    buffer: Vec<u8>,
    /// Whose bytes these are, and where they lie; none if it is free.
    held: Option<Held>,
}

#[derive(Clone, Copy)]
struct Held {
    connection: Connection,
    start: usize,
    end: usize,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            buffer: vec![0; SIZE],
            held: None,
        }
    }

    /// Whether a connection may read.
    pub(super) const fn is_free(&self) -> bool {
        self.held.is_none()
    }

    /// Reads from a connection's socket; only while it is free. 0 is the socket's end.
    pub(super) fn poll_read(
        &mut self,
        connection: Connection,
        socket: &mut TcpStream,
        cx: &mut Context<'_>,
    ) -> io::Result<Poll<usize>> {
        let mut buffer = ReadBuf::new(&mut self.buffer);
        match Pin::new(socket).poll_read(cx, &mut buffer)? {
            Poll::Pending => Ok(Poll::Pending),
            Poll::Ready(()) => {
                let end = buffer.filled().len();
                if end > 0 {
                    self.held = Some(Held {
                        connection,
                        start: 0,
                        end,
                    });
                }
                Ok(Poll::Ready(end))
            }
        }
    }

    /// Hands to the session what it takes. Whether it took anything, or there is nobody any more whose bytes they are.
    pub(super) fn send(&mut self, session: &mut ClientSession) -> bool {
        let Some(held) = &mut self.held else { return false };
        let before = held.start;
        while let Some(bytes @ [_, ..]) = self.buffer.get(held.start..held.end) {
            match session.send(held.connection, bytes) {
                Ok(Progress::Done(count)) => held.start += count,
                Ok(Progress::WouldBlock) => return held.start > before,
                // The connection is over, and nobody asks for its bytes.
                Err(_) => break,
            }
        }
        self.held = None;
        true
    }
}
