//! The faults of public clients (data-plane.md §6), by class, each against the relay. Class 4 and 11 are a client's alone;
//! class 8 is in `rate`, class 9 in `backpressure`, and what must be refused of class 5 and 6 in `refusing`.

use futures_util::SinkExt as _;
use iot_tunnel_core::wire::{MAX_MESSAGE, MAX_PAYLOAD, Message, MessageType};
use iot_tunnel_core::{Refusal, Side};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::http::Handshake;
use super::peer::{frame, message, reset_of, starts_stream};
use super::rig::{Rig, client_token};

#[tokio::test]
async fn class_1_a_stale_message_without_a_service_id_harms_nothing() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, mut destination) = rig.both(&tunnel).await;
    for message_type in [
        MessageType::Data,
        MessageType::StreamReset,
        MessageType::ConnectionReset,
    ] {
        for id in [-1, 1, i32::MAX] {
            let stale = message(message_type, id, "", b"");
            source.send(stale).await;
            destination.send(stale).await;
        }
    }
    // It reached neither side.
    let start = message(MessageType::StreamStart, 5, "SSH", b"");
    starts_stream(&mut source, &mut destination, start).await;
    let data = message(MessageType::Data, 5, "SSH", b"data");
    destination.send(data).await;
    source.receives(data).await;
}

#[tokio::test]
async fn class_2_half_a_message_is_gone_with_its_connection() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let again = || Handshake::new(Side::Source, &tunnel.source).and("client-token", client_token(1));
    let mut destination = rig.connect(Side::Destination, &tunnel.destination).await;
    assert_eq!(destination.receive().await.message_type, MessageType::ServiceIds);
    let start = message(MessageType::StreamStart, 7, "SSH", b"whole");
    let bytes = frame(start);
    for cut in [1, 2, 3, bytes.len() - 1] {
        let mut source = rig.accepted(again()).await;
        source.send_bytes(&bytes[..cut]).await;
        drop(source);
        let mut source = rig.accepted(again()).await;
        starts_stream(&mut source, &mut destination, start).await;
        rig.until_state(&tunnel, Side::Source, "CONNECTED").await;
        drop(source);
        destination
            .receives(reset_of(message(MessageType::StreamStart, 7, "SSH", b"")))
            .await;
    }
}

#[tokio::test]
async fn class_3_no_payload_of_a_ping_pong_or_close_reaches_the_tunnel() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, mut destination) = rig.both(&tunnel).await;
    let start = message(MessageType::StreamStart, 7, "SSH", b"");
    starts_stream(&mut source, &mut destination, start).await;
    let data = message(MessageType::Data, 7, "SSH", b"data");
    let bytes = frame(data);
    // Between the two halves of a tunnel frame, as if they went on with it.
    source.send_bytes(&bytes[..6]).await;
    for control in [
        Frame::Ping(bytes.clone().into()),
        Frame::Pong(bytes.clone().into()),
    ] {
        source.socket.send(control).await.expect("sent");
    }
    source.send_bytes(&bytes[6..]).await;
    destination.receives(data).await;
    source.socket.close(None).await.expect("sent");
    destination.receives(reset_of(start)).await;
    let next = message(MessageType::Data, 8, "SSH", b"of the next connection");
    rig.until_state(&tunnel, Side::Source, "DISCONNECTED").await;
    destination.send(next).await;
    destination
        .socket
        .send(Frame::Ping("nothing else came".into()))
        .await
        .expect("sent");
    // But for the ping behind the reset.
    assert!(matches!(destination.next().await, Frame::Ping(_)));
    assert_eq!(destination.next().await, Frame::Pong("nothing else came".into()));
}

#[tokio::test]
async fn class_5_fields_that_are_not_known_pass_and_are_not_read_as_others() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, mut destination) = rig.both(&tunnel).await;
    // STREAM_START 1 of SSH with a field 9 whose bytes look like a STREAM_RESET of it: the relay must not see that.
    let mut start = vec![0x08, 2, 0x10, 1, 0x2a, 3, b'S', b'S', b'H', 0x38, 1];
    start.extend([0x4a, 4, 0x08, 3, 0x10, 1]);
    let framed = [&[0, start.len() as u8], &*start].concat();
    source.send_bytes(&framed).await;
    assert_eq!(destination.next().await, Frame::Binary(framed.into()));
    // It was noted as what it is: the source's end resets it.
    drop(source);
    let reset = destination.receive().await;
    assert_eq!(
        (reset.message_type, reset.stream_id),
        (MessageType::StreamReset, 1)
    );
}

#[tokio::test]
async fn class_6_the_longest_message_passes_and_nothing_makes_the_relay_deaf() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, mut destination) = rig.both(&tunnel).await;
    let start = message(MessageType::StreamStart, 7, "SSH", b"");
    starts_stream(&mut source, &mut destination, start).await;
    // A message of 65,535 bytes: the longest payload, and a field that is not known.
    let payload = vec![7; MAX_PAYLOAD];
    let mut longest = frame(message(MessageType::Data, 7, "SSH", &payload)).split_off(2);
    let unknown = MAX_MESSAGE - longest.len() - 4;
    longest.extend([
        0x4a,
        (unknown & 0x7f) as u8 | 0x80,
        (unknown >> 7) as u8 | 0x80,
        0,
    ]);
    longest.resize(MAX_MESSAGE, 1);
    let framed = [&[0xff, 0xff], &*longest].concat();
    source.send_bytes(&framed).await;
    assert_eq!(destination.next().await, Frame::Binary(framed.into()));
    source
        .send(Message {
            ignorable: true,
            ..message(MessageType::from_number(12), 7, "SSH", b"")
        })
        .await;
    let data = message(MessageType::Data, 7, "SSH", b"still heard");
    source.send(data).await;
    destination.receives(data).await;
}

#[tokio::test]
async fn class_7_the_relay_has_no_limit_of_connections_and_passes_each_on() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, mut destination) = rig.both(&tunnel).await;
    for connection_id in 1..=300 {
        let start = Message {
            connection_id,
            ..message(
                match connection_id {
                    1 => MessageType::StreamStart,
                    _ => MessageType::ConnectionStart,
                },
                7,
                "SSH",
                b"",
            )
        };
        source.send(start).await;
        destination.receives(start).await;
    }
}

#[tokio::test]
async fn class_10_a_token_is_judged_whole() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let unknown = (400, Refusal::UnknownAccessToken.text().to_owned());
    let token = &tunnel.source;
    for other in [
        format!("{token}A"),
        token[..token.len() - 1].to_owned(),
        format!("{token}{}", "A".repeat(2_000)),
    ] {
        assert_eq!(rig.refusal(Handshake::new(Side::Source, &other)).await, unknown);
    }
    rig.connect(Side::Source, token).await;
}
