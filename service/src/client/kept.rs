//! [`Kept`]: bytes of the tunnel that a local application has not taken yet.

use std::io;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::time::Instant;

use super::local_socket::LocalSocket;

/// Bytes in the order in which they came.
pub(super) struct Kept {
    bytes: BytesMut,
    /// When the application last took a byte, or when the first of these came.
    progress: Instant,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self {
            bytes: BytesMut::new(),
            progress: Instant::now(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Since when the application has taken nothing, if anything is there for it.
    pub(super) fn stalled_since(&self) -> Option<Instant> {
        (!self.is_empty()).then_some(self.progress)
    }

    /// Forgets them: the application takes no more.
    pub(super) fn clear(&mut self) {
        self.bytes = BytesMut::new();
    }

    /// Adds bytes at the end.
    pub(super) fn push(&mut self, bytes: &[u8], now: Instant) {
        if self.is_empty() {
            self.progress = now;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes what the application takes. Whether it took any.
    ///
    /// # Errors
    /// The application takes no more.
    pub(super) fn write(
        &mut self,
        socket: &mut LocalSocket,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> io::Result<bool> {
        let mut wrote = false;
        while !self.bytes.is_empty() {
            match socket.poll_write(cx, &self.bytes)? {
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => {
                    self.bytes.advance(count);
                    self.progress = now;
                    wrote = true;
                }
                Poll::Pending => return Ok(wrote),
            }
        }
        if wrote {
            // An idle connection holds no memory.
            self.bytes = BytesMut::new();
        }
        Ok(wrote)
    }
}
