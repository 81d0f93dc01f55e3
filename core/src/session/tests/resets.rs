//! What is refused or over: who is told so, by which reset, and when (data-plane.md §4).

use std::vec;
use std::vec::Vec;

use super::rig::{Rig, Seen, data, frame, sent};
use super::streams::opened;
use crate::error::{Misuse, PeerFault};
use crate::handshake::Subprotocol;
use crate::mode::Side;
use crate::session::{Binding, Progress};
use crate::wire::MessageType::{ConnectionReset, ConnectionStart, Data, StreamReset, StreamStart};

#[test]
fn a_live_id_that_is_started_again_is_reset_on_both_sides() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    assert_eq!(
        rig.receive(&frame(ConnectionStart, 1, "SSH", 1)),
        [Seen::Ended(connection)]
    );
    assert_eq!(rig.poll(), [sent(ConnectionReset, 1, "SSH", 1)]);
    assert_eq!(rig.session.send(connection, b"x"), Err(Misuse::ConnectionEnded));
    let again = rig.receive(&frame(ConnectionStart, 1, "SSH", 1));
    assert!(matches!(again[..], [Seen::Started(new, false)] if new != connection));
}

#[test]
fn a_destination_that_cannot_serve_answers_at_once_and_keeps_serving() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    rig.session.reset(connection).unwrap();
    assert_eq!(rig.poll(), [sent(ConnectionReset, 1, "SSH", 1)]);
    let connection = rig.start(2, "RDP", 0);
    rig.session.reset(connection).unwrap();
    assert_eq!(rig.poll(), [sent(StreamReset, 2, "RDP", 0)]);
    // A service that nobody configured, and none named where there are two.
    for service in ["VNC", ""] {
        assert_eq!(rig.receive(&frame(StreamStart, 3, service, 1)), []);
        assert_eq!(rig.poll(), [sent(StreamReset, 3, service, 0)]);
    }
    // What was told to be over is over: a reset that crosses ours is stale.
    assert_eq!(rig.receive(&frame(StreamReset, 2, "RDP", 0)), []);
    assert_eq!(rig.receive(&frame(ConnectionReset, 1, "SSH", 1)), []);
    rig.start(4, "SSH", 1);
}

#[test]
fn a_stream_without_connection_ids_takes_no_connection_messages() {
    // Who starts a connection waits for an answer; a reset is never answered with one.
    let answer = sent(StreamReset, 1, "SSH", 0);
    for (message_type, answers) in [(ConnectionStart, &[answer][..]), (ConnectionReset, &[])] {
        let mut rig = Rig::open(Side::Destination);
        let connection = rig.start(1, "SSH", 0);
        rig.start(2, "RDP", 1);
        let seen = rig.receive(&frame(message_type, 1, "SSH", 2));
        assert_eq!(
            seen,
            [Seen::StreamFailed(0)],
            "{}",
            PeerFault::StreamWithoutConnectionIds
        );
        assert_eq!(rig.poll(), answers);
        assert_eq!(rig.session.send(connection, b"x"), Err(Misuse::ConnectionEnded));
        assert_eq!(rig.receive(&data(2, "RDP", 1, b"x")).len(), 1);
    }
}

#[test]
fn no_reset_is_ever_answered_with_a_reset() {
    for side in Side::BOTH {
        for message_type in [StreamReset, ConnectionReset] {
            let mut rig = Rig::open(side);
            for service in ["SSH", "RDP", "VNC", ""] {
                for (stream, connection) in [(1, 0), (1, 1), (2, 1), (-5, 7)] {
                    if side == Side::Destination {
                        rig.start(1, "SSH", 1);
                        rig.start(2, "RDP", 0);
                    }
                    rig.receive(&frame(message_type, stream, service, connection));
                    assert_eq!(rig.poll(), [], "{message_type} {stream} {service} {connection}");
                }
            }
        }
    }
}

