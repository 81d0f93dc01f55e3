//! A slow reader stops its peer, and memory stays bounded.

use std::time::Duration;

use iot_tunnel_core::wire::{MAX_PAYLOAD, MessageType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::peer::{Peer, Sent, of_stream};
use super::rig::{Rig, served, token, within};

#[tokio::test]
async fn an_application_that_does_not_read_stops_the_socket_and_gets_everything_later() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut app = served(&server).await;
    // Far more than loopback's buffers and ours take together.
    let mut sent = 0_usize;
    let mut payload = vec![0; MAX_PAYLOAD];
    let stopped = loop {
        payload.fill(sent as u8);
        let message = of_stream(MessageType::Data, 1, &payload);
        sent += 1;
        if !peer.try_send(message, Duration::from_millis(500)).await {
            break sent;
        }
        assert!(
            sent < 1000,
            "64 MB were taken for an application that reads nothing"
        );
    };
    // The last one was sent in part only: what the application gets before that is whole.
    let mut came = vec![0; MAX_PAYLOAD];
    for expected in 0..stopped - 1 {
        within("the bytes", app.read_exact(&mut came))
            .await
            .expect("bytes");
        assert!(
            came.iter().all(|byte| *byte == expected as u8),
            "message {expected}"
        );
    }
}

#[tokio::test]
async fn a_peer_that_does_not_read_stops_the_application() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut app = served(&server).await;
    let chunk = vec![7; 64 * 1024];
    let mut written = 0;
    while let Ok(result) = tokio::time::timeout(Duration::from_millis(500), app.write(&chunk)).await {
        written += result.expect("written");
        assert!(
            written < 64 << 20,
            "64 MB were taken for a peer that reads nothing"
        );
    }
    drop(app);
    let (data, end) = peer.data_until_end().await;
    assert_eq!((data.len(), end), (written, MessageType::ConnectionReset));
    assert!(data.iter().all(|byte| *byte == 7));
}

#[tokio::test]
async fn pings_are_answered_while_an_application_keeps_the_tunnel_waiting_for_room_only_so_far() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let _slow = served(&server).await;
    // Less than what is kept for one application: everything behind it is still read.
    let payload = vec![0; MAX_PAYLOAD];
    for _ in 0..2 {
        peer.send(of_stream(MessageType::Data, 1, &payload)).await;
    }
    peer.frame(iot_tunnel_core::websocket::Frame::Ping(b"there?"))
        .await;
    assert_eq!(peer.next().await, Sent::Pong(b"there?".to_vec()));
}

#[tokio::test]
async fn an_application_that_does_not_read_stops_nothing_once_a_new_token_brings_a_new_connection() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let _stuck = served(&server).await;
    let payload = vec![0; MAX_PAYLOAD];
    while peer
        .try_send(
            of_stream(MessageType::Data, 1, &payload),
            Duration::from_millis(500),
        )
        .await
    {}
    let handed = rig.tunnel.replace_token(token("second"), None).await;
    handed.expect("the second token");
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 2, b"")).await;
    peer.send(of_stream(MessageType::Data, 2, b"new")).await;
    let mut app = served(&server).await;
    let mut came = [0; 3];
    within("the bytes", app.read_exact(&mut came))
        .await
        .expect("bytes");
    assert_eq!(&came, b"new");
}
