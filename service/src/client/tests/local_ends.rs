//! Local connections: how they begin, carry bytes and end.

use iot_tunnel_core::wire::MessageType;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::peer::{Peer, Sent, of_stream};
use super::rig::{Rig, connect, served, service, until_reset, within};
use crate::client::{Server, Services};

/// Reads to the end.
async fn rest(socket: &mut tokio::net::TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = within("the end of a connection", socket.read_to_end(&mut bytes)).await;
    read.expect("an orderly end");
    bytes
}

#[tokio::test(start_paused = true)]
async fn a_source_carries_bytes_both_ways_and_tells_its_end_behind_them() {
    let (mut rig, address) = Rig::source().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    let mut app = connect(address).await;
    app.write_all(b"hello").await.expect("written");

    let (message_type, stream, connection, _) = peer.message().await;
    assert_eq!((message_type, connection), (MessageType::StreamStart, 1));
    let mut message = of_stream(MessageType::Data, 1, b"welcome");
    message.stream_id = stream;
    peer.send(message).await;
    let mut answer = [0; 7];
    within("the answer", app.read_exact(&mut answer))
        .await
        .expect("an answer");
    assert_eq!(&answer, b"welcome");

    app.write_all(b" world").await.expect("written");
    app.shutdown().await.expect("shut down");
    let (data, end) = peer.data_until_end().await;
    assert_eq!(data, b"hello world");
    assert_eq!(end, MessageType::ConnectionReset);
    assert_eq!(rest(&mut app).await, b"");
}

#[tokio::test]
async fn a_further_connection_is_one_of_the_same_stream() {
    let (mut rig, address) = Rig::source().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    let _first = connect(address).await;
    let (started, stream, ..) = peer.message().await;
    let _second = connect(address).await;
    let (further, same, connection, _) = peer.message().await;
    assert_eq!(
        (started, further),
        (MessageType::StreamStart, MessageType::ConnectionStart)
    );
    assert_eq!((same, connection), (stream, 2));
}

#[tokio::test]
async fn whoever_connects_while_the_tunnel_is_down_waits_and_is_served_once_it_is_up() {
    let (mut rig, address) = Rig::source().await;
    let mut app = connect(address).await;
    app.write_all(b"early").await.expect("written");
    let lost = Peer::accept(rig.dialled().await).await;
    drop(lost);
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    assert_eq!(peer.message().await.0, MessageType::StreamStart);
    assert_eq!(peer.message().await.3, b"early");
}

#[tokio::test]
async fn a_service_that_the_tunnel_does_not_have_is_reset_at_once_and_said() {
    let (mut rig, address) = Rig::source().await;
    let _peer = Peer::open(rig.dialled().await, &["HTTP"]).await;
    let open = rig.opened().await;
    assert_eq!(
        (open.only_in_tunnel, open.only_here),
        (vec!["HTTP".into()], vec!["SSH".into()])
    );
    assert_eq!(open.channel_id.as_deref(), Some("c-1"));
    let mut app = connect(address).await;
    assert_eq!(until_reset(&mut app).await, b"");
}

#[tokio::test]
async fn a_destination_dials_keeps_what_comes_meanwhile_and_flushes_before_the_end() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    // All of it at once: the server is not there yet when the data and the end come.
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    peer.send(of_stream(MessageType::Data, 1, b"first")).await;
    peer.send(of_stream(MessageType::Data, 1, b" last")).await;
    peer.send(of_stream(MessageType::ConnectionReset, 1, b"")).await;
    let mut app = served(&server).await;
    assert_eq!(rest(&mut app).await, b"first last");
    // Nothing answers a reset: the next message is of another connection.
    peer.send(of_stream(MessageType::ConnectionStart, 2, b"")).await;
    let mut app = served(&server).await;
    app.write_all(b"x").await.expect("written");
    assert_eq!(peer.message().await, (MessageType::Data, 7, 2, b"x".to_vec()));
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_a_reset_at_once_and_the_others_are_served() {
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let nobody = gone.local_addr().expect("an address").to_string();
    drop(gone);
    let server = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = server.local_addr().expect("an address").to_string();
    let servers = [("HTTP", nobody), ("SSH", address)].map(|(name, address)| Server {
        service: service(name),
        address,
    });
    let mut rig = Rig::start(Services::Destination(servers.into())).await;
    let mut peer = Peer::open(rig.dialled().await, &["HTTP", "SSH"]).await;
    let mut start = of_stream(MessageType::StreamStart, 1, b"");
    start.service_id = "HTTP";
    peer.send(start).await;
    let reset = peer.next().await;
    let Sent::Message {
        message_type,
        service_id,
        ..
    } = reset
    else {
        panic!("{reset:?}")
    };
    assert_eq!(
        (message_type, service_id.as_str()),
        (MessageType::ConnectionReset, "HTTP")
    );
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let _app = served(&server).await;
}

#[tokio::test]
async fn an_application_that_still_sends_when_its_connection_ends_loses_nothing_that_came_before() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut app = served(&server).await;
    let data = vec![42; 60_000];
    for _ in 0..3 {
        peer.send(of_stream(MessageType::Data, 1, &data)).await;
    }
    // Bytes that nobody will read: a socket that is closed over them resets, and destroys what was not read.
    app.write_all(&[1; 100]).await.expect("written");
    peer.send(of_stream(MessageType::ConnectionReset, 1, b"")).await;
    app.write_all(&[1; 10_000]).await.expect("written");
    assert_eq!(rest(&mut app).await.len(), 180_000);
    drop(app);
}

#[tokio::test]
async fn a_stream_that_starts_anew_resets_the_connections_of_the_old_one() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut old = served(&server).await;
    let mut start = of_stream(MessageType::StreamStart, 1, b"");
    start.stream_id = 8;
    peer.send(start).await;
    let mut new = served(&server).await;
    assert_eq!(until_reset(&mut old).await, b"");
    new.write_all(b"new").await.expect("written");
    assert_eq!(peer.message().await, (MessageType::Data, 8, 1, b"new".to_vec()));
}
