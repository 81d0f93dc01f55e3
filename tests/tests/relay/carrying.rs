//! Messages go to the other side as they came, one to a WebSocket message, however they were cut.

use futures_util::SinkExt as _;
use iot_tunnel_core::Side;
use iot_tunnel_core::wire::{Message, MessageType};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as RawFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::peer::{frame, message};
use super::rig::Rig;

#[tokio::test]
async fn service_ids_come_first_and_alone() {
    let rig = Rig::start().await;
    for services in [&[][..], &["SSH"], &["SSH", "HTTP", "RDP"]] {
        let tunnel = rig.open(services).await;
        let mut source = rig.connect(Side::Source, &tunnel.source).await;
        let first = source.receive().await;
        assert_eq!(first.message_type, MessageType::ServiceIds);
        assert_eq!(first.services, services);
        assert_eq!(rig.state(&tunnel, Side::Source).await, "CONNECTED");
        assert_eq!(rig.state(&tunnel, Side::Destination).await, "DISCONNECTED");
    }
}

#[tokio::test]
async fn messages_pass_unchanged_however_they_were_cut() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, mut destination) = rig.both(&tunnel).await;
    let payload: Vec<u8> = (0..64_512_u32).map(|i| (i % 251) as u8).collect();
    let messages = [
        message(MessageType::StreamStart, 7, "SSH", b""),
        message(MessageType::Data, 7, "SSH", &payload),
        message(MessageType::Data, 7, "SSH", b"x"),
        message(MessageType::ConnectionStart, 7, "SSH", b""),
        message(MessageType::StreamReset, 7, "SSH", b""),
    ];
    let stream: Vec<u8> = messages.iter().flat_map(|message| frame(*message)).collect();
    for chunk in [131_000, 1_000, 4_096] {
        for chunk in stream.chunks(chunk) {
            source.send_bytes(chunk).await;
        }
        for sent in messages {
            let received = destination.receive().await;
            assert_eq!(received.message_type, sent.message_type);
            assert_eq!(received.stream_id, 7);
            assert_eq!((received.service_id.as_str(), received.connection_id), ("SSH", 1));
            assert!(received.payload == sent.payload);
        }
    }
}

#[tokio::test]
async fn fragments_with_pings_between_them_are_one_stream_and_each_ping_is_echoed() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, mut destination) = rig.both(&tunnel).await;
    let start = frame(message(MessageType::StreamStart, 9, "SSH", b""));
    let (first, last) = start.split_at(5);
    for (opcode, bytes, is_final) in [(Data::Binary, first, false), (Data::Continue, last, true)] {
        let raw = RawFrame::message(bytes.to_vec(), OpCode::Data(opcode), is_final);
        source.socket.send(Frame::Frame(raw)).await.unwrap();
        source
            .socket
            .send(Frame::Ping(bytes.to_vec().into()))
            .await
            .unwrap();
        assert_eq!(source.next().await, Frame::Pong(bytes.to_vec().into()));
    }
    let received = destination.receive().await;
    assert_eq!(
        (received.message_type, received.stream_id),
        (MessageType::StreamStart, 9)
    );
}

#[tokio::test]
async fn unknown_messages_that_may_be_ignored_are_and_known_ones_are_not() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, mut destination) = rig.both(&tunnel).await;
    let ignorable = |message_type| Message {
        ignorable: true,
        ..message(message_type, 3, "SSH", b"")
    };
    source.send(ignorable(MessageType::from_number(99))).await;
    source.send(ignorable(MessageType::StreamStart)).await;
    let received = destination.receive().await;
    assert_eq!(
        (received.message_type, received.stream_id),
        (MessageType::StreamStart, 3)
    );
}
