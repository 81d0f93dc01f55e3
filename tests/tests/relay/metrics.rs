//! What the relay counts: who is connected, and the bytes of messages that went to the other side.

use iot_tunnel_core::Side;
use iot_tunnel_core::wire::MessageType;

use super::http::Handshake;
use super::peer::{frame, message, starts_stream};
use super::rig::Rig;

async fn connected(rig: &Rig) -> [f64; 2] {
    [
        rig.metric("iot_tunnel_connections{side=\"source\"}").await,
        rig.metric("iot_tunnel_connections{side=\"destination\"}").await,
    ]
}

async fn relayed(rig: &Rig) -> [f64; 2] {
    [
        rig.metric("iot_tunnel_relayed_bytes_total{from=\"source\"}")
            .await,
        rig.metric("iot_tunnel_relayed_bytes_total{from=\"destination\"}")
            .await,
    ]
}

#[tokio::test]
async fn connections_are_counted_by_side_while_they_live() {
    let rig = Rig::start().await;
    assert_eq!(connected(&rig).await, [0.0, 0.0]);
    let mut tunnel = rig.open(&["SSH"]).await;
    let _both = rig.both(&tunnel).await;
    let lone = rig.open(&["SSH"]).await;
    let _source = rig.connect(Side::Source, &lone.source).await;
    assert_eq!(connected(&rig).await, [2.0, 1.0]);
    rig.rotate(&mut tunnel, "SOURCE").await;
    assert_eq!(connected(&rig).await, [1.0, 1.0]);
    rig.close(&tunnel, true).await;
    rig.close(&lone, false).await;
    assert_eq!(connected(&rig).await, [0.0, 0.0]);
}

#[tokio::test]
async fn bytes_are_counted_that_went_to_the_other_side() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let mut source = rig.connect(Side::Source, &tunnel.source).await;
    let _service_ids = source.receive().await;
    let data = message(MessageType::Data, 1, "SSH", b"hello");
    // To nobody.
    source.send(data).await;
    let start = message(MessageType::StreamStart, 1, "SSH", b"");
    source.send(start).await;
    let _reset = source.receive().await;
    assert_eq!(relayed(&rig).await, [0.0, 0.0]);

    let mut destination = rig.connect(Side::Destination, &tunnel.destination).await;
    let _service_ids = destination.receive().await;
    starts_stream(&mut source, &mut destination, start).await;
    for _ in 0..3 {
        source.send(data).await;
        destination.receives(data).await;
    }
    destination.send(data).await;
    source.receives(data).await;
    // Without the length before a message.
    let length = |message| (frame(message).len() - 2) as f64;
    let sent = length(start) + 3.0 * length(data);
    assert_eq!(relayed(&rig).await, [sent, length(data)]);
}

#[tokio::test]
async fn refused_handshakes_are_counted_by_reason() {
    let rig = Rig::start().await;
    let unknown = Handshake::new(Side::Source, "unknown");
    let http_1_0 = Handshake {
        version: "HTTP/1.0",
        ..unknown.clone()
    };
    for (reason, handshake) in [
        ("UnknownAccessToken", unknown.clone()),
        ("Version", unknown.without("sec-websocket-version")),
        ("HttpVersion", http_1_0),
    ] {
        let name = format!("iot_tunnel_refusals_total{{reason=\"{reason}\"}}");
        assert_eq!(rig.metric(&name).await, 0.0);
        let _ = rig.refusal(handshake).await;
        assert_eq!(rig.metric(&name).await, 1.0, "{reason}");
    }
}
