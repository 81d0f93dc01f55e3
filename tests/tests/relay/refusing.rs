//! Who breaks the protocol is closed with the code and the words for it, and nobody else is harmed.

use futures_util::SinkExt as _;
use iot_tunnel_core::wire::{Message, MessageType};
use iot_tunnel_core::{PeerFault, Side};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::peer::{Peer, frame, message, reset_of};
use super::rig::{Rig, Tunnel};

/// A tunnel frame around those bytes.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).expect("a length");
    [&length.to_be_bytes()[..], message].concat()
}

/// A message of that type on stream 1 of SSH.
fn on_a_stream(message_type: MessageType) -> Vec<u8> {
    frame(message(message_type, 1, "SSH", b""))
}

/// What is no WebSocket as RFC 6455 and data-plane.md §2 have it. The mask is all zeros.
fn faulty_frames() -> Vec<(PeerFault, u16, Vec<u8>)> {
    use PeerFault as Fault;
    const MASK: [u8; 4] = [0; 4];
    let masked = |first: u8, payload: &[u8]| {
        let second = 0x80 | u8::try_from(payload.len()).expect("a short one");
        [&[first, second][..], &MASK, payload].concat()
    };
    let announced = |length: u64| [&[0x82, 0xff][..], &length.to_be_bytes(), &MASK].concat();
    vec![
        (Fault::TextFrame, 1003, masked(0x81, b"text")),
        (Fault::UnmaskedFrame, 1002, b"\x82\x01a".to_vec()),
        (Fault::UnmaskedFrame, 1002, b"\x89\x00".to_vec()),
        (Fault::ReservedBitsSet, 1002, masked(0xc2, b"a")),
        (Fault::ReservedOpcode, 1002, masked(0x83, b"a")),
        (Fault::FragmentedControlFrame, 1002, masked(0x09, b"a")),
        (Fault::ControlFrameTooLong, 1002, b"\x89\xfe\x00\x7e".to_vec()),
        (Fault::FrameLengthNotMinimal, 1002, b"\x82\xfe\x00\x05".to_vec()),
        (Fault::FrameLengthOutOfRange, 1002, announced(u64::MAX)),
        (Fault::FramePayloadTooLong, 1009, announced(131_077)),
        (Fault::ContinuationWithoutStart, 1002, masked(0x80, b"a")),
        (
            Fault::MessageInterrupted,
            1002,
            [masked(0x02, b"\0"), masked(0x82, b"a")].concat(),
        ),
        (Fault::CloseCodeTruncated, 1002, masked(0x88, b"\x03")),
        (
            Fault::CloseCodeNotAllowed,
            1002,
            masked(0x88, &1005_u16.to_be_bytes()),
        ),
        (Fault::CloseReasonNotUtf8, 1007, masked(0x88, b"\x03\xe8\xff")),
    ]
}

/// What is no message that a client may send (data-plane.md §3).
fn faulty_messages(side: Side) -> Vec<(PeerFault, Vec<u8>)> {
    use PeerFault as Fault;
    let without_id = |message_type| {
        (
            Fault::StreamIdMissing,
            frame(message(message_type, 0, "SSH", b"")),
        )
    };
    // DATA, stream 1, a payload of 64,513 bytes.
    let too_long = [b"\x08\x01\x10\x01\x22\x81\xf8\x03", &[0; 64_513][..]].concat();
    let mut faulty = vec![
        (Fault::EmptyFrame, framed(b"")),
        (Fault::MalformedMessage, framed(b"\xff")),
        (Fault::MalformedMessage, framed(b"\x08\x01\x10\x01\x22\x05abc")),
        (Fault::MalformedMessage, framed(b"\x08\x01\x10\x01\x2a\x01\xff")),
        (Fault::UnknownMessageType, framed(b"\x10\x01")),
        (Fault::UnknownMessageType, framed(b"\x08\x00\x10\x01\x18\x01")),
        (Fault::UnknownMessageType, framed(b"\x08\x63\x10\x01")),
        (Fault::PayloadTooLong, framed(&too_long)),
        without_id(MessageType::Data),
        without_id(MessageType::StreamReset),
        without_id(MessageType::ConnectionReset),
        (Fault::UnexpectedMessage, on_a_stream(MessageType::ServiceIds)),
        (Fault::UnexpectedMessage, on_a_stream(MessageType::SessionReset)),
    ];
    let starts = [MessageType::StreamStart, MessageType::ConnectionStart];
    faulty.extend(starts.map(|message_type| match side {
        Side::Source => without_id(message_type),
        Side::Destination => (Fault::UnexpectedMessage, on_a_stream(message_type)),
    }));
    faulty
}

