use std::thread;

use iot_tunnel_core::wire::{Message, MessageType};
use iot_tunnel_core::{Entropy, Lifetime, Millis};

use super::*;

fn tunnel() -> Tunnel {
    let entropy = Entropy::new(std::array::from_fn(|i| i as u8)).unwrap();
    let id = TunnelId::parse("tunnel").unwrap();
    let (tunnel, _) = Tunnel::open(id, None, Lifetime::default(), Millis(0), &entropy).unwrap();
    tunnel
}

#[test]
fn a_peer_that_joins_while_the_last_one_leaves_is_known() {
    let (tunnel, lines) = (tunnel(), Lines::default());
    let come_and_go = |side| {
        for number in 0..20_000 {
            let seat = lines.join(&tunnel, side, ConnectionId(number));
            assert_eq!(lines.connected(side), 1, "{side:?} {number}");
            lines.left(&seat);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| come_and_go(Side::Source));
        scope.spawn(|| come_and_go(Side::Destination));
    });
    assert!(locked(&lines.0).is_empty());
}

#[test]
fn nothing_of_a_peer_that_has_lost_its_place_is_passed_on_or_answered() {
    let (tunnel, lines) = (tunnel(), Lines::default());
    let _destination = lines.join(&tunnel, Side::Destination, ConnectionId(0));
    let start = Message {
        message_type: MessageType::StreamStart,
        stream_id: 1,
        ..Message::default()
    };
    let passes = |seat: &Seat| seat.pass_on(b"start", &start).unwrap() > 0;
    let old = lines.join(&tunnel, Side::Source, ConnectionId(1));
    assert!(passes(&old));
    lines.left(&old);
    assert!(!passes(&old));
    let new = lines.join(&tunnel, Side::Source, ConnectionId(2));
    assert!(!passes(&old) && passes(&new));
    // Who left before takes nobody's place with it.
    lines.left(&old);
    assert!(passes(&new) && old.outbox.is_empty());
}