#[test]
fn a_service_id_that_no_service_can_have_is_never_answered() {
    let longest = "x".repeat(128);
    for outgoing in [512, 4096] {
        let mut rig = Rig::with(Side::Destination, &["SSH"], Subprotocol::V3, outgoing);
        rig.token("first", &Binding::Fresh);
        rig.go_open(&["SSH"]);
        for message_type in [StreamStart, ConnectionStart] {
            assert_eq!(rig.receive(&frame(message_type, 1, &longest, 1)), []);
            assert_eq!(rig.poll().len(), 1);
            assert_eq!(rig.receive(&frame(message_type, 1, &"x".repeat(129), 1)), []);
            assert_eq!(rig.poll(), []);
        }
        rig.start(1, "SSH", 1);
    }
}

#[test]
fn the_next_connection_comes_after_the_reset_of_the_one_before() {
    for (format, reset, next) in [
        (Subprotocol::V3, ConnectionReset, ConnectionStart),
        (Subprotocol::V2, StreamReset, StreamStart),
    ] {
        let mut rig = Rig::with(Side::Source, &["SSH"], format, 4096);
        rig.token("first", &Binding::Fresh);
        rig.go_open(&["SSH"]);
        let old = opened(&mut rig, 0);
        assert_eq!(rig.session.send(old, b"last words"), Ok(Progress::Done(10)));
        rig.session.reset(old).unwrap();
        let mut types = Vec::new();
        while let Progress::WouldBlock = rig.session.open(0).unwrap() {
            types.extend(rig.poll().into_iter().map(|sent| sent.message_type));
            rig.wait();
        }
        types.extend(rig.poll().into_iter().map(|sent| sent.message_type));
        assert_eq!(types, [StreamStart, Data, reset, next]);
    }
}

#[test]
fn the_end_of_a_connection_is_told_once_even_if_both_sides_end_it() {
    for format in [Subprotocol::V3, Subprotocol::V2] {
        let mut rig = Rig::with(Side::Source, &["SSH"], format, 4096);
        rig.token("first", &Binding::Fresh);
        rig.go_open(&["SSH"]);
        let (connection, other) = (opened(&mut rig, 0), rig.session.open(0));
        let stream = rig.poll()[0].stream;
        rig.session.reset(connection).unwrap();
        let (reset, seen) = match other {
            Ok(_) => (ConnectionReset, vec![]),
            // The stream was the connection's own.
            Err(_) => (StreamReset, vec![Seen::StreamEnded(0)]),
        };
        assert_eq!(rig.receive(&frame(reset, stream, "SSH", 1)), seen);
        assert_eq!(rig.session.reset(connection), Err(Misuse::ConnectionEnded));
        // Nor does the peer have to hear what it knows.
        assert_eq!(rig.poll(), []);
    }
}

#[test]
fn a_source_reads_on_while_what_it_sends_has_no_room() {
    let service = "x".repeat(128);
    let mut rig = Rig::with(Side::Source, &[&service], Subprotocol::V3, 512);
    rig.token("first", &Binding::Fresh);
    rig.go_open(&[&service]);
    let connection = opened(&mut rig, 0);
    let stream = rig.poll()[0].stream;
    while let Progress::Done(_) = rig.session.send(connection, &[7; 1_000]).unwrap() {}
    while let Progress::Done(_) = rig.session.open(0).unwrap() {}
    // Not even what ends its stream needs room, so that two ends that are full never wait for each other.
    for _ in 0..100 {
        let seen = rig.receive(&data(stream, &service, 1, b"x"));
        assert_eq!(seen, [Seen::Data(connection, b"x".into())]);
    }
    rig.session.reset(connection).unwrap();
    assert_eq!(rig.receive(&data(stream, &service, 1, b"late")), []);
    assert_eq!(rig.poll().last().unwrap().message_type, ConnectionReset);
}

#[test]
fn a_reset_comes_after_the_data_before_it() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    let data = std::vec![7; 3_500];
    assert_eq!(rig.session.send(connection, &data), Ok(Progress::Done(3_500)));
    rig.session.reset(connection).unwrap();
    let types: Vec<_> = rig.poll().into_iter().map(|sent| sent.message_type).collect();
    assert_eq!(types, [Data, ConnectionReset]);
}
