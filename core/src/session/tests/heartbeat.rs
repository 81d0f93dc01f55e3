//! Pings, and which connections count as silent: those that have answered a ping before and then bring nothing, never those whose bytes
//! the application leaves in the socket.

use core::cell::Cell;

use super::rig::{Rig, data, frame};
use crate::mode::Side;
use crate::session::{FIRST_BACKOFF, Output, PING_INTERVAL, PONG_TIMEOUT, Progress, Status, Timeout};
use crate::time::Millis;
use crate::wire::MessageType;

/// Open, and one ping was answered: from then on silence counts.
fn answering(side: Side) -> Rig {
    let mut rig = Rig::open(side);
    assert_eq!(rig.wait(), Timeout::None);
    rig.session.handle_pong(rig.now).unwrap();
    rig.pings = 0;
    rig
}

#[test]
fn a_service_that_answers_no_ping_is_pinged_and_never_dropped() {
    for side in Side::BOTH {
        let mut rig = Rig::open(side);
        // An hour.
        for pings in 1..=180 {
            let before = rig.now;
            assert_eq!((rig.wait(), rig.pings), (Timeout::None, pings));
            assert_eq!(rig.now, before.after(PING_INTERVAL));
            // Bytes do not change that: they are no answer to a ping.
            rig.receive(&frame(MessageType::SessionReset, 0, "", 0));
        }
        assert_eq!((rig.session.status(), rig.connects), (Status::Open, 1));
        // It answers after all, as AWS is said to do once a source is connected: from then on silence counts.
        rig.session.handle_pong(rig.now).unwrap();
        assert_eq!(rig.wait(), Timeout::None);
        assert_eq!(rig.wait(), Timeout::Pong);
    }
}

#[test]
fn the_next_connection_begins_without_an_answered_ping() {
    let mut rig = answering(Side::Destination);
    rig.lose();
    rig.wait();
    rig.go_open(&["SSH", "RDP"]);
    for _ in 0..20 {
        assert_eq!(rig.wait(), Timeout::None);
    }
}

#[test]
fn a_silent_peer_is_dropped_and_a_paused_application_is_not_its_fault() {
    let mut rig = answering(Side::Source);
    assert_eq!((rig.wait(), rig.pings), (Timeout::None, 1));
    assert_eq!(rig.now, Millis(1_000 + 2 * PING_INTERVAL));
    // Bytes are a sign of life.
    rig.now = rig.now.after(PONG_TIMEOUT - 1);
    rig.receive(&frame(MessageType::SessionReset, 0, "", 0));
    rig.now = rig.now.after(1);
    assert_eq!(rig.session.handle_timeout(rig.now), Timeout::None);
    // Who does not read cannot hear: pings go on, and nobody is dropped.
    rig.session.pause(rig.now, true).unwrap();
    for pings in 2..6 {
        assert_eq!((rig.wait(), rig.pings), (Timeout::None, pings));
    }
    // From then on it has the whole time again.
    rig.now = rig.now.after(PONG_TIMEOUT - 1);
    rig.session.pause(rig.now, false).unwrap();
    let resumed = rig.now;
    assert_eq!(rig.wait(), Timeout::Pong);
    assert_eq!(rig.now, resumed.after(PONG_TIMEOUT));
    assert!(matches!(rig.session.status(), Status::Backoff { .. }));
    assert_eq!(rig.closes.len(), 1);
}

#[test]
fn an_idle_connection_is_pinged_for_ever_and_stays() {
    let mut rig = answering(Side::Destination);
    for pings in 1..=1_000 {
        assert_eq!((rig.wait(), rig.pings), (Timeout::None, pings));
        rig.now = rig.now.after(PONG_TIMEOUT - 1);
        assert_eq!(rig.session.handle_timeout(rig.now), Timeout::None);
        rig.session.handle_pong(rig.now).unwrap();
    }
    assert_eq!((rig.session.status(), rig.connects), (Status::Open, 1));
}

#[test]
fn a_peer_that_cannot_read_us_is_heard_by_its_own_pings() {
    // Somebody far away reads nothing, so the service reads nothing of ours: no ping of ours arrives.
    let mut rig = answering(Side::Destination);
    rig.wait();
    for _ in 0..100 {
        rig.now = rig.now.after(PING_INTERVAL);
        rig.session.handle_ping(rig.now).unwrap();
        assert_eq!(rig.session.handle_timeout(rig.now), Timeout::None);
    }
    assert_eq!(rig.wait(), Timeout::Pong);
}

