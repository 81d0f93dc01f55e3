//! What came out of WebSocket messages and has not been taken.

use alloc::vec;
use alloc::vec::Vec;

use iot_tunnel_core::websocket::MAX_FRAME_PAYLOAD;

/// Bytes that JavaScript writes, in place.
pub(super) struct Inbox {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Inbox {
    /// As long as the payload of a WebSocket frame may be; a longer message comes in parts.
    pub(super) const CAPACITY: usize = MAX_FRAME_PAYLOAD as usize;

    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; Self::CAPACITY],
            start: 0,
            end: 0,
        }
    }

    /// What waits.
    pub(super) fn waiting(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// The place of `length` more bytes, which wait from now on. `None`: there is no room.
    pub(super) fn extend(&mut self, length: usize) -> Option<*const u8> {
        let waiting = self.waiting().len();
        let end = waiting.checked_add(length).filter(|end| *end <= Self::CAPACITY)?;
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
        }
        (self.start, self.end) = (0, end);
        Some(self.bytes.get(waiting..)?.as_ptr())
    }

    /// Leaves the last `length` bytes, and lets go of those before.
    pub(super) fn leave(&mut self, length: usize) {
        self.start = self.end.saturating_sub(length);
    }

    /// Forgets everything: the connection it came from is gone.
    pub(super) fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }
}