/// A tunnel with a stream: the peer of that side, the other one, and what the stream was started with.
async fn busy(rig: &Rig, side: Side) -> (Tunnel, Peer, Peer, Message<'static>) {
    let tunnel = rig.open(&["SSH"]).await;
    let (mut source, mut destination) = rig.both(&tunnel).await;
    let start = message(MessageType::StreamStart, 1, "SSH", b"");
    source.send(start).await;
    destination.receives(start).await;
    match side {
        Side::Source => (tunnel, source, destination, start),
        Side::Destination => (tunnel, destination, source, start),
    }
}

/// The peer is closed for that fault, and the other one goes on without the streams.
async fn is_closed_for(
    fault: PeerFault,
    code: u16,
    rig: &Rig,
    side: Side,
    (tunnel, mut peer, mut other, start): (Tunnel, Peer, Peer, Message<'_>),
) {
    assert_eq!(peer.closed().await, (code, fault.text().to_owned()), "{side:?}");
    other.receives(reset_of(start)).await;
    rig.until_state(&tunnel, side, "DISCONNECTED").await;
    assert_eq!(rig.state(&tunnel, side.other()).await, "CONNECTED");
    other
        .socket
        .send(Frame::Ping("there?".into()))
        .await
        .expect("sent");
    let next = loop {
        match other.next().await {
            // The relay's own.
            Frame::Ping(_) => {}
            next => break next,
        }
    };
    assert_eq!(next, Frame::Pong("there?".into()), "{fault:?}");
}

#[tokio::test]
async fn what_is_no_websocket_frame_of_a_client_closes_its_connection() {
    let rig = Rig::start().await;
    for (fault, code, bytes) in faulty_frames() {
        let mut parties = busy(&rig, Side::Source).await;
        parties.1.send_raw(&bytes).await;
        is_closed_for(fault, code, &rig, Side::Source, parties).await;
    }
}

#[tokio::test]
async fn what_is_no_message_of_a_client_closes_its_connection() {
    let rig = Rig::start().await;
    for side in Side::BOTH {
        for (fault, bytes) in faulty_messages(side) {
            let mut parties = busy(&rig, side).await;
            parties.1.send_bytes(&bytes).await;
            is_closed_for(fault, 1002, &rig, side, parties).await;
        }
    }
}

#[tokio::test]
async fn what_came_before_the_fault_is_passed_on_and_nothing_after_it() {
    let rig = Rig::start().await;
    let (tunnel, mut source, mut destination, start) = busy(&rig, Side::Source).await;
    let data = |payload| frame(message(MessageType::Data, 1, "SSH", payload));
    source
        .send_bytes(&[data(b"before"), framed(b""), data(b"after")].concat())
        .await;
    destination
        .receives(message(MessageType::Data, 1, "SSH", b"before"))
        .await;
    destination.receives(reset_of(start)).await;
    rig.close(&tunnel, false).await;
    assert_eq!(destination.closed().await.0, 1008);
}

#[tokio::test]
async fn the_longest_frame_and_the_longest_payload_are_taken() {
    let rig = Rig::start().await;
    let (_tunnel, mut source, mut destination, _) = busy(&rig, Side::Source).await;
    let payload = vec![7; 64_512];
    let data = |length| message(MessageType::Data, 1, "SSH", &payload[..length]);
    let longest = data(payload.len());
    let left = 131_076 - 2 * frame(longest).len();
    let last = (0..left).map(data).find(|message| frame(*message).len() == left);
    let last = last.expect("one fits");
    let bytes = [longest, longest, last].map(frame).concat();
    assert_eq!(bytes.len(), 131_076);
    source.send_bytes(&bytes).await;
    for message in [longest, longest, last] {
        destination.receives(message).await;
    }
}
