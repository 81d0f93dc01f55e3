//! The end of a tunnel.

use iot_tunnel_core::DisconnectReason;
use iot_tunnel_core::websocket::{Close, CloseCode, Frame};
use iot_tunnel_core::wire::MessageType;
use tokio::io::AsyncReadExt as _;

use super::peer::{Peer, Sent, of_stream};
use super::rig::{Rig, served, until_reset, within};
use crate::client::{Client, Dialer, Event, ReplaceError, Server, Services, Target, Trust};

#[tokio::test]
async fn a_tunnel_that_is_closed_says_so_to_the_service_and_resets_its_applications() {
    let (mut rig, server) = Rig::destination().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut app = served(&server).await;
    peer.send(of_stream(MessageType::Data, 1, b"last")).await;
    let mut came = [0; 4];
    within("the bytes", app.read_exact(&mut came))
        .await
        .expect("bytes");

    let service = async {
        assert_eq!(peer.next().await, Sent::Close(Some(1000)));
        peer.frame(Frame::Close(None)).await;
        drop(peer);
    };
    let application = async {
        assert_eq!(until_reset(&mut app).await, b"");
    };
    let ending = async { tokio::join!(rig.tunnel.close(), service, application) };
    within("the end", ending).await;
    let mut last = None;
    while let Some(event) = within("the events", rig.events.next()).await {
        last = Some(event);
    }
    assert!(matches!(last, Some(Event::Closed)), "{last:?}");
}

#[tokio::test]
async fn the_services_own_word_that_the_tunnel_is_closed_ends_it_for_good() {
    let (mut rig, address) = Rig::source().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    let close = DisconnectReason::TunnelClosed.text();
    peer.frame(Frame::Close(Some(Close {
        code: CloseCode::POLICY_VIOLATION,
        reason: close,
    })))
    .await;
    let closed = |event| matches!(event, Event::TunnelClosed).then_some(());
    rig.event("the news", closed).await;
    drop(peer);
    let over = |event| matches!(event, Event::Closed).then_some(());
    rig.event("the end", over).await;
    let late = rig.tunnel.replace_token(super::rig::token("second"), None).await;
    assert!(matches!(late, Err(ReplaceError::Ended)));
    // Nobody listens any more.
    let connecting = tokio::net::TcpStream::connect(address);
    assert!(within("the listener", connecting).await.is_err());
}

#[tokio::test]
async fn a_tunnel_whose_handle_is_dropped_closes() {
    let (rig, address) = Rig::source().await;
    let Rig {
        tunnel, mut events, ..
    } = rig;
    drop(tunnel);
    while within("the end", events.next()).await.is_some() {}
    assert!(
        within("the listener", tokio::net::TcpStream::connect(address))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn services_that_no_session_can_have_are_refused_before_anything_starts() {
    let server = |name: &str| Server {
        service: super::rig::service(name),
        address: "127.0.0.1:1".into(),
    };
    let unnamed = Server {
        service: None,
        address: "127.0.0.1:1".into(),
    };
    for (servers, why) in [
        (vec![], 103),
        (vec![server("SSH"), server("SSH")], 171),
        (vec![server("SSH"), unnamed], 168),
        (["A", "B", "C", "D"].map(server).to_vec(), 442),
    ] {
        let target: Target = "ws://127.0.0.1:1".parse().expect("a target");
        let dialer = Dialer::new(target, &Trust::System, None).expect("a dialer");
        let error = Client::new(dialer, Services::Destination(servers))
            .start()
            .expect_err("refused");
        assert_eq!(error.code(), why, "{error}");
    }
}
