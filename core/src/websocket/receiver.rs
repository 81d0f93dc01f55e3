//! [`Receiver`]: what the server sends, out of the socket's bytes.

use super::MAX_FRAME_PAYLOAD;
use super::close::{Close, ControlPayload};
use super::header::{ControlOpcode, DataOpcode, FrameHeader, Opcode};
use crate::error::PeerFault;

/// What a server has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The next bytes of the stream, never none. Where they end means nothing: neither a frame nor a message.
    Binary(&'a [u8]),
    /// To be answered with [`Frame::Pong`](super::Frame::Pong) of the same payload, at most 125 bytes.
    Ping(&'a [u8]),
    /// The answer to a ping: its payload, at most 125 bytes.
    Pong(&'a [u8]),
    /// The peer's last frame, with its code and reason if it gave any. To be answered with a close frame, unless one
    /// has been sent.
    Close(Option<Close<'a>>),
}

/// Judges a server's frames and hands on their payload. It holds what must be whole to be understood, a header or a
/// control frame, and never the payload of a message.
#[derive(Clone, Debug)]
pub struct Receiver {
    next: Next,
    /// A message has begun, and its last frame has not.
    in_message: bool,
    /// The payload of the control frame being read, or handed out.
    control: ControlPayload,
}

// A device has one for each tunnel.
const _: () = assert!(size_of::<Receiver>() <= 160, "a receiver is at most 160 bytes");

/// What the next byte belongs to.
#[derive(Clone, Debug)]
enum Next {
    /// A frame's header, of which this much is here.
    Header(heapless::Vec<u8, { FrameHeader::MAX_LENGTH }, u8>),
    /// A message's payload, of which this frame has so many more bytes, at least one.
    Binary { left: u32 },
    /// A control frame's payload of so many bytes.
    Control { opcode: ControlOpcode, length: u8 },
    /// Nothing: the peer has closed.
    Closed,
    /// Nothing: the peer broke the protocol.
    Failed(PeerFault),
}

impl Next {
    const HEADER: Self = Self::Header(heapless::Vec::new());
}

/// What is whole: bytes of the input, or the control frame whose payload is held.
enum Part<'i> {
    Binary(&'i [u8]),
    Control(ControlOpcode),
}

impl Receiver {
    /// The receiver of a new connection: the next byte is the first behind the answer to the upgrade.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            next: Next::HEADER,
            in_message: false,
            control: heapless::Vec::new(),
        }
    }

    /// Takes the next event out of `input` and moves `input` past what was read. None when it is used up: go on with
    /// the socket's next bytes, however they are split.
    ///
    /// # Errors
    /// The peer broke the protocol: every later call gives the same fault. A server's frames must not be masked
    /// ([`PeerFault::MaskedFrame`]) nor hold text ([`PeerFault::TextFrame`]) nor more than [`MAX_FRAME_PAYLOAD`] bytes
    /// ([`PeerFault::FramePayloadTooLong`]); fragments must follow each other
    /// ([`PeerFault::ContinuationWithoutStart`], [`PeerFault::MessageInterrupted`]); a close must be well-formed
    /// ([`PeerFault::CloseCodeTruncated`], [`PeerFault::CloseCodeNotAllowed`], [`PeerFault::CloseReasonNotUtf8`]) and
    /// the last ([`PeerFault::FrameAfterClose`]); and every header is judged by [`FrameHeader::decode`].
    pub fn receive<'r, 'i: 'r>(&'r mut self, input: &mut &'i [u8]) -> Result<Option<Event<'r>>, PeerFault> {
        let part = self
            .read(input)
            .inspect_err(|fault| self.next = Next::Failed(*fault))?;
        Ok(match part {
            None => None,
            Some(Part::Binary(bytes)) => Some(Event::Binary(bytes)),
            Some(Part::Control(ControlOpcode::Ping)) => Some(Event::Ping(&self.control)),
            Some(Part::Control(ControlOpcode::Pong)) => Some(Event::Pong(&self.control)),
            Some(Part::Control(ControlOpcode::Close)) => {
                let close = Close::decode(&self.control);
                self.next = close.map_or_else(Next::Failed, |_| Next::Closed);
                Some(Event::Close(close?))
            }
        })
    }

    /// Whether the peer has sent a well-formed close frame.
    #[must_use]
    pub const fn has_closed(&self) -> bool {
        matches!(self.next, Next::Closed | Next::Failed(PeerFault::FrameAfterClose))
    }

    /// Reads until something is whole, or the input is used up.
    fn read<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Part<'i>>, PeerFault> {
        loop {
            match &mut self.next {
                Next::Header(bytes) => {
                    let Some(byte) = input.split_off_first() else {
                        return Ok(None);
                    };
                    // Always has room: a header is whole before its buffer is full.
                    let _ = bytes.push(*byte);
                    if let Some((header, _)) = FrameHeader::decode(bytes)? {
                        self.next = self.begin(&header)?;
                    }
                }
                Next::Binary { left } => {
                    let wanted = usize::try_from(*left).unwrap_or(usize::MAX);
                    let bytes = take(input, wanted);
                    if bytes.is_empty() {
                        return Ok(None);
                    }
                    *left = left.saturating_sub(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
                    if *left == 0 {
                        self.next = Next::HEADER;
                    }
                    return Ok(Some(Part::Binary(bytes)));
                }
                Next::Control { opcode, length } => {
                    let wanted = usize::from(*length).saturating_sub(self.control.len());
                    self.control
                        .extend_from_slice(take(input, wanted))
                        .map_err(|_| PeerFault::ControlFrameTooLong)?;
                    if self.control.len() < usize::from(*length) {
                        return Ok(None);
                    }
                    let part = Part::Control(*opcode);
                    self.next = Next::HEADER;
                    return Ok(Some(part));
                }
                Next::Closed if input.is_empty() => return Ok(None),
                Next::Closed => return Err(PeerFault::FrameAfterClose),
                Next::Failed(fault) => return Err(*fault),
            }
        }
    }

    /// What follows a header.
    fn begin(&mut self, header: &FrameHeader) -> Result<Next, PeerFault> {
        if header.mask().is_some() {
            return Err(PeerFault::MaskedFrame);
        }
        match header.opcode() {
            Opcode::Control(opcode) => {
                self.control.clear();
                let length =
                    u8::try_from(header.payload_length()).map_err(|_| PeerFault::ControlFrameTooLong)?;
                return Ok(Next::Control { opcode, length });
            }
            Opcode::Data(DataOpcode::Text) => return Err(PeerFault::TextFrame),
            Opcode::Data(DataOpcode::Binary) if self.in_message => return Err(PeerFault::MessageInterrupted),
            Opcode::Data(DataOpcode::Continuation) if !self.in_message => {
                return Err(PeerFault::ContinuationWithoutStart);
            }
            Opcode::Data(DataOpcode::Binary | DataOpcode::Continuation) => {}
        }
        let left = match u32::try_from(header.payload_length()) {
            Ok(length @ ..=MAX_FRAME_PAYLOAD) => length,
            _ => return Err(PeerFault::FramePayloadTooLong),
        };
        self.in_message = !header.is_final();
        Ok(match left {
            0 => Next::HEADER,
            left => Next::Binary { left },
        })
    }
}

impl Default for Receiver {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes up to `wanted` bytes off the front of `input`.
fn take<'i>(input: &mut &'i [u8], wanted: usize) -> &'i [u8] {
    match input.split_off(..wanted) {
        Some(bytes) => bytes,
        None => core::mem::take(input),
    }
}
