//! What came out of WebSocket messages and has not been taken.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use iot_tunnel_core::websocket::MAX_FRAME_PAYLOAD;

/// Bytes that JavaScript writes, in place, whenever none wait.
pub(super) struct Inbox {
    bytes: Vec<u8>,
    waiting: Range<usize>,
}

impl Inbox {
    /// As long as the payload of a WebSocket frame may be; a longer message comes in parts.
    pub(super) const CAPACITY: usize = MAX_FRAME_PAYLOAD as usize;

    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; Self::CAPACITY],
            waiting: 0..0,
        }
    }

    /// Where they are written.
    pub(super) const fn place(&self) -> *const u8 {
        self.bytes.as_ptr()
    }

    /// What waits, once `written` bytes more do. `None`: some wait already, or there is no room for so many.
    pub(super) fn waiting(&self, written: usize) -> Option<&[u8]> {
        match written {
            0 => self.bytes.get(self.waiting.clone()),
            _ => self.bytes.get(..written).filter(|_| self.waiting.is_empty()),
        }
    }

    /// Leaves the last `left` bytes of those, and lets go of the others.
    pub(super) fn leave(&mut self, written: usize, left: usize) {
        let end = if written > 0 { written } else { self.waiting.end };
        self.waiting = end.saturating_sub(left)..end;
    }

    /// Forgets everything: the connection it came from is gone.
    pub(super) fn clear(&mut self) {
        self.waiting = 0..0;
    }
}
