//! What leads nowhere fails at once: a start is answered with the reset of its own ids, everything else is dropped quietly.

use iot_tunnel_core::Side;
use iot_tunnel_core::wire::{Message, MessageType};
use serde_json::json;

use super::peer::{Peer, message, reset_of, starts_stream};
use super::rig::Rig;

/// A start of either kind, in every format: V3, V2, V1.
fn starts<'a>(service_id: &'a str) -> Vec<Message<'a>> {
    let start = |message_type, service_id, connection_id| Message {
        connection_id,
        ..message(message_type, 8, service_id, b"")
    };
    let mut starts = vec![
        start(MessageType::StreamStart, service_id, 3),
        start(MessageType::ConnectionStart, service_id, 4),
        start(MessageType::StreamStart, service_id, 0),
    ];
    if service_id == "SSH" {
        starts.push(start(MessageType::StreamStart, "", 0));
        starts.push(start(MessageType::ConnectionStart, "", 5));
    }
    starts
}

/// Each start is answered with its reset, and with nothing else.
async fn are_reset(source: &mut Peer, starts: &[Message<'_>]) {
    for start in starts {
        source.send(*start).await;
        source.receives(reset_of(*start)).await;
    }
}

/// What comes next is what is sent now: nothing was passed on before.
async fn is_next(source: &mut Peer, destination: &mut Peer, service_id: &str) {
    let start = message(MessageType::StreamStart, 9, service_id, b"");
    starts_stream(source, destination, start).await;
}

#[tokio::test]
async fn a_start_while_the_destination_is_away_is_reset_at_once() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let mut source = rig.connect(Side::Source, &tunnel.source).await;
    let _service_ids = source.receive().await;
    are_reset(&mut source, &starts("SSH")).await;
    let mut destination = rig.connect(Side::Destination, &tunnel.destination).await;
    let _service_ids = destination.receive().await;
    is_next(&mut source, &mut destination, "SSH").await;
    // Nor when it has been here and is gone.
    drop(destination);
    source
        .receives(reset_of(message(MessageType::StreamStart, 9, "SSH", b"")))
        .await;
    are_reset(&mut source, &starts("SSH")).await;
}

#[tokio::test]
async fn a_start_of_a_service_that_the_tunnel_does_not_have_is_reset_at_once() {
    let rig = Rig::start().await;
    for services in [&["SSH", "HTTP"][..], &[]] {
        let tunnel = rig.open(services).await;
        let (mut source, mut destination) = rig.both(&tunnel).await;
        let long = "x".repeat(60_000);
        for unknown in ["RDP", "ssh", "SSH ", &long] {
            are_reset(&mut source, &starts(unknown)).await;
        }
        is_next(&mut source, &mut destination, services.first().unwrap_or(&"")).await;
    }
}

#[tokio::test]
async fn the_services_are_those_of_the_last_rotation() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, _old) = rig.both(&tunnel).await;
    let config = json!({ "services": ["HTTP"] });
    let body = json!({ "tunnelId": tunnel.id, "clientMode": "DESTINATION", "destinationConfig": config });
    let rotated = rig.done("RotateTunnelAccessToken", body).await;
    let token = rotated["destinationAccessToken"].as_str().expect("a token");
    let mut destination = rig.connect(Side::Destination, token).await;
    assert_eq!(destination.receive().await.services, ["HTTP"]);
    are_reset(&mut source, &[message(MessageType::StreamStart, 8, "SSH", b"")]).await;
    is_next(&mut source, &mut destination, "HTTP").await;
}

#[tokio::test]
async fn what_is_no_start_is_dropped_quietly_when_nobody_is_across() {
    let rig = Rig::start().await;
    for side in Side::BOTH {
        let tunnel = rig.open(&["SSH"]).await;
        let mut peer = rig.connect(side, tunnel.token(side)).await;
        let _service_ids = peer.receive().await;
        for message_type in [
            MessageType::Data,
            MessageType::StreamReset,
            MessageType::ConnectionReset,
        ] {
            peer.send(message(message_type, 8, "SSH", b"to nobody")).await;
        }
        let mut other = rig.connect(side.other(), tunnel.token(side.other())).await;
        let _service_ids = other.receive().await;
        // Neither an answer nor a message too late.
        let (source, destination) = match side {
            Side::Source => (&mut peer, &mut other),
            Side::Destination => (&mut other, &mut peer),
        };
        is_next(source, destination, "SSH").await;
        let data = message(MessageType::Data, 9, "SSH", b"to somebody");
        peer.send(data).await;
        other.receives(data).await;
        other.send(data).await;
        peer.receives(data).await;
    }
}
