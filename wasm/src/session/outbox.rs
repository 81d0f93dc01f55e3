//! What JavaScript sends of a connection: the payload, where it wrote it, and the frame around it.

use alloc::vec;
use alloc::vec::Vec;

use iot_tunnel_core::wire::{Envelope, MAX_ENVELOPE, MAX_PAYLOAD};

/// Room for one frame of data. The payload begins at a fixed place, so that its head has room before it.
pub(super) struct Outbox(Vec<u8>);

impl Outbox {
    pub(super) fn new() -> Self {
        Self(vec![0; MAX_ENVELOPE + MAX_PAYLOAD + MAX_ENVELOPE])
    }

    /// The first `length` bytes of the payload's place. `None`: no payload is so long.
    pub(super) fn payload(&self, length: usize) -> Option<&[u8]> {
        self.0.get(MAX_ENVELOPE..)?.get(..MAX_PAYLOAD)?.get(..length)
    }

    /// Puts the envelope around the first `length` bytes of the payload. What was written behind those is gone.
    pub(super) fn frame(&mut self, envelope: Envelope<'_>, length: usize) -> Option<&[u8]> {
        let Envelope { head, tail } = envelope;
        let start = MAX_ENVELOPE.checked_sub(head.len())?;
        let frame = self
            .0
            .get_mut(start..)?
            .get_mut(..head.len() + length + tail.len())?;
        let (front, rest) = frame.split_at_mut_checked(head.len())?;
        front.copy_from_slice(head);
        rest.get_mut(length..)?.copy_from_slice(tail);
        Some(frame)
    }
}
