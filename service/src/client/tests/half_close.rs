//! An application that ends only what it sends still gets its answer, at either end. Time stands still until everything waits.

use std::time::Duration;

use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::wire::{Message, MessageType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::peer::{Peer, of_stream};
use super::rig::{Rig, connect, served, until_reset, within};
use crate::client::HALF_CLOSE_SILENCE;

/// Less than the silence that ends a half-closed connection.
const PAUSE: Duration = Duration::from_secs(4);

async fn source() -> (Rig, Peer, TcpStream, i32) {
    let (mut rig, address) = Rig::source().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    let app = connect(address).await;
    let stream = peer.message().await.1;
    (rig, peer, app, stream)
}

async fn destination() -> (Rig, Peer, TcpStream) {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let app = served(&server).await;
    (rig, peer, app)
}

fn in_stream(stream_id: i32, message_type: MessageType, payload: &[u8]) -> Message<'_> {
    Message {
        stream_id,
        ..of_stream(message_type, 1, payload)
    }
}

/// A message of a stream without connection ids.
fn plain(format: Subprotocol, stream_id: i32, message_type: MessageType, payload: &[u8]) -> Message<'_> {
    Message {
        stream_id,
        service_id: if format == Subprotocol::V1 { "" } else { "SSH" },
        connection_id: 0,
        ..of_stream(message_type, 0, payload)
    }
}

async fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = within("the end", socket.read_to_end(&mut bytes)).await;
    read.expect("an orderly end");
    bytes
}

#[tokio::test(start_paused = true)]
async fn a_source_waits_for_the_answer_and_tells_the_end_after_a_silence() {
    let (_rig, mut peer, mut app, stream) = source().await;
    app.write_all(b"request").await.expect("written");
    app.shutdown().await.expect("shut down");
    assert_eq!(peer.message().await.3, b"request");
    for part in [&b"the "[..], b"answer"] {
        sleep(PAUSE).await;
        peer.send(in_stream(stream, MessageType::Data, part)).await;
    }
    let begin = Instant::now();
    assert_eq!(peer.message().await.0, MessageType::ConnectionReset);
    let waited = begin.elapsed();
    assert!(
        waited >= HALF_CLOSE_SILENCE && waited < HALF_CLOSE_SILENCE + Duration::from_secs(1),
        "{waited:?}"
    );
    assert_eq!(rest(&mut app).await, b"the answer");
}

