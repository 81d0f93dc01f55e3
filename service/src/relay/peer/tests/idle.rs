//! A peer that says nothing is asked, and then taken for gone; one that answers stays. Nobody who is idle holds memory.

use std::time::Duration;

use iot_tunnel_core::Side;
use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::websocket::Frame;
use iot_tunnel_core::wire::MessageType;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, sleep};

use super::super::reader::PING_AFTER;
use super::super::{End, GONE_AFTER, KEEP_BUFFERS};
use super::rig::{Heard, Rig, tunnel_frame};

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_pinged_after_30_s_and_dropped_after_60_s() {
    let start = Instant::now();
    let mut silent = Rig::new().connect(Side::Source, b"");
    assert_eq!(
        silent.next_since(start).await,
        (Heard::Ping, Duration::from_secs(30))
    );
    // Without a close frame, after which AWS's clients would not come back.
    assert_eq!(
        silent.next_since(start).await,
        (Heard::End, Duration::from_secs(60))
    );
    assert!(matches!(silent.task.await.unwrap(), End::Silent));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_its_pings_stays() {
    let mut rig = Rig::new();
    let mut source = rig.connect(Side::Source, b"");
    for _ in 0..100 {
        let asked = Instant::now();
        assert_eq!(source.next_since(asked).await, (Heard::Ping, PING_AFTER));
        source.send(Frame::Pong(b"")).await;
    }
    assert_eq!(rig.lines.connected(Side::Source), 1);
}

#[tokio::test(start_paused = true)]
async fn any_byte_is_a_sign_of_life() {
    let mut source = Rig::new().connect(Side::Source, b"");
    let frame = source.frame(Frame::Ping(b"slowly"));
    for byte in frame {
        sleep(PING_AFTER - Duration::from_secs(1)).await;
        source.socket.write_all(&[byte]).await.unwrap();
    }
    assert_eq!(source.next().await, Heard::Pong(b"slowly".to_vec()));
}

#[tokio::test(start_paused = true)]
async fn half_a_frame_is_no_excuse_for_silence() {
    let start = Instant::now();
    let mut source = Rig::new().connect(Side::Source, b"");
    let frame = source.frame(Frame::Binary(&tunnel_frame(MessageType::StreamStart, b"")));
    source.socket.write_all(&frame[..9]).await.unwrap();
    assert_eq!(source.next_since(start).await, (Heard::Ping, PING_AFTER));
    let (_, after) = source.next_since(start).await;
    assert_eq!(after, GONE_AFTER);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_holds_no_buffer_although_its_client_pings() {
    let mut rig = Rig::new();
    let (mut peer, mut socket) = rig.seated(Side::Destination);
    let mut source = rig.connect(Side::Source, b"");
    let ping = source.frame(Frame::Ping(b"there?"));
    let script = async {
        let data = tunnel_frame(MessageType::Data, &[0; 60_000]);
        let (start, data) = (
            source.frame(Frame::Binary(&tunnel_frame(MessageType::StreamStart, b""))),
            source.frame(Frame::Binary(&data)),
        );
        let mut received = vec![0; 60_000];
        let sent = async { source.socket.write_all(&[start, data].concat()).await.unwrap() };
        let read = async { socket.read_exact(&mut received).await.unwrap() };
        tokio::join!(sent, read);
        // As clients do, in less time than it takes to be asked.
        for _ in 0..3 {
            sleep(Duration::from_secs(20)).await;
            socket.write_all(&ping).await.unwrap();
            let _ = socket.read(&mut received).await.unwrap();
        }
        sleep(KEEP_BUFFERS + Duration::from_secs(1)).await;
    };
    tokio::select! {
        end = peer.serve(Subprotocol::V1, Vec::new()) => panic!("{end}"),
        () = script => {}
    }
    assert_eq!(peer.writer.capacity(), 0);
    assert_eq!(peer.seat.outbox.capacity(), 0);
}
