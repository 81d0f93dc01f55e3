//! WebSocket streams: of a server as they stand here, and of a client with the mask on.

use iot_tunnel_core::websocket::MAX_FRAME_PAYLOAD;
use iot_tunnel_fuzz::input::{Arrival, run};

use super::{Seeds, name};

/// The mask key of the RFC's examples.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Close codes on both sides of every limit between those that are allowed and those that are not.
const CODES: [u16; 12] = [
    999, 1000, 1003, 1004, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000,
];

/// Frames: the first byte, and the payload.
type Frames<'f> = &'f [(u8, &'f [u8])];

pub(crate) fn seeds() -> Seeds {
    let cases: &[(&str, Frames<'_>)] = &[
        ("a message", &[(0x82, b"Hello")]),
        ("empty message", &[(0x82, b""), (0x82, b"x")]),
        (
            "fragments with control frames between",
            &[
                (0x02, b"ab"),
                (0x89, b"ABC"),
                (0x00, b""),
                (0x8a, b"DEF"),
                (0x80, b"cd"),
                (0x82, b"e"),
                (0x88, b"\x03\xe8GHI"),
            ],
        ),
        ("a length of 16 bits", &[(0x82, &[7; 126])]),
        ("the longest control frame", &[(0x89, &[7; 125]), (0x82, b"x")]),
        ("close without a code", &[(0x82, b"x"), (0x88, b"")]),
        (
            "close of a rotated token",
            &[(0x88, b"\x03\xf0access token rotated")],
        ),
        ("close with half a code", &[(0x88, b"\x03")]),
        ("close with a code not allowed", &[(0x88, b"\x03\xed")]),
        ("close with a reason not utf 8", &[(0x88, b"\x03\xe8\xff")]),
        ("frame after close", &[(0x88, b"\x0b\xb8"), (0x82, b"x")]),
        ("text", &[(0x82, b"x"), (0x81, b"text")]),
        ("reserved bits", &[(0x82, b"x"), (0xc2, b"x")]),
        ("reserved opcode", &[(0x83, b"x")]),
        ("fragmented ping", &[(0x09, b"x")]),
        ("continuation without start", &[(0x80, b"x")]),
        ("message interrupted", &[(0x02, b"x"), (0x82, b"y")]),
    ];
    let mut seeds = Seeds::new();
    for (what, frames) in cases {
        for (who, options) in [("server", 0), ("client", 1)] {
            let stream: Vec<u8> = frames
                .iter()
                .flat_map(|(first, payload)| frame(*first, payload, options))
                .collect();
            seeds.insert(
                name(&format!("{who} {what}")),
                Arrival::write(options, &[1, 3, 7], &stream),
            );
        }
    }
    for code in CODES {
        let stream = frame(0x88, &code.to_be_bytes(), 0);
        seeds.insert(
            name(&format!("server close with {code}")),
            Arrival::write(0, &[3], &stream),
        );
    }
    let longest = MAX_FRAME_PAYLOAD as usize;
    for (what, length) in [
        ("a length of 64 bits", 65_536),
        ("the longest frame", longest),
        ("a frame too long", longest + 1),
    ] {
        let header = [b"\x82\x7f", &(length as u64).to_be_bytes()[..]].concat();
        let stream = [&header, &*run(7, length), b"\x8a\x00"].concat();
        seeds.insert(
            name(&format!("server {what}")),
            Arrival::write(0, &[240, 7], &stream),
        );
        let header = [b"\x82\xff", &(length as u64).to_be_bytes()[..], &KEY].concat();
        let stream = [&header, &*run(7, length), b"\x8a\x80", &KEY].concat();
        seeds.insert(
            name(&format!("client {what}")),
            Arrival::write(1, &[240, 7], &stream),
        );
    }
    for (what, stream) in [
        ("length not minimal", &b"\x82\x7e\x00\x01x"[..]),
        ("length of 64 bits not minimal", b"\x82\x7f\0\0\0\0\0\0\xff\xff"),
        ("length out of range", b"\x82\x7f\xff\0\0\0\0\0\0\0"),
        ("control frame too long", b"\x89\x7e\x00\x7e"),
        ("masked", b"\x82\x81\x37\xfa\x21\x3dx"),
    ] {
        seeds.insert(name(&format!("server {what}")), Arrival::write(0, &[2], stream));
    }
    seeds.insert("client-not-masked".into(), Arrival::write(1, &[2], b"\x82\x01x"));
    seeds
}

/// A frame whose length takes as few bytes as it needs.
fn frame(first: u8, payload: &[u8], masked: u8) -> Vec<u8> {
    let length = payload.len() as u8;
    let mask = masked << 7;
    let mut frame = match length {
        0..126 => vec![first, mask | length],
        126.. => vec![first, mask | 126, 0, length],
    };
    match masked {
        0 => frame.extend(payload),
        _ => {
            frame.extend(KEY);
            frame.extend(
                payload
                    .iter()
                    .zip(KEY.iter().cycle())
                    .map(|(byte, key)| byte ^ key),
            );
        }
    }
    frame
}
