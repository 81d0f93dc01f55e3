//! [`Receiver`]: what the peer sends, out of the socket's bytes.

use super::MAX_FRAME_PAYLOAD;
use super::close::{Close, ControlPayload};
use super::header::{ControlOpcode, DataOpcode, FrameHeader, Opcode};
use super::mask::MaskKey;
use crate::error::PeerFault;

/// What the peer has sent.
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

/// Judges a peer's frames and hands on their payload. It holds what must be whole to be understood, a header or a
/// control frame, and never the payload of a message.
///
/// A client's receiver, [`new`](Self::new), [`receive`](Self::receive)s what a server sends: without a mask. A server's,
/// [`of_client`](Self::of_client), [`receive_masked`](Self::receive_masked)s, and takes the mask off in place.
#[derive(Debug)]
pub struct Receiver {
    from: Peer,
    next: Next,
    /// A message has begun, and its last frame has not.
    in_message: bool,
    /// The payload of the control frame being read, or handed out.
    control: ControlPayload,
}

// A device has one for each tunnel.
const _: () = assert!(size_of::<Receiver>() <= 160, "a receiver is at most 160 bytes");

/// Who sends: RFC 6455, §5.1, has a client mask every frame and a server none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Server,
    Client,
}

/// What the next byte belongs to.
#[derive(Debug)]
enum Next {
    /// A frame's header, of which this much is here.
    Header(heapless::Vec<u8, { FrameHeader::MAX_LENGTH }, u8>),
    /// A message's payload, of which this frame has so many more bytes, at least one.
    Binary { left: u32, mask: Option<MaskKey> },
    /// A control frame's payload of so many bytes.
    Control {
        opcode: ControlOpcode,
        length: u8,
        mask: Option<MaskKey>,
    },
    /// Nothing: the peer has closed.
    Closed,
    /// Nothing: the peer broke the protocol.
    Failed(PeerFault),
}

impl Next {
    const HEADER: Self = Self::Header(heapless::Vec::new());
}

/// What is whole.
enum Part {
    /// So many bytes of a message, the last that were taken of the input, and the mask that was on them.
    Binary { length: usize, mask: Option<MaskKey> },
    /// The control frame whose payload is held, without its mask.
    Control(ControlOpcode),
}

impl Receiver {
    /// A client's receiver for a new connection: the next byte is the first behind the answer to the upgrade.
    #[must_use]
    pub const fn new() -> Self {
        Self::from(Peer::Server)
    }

    /// A server's receiver for a new connection: the next byte is the first behind the upgrade request.
    #[must_use]
    pub const fn of_client() -> Self {
        Self::from(Peer::Client)
    }

    const fn from(from: Peer) -> Self {
        Self {
            from,
            next: Next::HEADER,
            in_message: false,
            control: heapless::Vec::new(),
        }
    }

    /// Takes the next event out of `input` and moves `input` past what was read. None when it is used up: go on with
    /// the socket's next bytes, however they are split.
    ///
    /// A server's receiver hands out the bytes of messages with the mask on them: call
    /// [`receive_masked`](Self::receive_masked), which serves either end.
    ///
    /// # Errors
    /// The peer broke the protocol: every later call gives the same fault. A server's frames must not be masked
    /// ([`PeerFault::MaskedFrame`]) and a client's must be ([`PeerFault::UnmaskedFrame`]); neither may hold text
    /// ([`PeerFault::TextFrame`]) nor more than [`MAX_FRAME_PAYLOAD`] bytes
    /// ([`PeerFault::FramePayloadTooLong`]); fragments must follow each other
    /// ([`PeerFault::ContinuationWithoutStart`], [`PeerFault::MessageInterrupted`]); a close must be well-formed
    /// ([`PeerFault::CloseCodeTruncated`], [`PeerFault::CloseCodeNotAllowed`], [`PeerFault::CloseReasonNotUtf8`]) and
    /// the last ([`PeerFault::FrameAfterClose`]); and every header is judged by [`FrameHeader::decode`].
    pub fn receive<'r, 'i: 'r>(&'r mut self, input: &mut &'i [u8]) -> Result<Option<Event<'r>>, PeerFault> {
        let (part, taken) = self.read(input);
        let taken = take(input, taken);
        let part = part.inspect_err(|fault| self.next = Next::Failed(*fault))?;
        match part {
            None => Ok(None),
            Some(Part::Binary { length, .. }) => Ok(Some(Event::Binary(last(taken, length)))),
            Some(Part::Control(opcode)) => self.control(opcode).map(Some),
        }
    }

