//! A connection that the service ends is gone when the peer has answered, and soon if it does not; without a close frame it
//! ends behind everything that was on its way.

use std::time::Duration;

use iot_tunnel_core::Side;
use iot_tunnel_core::websocket::{Close, CloseCode, Frame};
use iot_tunnel_core::wire::{MAX_PAYLOAD, MessageType};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, sleep};

use super::super::{CLOSE_TIMEOUT, End, Ending};
use super::rig::{A_MOMENT, Heard, Rig, tunnel_frame, whole_milliseconds};

const CLOSE: Close<'static> = Close {
    code: CloseCode::POLICY_VIOLATION,
    reason: "over",
};

fn closed() -> Heard {
    Heard::Close(1008, "over".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_gone_as_soon_as_the_peer_has_answered_the_close() {
    let mut source = Rig::new().connect(Side::Source, b"");
    source.seat.outbox.end(Ending::Final(CLOSE));
    let start = Instant::now();
    assert_eq!(source.next().await, closed());
    // What it was just sending is passed over.
    source
        .send(Frame::Binary(&tunnel_frame(MessageType::Data, b"late")))
        .await;
    source.send(Frame::Close(Some(CLOSE))).await;
    assert_eq!(source.next_since(start).await, (Heard::End, Duration::ZERO));
    assert!(matches!(source.task.await.unwrap(), End::Ended(Ending::Final(close)) if close == CLOSE));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_the_close_loses_its_socket_after_2_s() {
    let mut source = Rig::new().connect(Side::Source, b"");
    source.seat.outbox.end(Ending::Final(CLOSE));
    let start = Instant::now();
    assert_eq!(source.next().await, closed());
    assert_eq!(source.next_since(start).await, (Heard::End, CLOSE_TIMEOUT));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_loses_its_socket_after_2_s_and_the_other_side_is_free_at_once() {
    let mut rig = Rig::new();
    let mut source = rig.connect(Side::Source, b"");
    let mut destination = rig.connect(Side::Destination, b"");
    let start = tunnel_frame(MessageType::StreamStart, b"");
    source.send(Frame::Binary(&start)).await;
    assert_eq!(destination.next().await, Heard::Message(start));
    let data = source.frame(Frame::Binary(&tunnel_frame(MessageType::Data, &[0; MAX_PAYLOAD])));
    let (_, rest) = source.flood(|| data.clone()).await;

    rig.lines.left(&destination.seat);
    destination.seat.outbox.end(Ending::Final(CLOSE));
    let closed_at = Instant::now();
    source.socket.write_all(&rest).await.unwrap();
    let reset = tunnel_frame(MessageType::StreamReset, b"");
    assert_eq!(source.next_but_pings().await, Heard::Message(reset));
    assert_eq!(whole_milliseconds(closed_at.elapsed()), Duration::ZERO);
    let end = destination.task.await.unwrap();
    assert_eq!(whole_milliseconds(closed_at.elapsed()), CLOSE_TIMEOUT);
    assert!(matches!(end, End::Ended(Ending::Final(close)) if close == CLOSE));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_is_answered_with_its_code_and_the_socket_is_gone() {
    let start = Instant::now();
    let mut source = Rig::new().connect(Side::Source, b"");
    let close = Close {
        code: CloseCode::from_number(4001).unwrap(),
        reason: "enough",
    };
    source.send(Frame::Close(Some(close))).await;
    assert_eq!(source.next().await, Heard::Close(4001, String::new()));
    assert_eq!(source.next_since(start).await, (Heard::End, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn what_a_peer_still_sends_after_its_fault_does_not_take_the_close_frame_from_it() {
    let mut source = Rig::new().connect(Side::Source, b"");
    let text = b"\x81\x80mask";
    let data = source.frame(Frame::Binary(&tunnel_frame(MessageType::Data, &[0; 60_000])));
    let bytes = [&text[..], &data].concat();
    source.socket.write_all(&bytes).await.unwrap();
    let Heard::Close(code, reason) = source.next().await else {
        panic!("no close frame")
    };
    assert_eq!(
        (code, reason.as_str()),
        (1003, "a tunnel takes binary WebSocket messages, not text")
    );
    source.socket.shutdown().await.unwrap();
    assert_eq!(source.next().await, Heard::End);
    assert!(matches!(source.task.await.unwrap(), End::Fault(_)));
}

#[tokio::test(start_paused = true)]
async fn a_bare_end_comes_behind_everything_that_waits_and_without_a_close_frame() {
    let mut rig = Rig::new();
    let mut source = rig.connect(Side::Source, b"");
    let mut destination = rig.connect(Side::Destination, b"");
    let start = tunnel_frame(MessageType::StreamStart, b"");
    let data = tunnel_frame(MessageType::Data, &[7; 30_000]);
    // More than the pipe holds: the second half waits at the relay.
    source
        .send(Frame::Binary(&[&start[..], &data, &data].concat()))
        .await;
    sleep(A_MOMENT).await;
    rig.lines.end_all(Ending::Bare("stopping"));
    let mut heard = Vec::new();
    loop {
        match destination.next().await {
            Heard::Message(bytes) => heard.extend(bytes),
            Heard::End => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(
        heard == [start, data.clone(), data].concat(),
        "{} bytes",
        heard.len()
    );
    assert_eq!(source.next().await, Heard::End);
    drop((source.socket, destination.socket));
    for task in [source.task, destination.task] {
        assert!(matches!(
            task.await.unwrap(),
            End::Ended(Ending::Bare("stopping"))
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bare_end_waits_2_s_for_a_peer_that_does_not_read() {
    let mut rig = Rig::new();
    let mut source = rig.connect(Side::Source, b"");
    let destination = rig.connect(Side::Destination, b"");
    let start = tunnel_frame(MessageType::StreamStart, b"");
    let data = tunnel_frame(MessageType::Data, &[7; 60_000]);
    source.send(Frame::Binary(&[&start[..], &data].concat())).await;
    sleep(A_MOMENT).await;
    let ended = Instant::now();
    destination.seat.outbox.end(Ending::Bare("stopping"));
    let _ = destination.task.await.unwrap();
    assert_eq!(whole_milliseconds(ended.elapsed()), CLOSE_TIMEOUT);
}
