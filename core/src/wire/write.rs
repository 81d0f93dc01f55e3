//! The fields of a message in order, into whatever takes them: a count of bytes or a buffer.
//!
//! Both take them from the same functions, so a count is the length of what is written.

use super::fault::EncodeFault;
use super::field::tag;
use super::message::Message;
use super::varint;
use crate::copy::copy;

/// What takes the bytes of a message. `None`: there is no room.
trait Sink {
    /// Takes a tag, and a varint of as few bytes as it needs.
    fn varint(&mut self, tag: u32, value: u64) -> Option<()>;

    /// Takes bytes as they are.
    fn bytes(&mut self, bytes: &[u8]) -> Option<()>;

    /// Takes the field of a number, unless it has the default.
    #[inline]
    fn number(&mut self, tag: u32, value: u64) -> Option<()> {
        match value {
            0 => Some(()),
            value => self.varint(tag, value),
        }
    }

    /// Takes the field of a text.
    #[inline]
    fn text(&mut self, tag: u32, text: &str) -> Option<()> {
        self.varint(tag, text.len() as u64)?;
        self.bytes(text.as_bytes())
    }
}

/// An int32, which protobuf widens to 64 bits: a negative one takes 10 bytes.
#[inline]
fn int32(value: i32) -> u64 {
    i64::from(value).cast_unsigned()
}

impl Message<'_> {
    /// The fields up to the payload's length.
    #[inline(always)]
    fn write_head(&self, sink: &mut impl Sink) -> Option<()> {
        sink.number(tag::TYPE, int32(self.message_type.number()))?;
        sink.number(tag::STREAM_ID, int32(self.stream_id))?;
        sink.number(tag::IGNORABLE, self.ignorable.into())?;
        sink.number(tag::PAYLOAD, self.payload.len() as u64)
    }

    /// The fields after the payload.
    #[inline(always)]
    fn write_tail(&self, sink: &mut impl Sink) -> Option<()> {
        if !self.service_id.is_empty() {
            sink.text(tag::SERVICE_ID, self.service_id)?;
        }
        for id in self.available_service_ids {
            sink.text(tag::AVAILABLE_SERVICE_IDS, id)?;
        }
        sink.number(tag::CONNECTION_ID, self.connection_id.into())
    }

    /// Writes the message to the start of `room`, and tells its length. `None`: there is too little, and what is written is
    /// a part.
    pub(super) fn put(&self, room: &mut [u8]) -> Option<usize> {
        let capacity = room.len();
        let mut fill = Fill { room };
        self.write_head(&mut fill)?;
        fill.bytes(self.payload)?;
        self.write_tail(&mut fill)?;
        Some(capacity - fill.room.len())
    }

    /// How many bytes stand around the payload. The largest number stands for all that are larger.
    pub(super) fn envelope_len(&self) -> usize {
        let mut count = Count(0);
        // It never runs out of room.
        let _ = self
            .write_head(&mut count)
            .and_then(|()| self.write_tail(&mut count));
        count.0
    }

    /// Writes the message with this payload to the first `needed` bytes of `buffer`, after the length of its frame if
    /// there is one, and tells where the payload starts.
    ///
    /// # Errors
    /// [`EncodeFault::BufferTooSmall`] if there are not as many; then nothing is written.
    pub(super) fn write(
        &self,
        buffer: &mut [u8],
        needed: usize,
        frame_length: Option<u16>,
        payload: &[u8],
    ) -> Result<usize, EncodeFault> {
        let mut write = || {
            let mut fill = Fill {
                room: buffer.get_mut(..needed)?,
            };
            if let Some(length) = frame_length {
                fill.array(length.to_be_bytes())?;
            }
            self.write_head(&mut fill)?;
            let start = needed - fill.room.len();
            fill.bytes(payload)?;
            self.write_tail(&mut fill)?;
            Some(start)
        };
        write().ok_or(EncodeFault::BufferTooSmall { needed })
    }
}

/// A sink that only counts; it has room for everything.
struct Count(usize);

impl Count {
    #[inline]
    fn add(&mut self, bytes: usize) -> Option<()> {
        self.0 = self.0.saturating_add(bytes);
        Some(())
    }
}

impl Sink for Count {
    #[inline]
    fn varint(&mut self, _tag: u32, value: u64) -> Option<()> {
        self.add(1 + varint::len(value))
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        self.add(bytes.len())
    }
}

/// A sink that fills a buffer.
struct Fill<'b> {
    room: &'b mut [u8],
}

impl Fill<'_> {
    #[inline]
    fn array<const N: usize>(&mut self, bytes: [u8; N]) -> Option<()> {
        let (room, rest) = core::mem::take(&mut self.room).split_first_chunk_mut()?;
        *room = bytes;
        self.room = rest;
        Some(())
    }
}

impl Sink for Fill<'_> {
    #[inline]
    fn varint(&mut self, tag: u32, mut value: u64) -> Option<()> {
        // It fits: every tag of ours does.
        let tag = tag as u8;
        if value < 0x80 {
            return self.array([tag, value as u8]);
        }
        self.array([tag])?;
        while value >= 0x80 {
            self.array([value as u8 | 0x80])?;
            value >>= 7;
        }
        self.array([value as u8])
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        copy(self.room.split_off_mut(..bytes.len())?, bytes);
        Some(())
    }
}
