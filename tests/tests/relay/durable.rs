//! The use of a token is durable before its 101, and a record says CONNECTED only while somebody is.

use std::time::Duration;

use iot_tunnel_core::handshake::Rejection;
use iot_tunnel_core::{Refusal, Side};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::held_store::{Commits, HeldStore};
use super::http::{Answer, Handshake};
use super::rig::Rig;

/// What a socket that was told nothing says.
fn was_told_nothing(socket: &TcpStream) {
    let read = socket.try_read(&mut [0; 1]);
    let nothing = read.expect_err("not a byte");
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn no_answer_leaves_before_the_use_of_the_token_is_stored() {
    let store = HeldStore::new();
    let rig = Rig::with(|builder| builder.store(store.clone())).await;
    let tunnel = rig.open(&[]).await;
    store.set(Commits::Held);
    let mut socket = rig.dial().await;
    let handshake = Handshake::new(Side::Source, &tunnel.source);
    socket.write_all(&handshake.bytes()).await.expect("to send");
    store.holds_one().await;
    // Whatever answered before the store did would have come before these answers.
    for _ in 0..3 {
        rig.is(&tunnel, "DISCONNECTED", "DISCONNECTED").await;
    }
    was_told_nothing(&socket);
    store.set(Commits::Made);
    assert_eq!(Answer::read(&mut socket).await.status, 101);
    rig.is(&tunnel, "CONNECTED", "DISCONNECTED").await;
}

#[tokio::test]
async fn a_store_that_fails_is_answered_with_503_and_leaves_the_token_fresh() {
    let store = HeldStore::new();
    let rig = Rig::with(|builder| builder.store(store.clone())).await;
    let tunnel = rig.open(&[]).await;
    let handshake = Handshake::new(Side::Source, &tunnel.source);
    store.set(Commits::Failed);
    let unavailable = (503, Rejection::UNAVAILABLE.text.to_owned());
    assert_eq!(rig.refusal(handshake.clone()).await, unavailable);
    store.set(Commits::Made);
    rig.is(&tunnel, "DISCONNECTED", "DISCONNECTED").await;
    rig.accepted(handshake).await;
}

#[tokio::test]
async fn a_client_that_leaves_before_its_answer_has_used_its_token_and_is_not_connected() {
    let store = HeldStore::new();
    let rig = Rig::with(|builder| builder.store(store.clone())).await;
    for noticed in [false, true] {
        let tunnel = rig.open(&["SSH"]).await;
        let handshake = Handshake::new(Side::Source, &tunnel.source);
        store.set(Commits::Held);
        let mut socket = rig.dial().await;
        socket.write_all(&handshake.bytes()).await.expect("to send");
        store.holds_one().await;
        drop(socket);
        if noticed {
            // The end of the socket came before this request.
            rig.is(&tunnel, "DISCONNECTED", "DISCONNECTED").await;
        }
        store.set(Commits::Made);
        // This is judged after the first.
        let refused = rig.refusal(handshake).await;
        assert_eq!(refused, (400, Refusal::AccessTokenUsed.text().to_owned()));
        rig.until_state(&tunnel, Side::Source, "DISCONNECTED").await;
        assert_eq!(rig.metric("iot_tunnel_connections{side=\"source\"}").await, 0.0);
    }
}

#[tokio::test]
async fn nobody_is_connected_after_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("tunnels.redb");
    let rig = Rig::with(|builder| builder.store_file(&file)).await;
    let tunnel = rig.open(&[]).await;
    let mut peer = rig.connect(Side::Source, &tunnel.source).await;
    let _service_ids = peer.receive().await;
    let (rig, at) = (rig.service, rig.clock);
    tokio::join!(rig.stop(), async {
        peer.ended().await;
    });
    at.advance(Duration::from_secs(1));
    let rig = Rig::with(|builder| builder.store_file(&file).clock(at)).await;
    rig.is(&tunnel, "DISCONNECTED", "DISCONNECTED").await;
    let refused = rig.refusal(Handshake::new(Side::Source, &tunnel.source)).await;
    assert_eq!(refused, (400, Refusal::AccessTokenUsed.text().to_owned()));
    rig.connect(Side::Destination, &tunnel.destination).await;
}
