use std::thread;

use iot_tunnel_core::websocket::Sender;
use iot_tunnel_core::wire::{Message, MessageType};
use iot_tunnel_core::{ClientToken, Entropy, Handshake, Lifetime, Millis};

use super::super::outbox::Next;
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

#[test]
fn a_replaced_connection_ends_without_a_close_frame_and_the_log_names_both_causes() {
    let entropy = Entropy::new(std::array::from_fn(|i| i as u8)).unwrap();
    let id = TunnelId::parse("tunnel").unwrap();
    let (mut tunnel, opened) = Tunnel::open(id, None, Lifetime::default(), Millis(0), &entropy).unwrap();
    let client_token = ClientToken::parse(&"c".repeat(32)).unwrap();
    let lines = Lines::default();
    for side in Side::BOTH {
        let token = match side {
            Side::Source => &opened.source,
            Side::Destination => &opened.destination,
        };
        let mut seats = Vec::new();
        for number in 0..2 {
            let handshake = Handshake {
                access_token: token.expose(),
                side,
                client_token: Some(&client_token),
            };
            let connection = ConnectionId(number);
            let effects = tunnel
                .connect(handshake, connection, |_| false, Millis(0))
                .unwrap();
            lines.apply(tunnel.id(), &effects);
            seats.push(lines.join(&tunnel, side, connection));
        }
        let taken = seats[0].outbox.take(&mut Vec::new(), &mut Sender::new());
        let Next::End(Ending::Bare(why)) = taken else {
            panic!("{taken:?}")
        };
        assert!(
            why.contains("its client is back") && why.contains("another instance"),
            "{why}"
        );
    }
}
