//! What ends a connection closes exactly the right ones at once, with a code and a reason, and the record and the old
//! token follow.

use std::time::Duration;

use iot_tunnel_core::wire::{Message, MessageType};
use iot_tunnel_core::{Refusal, Side};

use super::http::Handshake;
use super::peer::{Peer, message, reset_of, starts_stream};
use super::rig::{Rig, Tunnel, client_token};

const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// A stream in each format: V3 with its connection, V2 with its service, V1 with neither.
fn starts() -> [Message<'static>; 3] {
    let start = message(MessageType::StreamStart, 1, "", b"");
    let stream = |stream_id, service_id, connection_id| Message {
        stream_id,
        service_id,
        connection_id,
        ..start
    };
    [stream(5, "SSH", 9), stream(6, "HTTP", 0), stream(7, "", 0)]
}

/// A tunnel with a stream in each format, both of its sides bound to a client token.
async fn busy(rig: &Rig, n: u32) -> (Tunnel, Peer, Peer) {
    let tunnel = rig.open(&["SSH", "HTTP"]).await;
    let bound = |handshake: Handshake| {
        let side = u32::from(handshake.target.contains("source"));
        handshake.and("client-token", client_token(2 * n + side))
    };
    let (mut source, mut destination) = rig.both_with(&tunnel, bound).await;
    for start in starts() {
        source.send(start).await;
        destination.receives(start).await;
    }
    (tunnel, source, destination)
}

/// A handshake with the client token that [`busy`] has bound.
fn again(tunnel: &Tunnel, side: Side, n: u32) -> Handshake {
    let client_token = client_token(2 * n + u32::from(side == Side::Source));
    Handshake::new(side, tunnel.token(side)).and("client-token", client_token)
}

/// The resets of all streams must come, each once, and then what the other side sends next.
async fn is_reset(peer: &mut Peer) {
    for start in starts() {
        peer.receives(reset_of(start)).await;
    }
}

/// The stream that [`is_undisturbed`] starts.
const FRESH: i32 = 50;

/// Both sides hear each other on a stream of their own, and nothing came before.
async fn is_undisturbed(source: &mut Peer, destination: &mut Peer) {
    let start = message(MessageType::StreamStart, FRESH, "SSH", b"");
    starts_stream(source, destination, start).await;
    let data = message(MessageType::Data, FRESH, "SSH", b"still here");
    source.send(data).await;
    destination.receives(data).await;
    destination.send(data).await;
    source.receives(data).await;
}

/// As source and destination.
fn in_order<'a>(side: Side, peer: &'a mut Peer, other: &'a mut Peer) -> (&'a mut Peer, &'a mut Peer) {
    match side {
        Side::Source => (peer, other),
        Side::Destination => (other, peer),
    }
}

#[tokio::test]
async fn a_rotation_closes_the_rotated_sides_and_resets_the_streams_of_the_other() {
    let rig = Rig::start().await;
    let (_other, mut other_source, mut other_destination) = busy(&rig, 0).await;
    for (n, mode, rotated) in [
        (1, "SOURCE", &[Side::Source][..]),
        (2, "DESTINATION", &[Side::Destination]),
        (3, "ALL", &Side::BOTH),
    ] {
        let (mut tunnel, source, destination) = busy(&rig, n).await;
        let old = tunnel.clone();
        rig.rotate(&mut tunnel, mode).await;
        let state = |side| ["CONNECTED", "DISCONNECTED"][usize::from(rotated.contains(&side))];
        rig.is(&tunnel, state(Side::Source), state(Side::Destination))
            .await;
        for (side, mut peer) in [(Side::Source, source), (Side::Destination, destination)] {
            if rotated.contains(&side) {
                let closed = (1008, "access token rotated".to_owned());
                assert_eq!(peer.closed().await, closed, "{mode} {side:?}");
                peer.ended().await;
                let revoked = (400, Refusal::AccessTokenRevoked.text().to_owned());
                assert_eq!(rig.refusal(again(&old, side, n)).await, revoked);
                let bare = Handshake::new(side, old.token(side));
                assert_eq!(rig.refusal(bare).await, revoked);
            } else {
                is_reset(&mut peer).await;
                // Nothing else: what comes next is from the new peer across.
                let mut new = rig.accepted(again(&tunnel, side.other(), n)).await;
                let _service_ids = new.receive().await;
                let (source, destination) = in_order(side, &mut peer, &mut new);
                is_undisturbed(source, destination).await;
            }
        }
    }
    is_undisturbed(&mut other_source, &mut other_destination).await;
}

