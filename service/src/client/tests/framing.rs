//! What a service may do with frames, and what it may not.

use iot_tunnel_core::PeerFault;
use iot_tunnel_core::websocket::Frame;
use iot_tunnel_core::wire::{Message, MessageType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::peer::{Peer, Sent, encoded, of_stream};
use super::rig::{Rig, connect, served, until_reset, within};
use crate::client::{Event, Loss};

#[tokio::test]
async fn fragments_and_pings_between_them_do_not_disturb_a_message() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut app = served(&server).await;
    // One tunnel frame in three fragments, with a ping in the middle, byte by byte.
    let bytes = encoded(&of_stream(MessageType::Data, 1, b"in pieces"));
    let (first, rest) = bytes.split_at(1);
    let (second, third) = rest.split_at(7);
    let mut wire = Vec::new();
    for (head, part) in [(0x02, first), (0x00, second), (0x89, b"echo me"), (0x80, third)] {
        wire.extend([head, part.len() as u8]);
        wire.extend_from_slice(part);
    }
    for byte in wire {
        peer.write(&[byte]).await;
    }
    assert_eq!(peer.next().await, Sent::Pong(b"echo me".to_vec()));
    let mut came = [0; 9];
    within("the bytes", app.read_exact(&mut came))
        .await
        .expect("bytes");
    assert_eq!(&came, b"in pieces");
}

#[tokio::test]
async fn a_pong_that_nobody_asked_for_changes_nothing_and_is_not_answered() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.frame(Frame::Pong(b"what?")).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    served(&server).await.write_all(b"x").await.expect("written");
    assert_eq!(peer.message().await.0, MessageType::Data);
}

#[tokio::test]
async fn a_text_frame_ends_the_connection_with_its_code_and_is_reported() {
    let (mut rig, _server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.write(b"\x81\x02hi").await;
    assert_eq!(peer.next().await, Sent::Close(Some(1003)));
    let lost = |event| match event {
        Event::Lost { why, retry_in } => Some((why, retry_in)),
        _ => None,
    };
    let (why, retry_in) = rig.event("the loss", lost).await;
    assert!(matches!(why, Loss::WebSocket(PeerFault::TextFrame)), "{why}");
    assert!(retry_in.is_some());
    let _again = Peer::open(rig.dialled().await, &["SSH"]).await;
}

#[tokio::test]
async fn a_drop_in_mid_frame_leaves_nothing_behind() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut old = served(&server).await;
    let half = encoded(&of_stream(MessageType::Data, 1, b"half a message"));
    peer.frame(Frame::Binary(&half[..half.len() - 5])).await;
    drop(peer);
    // The rest of it, had it been kept, would come out of the new connection's bytes.
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::Data, 1, b"stale")).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    peer.send(of_stream(MessageType::Data, 1, b"new")).await;
    peer.send(of_stream(MessageType::ConnectionReset, 1, b"")).await;
    let mut new = served(&server).await;
    let first = until_reset(&mut old).await;
    let mut second = Vec::new();
    within("the end", new.read_to_end(&mut second))
        .await
        .expect("an orderly end");
    assert_eq!((first.as_slice(), second.as_slice()), (&b""[..], &b"new"[..]));
}

#[tokio::test]
async fn a_fault_of_the_tunnel_is_reported_and_another_connection_is_made() {
    let (mut rig, _server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.frame(Frame::Binary(b"\0\0")).await;
    assert_eq!(peer.next().await, Sent::Close(Some(1002)));
    let lost = |event| match event {
        Event::Lost {
            why: Loss::Tunnel(fault),
            ..
        } => Some(fault),
        _ => None,
    };
    assert_eq!(rig.event("the loss", lost).await, PeerFault::EmptyFrame.into());
    let _again = Peer::open(rig.dialled().await, &["SSH"]).await;
}

#[tokio::test]
async fn a_reset_of_the_session_ends_the_connections_and_keeps_the_websocket() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut app = served(&server).await;
    peer.send(Message {
        message_type: MessageType::SessionReset,
        ..Message::default()
    })
    .await;
    assert_eq!(until_reset(&mut app).await, b"");
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    served(&server).await;
}

#[tokio::test]
async fn what_an_application_writes_goes_out_in_payloads_that_its_peer_has_room_for() {
    let (mut rig, address) = Rig::source_with_payloads_of(100).await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    let mut app = connect(address).await;
    let sent: Vec<u8> = (0..=255).cycle().take(1000).collect();
    within("the tunnel", app.write_all(&sent)).await.expect("written");
    let mut came = Vec::new();
    while came.len() < sent.len() {
        if let (MessageType::Data, _, _, payload) = peer.message().await {
            assert!(payload.len() <= 100, "{} bytes in one message", payload.len());
            came.extend(payload);
        }
    }
    assert_eq!(came, sent);
}
