//! The faults of public clients that ours must not have (data-plane.md §6), by class: each is an ordinary event in the
//! field. Here what a connection brings; `faults_of_connecting` has what becomes of connections and tokens.

use std::vec::Vec;

use super::rig::{Rig, Seen, bytes, data, frame, sent, service_ids};
use crate::error::{Capacity, Misuse, PeerFault};
use crate::mode::Side;
use crate::session::{Progress, Status};
use crate::websocket::{CloseCode, Event, Receiver};
use crate::wire::{Message, MessageType};
use MessageType::{ConnectionReset, ConnectionStart, SessionReset, StreamReset};

#[test]
fn class_1_a_stale_message_without_a_service_id_harms_nothing() {
    for side in Side::BOTH {
        let mut rig = Rig::open(side);
        for id in [-1, 1, i32::MAX] {
            for service in ["", "SSH", "VNC"] {
                assert_eq!(rig.receive(&data(id, service, 3, b"stale")), []);
                assert_eq!(rig.receive(&frame(StreamReset, id, service, 0)), []);
                assert_eq!(rig.receive(&frame(ConnectionReset, id, service, 3)), []);
                assert_eq!(rig.poll(), []);
                if side == Side::Destination {
                    // Only this is answered: its source waits.
                    assert_eq!(rig.receive(&frame(ConnectionStart, id, service, 3)), []);
                    assert_eq!(rig.poll(), [sent(ConnectionReset, id, service, 3)]);
                }
            }
        }
        assert_eq!(rig.session.status(), Status::Open);
    }
}

#[test]
fn class_2_half_a_message_and_the_old_streams_are_forgotten_with_the_connection() {
    let message = data(7, "SSH", 1, b"from the old connection");
    for cut in 1..message.len() {
        let mut rig = Rig::open(Side::Destination);
        let old = rig.start(7, "SSH", 1);
        assert_eq!(rig.receive(&message[..cut]), []);
        assert_eq!(rig.session.send(old, b"unsent"), Ok(Progress::Done(6)));
        rig.session.handle_closed(rig.now, None).unwrap();
        assert_eq!(rig.poll(), []);
        rig.wait();
        // The next connection's first bytes are a message of their own, not the rest of the old one.
        rig.go_open(&["SSH"]);
        assert_eq!(rig.receive(&data(7, "SSH", 1, b"stale")), []);
        let new = rig.start(7, "SSH", 1);
        assert_eq!(
            rig.receive(&message),
            [Seen::Data(new, b"from the old connection".into())]
        );
        assert_eq!(rig.session.send(old, b"x"), Err(Misuse::ConnectionEnded));
    }
}

#[test]
fn class_3_no_payload_of_a_ping_or_close_reaches_the_tunnel() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    let (message, intruder) = (data(1, "SSH", 1, b"meant"), data(1, "SSH", 1, b"not"));
    let (head, tail) = message.split_at(9);
    let websocket_frame = |first: u8, payload: &[u8]| [&[first, payload.len() as u8], payload].concat();
    let received = [
        // One binary message in two fragments, with a ping and a pong between them that look like a tunnel's frame.
        websocket_frame(0x02, head),
        websocket_frame(0x89, &intruder),
        websocket_frame(0x8a, &intruder),
        websocket_frame(0x80, tail),
        websocket_frame(0x88, &[b"\x03\xe8", &intruder[..]].concat()),
    ]
    .concat();
    let mut receiver = Receiver::new();
    let (mut input, mut seen) = (&received[..], Vec::new());
    while let Some(event) = receiver.receive(&mut input).unwrap() {
        match event {
            Event::Binary(bytes) => seen.extend(rig.receive(bytes)),
            Event::Ping(_) => rig.session.handle_ping(rig.now).unwrap(),
            Event::Pong(_) => rig.session.handle_pong(rig.now).unwrap(),
            Event::Close(close) => drop(rig.session.handle_closed(rig.now, close).unwrap()),
        }
    }
    assert_eq!(seen, [Seen::Data(connection, b"meant".into())]);
    assert!(matches!(rig.session.status(), Status::Backoff { .. }));
}

#[test]
fn class_5_what_is_no_message_drops_the_connection_and_says_why() {
    for (bytes, fault) in [
        (&b"\0\x04\x22\x7fab"[..], PeerFault::MalformedMessage),
        (b"\0\x01\x08", PeerFault::MalformedMessage),
        (b"\0\x02\x08\x01", PeerFault::StreamIdMissing),
    ] {
        let mut rig = Rig::open(Side::Destination);
        assert_eq!(rig.receive(bytes), [Seen::Lost(fault.code())]);
        assert!(matches!(rig.session.status(), Status::Backoff { .. }));
        rig.wait();
        assert_eq!(rig.closes, [fault.close_code()]);
        rig.go_open(&["SSH"]);
    }
    // An unknown length-delimited field is skipped, not read as fields.
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    let message = b"\x08\x01\x10\x01\x22\x01x\x2a\x03SSH\x7a\x02\x10\x09\x38\x01";
    let framed = [&[0, message.len() as u8], &message[..]].concat();
    assert_eq!(rig.receive(&framed), [Seen::Data(connection, b"x".into())]);
}

