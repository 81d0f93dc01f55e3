//! A slow reader stops its peer and nobody else, and loses nothing.

use futures_util::{SinkExt as _, StreamExt as _};
use iot_tunnel_core::Side;
use iot_tunnel_core::wire::MessageType;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::http::Handshake;
use super::peer::{Peer, frame, message, starts_stream};
use super::rig::{DEADLINE, Rig, Tunnel};

/// Messages of 60,000 bytes: together 24 MB, more than all the sockets on the way have room for.
const MANY: u32 = 400;

/// The sending half of a peer.
type Sink =
    futures_util::stream::SplitSink<tokio_tungstenite::WebSocketStream<Box<dyn super::peer::Socket>>, Frame>;
/// The receiving half.
type Stream =
    futures_util::stream::SplitStream<tokio_tungstenite::WebSocketStream<Box<dyn super::peer::Socket>>>;

/// Both peers of a tunnel, told its services, with a stream between them; their own ends of the sockets hold little.
async fn both(rig: &Rig, tunnel: &Tunnel) -> (Peer, Peer) {
    let mut peers = Vec::new();
    for side in Side::BOTH {
        let handshake = Handshake::new(side, tunnel.token(side));
        let accepted = Peer::over(rig.dial_narrow().await, handshake).await;
        let (mut peer, _) = accepted.unwrap_or_else(|refused| panic!("{:?}", refused.refusal()));
        let _service_ids = peer.receive().await;
        peers.push(peer);
    }
    let mut destination = peers.pop().expect("two peers");
    let mut source = peers.pop().expect("two peers");
    let start = message(MessageType::StreamStart, 1, "SSH", b"");
    starts_stream(&mut source, &mut destination, start).await;
    (source, destination)
}

/// Sends numbered messages.
fn send_many(mut to: Sink) -> JoinHandle<Sink> {
    tokio::spawn(async move {
        let mut payload = vec![0; 60_000];
        for number in 0..MANY {
            payload[..4].copy_from_slice(&number.to_be_bytes());
            let data = frame(message(MessageType::Data, 1, "SSH", &payload));
            to.send(Frame::Binary(data.into())).await.expect("sent");
        }
        to
    })
}

/// All numbered messages come, in order.
async fn receive_many(from: &mut Stream) {
    for expected in 0..MANY {
        let bytes = loop {
            let next = timeout(DEADLINE, from.next()).await.expect("a message");
            match next.expect("it lives").expect("a message") {
                Frame::Binary(bytes) => break bytes,
                Frame::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        };
        let mut payload = vec![0; 60_000];
        payload[..4].copy_from_slice(&expected.to_be_bytes());
        assert!(
            bytes == frame(message(MessageType::Data, 1, "SSH", &payload)),
            "{expected}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_stops_its_peer_and_nobody_else() {
    let rig = Rig::start().await;
    let (slow, other) = (rig.open(&["SSH"]).await, rig.open(&["SSH"]).await);
    let (source, destination) = both(&rig, &slow).await;
    let (to_destination, mut from_destination) = source.socket.split();
    let stopped = send_many(to_destination);

    // As much goes through another tunnel in the meantime, in both directions at once.
    let (one, another) = both(&rig, &other).await;
    let ((to_another, mut from_another), (to_one, mut from_one)) =
        (one.socket.split(), another.socket.split());
    let (there, back) = (send_many(to_another), send_many(to_one));
    tokio::join!(receive_many(&mut from_one), receive_many(&mut from_another));
    assert!(there.await.is_ok() && back.await.is_ok());

    // And through this one, in the other direction.
    let (to_source, mut from_source) = destination.socket.split();
    let back = send_many(to_source);
    receive_many(&mut from_destination).await;
    let _to_source = back.await.expect("sent");

    assert!(!stopped.is_finished(), "the source was not stopped");
    receive_many(&mut from_source).await;
    let _to_destination = stopped.await.expect("sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sides_that_both_send_before_they_read_do_not_wait_for_ever() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let (source, destination) = both(&rig, &tunnel).await;
    let ((to_destination, mut from_destination), (to_source, mut from_source)) =
        (source.socket.split(), destination.socket.split());
    let (there, back) = (send_many(to_destination), send_many(to_source));
    // One after the other: each is read only when the first has everything.
    receive_many(&mut from_source).await;
    receive_many(&mut from_destination).await;
    assert!(there.await.is_ok() && back.await.is_ok());
}
