//! How the bytes that the fuzzer makes become a stream and a way to cut it.

/// Longest stream, in bytes: the longest WebSocket frame and something around it. Longer ones only take time.
const MAX_STREAM: usize = 140_000;

/// What starts a run: these bytes, the value that repeats, and how often as a `u16`, big-endian, in threes. So a few
/// bytes reach the limits of payloads, frames and heads, which lie above 64 KiB. Chance seldom makes two bytes, and that
/// is as it should be: inputs with runs are slow. They come from the seeds.
const RUN: [u8; 2] = [0xec, 0x9d];

/// The stream that an input stands for: its own bytes, but for the runs.
#[must_use]
pub fn expand(mut input: &[u8]) -> Vec<u8> {
    let mut stream = Vec::with_capacity(input.len());
    while let &[first, ref rest @ ..] = input {
        if let Some(&[value, high, low, ref rest @ ..]) = input.strip_prefix(&RUN) {
            let length = usize::from(u16::from_be_bytes([high, low])) * 3;
            stream.resize(stream.len() + length, value);
            input = rest;
        } else {
            stream.push(first);
            input = rest;
        }
        if stream.len() >= MAX_STREAM {
            stream.truncate(MAX_STREAM);
            break;
        }
    }
    stream
}

/// The input of a run of `length` bytes of that value.
#[must_use]
pub fn run(value: u8, length: usize) -> Vec<u8> {
    let [.., high, low] = (length / 3).to_be_bytes();
    let mut input = [RUN[0], RUN[1], value, high, low].to_vec();
    input.resize(input.len() + length % 3, value);
    input
}

/// A stream that comes in pieces.
#[derive(Debug)]
pub struct Arrival {
    /// What the target makes of it is its own affair.
    pub options: u8,
    /// The stream.
    pub stream: Vec<u8>,
    lengths: Vec<usize>,
}

impl Arrival {
    /// Most lengths of pieces that an input holds.
    const MAX_LENGTHS: u8 = 15;

    /// Reads an input: the options, how many lengths of pieces follow, those, and the stream.
    #[must_use]
    pub fn read(input: &[u8]) -> Option<Self> {
        let (&[options, count], rest) = input.split_first_chunk()?;
        let count = usize::from(count.min(Self::MAX_LENGTHS));
        let (lengths, stream) = rest.split_at_checked(count)?;
        // Sizes that matter are small or large.
        let length = |&byte: &u8| match byte {
            0..200 => usize::from(byte),
            200.. => (usize::from(byte) - 199) * 1_000,
        };
        Some(Self {
            options,
            stream: expand(stream),
            lengths: lengths.iter().map(length).collect(),
        })
    }

    /// The input of a stream without runs, whose pieces have these lengths.
    #[must_use]
    pub fn write(options: u8, lengths: &[u8], input: &[u8]) -> Vec<u8> {
        [&[options, lengths.len() as u8], lengths, input].concat()
    }

    /// The ways to cut the stream, as lengths of its pieces: not at all, byte by byte, and as the input says, again and
    /// again. After `most` pieces the rest comes at once.
    #[must_use]
    pub fn splits(&self, most: usize) -> [Vec<usize>; 3] {
        let length = self.stream.len();
        let given = match self.lengths.iter().sum() {
            0 => &[][..],
            1.. => &self.lengths,
        };
        [
            cut(length, []),
            cut(length, std::iter::repeat_n(1, most)),
            cut(length, given.iter().copied().cycle().take(most)),
        ]
    }
}

/// Lengths that come to `total`: the given ones, as far as they go, and the rest.
fn cut(total: usize, lengths: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let (mut left, mut pieces) = (total, Vec::new());
    for length in lengths {
        if left == 0 {
            break;
        }
        let piece = length.min(left);
        pieces.push(piece);
        left -= piece;
    }
    pieces.push(left);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_as_long_as_it_says_and_everything_else_stands_for_itself() {
        for length in [0, 1, 2, 3, 4_096, 64_512, 64_513, 131_076, 131_077] {
            let input = [b"\xecA", &*run(7, length), b"B\xec\x9d"].concat();
            assert_eq!(
                expand(&input),
                [b"\xecA", &*vec![7; length], b"B\xec\x9d"].concat()
            );
        }
        assert_eq!(expand(&run(7, 131_076).repeat(2)).len(), MAX_STREAM);
    }

    #[test]
    fn every_split_has_the_whole_stream() {
        for (lengths, given) in [
            (&[][..], vec![10]),
            (&[0, 0], vec![10]),
            (&[3, 0], vec![3, 0, 3, 0, 3, 0, 1, 0]),
            (&[201], vec![10, 0]),
        ] {
            let input = Arrival::write(0, lengths, &[7; 10]);
            let splits = Arrival::read(&input).unwrap().splits(9);
            assert_eq!(splits[2], given);
            assert!(splits.iter().all(|split| split.iter().sum::<usize>() == 10));
        }
    }
}
