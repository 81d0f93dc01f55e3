//! A peer that does not read stops the other side, or itself, after a bounded amount; nothing is lost or reordered.

use std::time::Duration;

use iot_tunnel_core::Side;
use iot_tunnel_core::websocket::Frame;
use iot_tunnel_core::wire::{MAX_PAYLOAD, Message, MessageType};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, sleep, timeout};

use super::super::reader::PING_WHILE_HELD;
use super::rig::{A_MOMENT, Client, Heard, PIPE, Rig, tunnel_frame};

/// More than the longest message in its frames.
const MESSAGE: usize = 65_600;

/// DATA of the longest kind, each with its number.
fn numbered(client: &mut Client, number: &mut u32) -> Vec<u8> {
    let mut payload = vec![0; MAX_PAYLOAD];
    payload[..4].copy_from_slice(&number.to_be_bytes());
    *number += 1;
    client.frame(Frame::Binary(&tunnel_frame(MessageType::Data, &payload)))
}

/// Sends numbered messages until no more are taken: how many bytes that were, and what is left of the last.
async fn fill(source: &mut Client) -> (usize, Vec<u8>) {
    let mut frames = Vec::new();
    let mut number = 0;
    for _ in 0..8 {
        frames.push(numbered(source, &mut number));
    }
    let mut frames = frames.into_iter();
    source
        .flood(|| frames.next().expect("it is stopped before this"))
        .await
}