    /// As [`receive`](Self::receive), but takes a client's mask off in place. A server's bytes are only read.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn receive_masked<'r, 'i: 'r>(
        &'r mut self,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Event<'r>>, PeerFault> {
        let (part, taken) = self.read(input);
        let taken = match input.split_off_mut(..taken) {
            Some(taken) => taken,
            None => core::mem::take(input),
        };
        let part = part.inspect_err(|fault| self.next = Next::Failed(*fault))?;
        match part {
            None => Ok(None),
            Some(Part::Binary { length, mask }) => {
                let start = taken.len().saturating_sub(length);
                let bytes = taken.get_mut(start..).unwrap_or_default();
                if let Some(mask) = mask {
                    mask.apply(bytes);
                }
                Ok(Some(Event::Binary(bytes)))
            }
            Some(Part::Control(opcode)) => self.control(opcode).map(Some),
        }
    }

    /// Whether the peer has sent a well-formed close frame.
    #[must_use]
    pub const fn has_closed(&self) -> bool {
        matches!(self.next, Next::Closed | Next::Failed(PeerFault::FrameAfterClose))
    }

    /// The control frame that is held.
    fn control(&mut self, opcode: ControlOpcode) -> Result<Event<'_>, PeerFault> {
        Ok(match opcode {
            ControlOpcode::Ping => Event::Ping(&self.control),
            ControlOpcode::Pong => Event::Pong(&self.control),
            ControlOpcode::Close => {
                let close = Close::decode(&self.control);
                self.next = close.map_or_else(Next::Failed, |_| Next::Closed);
                Event::Close(close?)
            }
        })
    }

    /// Reads until something is whole, or the input is used up; tells how many bytes of the input it has taken.
    fn read(&mut self, input: &[u8]) -> (Result<Option<Part>, PeerFault>, usize) {
        let mut rest = input;
        let part = self.read_part(&mut rest);
        (part, input.len().saturating_sub(rest.len()))
    }

    fn read_part(&mut self, input: &mut &[u8]) -> Result<Option<Part>, PeerFault> {
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
                Next::Binary { left, mask } => {
                    let wanted = usize::try_from(*left).unwrap_or(usize::MAX);
                    let length = take(input, wanted).len();
                    if length == 0 {
                        return Ok(None);
                    }
                    let on = mask.as_ref().map(|mask| MaskKey::new(mask.bytes()));
                    *left = left.saturating_sub(u32::try_from(length).unwrap_or(u32::MAX));
                    if *left == 0 {
                        self.next = Next::HEADER;
                    } else if let Some(mask) = mask {
                        mask.advance(length);
                    }
                    return Ok(Some(Part::Binary { length, mask: on }));
                }
                Next::Control { opcode, length, mask } => {
                    let wanted = usize::from(*length).saturating_sub(self.control.len());
                    self.control
                        .extend_from_slice(take(input, wanted))
                        .map_err(|_| PeerFault::ControlFrameTooLong)?;
                    if self.control.len() < usize::from(*length) {
                        return Ok(None);
                    }
                    if let Some(mask) = mask {
                        mask.apply(&mut self.control);
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
        match (self.from, header.mask()) {
            (Peer::Server, Some(_)) => return Err(PeerFault::MaskedFrame),
            (Peer::Client, None) => return Err(PeerFault::UnmaskedFrame),
            (Peer::Server, None) | (Peer::Client, Some(_)) => {}
        }
        let mask = header.mask().map(|mask| MaskKey::new(mask.bytes()));
        match header.opcode() {
            Opcode::Control(opcode) => {
                self.control.clear();
                let length =
                    u8::try_from(header.payload_length()).map_err(|_| PeerFault::ControlFrameTooLong)?;
                return Ok(Next::Control { opcode, length, mask });
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
            left => Next::Binary { left, mask },
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

/// The last `length` bytes.
fn last(bytes: &[u8], length: usize) -> &[u8] {
    bytes
        .get(bytes.len().saturating_sub(length)..)
        .unwrap_or_default()
}
