//! [`FrameHeader`]: the bytes before a frame's payload.

use super::mask::MaskKey;
use super::{MAX_CONTROL_PAYLOAD, MAX_FRAME_PAYLOAD};
use crate::copy::copy;
use crate::error::{Misuse, PeerFault};
use crate::json::BufferTooSmall;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;

/// The value of the 7-bit length that announces a length of 16 bits.
const LENGTH_16: u8 = 126;
/// The value of the 7-bit length that announces a length of 64 bits.
const LENGTH_64: u8 = 127;
/// The first length that takes 16 bits.
const MIN_16: u64 = LENGTH_16 as u64;
/// The first length that takes 64 bits.
const MIN_64: u64 = 1 << 16;

/// What a frame is for (RFC 6455, §5.2). Every other opcode is reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opcode {
    /// A message or a part of one.
    Data(DataOpcode),
    /// About the connection. Never fragmented, but may stand between the fragments of a message.
    Control(ControlOpcode),
}

/// The opcodes of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataOpcode {
    /// Not the first frame of its message.
    Continuation = 0x0,
    /// The first frame of a text message.
    Text = 0x1,
    /// The first frame of a binary message.
    Binary = 0x2,
}

/// The opcodes about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlOpcode {
    /// The last frame of its sender.
    Close = 0x8,
    /// To be answered with a pong.
    Ping = 0x9,
    /// The answer to a ping.
    Pong = 0xa,
}

impl Opcode {
    /// [`DataOpcode::Binary`].
    pub const BINARY: Self = Self::Data(DataOpcode::Binary);
    /// [`ControlOpcode::Close`].
    pub const CLOSE: Self = Self::Control(ControlOpcode::Close);
    /// [`ControlOpcode::Ping`].
    pub const PING: Self = Self::Control(ControlOpcode::Ping);
    /// [`ControlOpcode::Pong`].
    pub const PONG: Self = Self::Control(ControlOpcode::Pong);

    /// The opcode of that number, or none if it is reserved.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0x0 => Self::Data(DataOpcode::Continuation),
            0x1 => Self::Data(DataOpcode::Text),
            0x2 => Self::Data(DataOpcode::Binary),
            0x8 => Self::Control(ControlOpcode::Close),
            0x9 => Self::Control(ControlOpcode::Ping),
            0xa => Self::Control(ControlOpcode::Pong),
            _ => return None,
        })
    }

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Data(opcode) => opcode as u8,
            Self::Control(opcode) => opcode as u8,
        }
    }
}

/// A frame's header. Made only by [`whole`](Self::whole) and [`decode`](Self::decode), so it is one
/// that the RFC allows.
#[derive(Debug, PartialEq, Eq)]
pub struct FrameHeader {
    is_final: bool,
    opcode: Opcode,
    payload_length: u64,
    mask: Option<MaskKey>,
}

impl FrameHeader {
    /// The longest header, in bytes: with a length of 64 bits and a mask key.
    pub const MAX_LENGTH: usize = 14;

    /// The header of a frame that is a whole message, or about the connection. A client masks every frame, a server
    /// none.
    ///
    /// # Errors
    /// [`Misuse::FramePayloadTooLong`] above [`MAX_FRAME_PAYLOAD`], and [`Misuse::ControlPayloadTooLong`] above
    /// [`MAX_CONTROL_PAYLOAD`] where the opcode is that of a control frame.
    pub const fn whole(opcode: Opcode, payload_length: usize, mask: Option<MaskKey>) -> Result<Self, Misuse> {
        match opcode {
            Opcode::Control(_) if payload_length > MAX_CONTROL_PAYLOAD as usize => {
                return Err(Misuse::ControlPayloadTooLong);
            }
            Opcode::Data(_) if payload_length > MAX_FRAME_PAYLOAD as usize => {
                return Err(Misuse::FramePayloadTooLong);
            }
            Opcode::Control(_) | Opcode::Data(_) => {}
        }
        Ok(Self {
            is_final: true,
            opcode,
            payload_length: payload_length as u64,
            mask,
        })
    }

