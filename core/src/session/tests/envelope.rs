//! Bytes that the caller sends itself, from where they lie.

use super::rig::{Rig, data};
use super::streams::opened;
use crate::error::{Capacity, Error, Misuse};
use crate::mode::Side;
use crate::session::Progress;
use crate::wire::{MAX_ENVELOPE, MAX_PAYLOAD};

/// The frame that the caller is to send of `payload`.
fn around(
    rig: &mut Rig,
    payload: &[u8],
    connection: crate::session::Connection,
) -> Option<std::vec::Vec<u8>> {
    let mut buffer = [0; MAX_ENVELOPE];
    match rig.session.envelope(connection, payload, &mut buffer).unwrap() {
        Progress::Done((envelope, count)) => Some([envelope.head, &payload[..count], envelope.tail].concat()),
        Progress::WouldBlock => None,
    }
}

#[test]
fn the_frame_is_the_one_that_send_would_have_written() {
    for side in Side::BOTH {
        let mut rig = Rig::open(side);
        let connection = match side {
            Side::Source => opened(&mut rig, 0),
            Side::Destination => rig.start(9, "SSH", 1),
        };
        let stream = match side {
            Side::Source => rig.poll()[0].stream,
            Side::Destination => 9,
        };
        assert!(rig.session.has_sent_all());
        let frame = around(&mut rig, b"payload", connection);
        assert_eq!(frame.as_deref(), Some(&*data(stream, "SSH", 1, b"payload")));
        // It is the caller's to send: nothing waits here.
        assert!(rig.session.has_sent_all());
        assert_eq!(rig.poll(), []);
    }
}

#[test]
fn it_waits_until_everything_before_it_was_sent() {
    let mut rig = Rig::open(Side::Source);
    let connection = opened(&mut rig, 0);
    assert!(!rig.session.has_sent_all());
    assert_eq!(around(&mut rig, b"early", connection), None);
    rig.poll();
    assert!(around(&mut rig, b"now", connection).is_some());
    assert_eq!(rig.session.send(connection, b"waits"), Ok(Progress::Done(5)));
    assert_eq!(around(&mut rig, b"behind it", connection), None);
}

#[test]
fn no_more_than_one_message_takes_is_announced_and_never_nothing() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(9, "SSH", 1);
    let payload = std::vec![7; MAX_PAYLOAD + 1];
    let mut buffer = [0; MAX_ENVELOPE];
    let announced = rig.session.envelope(connection, &payload, &mut buffer).unwrap();
    assert!(matches!(announced, Progress::Done((_, MAX_PAYLOAD))));
    assert_eq!(around(&mut rig, b"", connection), None);
}

#[test]
fn too_little_room_and_a_connection_that_is_over_are_told_apart() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(9, "SSH", 1);
    let (mut small, mut enough) = ([0; 3], [0; MAX_ENVELOPE]);
    let outcome = rig.session.envelope(connection, b"x", &mut small);
    assert_eq!(outcome, Err(Error::Capacity(Capacity::BufferTooSmall)));
    rig.session.reset(connection).unwrap();
    let outcome = rig.session.envelope(connection, b"x", &mut enough);
    assert_eq!(outcome, Err(Error::Misuse(Misuse::ConnectionEnded)));
}
