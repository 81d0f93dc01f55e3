//! After a rotation no message of the old connection reaches the other side, however much of it is on its way.

use futures_util::SinkExt as _;
use iot_tunnel_core::Side;
use iot_tunnel_core::wire::MessageType;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::http::Handshake;
use super::peer::{Peer, frame, message};
use super::rig::Rig;

const ROUNDS: i32 = 50;

/// How many messages of a round are seen before the rotation.
const SEEN: usize = 20;

/// A peer whose socket holds little, so that a round takes little time; the relay's own holds all the more.
async fn narrow(rig: &Rig, side: Side, token: &str) -> Peer {
    let accepted = Peer::over(rig.dial_narrow().await, Handshake::new(side, token)).await;
    accepted
        .unwrap_or_else(|refused| panic!("{:?}", refused.refusal()))
        .0
}

/// Starts the stream of that round and sends on it until the connection is gone, without ever reading.
fn flood(mut source: Peer, round: i32) -> JoinHandle<()> {
    tokio::spawn(async move {
        let start = frame(message(MessageType::StreamStart, round, "SSH", b""));
        let data = frame(message(MessageType::Data, round, "SSH", &[0; 3_000]));
        let mut next = [start, data.repeat(20)].concat();
        while source.socket.send(Frame::Binary(next.into())).await.is_ok() {
            next = data.repeat(20);
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_rotated_source_comes_after_its_reset() {
    let rig = Rig::start().await;
    let mut tunnel = rig.open(&["SSH"]).await;
    let mut destination = narrow(&rig, Side::Destination, &tunnel.destination).await;
    let _service_ids = destination.receive().await;
    let mut previous: Option<JoinHandle<()>> = None;
    for round in 1..=ROUNDS {
        let source = narrow(&rig, Side::Source, &tunnel.source).await;
        let current = flood(source, round);
        let start = destination.receive().await;
        assert_eq!(
            (start.message_type, start.stream_id),
            (MessageType::StreamStart, round),
            "the first of round {round}"
        );
        for _ in 0..SEEN {
            let data = destination.receive().await;
            assert_eq!((data.message_type, data.stream_id), (MessageType::Data, round));
        }
        rig.rotate(&mut tunnel, "SOURCE").await;
        loop {
            let next = destination.receive().await;
            assert_eq!(next.stream_id, round);
            match next.message_type {
                MessageType::Data => {}
                MessageType::StreamReset => break,
                other => panic!("{other} in round {round}"),
            }
        }
        // The old peer has sent on into the new one's round.
        if let Some(previous) = previous.replace(current) {
            previous.abort();
        }
    }
    rig.close(&tunnel, false).await;
    assert_eq!(destination.closed().await, (1008, "tunnel closed".to_owned()));
}
