//! [`Outgoing`]: what waits to be sent, in the caller's buffer.

use crate::error::Misuse;
use crate::wire::{MAX_ENVELOPE, Message};

/// Fewest bytes of a buffer for what is to be sent: a control message, the envelope of a DATA and some payload (ours).
pub const MIN_OUTGOING: usize = 512;
const _: () = assert!(MIN_OUTGOING > 2 * MAX_ENVELOPE);

/// A queue of whole frames.
///
/// Data leaves room for one control message free, so that an answer that a peer is owed does not wait for data.
pub(super) struct Outgoing<B> {
    buffer: B,
    /// What has been sent; it goes when room is needed.
    start: usize,
    end: usize,
    /// Bytes sent so far, modulo 2^32.
    sent: u32,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Outgoing<B> {
    pub(super) const fn new(buffer: B) -> Self {
        Self {
            buffer,
            start: 0,
            end: 0,
            sent: 0,
        }
    }

    /// A mark behind what waits now, for [`is_sent`](Self::is_sent).
    pub(super) const fn mark(&self) -> u32 {
        self.sent.wrapping_add((self.end - self.start) as u32)
    }

    /// Whether everything before a mark has been sent. A buffer is far shorter than 2^31 bytes.
    pub(super) const fn is_sent(&self, mark: u32) -> bool {
        self.sent.wrapping_sub(mark) < 1 << 31
    }

    /// What waits.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.as_ref().get(self.start..self.end).unwrap_or_default()
    }

    /// How many bytes have room.
    fn room(&self) -> usize {
        self.buffer.as_ref().len().saturating_sub(self.end - self.start)
    }

    /// Whether a message without payload has room.
    pub(super) fn takes_control(&self) -> bool {
        self.room() >= MAX_ENVELOPE
    }

    /// The longest payload that has room now, beside the reserve for control messages.
    pub(super) fn room_for_payload(&self) -> usize {
        self.room().saturating_sub(2 * MAX_ENVELOPE)
    }

    /// Takes a message, if it has room.
    pub(super) fn push(&mut self, message: &Message<'_>) -> bool {
        if self.append(message) {
            return true;
        }
        if self.start == 0 {
            return false;
        }
        self.move_to_front();
        self.append(message)
    }

    fn append(&mut self, message: &Message<'_>) -> bool {
        let free = self.buffer.as_mut().get_mut(self.end..).unwrap_or_default();
        let length = message.put_frame(free);
        self.end += length.unwrap_or_default();
        length.is_some()
    }

    fn move_to_front(&mut self) {
        let (start, end) = (self.start.min(self.end), self.end);
        if let Some(used) = self.buffer.as_mut().get_mut(..end) {
            used.copy_within(start.., 0);
        }
        (self.start, self.end) = (0, end - start);
    }

    /// Lets go of the first `count` bytes, which were sent.
    pub(super) fn sent(&mut self, count: usize) -> Result<(), Misuse> {
        match count {
            _ if count > self.end - self.start => return Err(Misuse::SentTooMuch),
            _ => self.start += count,
        }
        self.sent = self.sent.wrapping_add(count as u32);
        if self.start == self.end {
            self.clear();
        }
        Ok(())
    }

    /// Forgets everything.
    pub(super) const fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::MessageType;

    #[test]
    fn what_was_sent_makes_room_at_once() {
        let message = |payload| Message {
            message_type: MessageType::Data,
            payload,
            ..Message::default()
        };
        // A frame of 6 bytes and its payload.
        let mut outgoing = Outgoing::new([0; 20]);
        assert!(outgoing.push(&message(b"12345678")));
        assert!(!outgoing.push(&message(b"x")));
        outgoing.sent(7).unwrap();
        assert!(outgoing.push(&message(b"1234567")));
        assert_eq!((outgoing.room(), outgoing.bytes().len()), (0, 20));
        assert!(!outgoing.push(&message(b"")));
    }

    #[test]
    fn frames_come_out_in_order_however_they_are_sent() {
        fn data(payload: &[u8]) -> Message<'_> {
            Message {
                message_type: MessageType::Data,
                stream_id: 1,
                payload,
                ..Message::default()
            }
        }
        let mut outgoing = Outgoing::new([0; 20]);
        let (mut pushed, mut sent) = (std::vec::Vec::new(), std::vec::Vec::new());
        for step in 0..200_usize {
            let payload = [step as u8; 5];
            let message = data(&payload[..step % 5 + 1]);
            let mut frame = [0; 20];
            let length = message.encode_frame(&mut frame).unwrap();
            if outgoing.push(&message) {
                pushed.extend_from_slice(&frame[..length]);
            }
            let count = outgoing.bytes().len().min(step % 9);
            sent.extend_from_slice(&outgoing.bytes()[..count]);
            assert_eq!(
                outgoing.sent(outgoing.bytes().len() + 1),
                Err(Misuse::SentTooMuch)
            );
            outgoing.sent(count).unwrap();
        }
        sent.extend_from_slice(outgoing.bytes());
        assert!(pushed.len() > 500);
        assert_eq!(sent, pushed);
    }
}
