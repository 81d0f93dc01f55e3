//! Streams of frames, in pieces.

use iot_tunnel_fuzz::input::{Arrival, run};

use super::{Seeds, name};

pub(crate) fn seeds() -> Seeds {
    let three = b"\x00\x03abc\x00\x01d\x00\x05efghi";
    // The options are the room for a message: 254 and 255 stand for 65,534 and 65,535 bytes.
    let cases: &[(&str, u8, &[u8], &[u8])] = &[
        ("nothing", 5, &[], b""),
        ("three frames in one piece", 5, &[], three),
        ("three frames in pieces of 3", 5, &[3], three),
        ("three frames with empty pieces", 5, &[0, 1, 0, 4], three),
        ("a message too long for the room", 4, &[4], three),
        ("room for nothing", 0, &[], three),
        ("a frame of length 0", 5, &[1], b"\x00\x01a\x00\x00\x00\x01b"),
        ("half a length", 5, &[], b"\x00\x01a\x00"),
        ("half a message", 5, &[2], b"\x00\x01a\x00\x05ab"),
        (
            "the longest message",
            255,
            &[240],
            &[b"\xff\xff", &*run(7, 65_535), b"\x00\x01a"].concat(),
        ),
        (
            "one byte too long",
            254,
            &[240],
            &[b"\xff\xff", &*run(7, 65_535)].concat(),
        ),
    ];
    let seed = |(what, room, lengths, stream): &(&str, u8, &[u8], &[u8])| {
        (name(what), Arrival::write(*room, lengths, stream))
    };
    cases.iter().map(seed).collect()
}
