//! The promises of closing, each by its name, and the table.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::*;
use crate::websocket::{Frame, MaskKey, SendError};

#[test]
fn only_codes_that_may_stand_in_a_close_frame_are_close_codes() {
    let allowed = (0..=u16::MAX).filter(|number| CloseCode::from_number(*number).is_some());
    assert!(allowed.eq((1000..=1003).chain(1007..=1014).chain(3000..=4999)));
    for code in [
        CloseCode::NORMAL,
        CloseCode::GOING_AWAY,
        CloseCode::PROTOCOL_ERROR,
        CloseCode::UNSUPPORTED_DATA,
        CloseCode::INVALID_PAYLOAD,
        CloseCode::POLICY_VIOLATION,
        CloseCode::MESSAGE_TOO_BIG,
        CloseCode::INTERNAL_ERROR,
    ] {
        assert_eq!(CloseCode::from_number(code.number()), Some(code));
    }
}

const NORMAL: Close<'_> = Close {
    code: CloseCode::NORMAL,
    reason: "",
};

fn key() -> MaskKey {
    MaskKey::new([1, 2, 3, 4])
}

/// Both ends of a connection, in a state of the table.
fn in_state(name: &str) -> (Sender, Receiver) {
    let (mut sender, mut receiver) = (Sender::new(), Receiver::new());
    if matches!(name, "close sent" | "done") {
        sender.write(Frame::Close(None), key(), &mut [0; 6]).unwrap();
    }
    if matches!(name, "close received" | "done") {
        receiver.receive(&mut &b"\x88\x00"[..]).unwrap();
    }
    (sender, receiver)
}

fn state_of(sender: &Sender, receiver: &Receiver) -> &'static str {
    match CloseHandshake::of(sender, receiver) {
        CloseHandshake::Open => "open",
        CloseHandshake::CloseSent => "close sent",
        CloseHandshake::CloseReceived => "close received",
        CloseHandshake::Done => "done",
    }
}

/// What an input of the table does in a state: the new state, `same`, or who refuses it.
fn does(state: &str, input: &str) -> Vec<String> {
    let (binary, ping, pong) = (Frame::Binary(b"x"), Frame::Ping(b"x"), Frame::Pong(b"x"));
    let results: Vec<_> = match input {
        "send binary, ping or pong" => [binary, ping, pong].map(|frame| send(state, frame)).into(),
        "send close" => [
            send(state, Frame::Close(Some(NORMAL))),
            send(state, Frame::Close(None)),
        ]
        .into(),
        "receive binary, ping or pong" => [b"\x82\x01x", b"\x89\x01x", b"\x8a\x01x"]
            .map(|bytes| receive(state, bytes))
            .into(),
        "receive close" => [receive(state, b"\x88\x02\x03\xe8"), receive(state, b"\x88\x00")].into(),
        other => panic!("the table has an unknown input: {other}"),
    };
    results
        .into_iter()
        .map(|(refused, now)| match refused {
            Some(name) => format!("{name}{}", if now == state { "" } else { ", and changed" }),
            None if now == state => "same".into(),
            None => now.into(),
        })
        .collect()
}

fn send(state: &str, frame: Frame<'_>) -> (Option<&'static str>, &'static str) {
    let (mut sender, receiver) = in_state(state);
    let refused = match sender.write(frame, key(), &mut [0; 16]) {
        Ok(_) => None,
        Err(SendError::Misuse(error)) => Some(error.name()),
        Err(error) => panic!("{error}"),
    };
    (refused, state_of(&sender, &receiver))
}

fn receive(state: &str, mut bytes: &[u8]) -> (Option<&'static str>, &'static str) {
    let (sender, mut receiver) = in_state(state);
    let refused = receiver.receive(&mut bytes).err().map(PeerFault::name);
    (refused, state_of(&sender, &receiver))
}

#[test]
fn every_state_and_input_does_what_the_table_says() {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim);
    let mut lines = include_str!("../transitions.md")
        .lines()
        .filter(|line| line.starts_with('|'));
    let inputs: Vec<_> = cells(lines.next().unwrap()).skip(1).collect();
    let rows: Vec<_> = lines.skip(1).collect();
    assert_eq!((inputs.len(), rows.len()), (4, 4));
    for row in rows {
        let mut cells = cells(row);
        let state = cells.next().unwrap();
        let (sender, receiver) = in_state(state);
        assert_eq!(state_of(&sender, &receiver), state);
        for (input, expected) in inputs.iter().zip(cells) {
            for result in does(state, input) {
                assert_eq!(result, expected, "{state}: {input}");
            }
        }
    }
}
