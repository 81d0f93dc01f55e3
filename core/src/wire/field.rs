//! The fields of a message: their tags, and how they are read, known or not.

use super::fault::DecodeFaultKind;
use super::varint;

/// How a value is written (protobuf encoding guide, "Message structure").
mod wire_type {
    pub(super) const VARINT: u32 = 0;
    pub(super) const FIXED64: u32 = 1;
    pub(super) const BYTES: u32 = 2;
    pub(super) const START_GROUP: u32 = 3;
    pub(super) const END_GROUP: u32 = 4;
    pub(super) const FIXED32: u32 = 5;
}

/// What starts a field: its number and how its value is written. A known number with another wire type is another
/// tag, and so an unknown field, as at Google. Each of these fits in one byte.
pub(super) mod tag {
    use super::wire_type::{BYTES, VARINT};

    const fn of(number: u32, wire_type: u32) -> u32 {
        number << 3 | wire_type
    }

    // The numbers of data-plane.md §3.
    pub(crate) const TYPE: u32 = of(1, VARINT);
    pub(crate) const STREAM_ID: u32 = of(2, VARINT);
    pub(crate) const IGNORABLE: u32 = of(3, VARINT);
    pub(crate) const PAYLOAD: u32 = of(4, BYTES);
    pub(crate) const SERVICE_ID: u32 = of(5, BYTES);
    pub(crate) const AVAILABLE_SERVICE_IDS: u32 = of(6, BYTES);
    pub(crate) const CONNECTION_ID: u32 = of(7, VARINT);
}

/// What is left of a message.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Takes a tag.
    pub(super) fn tag(&mut self) -> Result<u32, DecodeFaultKind> {
        varint::read_tag(&mut self.rest)
    }

    /// Takes the value of a field, known or not.
    pub(super) fn value(&mut self, tag: u32) -> Result<Value<'a>, DecodeFaultKind> {
        if tag >> 3 == 0 {
            return Err(DecodeFaultKind::FieldNumberZero);
        }
        let length = match tag & 0b111 {
            wire_type::VARINT => {
                let number = varint::read(&mut self.rest)?;
                return Ok(Value { number, bytes: &[] });
            }
            wire_type::BYTES => {
                let length = varint::read_tag(&mut self.rest)?;
                usize::try_from(length).map_err(|_| DecodeFaultKind::Truncated)?
            }
            wire_type::FIXED32 => size_of::<u32>(),
            wire_type::FIXED64 => size_of::<u64>(),
            wire_type::START_GROUP | wire_type::END_GROUP => return Err(DecodeFaultKind::Group),
            _ => return Err(DecodeFaultKind::WireType),
        };
        let bytes = self.take(length)?;
        Ok(Value { number: 0, bytes })
    }

    /// Takes the field of a number if it comes next; else the number is 0. `None` if it has over 28 bits or is cut.
    #[inline]
    pub(super) fn next_number(&mut self, tag: u32) -> Option<u32> {
        match *self.rest {
            [next, ref rest @ ..] if u32::from(next) == tag => {
                self.rest = rest;
                varint::read_short(&mut self.rest)
            }
            _ => Some(0),
        }
    }

    /// Takes the field of a text or of bytes if it comes next; else there are none. `None` if they are cut.
    #[inline]
    pub(super) fn next_bytes(&mut self, tag: u32) -> Option<&'a [u8]> {
        match self.next_number(tag)? {
            0 => Some(&[]),
            length => self.take(usize::try_from(length).ok()?).ok(),
        }
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeFaultKind> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(DecodeFaultKind::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// The value of a field: a number, or bytes.
pub(super) struct Value<'a> {
    pub(super) number: u64,
    pub(super) bytes: &'a [u8],
}

impl<'a> Value<'a> {
    /// The bytes as text.
    pub(super) fn text(&self) -> Result<&'a str, DecodeFaultKind> {
        str::from_utf8(self.bytes).map_err(|_| DecodeFaultKind::NotUtf8)
    }
}