#[test]
fn who_has_no_room_for_answers_hears_nothing_and_takes_nobody_for_silent() {
    let mut rig = answering(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    rig.wait();
    while let Progress::Done(_) = rig.session.send(connection, &[7; 1_000]).unwrap() {}
    // Answers fill what is left; from then on the session takes no message.
    let starts: std::vec::Vec<u8> = (0..50)
        .flat_map(|id| frame(MessageType::ConnectionStart, 9, "SSH", id))
        .collect();
    let mut input = &starts[..];
    while rig.session.handle_bytes(rig.now, &mut input).unwrap().is_some() {}
    // Somebody at the other end does not read, and a pong may stand behind what is left here.
    assert!(!input.is_empty());
    for _ in 0..10 {
        rig.now = rig.session.deadline().unwrap();
        assert_eq!(rig.session.handle_timeout(rig.now), Timeout::None);
        assert_eq!(rig.session.handle_bytes(rig.now, &mut input), Ok(None));
    }
    // It reads again, and with that the silent one has the whole time.
    rig.poll();
    let resumed = rig.now;
    while rig.session.handle_bytes(rig.now, &mut input).unwrap().is_some() {}
    assert!(input.is_empty());
    assert_eq!(rig.wait(), Timeout::Pong);
    assert_eq!(rig.now, resumed.after(PONG_TIMEOUT));
}

#[test]
fn a_socket_that_takes_nothing_hides_neither_the_time_nor_a_dead_peer() {
    let mut rig = answering(Side::Destination);
    let connection = rig.start(1, "SSH", 1);
    assert_eq!(rig.session.send(connection, b"stuck"), Ok(Progress::Done(5)));
    assert!(matches!(rig.session.poll_output(), Output::Send(_)));
    // The caller sees no Wait, and never hands the ping on.
    assert_eq!(rig.session.deadline(), Some(Millis(1_000 + 2 * PING_INTERVAL)));
    rig.now = rig.session.deadline().unwrap();
    assert_eq!(rig.session.handle_timeout(rig.now), Timeout::None);
    assert_eq!(rig.session.deadline(), Some(rig.now.after(PONG_TIMEOUT)));
    rig.now = rig.now.after(PONG_TIMEOUT);
    assert_eq!(rig.session.handle_timeout(rig.now), Timeout::Pong);
    assert!(matches!(rig.session.status(), Status::Backoff { .. }));
}

#[test]
fn bytes_before_the_ping_is_handed_out_count_too() {
    let mut rig = answering(Side::Destination);
    rig.start(1, "SSH", 1);
    rig.now = rig.now.after(PING_INTERVAL);
    rig.session.handle_timeout(rig.now);
    rig.now = rig.now.after(PONG_TIMEOUT - 1);
    rig.receive(&data(1, "SSH", 1, b"x"));
    rig.poll();
    assert_eq!(rig.session.deadline(), Some(rig.now.after(PONG_TIMEOUT)));
}

#[test]
fn a_clock_is_asked_only_while_a_ping_is_to_be_answered_and_when_a_connection_is_lost() {
    let mut rig = answering(Side::Destination);
    rig.start(1, "SSH", 1);
    let asked = Cell::new(0);
    let receive = |rig: &mut Rig, bytes: &[u8]| {
        asked.set(0);
        let clock = || {
            asked.set(asked.get() + 1);
            rig.now
        };
        let mut input = bytes;
        while rig.session.handle_bytes(clock, &mut input).unwrap().is_some() {}
        asked.get()
    };
    let payload = data(1, "SSH", 1, b"x");
    assert_eq!(receive(&mut rig, &payload), 0);
    // A ping is out: what comes now puts off the end.
    rig.wait();
    rig.now = rig.now.after(PONG_TIMEOUT - 1);
    assert_eq!(receive(&mut rig, &payload), 1);
    assert_eq!(rig.session.deadline(), Some(rig.now.after(PONG_TIMEOUT)));
    rig.session.handle_pong(rig.now).unwrap();
    assert_eq!(receive(&mut rig, &payload), 0);
    // An empty frame: the back-off counts from now, not from when the clock was asked before.
    rig.now = rig.now.after(100_000);
    assert_eq!(receive(&mut rig, &[0, 0]), 1);
    let Status::Backoff { until } = rig.session.status() else {
        panic!("{:?}", rig.session.status());
    };
    assert!(rig.now <= until && until <= rig.now.after(FIRST_BACKOFF));
}
