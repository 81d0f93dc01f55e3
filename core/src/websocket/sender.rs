//! [`Sender`]: what is sent, into a caller's buffer.

use core::fmt;

use super::close::Close;
use super::header::{FrameHeader, Opcode};
use super::mask::MaskKey;
use crate::copy::copy;
use crate::error::{Error, Misuse};
use crate::json::BufferTooSmall;

/// What can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A binary message, at most [`MAX_FRAME_PAYLOAD`](super::MAX_FRAME_PAYLOAD) bytes.
    Binary(&'a [u8]),
    /// A question whether the peer is there, at most 125 bytes. The pong brings the same bytes back.
    Ping(&'a [u8]),
    /// The answer to [`Event::Ping`](super::Event::Ping): its payload. Never send another one; it kills some peers.
    Pong(&'a [u8]),
    /// The last frame: why the connection ends, or nothing. The answer to a peer's close repeats its code.
    Close(Option<Close<'a>>),
}

/// Why a frame was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The frame must not be sent: fix the call.
    Misuse(Misuse),
    /// The buffer has no room for it: give as much as the error says.
    BufferTooSmall(BufferTooSmall),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misuse(error) => error.fmt(f),
            Self::BufferTooSmall(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SendError {}

impl From<Misuse> for SendError {
    fn from(error: Misuse) -> Self {
        Self::Misuse(error)
    }
}

impl From<BufferTooSmall> for SendError {
    fn from(error: BufferTooSmall) -> Self {
        Self::BufferTooSmall(error)
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Misuse(error) => error.into(),
            SendError::BufferTooSmall(error) => error.into(),
        }
    }
}

/// Writes frames: a client's, each masked with a key of its own, or a server's.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    closed: bool,
}

impl Sender {
    /// The sender of a new connection.
    #[must_use]
    pub const fn new() -> Self {
        Self { closed: false }
    }

    /// Writes a frame to the start of `buffer`; returns its length in bytes. The frame counts as sent.
    ///
    /// # Errors
    /// [`Misuse::SendAfterClose`], [`Misuse::FramePayloadTooLong`], [`Misuse::ControlPayloadTooLong`], or
    /// [`BufferTooSmall`] with the length needed. Nothing is written then.
    pub fn write(&mut self, frame: Frame<'_>, key: MaskKey, buffer: &mut [u8]) -> Result<usize, SendError> {
        self.write_frame(frame, Some(key), buffer)
    }

    /// As [`write`](Self::write), for a server: its frames have no mask (RFC 6455, §5.1).
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_unmasked(&mut self, frame: Frame<'_>, buffer: &mut [u8]) -> Result<usize, SendError> {
        self.write_frame(frame, None, buffer)
    }

    fn write_frame(
        &mut self,
        frame: Frame<'_>,
        key: Option<MaskKey>,
        buffer: &mut [u8],
    ) -> Result<usize, SendError> {
        self.may_send()?;
        let close_payload;
        let (opcode, payload): (_, &[u8]) = match frame {
            Frame::Binary(payload) => (Opcode::BINARY, payload),
            Frame::Ping(payload) => (Opcode::PING, payload),
            Frame::Pong(payload) => (Opcode::PONG, payload),
            Frame::Close(None) => (Opcode::CLOSE, &[]),
            Frame::Close(Some(close)) => {
                close_payload = close.encode()?;
                (Opcode::CLOSE, &close_payload)
            }
        };
        let header = FrameHeader::whole(opcode, payload.len(), key)?;

        let needed = header.encoded_length() + payload.len();
        let out = buffer.get_mut(..needed).ok_or(BufferTooSmall { needed })?;
        let length = header.encode(out)?;
        // There is as much behind the header as the payload has, but the compiler cannot see that.
        if let Some(room) = out
            .get_mut(length..)
            .and_then(|room| room.get_mut(..payload.len()))
        {
            copy(room, payload);
            header.mask_payload(room);
        }
        self.closed = matches!(frame, Frame::Close(_));
        Ok(needed)
    }

    /// Makes a binary message of a payload that lies in the caller's memory, without a copy: masks it in place, and
    /// writes the header to the start of `header`; returns the header's length in bytes, at most
    /// [`FrameHeader::MAX_LENGTH`]. Send the header, and right after it the payload.
    ///
    /// # Errors
    /// [`Misuse::SendAfterClose`], [`Misuse::FramePayloadTooLong`], or [`BufferTooSmall`] with the length that the
    /// header needs. The payload is as it was then.
    pub fn mask(&self, payload: &mut [u8], key: MaskKey, header: &mut [u8]) -> Result<usize, SendError> {
        self.may_send()?;
        let head = FrameHeader::whole(Opcode::BINARY, payload.len(), Some(key))?;
        let length = head.encode(header)?;
        head.mask_payload(payload);
        Ok(length)
    }

    /// Whether a close frame has been written.
    #[must_use]
    pub const fn has_closed(&self) -> bool {
        self.closed
    }

    const fn may_send(&self) -> Result<(), Misuse> {
        match self.closed {
            true => Err(Misuse::SendAfterClose),
            false => Ok(()),
        }
    }
}