#[tokio::test(start_paused = true)]
async fn an_end_that_the_peer_tells_is_told_to_a_half_closed_application_at_once() {
    let (_rig, mut peer, mut app, stream) = source().await;
    app.write_all(b"request").await.expect("written");
    app.shutdown().await.expect("shut down");
    assert_eq!(peer.message().await.3, b"request");
    peer.send(in_stream(stream, MessageType::Data, b"answer")).await;
    peer.send(in_stream(stream, MessageType::ConnectionReset, b""))
        .await;
    let begin = Instant::now();
    assert_eq!(rest(&mut app).await, b"answer");
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_shuts_down_at_once_gets_everything_that_is_sent_to_it() {
    let (_rig, mut peer, mut app) = destination().await;
    app.shutdown().await.expect("shut down");
    let data = vec![42; 60_000];
    let sending = async {
        for part in 0..60 {
            if part % 20 == 0 {
                sleep(PAUSE).await;
            }
            peer.send(of_stream(MessageType::Data, 1, &data)).await;
        }
        peer.send(of_stream(MessageType::ConnectionReset, 1, b"")).await;
    };
    let (received, ()) = tokio::join!(rest(&mut app), sending);
    assert_eq!(received.len(), 60 * data.len());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_behind_its_answer_ends_the_connection_at_once() {
    let (_rig, mut peer, mut app) = destination().await;
    peer.send(of_stream(MessageType::Data, 1, b"request")).await;
    within("the request", app.read_exact(&mut [0; 7]))
        .await
        .expect("a request");
    app.write_all(b"answer").await.expect("written");
    app.shutdown().await.expect("shut down");
    let begin = Instant::now();
    let (data, end) = peer.data_until_end().await;
    assert_eq!(
        (data.as_slice(), end),
        (&b"answer"[..], MessageType::ConnectionReset)
    );
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn an_application_that_has_gone_ends_the_connection_with_the_first_bytes_that_it_does_not_take() {
    let (_rig, mut peer, app, stream) = source().await;
    drop(app);
    sleep(Duration::from_secs(1)).await;
    peer.send(in_stream(stream, MessageType::Data, b"nobody reads this"))
        .await;
    let begin = Instant::now();
    assert_eq!(peer.message().await.0, MessageType::ConnectionReset);
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_a_server_that_rejects_an_upload_in_its_middle_is_not_lost() {
    let (_rig, mut peer, mut app) = destination().await;
    let data = vec![42; 60_000];
    peer.send(of_stream(MessageType::Data, 1, &data)).await;
    within("a part", app.read_exact(&mut [0; 1000]))
        .await
        .expect("a part");
    app.write_all(b"413").await.expect("written");
    // It has unread bytes, so its end is a reset.
    drop(app);
    peer.send(of_stream(MessageType::Data, 1, &data)).await;
    let (answer, end) = peer.data_until_end().await;
    assert_eq!(
        (answer.as_slice(), end),
        (&b"413"[..], MessageType::ConnectionReset)
    );
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_peer_has_ended_is_reset_and_not_thrown_away_for_seconds() {
    let (_rig, mut peer, mut app, stream) = source().await;
    peer.send(in_stream(stream, MessageType::Data, b"no")).await;
    peer.send(in_stream(stream, MessageType::ConnectionReset, b""))
        .await;
    within("the answer", app.read_exact(&mut [0; 2]))
        .await
        .expect("an answer");
    let chunk = vec![0; 64 * 1024];
    let mut sent = 0;
    let error = loop {
        match within("the reset", app.write(&chunk)).await {
            Ok(count) => sent += count,
            Err(error) => break error,
        }
        assert!(sent < 16 << 20, "16 MB went nowhere");
    };
    assert!(
        matches!(
            error.kind(),
            std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe
        ),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn in_the_older_formats_a_second_application_is_reset_and_takes_the_place_of_a_half_closed_one() {
    for format in [Subprotocol::V1, Subprotocol::V2] {
        let (mut rig, address) = Rig::source_of(format).await;
        let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
        let mut first = connect(address).await;
        let (_, stream, ..) = peer.message().await;
        let mut second = connect(address).await;
        assert_eq!(until_reset(&mut second).await, b"", "{format:?}");

        first.shutdown().await.expect("shut down");
        let begin = Instant::now();
        // It waits until the first has been silent for a while.
        let mut third = connect(address).await;
        let (message_type, ended, ..) = peer.message().await;
        assert_eq!(
            (message_type, ended),
            (MessageType::StreamReset, stream),
            "{format:?}"
        );
        assert_eq!(until_reset(&mut first).await, b"", "{format:?}");
        third.write_all(b"third").await.expect("written");
        let (started, next, ..) = peer.message().await;
        assert_eq!(started, MessageType::StreamStart, "{format:?}");
        assert_ne!(next, stream);
        assert_eq!(peer.message().await.3, b"third");
        assert!(begin.elapsed() < Duration::from_secs(2), "{format:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_under_way_is_not_cut_by_a_second_application_which_gets_the_place_afterwards() {
    for format in [Subprotocol::V1, Subprotocol::V2] {
        let (mut rig, address) = Rig::source_of(format).await;
        let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
        let mut first = connect(address).await;
        let (_, stream, ..) = peer.message().await;
        first.shutdown().await.expect("shut down");
        let mut second = connect(address).await;
        second.write_all(b"second").await.expect("written");
        // For three seconds, with gaps that are no silence.
        let answering = async {
            for _ in 0..10 {
                sleep(Duration::from_millis(300)).await;
                peer.send(plain(format, stream, MessageType::Data, b"part")).await;
            }
            peer.send(plain(format, stream, MessageType::StreamReset, b""))
                .await;
        };
        let (received, ()) = tokio::join!(rest(&mut first), answering);
        assert_eq!(received.len(), 40, "{format:?}");
        assert_eq!(peer.message().await.0, MessageType::StreamStart, "{format:?}");
        assert_eq!(peer.message().await.3, b"second");
    }
}