#[tokio::test]
async fn the_end_of_a_tunnel_closes_both_sides() {
    let rig = Rig::start().await;
    for (n, ending) in (1..).zip(["closed", "deleted", "expired"]) {
        let (tunnel, mut source, mut destination) = busy(&rig, n).await;
        let refusal = match ending {
            "closed" => {
                rig.close(&tunnel, false).await;
                Refusal::TunnelClosed
            }
            "deleted" => {
                rig.close(&tunnel, true).await;
                Refusal::TunnelNotFound
            }
            _ => {
                rig.clock.advance(LIFETIME);
                Refusal::TunnelExpired
            }
        };
        for peer in [&mut source, &mut destination] {
            assert_eq!(
                peer.closed().await,
                (1008, "tunnel closed".to_owned()),
                "{ending}"
            );
            peer.ended().await;
        }
        if ending != "deleted" {
            rig.is(&tunnel, "DISCONNECTED", "DISCONNECTED").await;
        }
        for side in Side::BOTH {
            let refused = rig.refusal(again(&tunnel, side, n)).await;
            assert_eq!(refused, (400, refusal.text().to_owned()), "{ending} {side:?}");
        }
    }
}

#[tokio::test]
async fn a_tunnel_is_carried_until_its_last_millisecond() {
    let rig = Rig::start().await;
    let (tunnel, mut source, mut destination) = busy(&rig, 0).await;
    rig.clock.advance(LIFETIME - Duration::from_millis(1));
    rig.service.tunnels().sweep().await.expect("a sweep");
    is_undisturbed(&mut source, &mut destination).await;
    rig.is(&tunnel, "CONNECTED", "CONNECTED").await;
    rig.clock.advance(Duration::from_millis(1));
    assert_eq!(source.closed().await, (1008, "tunnel closed".to_owned()));
}

#[tokio::test]
async fn a_client_that_comes_back_replaces_its_own_connection() {
    let rig = Rig::start().await;
    for (n, side) in (1..).zip(Side::BOTH) {
        let (tunnel, source, destination) = busy(&rig, n).await;
        let (mut old, mut other) = match side {
            Side::Source => (source, destination),
            Side::Destination => (destination, source),
        };
        let mut new = rig.accepted(again(&tunnel, side, n)).await;
        rig.is(&tunnel, "CONNECTED", "CONNECTED").await;
        // No close frame: after one AWS's clients would not come back, and this client's token is good.
        old.ended_bare().await;
        is_reset(&mut other).await;
        assert_eq!(new.receive().await.message_type, MessageType::ServiceIds);
        // What the old connection leaves behind takes nothing from the new one.
        let (source, destination) = in_order(side, &mut new, &mut other);
        is_undisturbed(source, destination).await;
        rig.is(&tunnel, "CONNECTED", "CONNECTED").await;
    }
}

#[tokio::test]
async fn streams_that_have_ended_are_not_reset() {
    let rig = Rig::start().await;
    let (mut tunnel, mut source, mut destination) = busy(&rig, 0).await;
    let [ssh, http, unnamed] = starts();
    // One ended by each side, and one replaced.
    source.send(reset_of(ssh)).await;
    destination.receives(reset_of(ssh)).await;
    destination.send(reset_of(http)).await;
    source.receives(reset_of(http)).await;
    let newer = Message {
        stream_id: 70,
        ..unnamed
    };
    source.send(newer).await;
    destination.receives(newer).await;
    rig.rotate(&mut tunnel, "DESTINATION").await;
    source.receives(reset_of(newer)).await;
    let mut new = rig.connect(Side::Destination, &tunnel.destination).await;
    let _service_ids = new.receive().await;
    is_undisturbed(&mut source, &mut new).await;
    // Once it was said it is not said again.
    rig.rotate(&mut tunnel, "DESTINATION").await;
    let fresh = message(MessageType::StreamStart, FRESH, "SSH", b"");
    source.receives(reset_of(fresh)).await;
    rig.close(&tunnel, false).await;
    assert_eq!(source.closed().await, (1008, "tunnel closed".to_owned()));
}
