//! A peer whose connection breaks, however it does, is noted at once, and its half of a message reaches nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{SinkExt as _, StreamExt as _};
use iot_tunnel_core::Side;
use iot_tunnel_core::wire::MessageType;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::http::Handshake;
use super::peer::{Peer, frame, message, reset_of, starts_stream};
use super::rig::{DEADLINE, Rig, client_token};

/// How a connection breaks.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// The end of the stream, between two messages.
    End,
    /// The end of the stream in the middle of a WebSocket frame.
    InFrame,
    /// The end of the stream between two frames, in the middle of a tunnel frame.
    InMessage,
    /// A TCP reset.
    Reset,
    /// A close frame.
    Close,
    /// A close frame without a code.
    SilentClose,
}

const EVERY: [Break; 6] = [
    Break::End,
    Break::InFrame,
    Break::InMessage,
    Break::Reset,
    Break::Close,
    Break::SilentClose,
];

/// Half of a message that starts a stream.
fn half() -> Vec<u8> {
    frame(message(MessageType::StreamStart, 77, "SSH", &[7; 100]))[..60].to_vec()
}

async fn broken(mut peer: Peer, how: Break) {
    match how {
        Break::End | Break::Reset => {}
        Break::InFrame => {
            // Binary, masked with zeros, 100 bytes announced, 60 there.
            let bytes = [&[0x82, 0x80 | 100, 0, 0, 0, 0][..], &half()].concat();
            peer.send_raw(&bytes).await;
        }
        Break::InMessage => peer.send_bytes(&half()).await,
        Break::Close => {
            peer.socket.close(None).await.expect("closed");
            peer.ended_after_close().await;
        }
        Break::SilentClose => {
            peer.send_raw(b"\x88\x80mask").await;
            let next = peer.next().await;
            assert!(matches!(next, Frame::Close(_)), "{next:?}");
        }
    }
}

#[tokio::test]
async fn the_other_side_hears_of_it_and_a_successor_starts_afresh() {
    let rig = Rig::start().await;
    for (n, how) in (0..).zip(EVERY) {
        for side in Side::BOTH {
            let tunnel = rig.open(&["SSH"]).await;
            let n = 2 * n + u32::from(side == Side::Source);
            let handshake = Handshake::new(side, tunnel.token(side)).and("client-token", client_token(n));
            let stream = rig.dial().await;
            if let Break::Reset = how {
                resets_when_dropped(&stream);
            }
            let Ok((mut peer, _)) = Peer::over(stream, handshake.clone()).await else {
                panic!("refused")
            };
            let _service_ids = peer.receive().await;
            let mut other = rig.connect(side.other(), tunnel.token(side.other())).await;
            let _service_ids = other.receive().await;
            let start = message(MessageType::StreamStart, 4, "SSH", b"");
            let (source, destination) = match side {
                Side::Source => (&mut peer, &mut other),
                Side::Destination => (&mut other, &mut peer),
            };
            source.send(start).await;
            destination.receives(start).await;

            broken(peer, how).await;
            other.receives(reset_of(start)).await;
            rig.until_state(&tunnel, side, "DISCONNECTED").await;
            assert_eq!(rig.state(&tunnel, side.other()).await, "CONNECTED");

            let mut successor = rig.accepted(handshake).await;
            let _service_ids = successor.receive().await;
            let fresh = message(MessageType::StreamStart, 5, "SSH", b"");
            let data = message(MessageType::Data, 5, "SSH", b"whole");
            // Nothing of what was half sent, and no second reset.
            let (source, destination) = match side {
                Side::Source => (&mut successor, &mut other),
                Side::Destination => (&mut other, &mut successor),
            };
            starts_stream(source, destination, fresh).await;
            successor.send(data).await;
            other.receives(data).await;
        }
    }
}

#[tokio::test]
async fn a_close_is_answered_with_its_own_code() {
    let rig = Rig::start().await;
    for (sent, answered) in [(1000_u16, 1000_u16), (1001, 1001), (4321, 4321)] {
        let tunnel = rig.open(&[]).await;
        let mut peer = rig.connect(Side::Source, &tunnel.source).await;
        let _service_ids = peer.receive().await;
        let code = sent.to_be_bytes();
        let bytes = [&[0x88, 0x82, 0, 0, 0, 0][..], &code].concat();
        peer.send_raw(&bytes).await;
        assert_eq!(peer.closed().await, (answered, String::new()));
    }
}

#[tokio::test]
async fn a_peer_that_never_reads_and_is_rotated_out_is_gone_soon_and_nobody_waits_for_it() {
    let rig = Rig::start().await;
    let mut tunnel = rig.open(&["SSH"]).await;
    let mut source = rig.connect(Side::Source, &tunnel.source).await;
    let _service_ids = source.receive().await;
    let mut destination = rig.connect(Side::Destination, &tunnel.destination).await;
    let start = message(MessageType::StreamStart, 4, "SSH", b"");
    source.send(start).await;
    // More than the sockets on the way have room for; it goes on when the destination is gone.
    let (mut to, mut from) = source.socket.split();
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let flood = tokio::spawn(async move {
        let data = frame(message(MessageType::Data, 4, "SSH", &[0; 60_000]));
        for _ in 0..600 {
            to.send(Frame::Binary(data.clone().into())).await.expect("sent");
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let stopped = async {
        let (mut last, mut still) = (0, 0);
        while still < 50 {
            rig.is(&tunnel, "CONNECTED", "CONNECTED").await;
            let now = sent.load(Ordering::SeqCst);
            still = if now > 0 && now == last { still + 1 } else { 0 };
            last = now;
        }
    };
    timeout(DEADLINE, stopped).await.expect("the source is stopped");
    assert!(!flood.is_finished());

    let rotated = Instant::now();
    rig.rotate(&mut tunnel, "DESTINATION").await;
    rig.is(&tunnel, "CONNECTED", "DISCONNECTED").await;
    loop {
        let next = timeout(DEADLINE, from.next());
        match next
            .await
            .expect("a reset")
            .expect("it lives")
            .expect("a message")
        {
            Frame::Ping(_) => {}
            Frame::Binary(bytes) => break assert_eq!(bytes, frame(reset_of(start))),
            other => panic!("{other:?}"),
        }
    }
    timeout(DEADLINE, flood).await.expect("room").expect("sent");
    // Whoever writes to a socket that is gone is told so.
    let gone = async {
        while destination
            .socket
            .send(Frame::Ping(vec![0; 100].into()))
            .await
            .is_ok()
        {}
    };
    timeout(DEADLINE, gone).await.expect("the socket is gone");
    assert!(rotated.elapsed() < DEADLINE / 2, "{:?}", rotated.elapsed());
}

/// Has the socket send a TCP reset when it is closed.
fn resets_when_dropped(stream: &TcpStream) {
    stream.set_zero_linger().expect("no lingering");
}
