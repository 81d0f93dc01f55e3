//! Tokens: refused, spent, rotated.

use std::time::Duration;

use iot_tunnel_core::session::NoToken;
use iot_tunnel_core::websocket::{Close, CloseCode, Frame};
use iot_tunnel_core::wire::MessageType;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::peer::{Peer, Sent, of_stream};
use super::rig::{Rig, connect, served, token, until_reset, within};
use crate::client::{Event, Loss};

#[tokio::test]
async fn a_refused_token_is_reported_with_its_reason_and_never_tried_again() {
    let (mut rig, _address) = Rig::source().await;
    let _peer = Peer::refuse(rig.dialled().await, 400, "Invalid access token\x1b[2J").await;
    let refused = |event| match event {
        Event::Refused(refused) => Some(refused),
        _ => None,
    };
    let refused = rig.event("the refusal", refused).await;
    assert_eq!(
        (refused.status, refused.reason.as_str()),
        (400, "Invalid access token\\u{1b}[2J")
    );
    let needed = |event| match event {
        Event::NeedsToken { why } => Some(why),
        _ => None,
    };
    assert_eq!(
        rig.event("the question", needed).await,
        NoToken::Refused { status: 400 }
    );
    // The next connection is made with the next token.
    rig.tunnel
        .replace_token(token("second"), None)
        .await
        .expect("a token");
    let peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    assert_eq!(peer.access_token, "second");
}

#[tokio::test]
async fn a_service_that_cannot_answer_now_is_asked_again_with_the_same_tokens() {
    let (mut rig, _address) = Rig::source().await;
    let first = Peer::refuse(rig.dialled().await, 503, "later").await;
    let lost = |event| match event {
        Event::Lost {
            why: Loss::Unavailable { status, reason },
            retry_in,
        } => Some((status, reason, retry_in)),
        _ => None,
    };
    let (status, reason, retry_in) = rig.event("the loss", lost).await;
    assert_eq!((status, reason.as_str()), (503, "later"));
    assert!(retry_in.is_some_and(|wait| wait <= Duration::from_secs(1)));
    let second = Peer::open(rig.dialled().await, &["SSH"]).await;
    assert_eq!(second.access_token, first.access_token);
    assert!(first.client_token.is_some());
    assert_eq!(second.client_token, first.client_token);
}

#[tokio::test]
async fn a_rotation_in_mid_transfer_closes_the_old_connection_and_carries_on_with_the_new() {
    let (mut rig, server) = Rig::destination().await;
    let mut old = Peer::open(rig.dialled().await, &["SSH"]).await;
    old.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    let mut app = served(&server).await;
    app.write_all(&vec![1; 1 << 20]).await.expect("written");
    old.send(of_stream(MessageType::Data, 1, b"before")).await;
    let mut came = [0; 6];
    within("the bytes", app.read_exact(&mut came))
        .await
        .expect("bytes");

    rig.tunnel
        .replace_token(token("second"), None)
        .await
        .expect("a token");
    let mut new = Peer::open(rig.dialled().await, &["SSH"]).await;
    assert_eq!(new.access_token, "second");
    assert_ne!(new.client_token, old.client_token);
    // The old socket ends with a close frame behind whole frames, and the old application is reset.
    let end = loop {
        match old.next().await {
            Sent::Message {
                message_type: MessageType::Data,
                ..
            } => {}
            other => break other,
        }
    };
    assert_eq!(end, Sent::Close(Some(1000)));
    until_reset(&mut app).await;
    // And nothing of the old stream is in the new one.
    new.send(of_stream(MessageType::StreamStart, 1, b"")).await;
    served(&server).await.write_all(b"after").await.expect("written");
    assert_eq!(new.message().await, (MessageType::Data, 7, 1, b"after".to_vec()));
}

#[tokio::test]
async fn the_same_token_again_changes_nothing() {
    let (mut rig, address) = Rig::source().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    rig.tunnel
        .replace_token(token("first"), None)
        .await
        .expect("a token");
    let _app = connect(address).await;
    assert_eq!(peer.message().await.0, MessageType::StreamStart);
}

#[tokio::test]
async fn a_token_that_comes_while_the_service_is_asked_takes_the_place_of_the_old_one() {
    let (mut rig, _address) = Rig::source().await;
    let _unanswered = rig.dialled().await;
    rig.tunnel
        .replace_token(token("second"), None)
        .await
        .expect("a token");
    let peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    assert_eq!(peer.access_token, "second");
    rig.opened().await;
}

#[tokio::test]
async fn a_close_frame_is_answered_and_reported_with_its_code_and_reason() {
    let (mut rig, _address) = Rig::source().await;
    let mut peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    peer.frame(Frame::Close(Some(Close {
        code: CloseCode::POLICY_VIOLATION,
        reason: "access token rotated",
    })))
    .await;
    assert_eq!(peer.next().await, Sent::Close(Some(1008)));
    let lost = |event| match event {
        Event::Lost {
            why: Loss::Closed { code, reason },
            ..
        } => Some((code, reason)),
        _ => None,
    };
    let (code, reason) = rig.event("the loss", lost).await;
    assert_eq!(
        (code, reason.as_str()),
        (Some(CloseCode::POLICY_VIOLATION), "access token rotated")
    );
}