#[test]
fn class_6_no_message_makes_the_session_deaf() {
    let mut rig = Rig::open(Side::Destination);
    rig.start(1, "SSH", 1);
    assert_eq!(rig.receive(&frame(SessionReset, 0, "", 0)), [Seen::SessionReset]);
    rig.start(2, "SSH", 1);
    let unknown = |ignorable| {
        bytes(&Message {
            message_type: MessageType::from_number(99),
            ignorable,
            ..Message::default()
        })
    };
    assert_eq!(rig.receive(&unknown(true)), []);
    rig.start(3, "SSH", 1);
    for (bytes, fault) in [
        (std::vec![0, 0], PeerFault::EmptyFrame),
        (unknown(false), PeerFault::UnknownMessageType),
    ] {
        assert_eq!(rig.receive(&bytes), [Seen::Lost(fault.code())]);
        rig.wait();
        rig.go_open(&["SSH"]);
        rig.start(4, "SSH", 1);
    }
}

#[test]
fn class_6_the_longest_message_is_taken_and_a_longer_one_than_the_buffer_is_a_fault() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    let payload = std::vec![7; 64_512];
    let frame = data(1, "SSH", 1, &payload);
    assert_eq!(rig.receive(&frame), [Seen::Data(connection, payload.clone())]);
    // An unknown field fills it up to what 16 bits can say, and the length before it makes it longer than that.
    let padding = 65_535 - (frame.len() - 2) - 4;
    let field = [
        &[
            0x7a,
            (padding & 127) as u8 | 128,
            (padding >> 7 & 127) as u8 | 128,
            0,
        ][..],
        &std::vec![0; padding],
    ];
    let longest = [b"\xff\xff", &frame[2..], &field.concat()].concat();
    assert_eq!(longest.len(), 65_537);
    assert_eq!(rig.receive(&longest), [Seen::Data(connection, payload)]);

    let config_services = super::rig::services(&["SSH"]);
    let config = crate::session::Config::new(Side::Destination, &config_services);
    rig.session = crate::session::Session::new(&config, std::vec![0; 50], std::vec![0; 512]).unwrap();
    rig.token("first", &crate::session::Binding::Fresh);
    rig.go_open(&["SSH"]);
    let fault = Capacity::BufferTooSmall.code();
    assert_eq!(rig.receive(&data(1, "SSH", 1, &[7; 60])), [Seen::Lost(fault)]);
    rig.poll();
    assert_eq!(rig.closes, [CloseCode::MESSAGE_TOO_BIG]);
}

#[test]
fn class_7_a_second_service_ids_and_a_long_one_change_nothing() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    assert_eq!(rig.receive(&service_ids(&["A", "B", "C", "D", "E"])), []);
    assert_eq!(rig.session.send(connection, b"x"), Ok(Progress::Done(1)));
    rig.lose();
    rig.wait();
    rig.go_open(&["A", "B", "C", "SSH"]);
}

#[test]
fn class_7_one_connection_too_many_is_refused_and_the_others_live() {
    let mut rig = Rig::open(Side::Destination);
    let first = rig.start(1, "SSH", 1);
    for id in 2..=4 {
        assert_eq!(rig.receive(&frame(ConnectionStart, 1, "SSH", id)).len(), 1);
    }
    for id in 5..=200 {
        assert_eq!(rig.receive(&frame(ConnectionStart, 1, "SSH", id)), []);
        assert_eq!(rig.poll(), [sent(ConnectionReset, 1, "SSH", id)]);
        assert_eq!(rig.receive(&data(1, "SSH", id, b"x")), []);
    }
    assert_eq!(
        rig.receive(&data(1, "SSH", 1, b"x")),
        [Seen::Data(first, b"x".into())]
    );
    assert_eq!(rig.session.send(first, b"x"), Ok(Progress::Done(1)));
}

#[test]
fn class_9_a_slow_reader_stops_its_peer() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    let chunk = [7; 1_000];
    let mut taken = 0;
    while let Progress::Done(count) = rig.session.send(connection, &chunk).unwrap() {
        taken += count;
    }
    assert!((3_000..4_096).contains(&taken));
    // Answers still have room, then nothing more is read until something is sent.
    let starts: Vec<u8> = (0..50)
        .flat_map(|id| frame(ConnectionStart, 9, "SSH", id))
        .collect();
    let mut input = &starts[..];
    while rig.session.handle_bytes(rig.now, &mut input).unwrap().is_some() {}
    assert!(!input.is_empty() && input.len() < starts.len());
    let mut answers = 0;
    loop {
        let sent = rig.poll();
        answers += sent
            .iter()
            .filter(|sent| sent.message_type == ConnectionReset)
            .count();
        if input.is_empty() {
            break;
        }
        while rig.session.handle_bytes(rig.now, &mut input).unwrap().is_some() {}
    }
    assert_eq!(answers, 50);
}

#[test]
fn what_only_a_source_may_send_is_a_fault_at_a_source() {
    for message_type in [MessageType::StreamStart, ConnectionStart] {
        let mut rig = Rig::open(Side::Source);
        let seen = rig.receive(&frame(message_type, 1, "SSH", 1));
        assert_eq!(seen, [Seen::Lost(PeerFault::UnexpectedMessage.code())]);
    }
}
