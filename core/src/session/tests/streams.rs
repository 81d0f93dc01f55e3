//! Streams and connections: what each message does at each side (data-plane.md §4).

use std::vec::Vec;

use super::rig::{Rig, Seen, data, frame, sent, service_ids};
use crate::error::{Capacity, Misuse};
use crate::handshake::Subprotocol;
use crate::mode::Side;
use crate::session::{Binding, Connection, MAX_STREAM_ID, Progress, STREAM_PAUSE};
use crate::wire::MessageType::{ConnectionReset, ConnectionStart, Data, StreamReset, StreamStart};

pub(super) fn opened(rig: &mut Rig, service: usize) -> Connection {
    match rig.session.open(service) {
        Ok(Progress::Done(connection)) => connection,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_source_starts_a_stream_and_further_connections_in_it() {
    let mut rig = Rig::open(Side::Source);
    let (one, two, other) = (opened(&mut rig, 0), opened(&mut rig, 0), opened(&mut rig, 1));
    assert_eq!(rig.session.send(two, b"two"), Ok(Progress::Done(3)));
    let messages = rig.poll();
    let (ssh, rdp) = (messages[0].stream, messages[2].stream);
    assert_ne!(ssh, rdp);
    assert_eq!(messages[0], sent(StreamStart, ssh, "SSH", 1));
    assert_eq!(messages[1], sent(ConnectionStart, ssh, "SSH", 2));
    assert_eq!(messages[2], sent(StreamStart, rdp, "RDP", 1));
    assert_eq!((messages[3].message_type, messages[3].connection), (Data, 2));
    assert_eq!(
        rig.receive(&data(ssh, "SSH", 1, b"a")),
        [Seen::Data(one, b"a".into())]
    );
    // An absent connection id in a V3 stream is 1.
    assert_eq!(
        rig.receive(&data(ssh, "SSH", 0, b"b")),
        [Seen::Data(one, b"b".into())]
    );
    assert_eq!(
        rig.receive(&frame(ConnectionReset, ssh, "SSH", 2)),
        [Seen::Ended(two)]
    );
    assert_eq!(
        rig.receive(&frame(StreamReset, ssh, "SSH", 0)),
        [Seen::StreamEnded(0)]
    );
    assert_eq!(rig.session.send(one, b"x"), Err(Misuse::ConnectionEnded));
    assert_eq!(rig.session.send(other, b"x"), Ok(Progress::Done(1)));
}

#[test]
fn a_stream_reset_is_the_end_of_the_only_connection_and_cuts_off_those_that_have_ids() {
    for format in [Subprotocol::V1, Subprotocol::V2, Subprotocol::V3] {
        let mut rig = Rig::with(Side::Source, &["SSH"], format, 4096);
        rig.token("first", &Binding::Fresh);
        rig.go_open(&["SSH"]);
        let connection = opened(&mut rig, 0);
        let start = rig.poll().remove(0);
        let seen = match format {
            Subprotocol::V3 => Seen::StreamEnded(0),
            _ => Seen::Ended(connection),
        };
        assert_eq!(
            rig.receive(&frame(StreamReset, start.stream, &start.service, 0)),
            [seen]
        );
        assert_eq!(rig.session.send(connection, b"x"), Err(Misuse::ConnectionEnded));
    }
}

#[test]
fn a_stream_id_is_in_range_and_does_not_start_again_after_a_reconnect() {
    for seed in 1..40 {
        let mut rig = Rig::new(Side::Source);
        rig.token(&"t".repeat(seed), &Binding::Fresh);
        let mut ids = Vec::new();
        for _ in 0..3 {
            rig.go_open(&["SSH", "RDP"]);
            opened(&mut rig, 0);
            ids.push(rig.poll()[0].stream);
            rig.lose();
            rig.wait();
        }
        assert!(ids.iter().all(|id| (1..=MAX_STREAM_ID).contains(id)));
        assert!(ids.is_sorted_by(|a, b| a != b) && ids[0] != 1, "{ids:?}");
    }
}

#[test]
fn each_stream_keeps_the_format_that_it_was_started_in() {
    // V1 names nothing, so the destination serves one service; over subprotocol 3.0 all the same.
    for (service, connection) in [("", 0), ("SSH", 0), ("SSH", 9), ("", 9)] {
        let mut rig = Rig::with(Side::Destination, &["SSH"], Subprotocol::V3, 4096);
        rig.token("first", &Binding::Fresh);
        rig.go_open(&["SSH"]);
        let peer = rig.start(5, service, connection);
        assert_eq!(rig.session.send(peer, b"x"), Ok(Progress::Done(1)));
        rig.session.reset(peer).unwrap();
        let reset = if connection == 0 {
            StreamReset
        } else {
            ConnectionReset
        };
        let messages = rig.poll();
        let shape = (messages[0].service.as_str(), messages[0].connection);
        assert_eq!(shape, (service, connection));
        assert_eq!(messages[1], sent(reset, 5, service, connection));
    }
    // The next stream of the same session may be of another format.
    let mut rig = Rig::open(Side::Destination);
    let v3 = rig.start(1, "SSH", 4);
    let v2 = rig.start(2, "RDP", 0);
    let _ = (rig.session.send(v3, b"x"), rig.session.send(v2, b"x"));
    let shapes: Vec<_> = rig.poll().into_iter().map(|sent| sent.connection).collect();
    assert_eq!(shapes, [4, 0]);
}

#[test]
fn a_source_speaks_the_format_that_the_subprotocol_and_its_peer_allow() {
    for (format, accepted, names, shape) in [
        (Subprotocol::V3, Subprotocol::V3, &["SSH"][..], ("SSH", 1)),
        (Subprotocol::V3, Subprotocol::V3, &[], ("", 1)),
        (Subprotocol::V2, Subprotocol::V3, &["SSH"], ("SSH", 0)),
        (Subprotocol::V1, Subprotocol::V3, &["SSH"], ("", 0)),
        (Subprotocol::V3, Subprotocol::V2, &["SSH"], ("SSH", 0)),
        (Subprotocol::V3, Subprotocol::V1, &[], ("", 0)),
    ] {
        let mut rig = Rig::with(Side::Source, &["SSH"], format, 4096);
        rig.token("first", &Binding::Fresh);
        rig.accept(accepted);
        if accepted != Subprotocol::V1 {
            assert_eq!(rig.receive(&service_ids(names)), [Seen::Open]);
        }
        opened(&mut rig, 0);
        let start = &rig.poll()[0];
        assert_eq!((start.service.as_str(), start.connection), shape);
        let second = rig.session.open(0);
        match shape.1 {
            0 => assert_eq!(second, Err(Capacity::OneConnectionOnly.into())),
            _ => assert!(second.is_ok()),
        }
    }
}

#[test]
fn what_cannot_be_opened_is_refused_with_the_reason() {
    let mut rig = Rig::new(Side::Source);
    assert_eq!(rig.session.open(0), Err(Misuse::NotOpen.into()));
    rig.token("first", &Binding::Fresh);
    rig.go_open(&["RDP"]);
    assert_eq!(rig.session.open(0), Err(Misuse::ServiceNotInTunnel.into()));
    assert_eq!(rig.session.open(2), Err(Misuse::UnknownService.into()));
    let live: Vec<_> = (0..4).map(|_| opened(&mut rig, 1)).collect();
    assert_eq!(rig.session.open(1), Err(Capacity::ConnectionTableFull.into()));
    rig.session.reset(live[0]).unwrap();
    assert_eq!(rig.session.reset(live[0]), Err(Misuse::ConnectionEnded));
    // The slot is free when the peer has been told.
    rig.poll();
    opened(&mut rig, 1);
    rig.token("second", &Binding::Fresh);
    rig.go_open(&[]);
    assert_eq!(rig.session.open(0), Err(Misuse::ServiceNeedsName.into()));
    let mut rig = Rig::open(Side::Destination);
    assert_eq!(rig.session.open(0), Err(Misuse::NotSource.into()));
}

#[test]
fn an_emptied_stream_is_used_again_with_connection_ids_that_count_up() {
    let mut rig = Rig::open(Side::Source);
    let first = opened(&mut rig, 0);
    let stream = rig.poll()[0].stream;
    let mut latest = first;
    for id in 2..=40 {
        // In turn by either end.
        if id % 2 == 0 {
            rig.session.reset(latest).unwrap();
            assert_eq!(rig.poll(), [sent(ConnectionReset, stream, "SSH", id - 1)]);
        } else {
            rig.receive(&data(stream, "SSH", id - 1, b"x"));
            let seen = rig.receive(&frame(ConnectionReset, stream, "SSH", id - 1));
            assert_eq!(seen, [Seen::Ended(latest)]);
        }
        latest = opened(&mut rig, 0);
        assert_eq!(rig.poll(), [sent(ConnectionStart, stream, "SSH", id)]);
        // What was queued for the connection before belongs to none.
        assert_eq!(rig.receive(&data(stream, "SSH", id - 1, b"old")), []);
    }
}

#[test]
fn connection_ids_count_up_across_streams_and_reconnects() {
    let mut rig = Rig::open(Side::Source);
    opened(&mut rig, 0);
    let stream = rig.poll()[0].stream;
    rig.receive(&frame(StreamReset, stream, "SSH", 0));
    opened(&mut rig, 0);
    let start = &rig.poll()[0];
    assert_eq!((start.message_type, start.connection), (StreamStart, 2));
    rig.lose();
    rig.wait();
    rig.go_open(&["SSH", "RDP"]);
    opened(&mut rig, 0);
    let start = &rig.poll()[0];
    assert_eq!((start.message_type, start.connection), (StreamStart, 3));
}

#[test]
fn a_destination_that_refuses_the_reuse_of_an_emptied_stream_gets_a_reset_and_a_new_one() {
    let mut rig = Rig::open(Side::Source);
    let connection = opened(&mut rig, 0);
    let stream = rig.poll()[0].stream;
    rig.session.reset(connection).unwrap();
    rig.poll();
    opened(&mut rig, 0);
    rig.poll();
    rig.receive(&frame(ConnectionReset, stream, "SSH", 2));
    assert_eq!(rig.poll(), [sent(StreamReset, stream, "SSH", 0)]);
    opened(&mut rig, 0);
    let messages = rig.poll();
    assert_eq!(messages, [sent(StreamStart, messages[0].stream, "SSH", 3)]);
    assert_ne!(messages[0].stream, stream);
}

#[test]
fn without_connection_ids_the_next_stream_waits_after_an_end_that_the_source_said() {
    for format in [Subprotocol::V1, Subprotocol::V2] {
        let mut rig = Rig::with(Side::Source, &["SSH"], format, 4096);
        rig.token("first", &Binding::Fresh);
        rig.go_open(&["SSH"]);
        // The destination ends it: nothing of it can follow.
        opened(&mut rig, 0);
        let start = rig.poll().remove(0);
        rig.receive(&frame(StreamReset, start.stream, &start.service, 0));
        let connection = opened(&mut rig, 0);
        rig.poll();
        // The source ends it: its last bytes may still be under way. The pause begins when the reset has been sent.
        rig.session.reset(connection).unwrap();
        assert_eq!(rig.session.open(0), Ok(Progress::WouldBlock));
        rig.now = rig.now.after(10 * STREAM_PAUSE);
        rig.session.handle_timeout(rig.now);
        assert_eq!(rig.session.open(0), Ok(Progress::WouldBlock));
        assert_eq!(rig.poll()[0].message_type, StreamReset);
        rig.wait();
        let paused = rig.now;
        assert_eq!(rig.session.open(0), Ok(Progress::WouldBlock));
        assert_eq!(rig.session.deadline(), Some(paused.after(STREAM_PAUSE)));
        rig.now = paused.after(STREAM_PAUSE - 1);
        rig.session.handle_timeout(rig.now);
        assert_eq!(rig.session.open(0), Ok(Progress::WouldBlock));
        rig.wait();
        assert_eq!(rig.now, paused.after(STREAM_PAUSE));
        opened(&mut rig, 0);
        // With the WebSocket goes what was under way.
        let connection = rig.session.machine.streams.live().next().unwrap();
        rig.session.reset(connection).unwrap();
        rig.poll();
        rig.lose();
        rig.wait();
        rig.go_open(&["SSH"]);
        opened(&mut rig, 0);
    }
}

#[test]
fn a_new_stream_replaces_the_active_one_of_its_service_only() {
    let mut rig = Rig::open(Side::Destination);
    let (old, other) = (rig.start(1, "SSH", 1), rig.start(2, "RDP", 1));
    let seen = rig.receive(&frame(StreamStart, 3, "SSH", 1));
    let [Seen::Started(new, true)] = seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(rig.session.send(old, b"x"), Err(Misuse::ConnectionEnded));
    assert_eq!(rig.session.send(other, b"x"), Ok(Progress::Done(1)));
    assert_eq!(rig.receive(&data(1, "SSH", 1, b"stale")), []);
    assert_eq!(
        rig.receive(&data(3, "SSH", 1, b"new")),
        [Seen::Data(new, b"new".into())]
    );
}