    /// Whether its message ends with this frame.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        self.is_final
    }

    /// What the frame is for.
    #[must_use]
    pub const fn opcode(&self) -> Opcode {
        self.opcode
    }

    /// The length of the payload in bytes, at most 2⁶³ − 1. [`Receiver`](super::Receiver) takes less.
    #[must_use]
    pub const fn payload_length(&self) -> u64 {
        self.payload_length
    }

    /// The mask of the payload, if it is masked.
    #[must_use]
    pub const fn mask(&self) -> Option<&MaskKey> {
        self.mask.as_ref()
    }

    /// Masks the frame's payload in place, or takes the mask off again. Without a mask, leaves it as it is.
    pub fn mask_payload(&self, payload: &mut [u8]) {
        if let Some(key) = &self.mask {
            key.apply(payload);
        }
    }

    /// Reads the header at the start of `bytes`, and gives its length with it. None as long as it is not whole; its
    /// bytes are judged as they come, so a fault does not depend on how the stream was split.
    ///
    /// # Errors
    /// [`PeerFault::ReservedBitsSet`], [`PeerFault::ReservedOpcode`], [`PeerFault::FragmentedControlFrame`],
    /// [`PeerFault::ControlFrameTooLong`], [`PeerFault::FrameLengthNotMinimal`],
    /// [`PeerFault::FrameLengthOutOfRange`]: the first that applies.
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, PeerFault> {
        let Some((&first, rest)) = bytes.split_first() else {
            return Ok(None);
        };
        if first & RESERVED != 0 {
            return Err(PeerFault::ReservedBitsSet);
        }
        let is_final = first & FIN != 0;
        let opcode = Opcode::from_number(first & OPCODE).ok_or(PeerFault::ReservedOpcode)?;
        let is_control = matches!(opcode, Opcode::Control(_));
        if is_control && !is_final {
            return Err(PeerFault::FragmentedControlFrame);
        }

        let Some((&second, rest)) = rest.split_first() else {
            return Ok(None);
        };
        let length = second & LENGTH;
        if is_control && length > MAX_CONTROL_PAYLOAD {
            return Err(PeerFault::ControlFrameTooLong);
        }
        let Some((payload_length, rest)) = decode_length(length, rest)? else {
            return Ok(None);
        };

        let (mask, rest) = if second & MASKED == 0 {
            (None, rest)
        } else if let Some((key, rest)) = rest.split_first_chunk() {
            (Some(MaskKey::new(*key)), rest)
        } else {
            return Ok(None);
        };
        let header = Self {
            is_final,
            opcode,
            payload_length,
            mask,
        };
        Ok(Some((header, bytes.len() - rest.len())))
    }

    /// The length of the header in bytes, 2–14.
    #[must_use]
    pub const fn encoded_length(&self) -> usize {
        let length = match self.payload_length {
            0..MIN_16 => 0,
            MIN_16..MIN_64 => 2,
            MIN_64.. => 8,
        };
        let mask = if self.mask.is_some() { 4 } else { 0 };
        2 + length + mask
    }

    /// Writes the header to the start of `buffer`; returns its length in bytes.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed.
    pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let needed = self.encoded_length();
        let mut out = buffer.get_mut(..needed).ok_or(BufferTooSmall { needed })?;
        let long = self.payload_length.to_be_bytes();
        let [.., high, low] = long;
        let short = [high, low];
        let (length, extended): (u8, &[u8]) = match self.payload_length {
            0..MIN_16 => (low, &[]),
            MIN_16..MIN_64 => (LENGTH_16, &short),
            MIN_64.. => (LENGTH_64, &long),
        };
        let (masked, key) = match self.mask.as_ref().map(MaskKey::bytes) {
            Some(key) => (MASKED, key),
            None => (0, [0; 4]),
        };
        let first = if self.is_final { FIN } else { 0 } | self.opcode.number();
        put(&mut out, &[first, masked | length]);
        put(&mut out, extended);
        // Without a mask there is no room left for it.
        put(&mut out, &key);
        Ok(needed)
    }
}

/// Writes `bytes` to the front of `out` and moves `out` behind them, if it has room.
fn put(out: &mut &mut [u8], bytes: &[u8]) {
    if let Some(front) = out.split_off_mut(..bytes.len()) {
        copy(front, bytes);
    }
}

/// Reads what follows a 7-bit length: the length, and the bytes behind it.
fn decode_length(length: u8, bytes: &[u8]) -> Result<Option<(u64, &[u8])>, PeerFault> {
    let (length, min, rest) = match length {
        LENGTH_16 => match bytes.split_first_chunk() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), MIN_16, rest),
            None => return Ok(None),
        },
        LENGTH_64 => match bytes.split_first_chunk() {
            Some((length, rest)) => (u64::from_be_bytes(*length), MIN_64, rest),
            None => return Ok(None),
        },
        short => (u64::from(short), 0, bytes),
    };
    if length < min {
        return Err(PeerFault::FrameLengthNotMinimal);
    }
    if length > i64::MAX as u64 {
        return Err(PeerFault::FrameLengthOutOfRange);
    }
    Ok(Some((length, rest)))
}
