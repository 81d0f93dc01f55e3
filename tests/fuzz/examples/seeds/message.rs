//! Messages: the vectors that are about something, and payloads at the limit.

use std::fs;

use iot_tunnel_core::wire::{MAX_MESSAGE, MAX_PAYLOAD};
use iot_tunnel_fuzz::input::run;
use serde_json::Value;

use super::{Seeds, name};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/messages.json");

/// The vectors that a generator made: a few of each stand for all.
const GENERATED: [&str; 3] = ["random", "mutated", "shuffled fields, unknown fields between"];
const OF_EACH: usize = 5;

/// Longest vector that becomes a seed, in bytes.
const MAX_VECTOR: usize = 200;

pub(crate) fn seeds() -> Seeds {
    let vectors = fs::read_to_string(VECTORS).expect("the vectors are there");
    let vectors: Value = serde_json::from_str(&vectors).expect("the vectors are JSON");
    let mut seeds = Seeds::new();
    for kind in ["canonical", "accepted", "refused"] {
        for why in GENERATED {
            let cases = cases(&vectors, kind).filter(|(of, _)| *of == why).take(OF_EACH);
            for (number, (_, bytes)) in cases.enumerate() {
                seeds.insert(name(&format!("{kind} {why} {number}")), bytes);
            }
        }
        for (why, bytes) in cases(&vectors, kind).filter(|(why, _)| !GENERATED.contains(why)) {
            seeds.insert(name(&format!("{kind} {why}")), bytes);
        }
    }
    for (what, length) in [
        ("longest payload", MAX_PAYLOAD),
        ("payload too long", MAX_PAYLOAD + 1),
    ] {
        seeds.insert(name(what), data(length, b""));
    }
    // The service id fills the message to its last byte.
    let room = MAX_MESSAGE - data(MAX_PAYLOAD, b"").len() + run(7, MAX_PAYLOAD).len() - MAX_PAYLOAD;
    seeds.insert("longest-message".into(), data(MAX_PAYLOAD, &text(room - 3)));
    seeds.insert("message-too-long".into(), data(MAX_PAYLOAD, &text(room - 2)));
    seeds
}

/// The vectors of a kind: what they are about, and their bytes.
fn cases<'v>(vectors: &'v Value, kind: &str) -> impl Iterator<Item = (&'v str, Vec<u8>)> {
    let cases = vectors[kind].as_array().expect("a list");
    let cases = cases.iter().map(|case| {
        let hex = case["hex"].as_str().expect("hexadecimal");
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        (
            case["why"].as_str().expect("a reason"),
            (0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>(),
        )
    });
    cases.filter(|(_, bytes)| bytes.len() <= MAX_VECTOR)
}

/// DATA of stream 1.
fn data(payload: usize, tail: &[u8]) -> Vec<u8> {
    [b"\x08\x01\x10\x01\x22", &*length(payload), &run(7, payload), tail].concat()
}

/// A service id of that length.
fn text(bytes: usize) -> Vec<u8> {
    [b"\x2a", &*length(bytes), &run(b's', bytes)].concat()
}

/// A varint of as few bytes as it needs.
fn length(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while length >= 0x80 {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes
}
