//! One application that stops reading does not stop the others for long. Time stands still until everything waits.

use std::time::Duration;

use iot_tunnel_core::wire::{MAX_PAYLOAD, Message, MessageType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::peer::{Peer, Sent, of_stream};
use super::rig::{Rig, connect, served, service, until_reset, within};
use crate::client::{Listener, STALL_LIMIT, Services};

/// Sends to a connection until the client reads no more.
async fn fill(peer: &mut Peer, stream_id: i32, connection: u32) {
    let payload = vec![0; MAX_PAYLOAD];
    let message = || Message {
        stream_id,
        ..of_stream(MessageType::Data, connection, &payload)
    };
    while peer.try_send(message(), Duration::from_millis(500)).await {}
}

async fn source(limit: Option<Duration>) -> (Rig, Peer, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let service = service("SSH");
    let services = Services::Source(vec![Listener {
        service,
        listener: listener.into(),
    }]);
    let mut rig = Rig::with(services, |client| client.stall_limit(limit)).await;
    let peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    (rig, peer, address)
}

/// Reads messages until one ends the connection of that id.
async fn until_ended(peer: &mut Peer, wanted: u32) {
    loop {
        // Pings come in between.
        let sent = peer.next().await;
        if let Sent::Message {
            message_type: MessageType::ConnectionReset,
            connection_id,
            ..
        } = sent
        {
            assert_eq!(connection_id, wanted);
            return;
        }
    }
}

async fn opened(peer: &mut Peer, address: std::net::SocketAddr) -> (TcpStream, i32, u32) {
    let app = connect(address).await;
    let (_, stream, connection, _) = peer.message().await;
    (app, stream, connection)
}

#[tokio::test(start_paused = true)]
async fn a_source_resets_a_stalled_connection_once_another_one_waits_behind_it() {
    let (_rig, mut peer, address) = source(Some(STALL_LIMIT)).await;
    let (mut stalled, stream, first) = opened(&mut peer, address).await;
    fill(&mut peer, stream, first).await;
    // Alone it may stall for as long as it likes.
    tokio::time::sleep(10 * STALL_LIMIT).await;
    let mut other = connect(address).await;
    other.write_all(b"me too").await.expect("written");
    within("the reset", until_ended(&mut peer, first)).await;
    until_reset(&mut stalled).await;
    // The others go on where they were.
    other.write_all(b"!").await.expect("written");
    assert_eq!(peer.message().await.3, b"!");
}

#[tokio::test(start_paused = true)]
async fn a_source_waits_for_the_limit_before_it_resets() {
    let (_rig, mut peer, address) = source(Some(STALL_LIMIT)).await;
    let (_other, stream, _) = opened(&mut peer, address).await;
    let (_stalled, _, second) = opened(&mut peer, address).await;
    let begin = Instant::now();
    fill(&mut peer, stream, second).await;
    // The other one was in use a moment before.
    within("the reset", until_ended(&mut peer, second)).await;
    assert!(begin.elapsed() >= STALL_LIMIT, "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_a_stalled_connection_is_left_alone() {
    let (_rig, mut peer, address) = source(None).await;
    let (mut stalled, stream, first) = opened(&mut peer, address).await;
    fill(&mut peer, stream, first).await;
    let _other = opened(&mut peer, address).await;
    tokio::time::sleep(10 * STALL_LIMIT).await;
    // What came before is still there.
    within("bytes", stalled.read_exact(&mut [0; MAX_PAYLOAD]))
        .await
        .expect("bytes");
}

#[tokio::test(start_paused = true)]
async fn an_application_that_reads_slowly_is_not_stalled() {
    const MESSAGES: usize = 200;
    let (_rig, mut peer, address) = source(Some(STALL_LIMIT)).await;
    let (mut slow, stream_id, first) = opened(&mut peer, address).await;
    let _other = opened(&mut peer, address).await;
    let sending = async {
        let payload = vec![0; MAX_PAYLOAD];
        for _ in 0..MESSAGES {
            let data = of_stream(MessageType::Data, first, &payload);
            peer.send_slowly(Message { stream_id, ..data }).await;
        }
    };
    let reading = async {
        let mut part = vec![0; 1 << 20];
        let mut received = 0;
        while received < MESSAGES * MAX_PAYLOAD {
            tokio::time::sleep(STALL_LIMIT - Duration::from_secs(2)).await;
            // Everything that the buffers hold, so that they take more.
            let moment = Duration::from_millis(100);
            while let Ok(read) = tokio::time::timeout(moment, slow.read(&mut part)).await {
                match read.expect("bytes") {
                    0 => return,
                    count => received += count,
                }
            }
        }
    };
    tokio::join!(sending, reading);
}

#[tokio::test(start_paused = true)]
async fn a_destination_resets_a_stalled_connection_while_another_one_lives() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut stalled = served(&server).await;
    peer.send(of_stream(MessageType::ConnectionStart, 2, b"")).await;
    let mut other = served(&server).await;
    fill(&mut peer, 7, 1).await;
    within("the reset", until_ended(&mut peer, 1)).await;
    until_reset(&mut stalled).await;
    other.write_all(b"still here").await.expect("written");
    assert_eq!(
        peer.message().await,
        (MessageType::Data, 7, 2, b"still here".to_vec())
    );
}
