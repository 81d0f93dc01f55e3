//! The end of a service ends every connection: in order when it stops, at once when it is dropped.

use std::time::Duration;

use iot_tunnel_core::Side;
use iot_tunnel_core::wire::MessageType;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::held_store::{Commits, HeldStore};
use super::http::Handshake;
use super::peer::Peer;
use super::rig::{DEADLINE, Rig};

/// The time that peers have, and then some.
const LIMIT: Duration = Duration::from_secs(10);

/// A tunnel's two peers, for each of those.
async fn pairs(rig: &Rig, count: usize) -> Vec<Peer> {
    let mut peers = Vec::new();
    for _ in 0..count {
        let tunnel = rig.open(&["SSH"]).await;
        let (source, destination) = rig.both(&tunnel).await;
        peers.extend([source, destination]);
    }
    peers
}

#[tokio::test]
async fn a_stop_ends_every_connection_without_a_close_frame_and_waits_for_no_longer_than_it_must() {
    let rig = Rig::start().await;
    let peers = pairs(&rig, 5).await;
    let address = rig.dial().await.peer_addr().expect("an address");
    let started = Instant::now();
    tokio::join!(rig.service.stop(), async {
        for mut peer in peers {
            // Then it is dropped: its client ends its own side too.
            peer.ended_bare().await;
        }
    });
    // They have all ended, so nobody's time had to run out.
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert!(TcpStream::connect(address).await.is_err(), "it still listens");
}

#[tokio::test]
async fn a_stop_returns_although_a_peer_does_not_answer() {
    let rig = Rig::start().await;
    let mut peers = pairs(&rig, 1).await;
    timeout(LIMIT, rig.service.stop()).await.expect("it has stopped");
    for peer in &mut peers {
        peer.ended_bare().await;
    }
}

#[tokio::test]
async fn a_dropped_service_ends_its_connections_at_once() {
    let rig = Rig::start().await;
    let mut peers = pairs(&rig, 3).await;
    drop(rig);
    for peer in &mut peers {
        peer.ended().await;
    }
}

#[tokio::test]
async fn a_dropped_service_answers_no_handshake_that_it_was_judging() {
    let store = HeldStore::new();
    let rig = Rig::with(|builder| builder.store(store.clone())).await;
    let tunnel = rig.open(&[]).await;
    store.set(Commits::Held);
    let mut socket = rig.dial().await;
    let handshake = Handshake::new(Side::Source, &tunnel.source);
    socket.write_all(&handshake.bytes()).await.expect("to send");
    store.holds_one().await;
    drop(rig);
    let mut answer = Vec::new();
    let end = timeout(DEADLINE, socket.read_to_end(&mut answer)).await;
    // A reset is an end too.
    let _ = end.expect("the connection ends");
    assert_eq!(String::from_utf8_lossy(&answer), "");
    store.set(Commits::Made);
}

#[tokio::test]
async fn a_peer_that_was_told_nothing_yet_hears_its_services_before_the_end() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let mut peer = rig.connect(Side::Source, &tunnel.source).await;
    // One client crashes when its connection ends before SERVICE_IDS (data-plane.md §7).
    tokio::join!(rig.service.stop(), async {
        assert_eq!(peer.receive().await.message_type, MessageType::ServiceIds);
        peer.ended_bare().await;
    });
}
