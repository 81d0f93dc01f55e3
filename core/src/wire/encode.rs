//! A [`Message`] to bytes, alone, as a frame, or as a frame around a payload that stays where it is.

use super::fault::EncodeFault;
use super::message::Message;
use super::{MAX_MESSAGE, MAX_PAYLOAD, PREFIX};

/// Room that is always enough for an [`Envelope`], in bytes, if the service id has at most 128 characters, as the API
/// demands, and there are no available service ids: the frame's length, six tags, type and stream id of up to 10
/// bytes each, ignorable, the lengths of payload and service id, the service id, a connection id of up to 5 bytes.
pub const MAX_ENVELOPE: usize = PREFIX + 6 + 10 + 10 + 1 + 3 + 2 + 128 + 5;

/// A frame without its payload, for a caller that sends the payload from where it lies, between the two parts.
///
/// ```
/// use iot_tunnel_core::wire::{MAX_ENVELOPE, Message, MessageType};
/// let message = Message {
///     message_type: MessageType::Data,
///     stream_id: 1,
///     payload: b"hello",
///     service_id: "SSH",
///     ..Message::default()
/// };
/// let (mut buffer, mut frame) = ([0; MAX_ENVELOPE], [0; 64]);
/// let envelope = message.encode_envelope(&mut buffer).unwrap();
/// let length = message.encode_frame(&mut frame).unwrap();
/// assert_eq!([envelope.head, message.payload, envelope.tail].concat(), frame[..length]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'b> {
    /// What goes before the payload: the frame's length, and the fields up to the payload's own length.
    pub head: &'b [u8],
    /// What goes after the payload: service id, available service ids, connection id.
    pub tail: &'b [u8],
}

impl Message<'_> {
    /// The length in bytes that [`encode`](Self::encode) needs; a frame needs [`PREFIX`] more.
    ///
    /// # Errors
    /// [`EncodeFault::PayloadTooLong`], [`EncodeFault::MessageTooLong`].
    #[inline]
    pub fn encoded_len(&self) -> Result<usize, EncodeFault> {
        match self.payload.len() {
            payload @ ..=MAX_PAYLOAD => match self.envelope_len().saturating_add(payload) {
                length @ ..=MAX_MESSAGE => Ok(length),
                length => Err(EncodeFault::MessageTooLong { length }),
            },
            length => Err(EncodeFault::PayloadTooLong { length }),
        }
    }

    /// Encodes the message to the start of `buffer`, without the length before it, and returns its length in bytes.
    /// Fields stand in order of their numbers and defaults are left out, as every protobuf library writes them.
    ///
    /// # Errors
    /// [`EncodeFault`], but never [`EncodeFault::Empty`]. The buffer is as it was.
    pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, EncodeFault> {
        let needed = self.encoded_len()?;
        self.write(buffer, needed, None, self.payload)?;
        Ok(needed)
    }

    /// Encodes the message as a frame to the start of `buffer`, and returns the frame's length in bytes.
    ///
    /// # Errors
    /// [`EncodeFault`]. The buffer is as it was.
    pub fn encode_frame(&self, buffer: &mut [u8]) -> Result<usize, EncodeFault> {
        let length = self.frame_length()?;
        let needed = PREFIX + usize::from(length);
        self.write(buffer, needed, Some(length), self.payload)?;
        Ok(needed)
    }

    /// Writes the message as a frame to the start of `buffer`, and returns the frame's length in bytes; `None` if it has no
    /// room there, or none of a frame's length has: then it may have spoilt the buffer. So it need not count first.
    pub(crate) fn put_frame(&self, buffer: &mut [u8]) -> Option<usize> {
        let (prefix, room) = buffer.split_first_chunk_mut::<PREFIX>()?;
        let length = self.put(room)?;
        *prefix = u16::try_from(length).ok()?.to_be_bytes();
        Some(PREFIX + length)
    }

    /// Encodes what stands around the payload in the message's frame, both parts into `buffer`. The payload itself is
    /// not read: exactly as many bytes as it has must be sent between the two. [`MAX_ENVELOPE`] is room enough.
    ///
    /// # Errors
    /// [`EncodeFault`]. The buffer is as it was.
    pub fn encode_envelope<'b>(&self, buffer: &'b mut [u8]) -> Result<Envelope<'b>, EncodeFault> {
        let length = self.frame_length()?;
        let needed = PREFIX + usize::from(length) - self.payload.len();
        let head = self.write(buffer, needed, Some(length), &[])?;
        let (head, tail) = buffer
            .get(..needed)
            .and_then(|envelope| envelope.split_at_checked(head))
            .ok_or(EncodeFault::BufferTooSmall { needed })?;
        Ok(Envelope { head, tail })
    }

    /// What a frame says before the message.
    #[inline]
    fn frame_length(&self) -> Result<u16, EncodeFault> {
        let length = self.encoded_len()?;
        match u16::try_from(length) {
            Ok(0) => Err(EncodeFault::Empty),
            Ok(length) => Ok(length),
            Err(_) => Err(EncodeFault::MessageTooLong { length }),
        }
    }
}
