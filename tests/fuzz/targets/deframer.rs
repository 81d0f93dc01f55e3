//! A stream of bytes in any pieces: the same messages and the same end, and those that a straight reading finds.
#![no_main]

use iot_tunnel_core::wire::{Deframer, FrameFault};
use iot_tunnel_fuzz::input::Arrival;
use libfuzzer_sys::fuzz_target;

/// What was cut out of a stream, and how it ended: whether between two frames, or at a fault.
type Deframed = (Vec<Vec<u8>>, Result<bool, FrameFault>);

/// Most pieces of a stream: enough to cut all of a short one.
const MAX_PIECES: usize = 300;

fuzz_target!(|input: &[u8]| {
    let Some(arrival) = Arrival::read(input) else {
        return;
    };
    // Room for small messages, or for all but the longest, or for every one.
    let room = match arrival.options {
        options @ 0..254 => usize::from(options),
        254 => 0xfffe,
        255 => 0xffff,
    };
    let expected = read(&arrival.stream, room);
    for split in arrival.splits(MAX_PIECES) {
        assert_eq!(
            deframe(&arrival.stream, &split, room),
            expected,
            "in pieces of {split:?}"
        );
    }
});

/// The frames of a stream that is there as a whole.
fn read(mut stream: &[u8], room: usize) -> Deframed {
    let mut messages = Vec::new();
    while let Some((length, rest)) = stream.split_first_chunk() {
        let needed = usize::from(u16::from_be_bytes(*length));
        if needed == 0 {
            return (messages, Err(FrameFault::Empty));
        }
        if needed > room {
            return (messages, Err(FrameFault::TooLong { needed, room }));
        }
        let Some((message, rest)) = rest.split_at_checked(needed) else {
            return (messages, Ok(false));
        };
        messages.push(message.to_vec());
        stream = rest;
    }
    (messages, Ok(stream.is_empty()))
}

fn deframe(mut stream: &[u8], split: &[usize], room: usize) -> Deframed {
    let mut deframer = Deframer::new(vec![0; room]);
    let mut messages = Vec::new();
    for length in split {
        let (mut piece, rest) = stream.split_at(*length);
        stream = rest;
        loop {
            let before = piece;
            match deframer.next(&mut piece) {
                Ok(Some(message)) => messages.push(message.to_vec()),
                Ok(None) => break assert!(piece.is_empty(), "something was left over"),
                Err(fault) => {
                    assert_eq!(piece, before, "a fault takes nothing");
                    assert_eq!(deframer.next(&mut piece), Err(fault), "and stays");
                    deframer.clear();
                    assert!(deframer.is_between_frames());
                    return (messages, Err(fault));
                }
            }
        }
    }
    (messages, Ok(deframer.is_between_frames()))
}
