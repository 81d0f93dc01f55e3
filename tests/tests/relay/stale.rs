//! Nothing of a stream that the relay has reset reaches the peer that comes after: on either side, in any format, while
//! bytes are on their way in either direction.
//!
//! AWS's C client takes a stale message for a change of the protocol's version, drops its connection, and crashes at a
//! STREAM_RESET that lacks the service id.

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use iot_tunnel_core::Side;
use iot_tunnel_core::wire::{Message, MessageType};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::peer::{Peer, Received, frame, message, reset_of, starts_stream};
use super::rig::{DEADLINE, Rig};

/// The formats of the data plane: what a message about a stream has in it.
const FORMATS: [(&str, &str, u32); 3] = [("V1", "", 0), ("V2", "SSH", 0), ("V3", "SSH", 1)];

fn of(format: (&str, &'static str, u32), message_type: MessageType, stream_id: i32) -> Message<'static> {
    let (_, service_id, connection_id) = format;
    Message {
        connection_id,
        ..message(message_type, stream_id, service_id, b"")
    }
}

/// Everything that can be stale of a stream.
fn stale(format: (&str, &'static str, u32), side: Side, stream_id: i32) -> Vec<Message<'static>> {
    let old = b"of the old stream";
    let mut stale = vec![Message {
        payload: old,
        ..of(format, MessageType::Data, stream_id)
    }];
    if format.0 == "V3" {
        stale.push(of(format, MessageType::ConnectionReset, stream_id));
        if side == Side::Source {
            stale.push(of(format, MessageType::ConnectionStart, stream_id));
        }
    }
    stale.push(of(format, MessageType::StreamReset, stream_id));
    stale
}

#[tokio::test]
async fn what_the_peer_that_stays_still_sends_on_a_reset_stream_ends_at_the_relay() {
    let rig = Rig::start().await;
    for format in FORMATS {
        for rotated in Side::BOTH {
            let mut tunnel = rig.open(&["SSH"]).await;
            let (mut source, mut destination) = rig.both(&tunnel).await;
            starts_stream(
                &mut source,
                &mut destination,
                of(format, MessageType::StreamStart, 1),
            )
            .await;
            rig.rotate(&mut tunnel, &rotated.as_str().to_uppercase()).await;
            let mut stays = match rotated {
                Side::Source => destination,
                Side::Destination => source,
            };
            // It has not read the reset yet when it sends these.
            let mut new = rig.connect(rotated, tunnel.token(rotated)).await;
            assert_eq!(new.receive().await.message_type, MessageType::ServiceIds);
            let sent = stale(format, rotated.other(), 1);
            for message in &sent {
                stays.send(*message).await;
            }
            stays
                .receives(reset_of(of(format, MessageType::StreamStart, 1)))
                .await;
            if sent
                .iter()
                .any(|m| m.message_type == MessageType::ConnectionStart)
            {
                // Its source would wait for the connection otherwise.
                let asked = of(format, MessageType::ConnectionStart, 1);
                stays.receives(reset_of(asked)).await;
            }
            // What comes next at either peer is about the new stream.
            let (source, destination) = match rotated {
                Side::Source => (&mut new, &mut stays),
                Side::Destination => (&mut stays, &mut new),
            };
            let start = of(format, MessageType::StreamStart, 2);
            starts_stream(source, destination, start).await;
            let data = Message {
                payload: b"new",
                ..of(format, MessageType::Data, 2)
            };
            destination.send(data).await;
            source.receives(data).await;
        }
    }
}

/// Sends without a pause on a stream that is open already, number `id`; when it is reset, on the next one.
fn upload(mut peer: Peer, format: (&'static str, &'static str, u32), mut id: i32) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let next = match peer.socket.next().now_or_never() {
                Some(Some(Ok(Frame::Binary(bytes)))) => {
                    let got = Message::decode(&bytes[2..]).expect("a message");
                    assert_eq!(
                        Received::from(got),
                        Received::from(reset_of(of(format, MessageType::StreamStart, id)))
                    );
                    id += 1;
                    of(format, MessageType::StreamStart, id)
                }
                Some(Some(Ok(_))) => continue,
                Some(_) => return,
                None => Message {
                    payload: &[7; 4_000],
                    ..of(format, MessageType::Data, id)
                },
            };
            if peer.socket.send(Frame::Binary(frame(next).into())).await.is_err() {
                return;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn under_an_upload_a_rotated_destination_hears_only_of_streams_that_were_started_for_it() {
    let rig = Rig::start().await;
    for format in FORMATS {
        for _ in 0..10 {
            let mut tunnel = rig.open(&["SSH"]).await;
            let (mut source, mut destination) = rig.both(&tunnel).await;
            starts_stream(
                &mut source,
                &mut destination,
                of(format, MessageType::StreamStart, 7),
            )
            .await;
            let upload = upload(source, format, 7);
            for _ in 0..20 {
                assert_eq!(destination.receive().await.stream_id, 7);
            }
            rig.rotate(&mut tunnel, "DESTINATION").await;
            let mut new = rig.connect(Side::Destination, &tunnel.destination).await;
            assert_eq!(new.receive().await.message_type, MessageType::ServiceIds);
            let first = new.receive().await;
            assert_eq!(
                first,
                Received::from(of(format, MessageType::StreamStart, first.stream_id))
            );
            assert!(first.stream_id > 7);
            for _ in 0..20 {
                let next = new.receive().await;
                assert_eq!(
                    (next.message_type, next.stream_id),
                    (MessageType::Data, first.stream_id)
                );
            }
            assert!(!upload.is_finished());
            upload.abort();
        }
    }
}

/// Sends on stream 7 for as long as it is open, as a destination does: what it has read counts for everything that it
/// sends afterwards. The payload says how many starts it has read.
fn download(mut peer: Peer, format: (&'static str, &'static str, u32)) -> JoinHandle<()> {
    tokio::spawn(async move {
        let (mut starts, mut is_open) = (0_u32, false);
        loop {
            let read = match is_open {
                true => peer.socket.next().now_or_never(),
                false => Some(peer.socket.next().await),
            };
            match read {
                Some(Some(Ok(Frame::Binary(bytes)))) => {
                    let got = Message::decode(&bytes[2..]).expect("a message");
                    is_open = got.message_type == MessageType::StreamStart;
                    starts += u32::from(is_open);
                }
                Some(Some(Ok(_))) => {}
                Some(_) => return,
                None => {
                    let payload = starts.to_be_bytes().repeat(1_000);
                    let data = Message {
                        payload: &payload,
                        ..of(format, MessageType::Data, 7)
                    };
                    if peer.socket.send(Frame::Binary(frame(data).into())).await.is_err() {
                        return;
                    }
                }
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_download_a_new_source_that_uses_the_same_stream_id_gets_no_byte_of_the_old_stream() {
    let rig = Rig::start().await;
    for format in FORMATS {
        let mut tunnel = rig.open(&["SSH"]).await;
        let mut destination = rig.connect(Side::Destination, &tunnel.destination).await;
        let _service_ids = destination.receive().await;
        let download = download(destination, format);
        for round in 1..=10_u32 {
            let mut source = rig.connect(Side::Source, &tunnel.source).await;
            assert_eq!(source.receive().await.message_type, MessageType::ServiceIds);
            // A client that counts from 1 in each of its runs has the same id again.
            source.send(of(format, MessageType::StreamStart, 7)).await;
            for _ in 0..20 {
                let data = timeout(DEADLINE, source.receive()).await.expect("data");
                assert_eq!((data.message_type, data.stream_id), (MessageType::Data, 7));
                assert_eq!(
                    data.payload[..4],
                    round.to_be_bytes(),
                    "{} round {round}",
                    format.0
                );
            }
            rig.rotate(&mut tunnel, "SOURCE").await;
        }
        download.abort();
    }
}
