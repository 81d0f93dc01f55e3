//! [`Deframer`]: cuts a stream of bytes into the messages of its frames.

use core::fmt;

use super::fault::FrameFault;
use crate::copy::copy;

/// Cuts a stream of bytes into messages, however the bytes come.
///
/// `B` is the caller's reassembly buffer, such as `[u8; N]`, `&mut [u8]` or `Vec<u8>`. Its length, which must not
/// change, is the longest message that the deframer takes, in one part or many; [`MAX_MESSAGE`](super::MAX_MESSAGE)
/// bytes have room for every message.
///
/// A message that lies whole in the input is not copied; of one that comes in parts, each byte is copied once.
#[derive(Clone)]
pub struct Deframer<B> {
    buffer: B,
    state: State,
}

/// What has been taken of the frame at hand.
#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing.
    Between,
    /// The first byte of the length.
    Length(u8),
    /// The length, and the message's first bytes: they are in the buffer.
    Message { length: usize, filled: usize },
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> Deframer<B> {
    /// A deframer at the start of a stream.
    pub const fn new(buffer: B) -> Self {
        Self {
            buffer,
            state: State::Between,
        }
    }

    /// Takes the next message off the start of `input`, and leaves there what follows it. `None` means that all of
    /// `input` is taken and the message goes on in what comes next.
    ///
    /// The message lies in `input` or in the buffer, so it lasts until the next call. Who can take no further message
    /// does not call, and keeps what is left of `input`.
    ///
    /// # Errors
    /// [`FrameFault`]. Nothing is taken: there is no telling where the next frame starts, and every further call says
    /// the same until [`clear`](Self::clear).
    pub fn next<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Result<Option<&'s [u8]>, FrameFault> {
        let (length, filled, rest) = match (self.state, *input) {
            (State::Between, &[high, low, ref rest @ ..]) | (State::Length(high), &[low, ref rest @ ..]) => {
                let length = self.judge(u16::from_be_bytes([high, low]))?;
                if let Some((message, rest)) = rest.split_at_checked(length) {
                    self.state = State::Between;
                    *input = rest;
                    return Ok(Some(message));
                }
                (length, 0, rest)
            }
            (State::Message { length, filled }, rest) => (length, filled, rest),
            (State::Between, &[high]) => {
                self.state = State::Length(high);
                *input = &[];
                return Ok(None);
            }
            (State::Between | State::Length(_), &[]) => return Ok(None),
        };

        let buffer = self.buffer.as_mut();
        let room = buffer.len();
        let missing = buffer
            .get_mut(filled..length)
            .ok_or(FrameFault::TooLong { needed: length, room })?;
        let (part, rest) = rest.split_at_checked(missing.len()).unwrap_or((rest, &[]));
        copy(missing, part);
        *input = rest;
        if part.len() < missing.len() {
            let filled = filled + part.len();
            self.state = State::Message { length, filled };
            return Ok(None);
        }
        self.state = State::Between;
        Ok(self.buffer.as_ref().get(..length))
    }

    /// Forgets what has come of a frame, for a new connection: its stream starts with a frame.
    pub const fn clear(&mut self) {
        self.state = State::Between;
    }

    /// Whether the stream stands between two frames. A stream that ends elsewhere was cut.
    #[must_use]
    pub const fn is_between_frames(&self) -> bool {
        matches!(self.state, State::Between)
    }

    fn judge(&self, length: u16) -> Result<usize, FrameFault> {
        let room = self.buffer.as_ref().len();
        match usize::from(length) {
            0 => Err(FrameFault::Empty),
            needed if needed > room => Err(FrameFault::TooLong { needed, room }),
            length => Ok(length),
        }
    }
}

impl<B> fmt::Debug for Deframer<B> {
    /// The state alone: the bytes are somebody's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deframer")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_whole_in_the_input_is_not_copied() {
        let mut deframer = Deframer::new([0; 3]);
        let bytes = *b"\0\x03abc\0\x01d\0";
        let mut input = &bytes[..];
        assert_eq!(
            deframer.next(&mut input).unwrap().unwrap().as_ptr_range(),
            bytes[2..5].as_ptr_range()
        );
        assert_eq!(
            deframer.next(&mut input).unwrap().unwrap().as_ptr_range(),
            bytes[7..8].as_ptr_range()
        );
        assert_eq!((deframer.next(&mut input), input.len()), (Ok(None), 0));
        assert!(!deframer.is_between_frames());
        // Half of a length is kept; a message that follows it whole is not copied either.
        let mut input = &b"\x02ef"[..];
        let message = input[1..].as_ptr_range();
        assert_eq!(
            deframer.next(&mut input).unwrap().unwrap().as_ptr_range(),
            message
        );
        assert!(deframer.is_between_frames());
        assert_eq!(deframer.buffer, [0; 3]);
    }

    #[test]
    fn a_fault_takes_nothing_and_lasts_until_the_stream_is_forgotten() {
        for (bytes, fault) in [
            (b"\0\0ab", FrameFault::Empty),
            (b"\0\x04ab", FrameFault::TooLong { needed: 4, room: 3 }),
        ] {
            for (before, after) in (0..=1).map(|at| bytes.split_at(at)) {
                let mut deframer = Deframer::new([0; 3]);
                assert_eq!(deframer.next(&mut &*before), Ok(None));
                let mut input = after;
                for _ in 0..2 {
                    assert_eq!((deframer.next(&mut input), input), (Err(fault), after));
                }
                deframer.clear();
                assert_eq!(deframer.next(&mut &b"\0\x01c"[..]), Ok(Some(&b"c"[..])));
            }
        }
    }

    #[test]
    fn half_a_message_is_forgotten_with_its_connection() {
        let mut deframer = Deframer::new([0; 8]);
        assert_eq!(deframer.next(&mut &b"\0\x05abc"[..]), Ok(None));
        deframer.clear();
        assert!(deframer.is_between_frames());
        assert_eq!(deframer.next(&mut &b"\0\x02"[..]), Ok(None));
        assert_eq!(deframer.next(&mut &b"de\0"[..]), Ok(Some(&b"de"[..])));
    }

    #[test]
    fn a_buffer_that_shrinks_is_an_error() {
        struct Shrinking([u8; 4], usize);
        impl AsRef<[u8]> for Shrinking {
            fn as_ref(&self) -> &[u8] {
                &self.0[..self.1]
            }
        }
        impl AsMut<[u8]> for Shrinking {
            fn as_mut(&mut self) -> &mut [u8] {
                &mut self.0[..self.1]
            }
        }
        let mut deframer = Deframer::new(Shrinking([0; 4], 4));
        assert_eq!(deframer.next(&mut &b"\0\x04ab"[..]), Ok(None));
        deframer.buffer.1 = 3;
        let fault = FrameFault::TooLong { needed: 4, room: 3 };
        assert_eq!(deframer.next(&mut &b"cd"[..]), Err(fault));
    }
}