fn numbers(frames: &[Vec<u8>]) -> Vec<u32> {
    let number = |frame: &Vec<u8>| {
        let payload = Message::decode(frame).unwrap().payload;
        u32::from_be_bytes(*payload.first_chunk().unwrap())
    };
    frames.iter().map(number).collect()
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_does_not_read_stops_its_source_after_two_messages() {
    let mut rig = Rig::new();
    let (mut source, mut destination) = rig.pair().await;
    let (taken, rest) = fill(&mut source).await;
    assert!(taken <= 2 * PIPE + 2 * MESSAGE, "{taken} bytes");
    assert!(taken >= MESSAGE, "{taken} bytes");

    // The other direction goes on.
    destination
        .send(Frame::Binary(&tunnel_frame(MessageType::Data, b"back")))
        .await;
    let heard = timeout(A_MOMENT, source.next_but_pings())
        .await
        .expect("a message");
    assert_eq!(heard, Heard::Message(tunnel_frame(MessageType::Data, b"back")));

    // When it reads again everything arrives, in order.
    let mut received = destination.frames().await;
    source.socket.write_all(&rest).await.unwrap();
    received.extend(destination.frames().await);
    let sent = u32::try_from((taken + rest.len()) / (MAX_PAYLOAD + 1)).unwrap();
    assert_eq!(numbers(&received), (0..sent).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_stopped_hears_pings_and_is_not_taken_for_silent() {
    let mut rig = Rig::new();
    let (mut source, mut destination) = rig.pair().await;
    fill(&mut source).await;
    // Its own ping would wait behind what it has sent.
    let stopped = Instant::now();
    let busy = destination.frame(Frame::Ping(b"busy"));
    for round in 1..=20_u32 {
        let (heard, after) = source.next_since(stopped).await;
        assert_eq!(heard, Heard::Ping);
        assert!(after <= PING_WHILE_HELD * round, "{after:?} in round {round}");
        // The destination lives: it only does not read.
        destination.socket.write_all(&busy).await.unwrap();
    }
    assert!(stopped.elapsed() > Duration::from_secs(180));
    assert_eq!(rig.lines.connected(Side::Source), 1);
    // Time counts against it again from here on.
    let _ = destination.frames().await;
    let (heard, _) = source.next_since(stopped).await;
    assert_eq!(heard, Heard::Ping);
}

#[tokio::test(start_paused = true)]
async fn the_time_in_which_a_peer_is_not_read_does_not_count_against_it() {
    let mut rig = Rig::new();
    let (mut source, mut destination) = rig.pair().await;
    let mut number = 0;
    // Whole messages, so that none of its bytes is left to be read when it is stopped.
    while timeout(A_MOMENT, source.next()).await.is_err() {
        let bytes = numbered(&mut source, &mut number);
        source.socket.write_all(&bytes).await.unwrap();
    }
    let busy = destination.frame(Frame::Ping(b"busy"));
    for _ in 0..10 {
        sleep(Duration::from_secs(20)).await;
        destination.socket.write_all(&busy).await.unwrap();
    }
    assert_eq!(numbers(&destination.frames().await).len(), number as usize);
    sleep(Duration::from_secs(20)).await;
    let bytes = numbered(&mut source, &mut number);
    source.socket.write_all(&bytes).await.unwrap();
    assert_eq!(numbers(&destination.frames().await), [number - 1]);
}

#[tokio::test(start_paused = true)]
async fn a_source_is_free_again_when_the_destination_that_stopped_it_is_gone() {
    let mut rig = Rig::new();
    let (mut source, destination) = rig.pair().await;
    let (_, rest) = fill(&mut source).await;
    drop(destination.socket);
    timeout(A_MOMENT, source.socket.write_all(&rest))
        .await
        .expect("room")
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn pings_that_come_faster_than_they_are_answered_get_the_last_answered() {
    let mut rig = Rig::new();
    let mut source = rig.connect(Side::Source, b"");
    let last = 100_000_u32;
    for number in 0..=last {
        source.send(Frame::Ping(&number.to_be_bytes())).await;
    }
    sleep(A_MOMENT).await;
    let mut answered = Vec::new();
    while let Ok(heard) = timeout(A_MOMENT, source.next()).await {
        let Heard::Pong(payload) = heard else {
            panic!("{heard:?}")
        };
        answered.push(u32::from_be_bytes(payload.try_into().unwrap()));
    }
    assert!(answered.is_sorted_by(|a, b| a < b));
    assert_eq!(answered.last(), Some(&last));
    // Six bytes each: what the pipe took, one that was being written, one that was owed.
    assert!(answered.len() <= PIPE / 6 + 2, "{} pongs waited", answered.len());
}

#[tokio::test(start_paused = true)]
async fn starts_to_nobody_stop_their_sender_until_it_reads_the_resets() {
    let mut rig = Rig::new();
    let mut source = rig.connect(Side::Source, b"");
    let start = tunnel_frame(MessageType::StreamStart, b"");
    let many = start.repeat(100);
    let frame = source.frame(Frame::Binary(&many));
    let (taken, rest) = source.flood(|| frame.clone()).await;
    assert!(taken <= 2 * PIPE + 3 * MESSAGE, "{taken} bytes");
    let mut resets = source.frames().await;
    source.socket.write_all(&rest).await.unwrap();
    resets.extend(source.frames().await);
    assert_eq!(resets.len(), 100 * (taken + rest.len()) / frame.len());
    let reset = tunnel_frame(MessageType::StreamReset, b"");
    assert!(resets.iter().all(|frame| *frame == reset[2..]));
}

#[tokio::test(start_paused = true)]
async fn what_comes_right_behind_a_request_waits_for_room_too() {
    let mut rig = Rig::new();
    let (mut source, mut destination) = rig.pair().await;
    fill(&mut source).await;
    let early = source.frame(Frame::Binary(&tunnel_frame(MessageType::StreamStart, b"early")));
    // Reconnecting does not get around it: each connection takes the place of the last.
    for _ in 0..10 {
        source = rig.connect(Side::Source, &early);
        sleep(A_MOMENT).await;
    }
    let received = destination.frames().await;
    let is_early = |frame: &&Vec<u8>| Message::decode(frame).unwrap().payload == b"early";
    assert_eq!(received.iter().filter(is_early).count(), 1);
    drop(source);
}

#[tokio::test(start_paused = true)]
async fn a_new_source_waits_for_the_destination_to_read_the_resets_but_no_longer_than_5_s() {
    let mut rig = Rig::new();
    for answers in [true, false] {
        let (source, mut destination) = rig.pair().await;
        drop(source.socket);
        let reset = tunnel_frame(MessageType::StreamReset, b"");
        assert_eq!(destination.next().await, Heard::Message(reset));
        assert_eq!(destination.next().await, Heard::Ping);
        let joined = Instant::now();
        let mut source = rig.connect(Side::Source, b"");
        let start = tunnel_frame(MessageType::StreamStart, b"");
        source.send(Frame::Binary(&start)).await;
        assert!(timeout(A_MOMENT, destination.next()).await.is_err());
        let expected = match answers {
            true => {
                destination.send(Frame::Pong(b"")).await;
                A_MOMENT
            }
            false => Duration::from_secs(5),
        };
        let heard = destination.next_since(joined).await;
        assert_eq!(heard, (Heard::Message(start), expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_answers_only_the_last_of_several_pings_costs_a_new_source_5_s_once() {
    let mut rig = Rig::new();
    let mut waits = Vec::new();
    let (mut source, mut destination) = rig.pair().await;
    // One ping that it leaves out.
    sleep(Duration::from_secs(40)).await;
    assert_eq!(destination.next().await, Heard::Ping);
    let start = tunnel_frame(MessageType::StreamStart, b"");
    for _ in 0..3 {
        drop(source.socket);
        let reset = tunnel_frame(MessageType::StreamReset, b"");
        assert_eq!(destination.next_but_pings().await, Heard::Message(reset));
        assert_eq!(destination.next().await, Heard::Ping);
        destination.send(Frame::Pong(b"")).await;
        sleep(A_MOMENT).await;
        let joined = Instant::now();
        source = rig.connect(Side::Source, b"");
        source.send(Frame::Binary(&start)).await;
        assert_eq!(destination.next_but_pings().await, Heard::Message(start.clone()));
        waits.push(joined.elapsed().as_secs());
    }
    assert_eq!(waits, [4, 0, 0]);
}
