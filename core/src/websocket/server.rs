//! The promises of a server's end, each by its name: what a client sends is heard without its mask.

use proptest::collection::vec;
use proptest::prelude::*;
use std::vec::Vec;
use tungstenite::Message;
use tungstenite::protocol::Role;

use super::oracle::tungstenite;
use super::properties::{bytes, frame};
use super::tests::{Heard, Said, heard};
use super::*;
use crate::error::PeerFault;

/// A server's frame as a client would send it: with a mask on it. None if its header is no header.
fn masked(frame: &[u8], key: [u8; 4]) -> Option<Vec<u8>> {
    let (_, length) = FrameHeader::decode(frame).ok()??;
    let (header, payload) = frame.split_at(length);
    let mut payload = payload.to_vec();
    MaskKey::new(key).apply(&mut payload);
    let second = [header[1] | 0x80];
    Some([&header[..1], &second, &header[2..], &key, &payload].concat())
}

/// What a server hears of a client's stream in pieces of these lengths, and then the rest.
fn heard_of_client(stream: &[u8], lengths: &[usize]) -> Heard {
    let mut stream = stream.to_vec();
    let (mut receiver, mut heard) = (Receiver::of_client(), Heard::default());
    let mut rest = &mut stream[..];
    for length in lengths.iter().chain([&usize::MAX]) {
        let (mut piece, after) = rest.split_at_mut((*length).min(rest.len()));
        rest = after;
        loop {
            match receiver.receive_masked(&mut piece) {
                Ok(None) => break assert!(piece.is_empty()),
                Ok(Some(event)) => heard.add(event),
                Err(fault) => {
                    heard.fault = Some(fault);
                    return heard;
                }
            }
        }
    }
    heard
}

proptest! {
    #[test]
    fn with_its_mask_a_stream_means_what_it_means_without(
        frames in vec((frame(), any::<[u8; 4]>()), 0..6),
        lengths in vec(prop_oneof![0..12_usize, 0..5_000_usize], 0..40),
    ) {
        // A length that lies would let a header of a later frame pass for payload.
        let frames = frames.iter().filter(|(frame, _)| {
            let header = FrameHeader::decode(frame);
            matches!(header, Ok(Some((header, length))) if header.payload_length() == (frame.len() - length) as u64)
        });
        let (plain, masked): (Vec<_>, Vec<_>) =
            frames.map(|(frame, key)| (frame.clone(), masked(frame, *key).unwrap())).unzip();
        prop_assert_eq!(heard(&plain.concat()), heard_of_client(&masked.concat(), &lengths));
    }

    #[test]
    fn whatever_tungstenite_sends_as_a_client_is_heard_and_answered(
        messages in vec(bytes(), 0..6),
        ping in vec(any::<u8>(), 0..=125),
        lengths in vec(0..3_000_usize, 0..20),
    ) {
        let mut client = tungstenite(Role::Client);
        let expected = messages.concat();
        for message in messages {
            client.send(Message::Binary(message.into())).unwrap();
        }
        client.send(Message::Ping(ping.clone().into())).unwrap();
        let heard = heard_of_client(&client.get_ref().output, &lengths);
        prop_assert_eq!(heard.fault, None);
        prop_assert_eq!(heard.stream(), expected.clone());
        prop_assert_eq!(heard.events.last(), Some(&Said::Ping(ping.clone())));

        let (mut sender, mut buffer) = (Sender::new(), std::vec![0; MAX_FRAME_PAYLOAD as usize + 14]);
        let expected = &expected[..expected.len().min(MAX_FRAME_PAYLOAD as usize)];
        for frame in [Frame::Pong(&ping), Frame::Binary(expected)] {
            let length = sender.write_unmasked(frame, &mut buffer).unwrap();
            client.get_mut().input.extend_from_slice(&buffer[..length]);
        }
        prop_assert_eq!(client.read().unwrap(), Message::Pong(ping.into()));
        prop_assert_eq!(client.read().unwrap(), Message::Binary(expected.to_vec().into()));
    }
}

#[test]
fn a_client_that_does_not_mask_is_refused() {
    for frame in [
        &b"\x82\x01a"[..],
        b"\x82\x00",
        b"\x89\x01a",
        b"\x88\x00",
        b"\x81\x01a",
    ] {
        assert_eq!(
            heard_of_client(frame, &[1]).fault,
            Some(PeerFault::UnmaskedFrame),
            "{frame:02x?}"
        );
    }
    assert_eq!(PeerFault::UnmaskedFrame.close_code(), CloseCode::PROTOCOL_ERROR);
}

#[test]
fn text_of_a_client_is_refused_by_its_own_code() {
    let fault = heard_of_client(b"\x81\x81\0\0\0\0a", &[]).fault;
    assert_eq!(fault, Some(PeerFault::TextFrame));
    assert_eq!(PeerFault::TextFrame.close_code(), CloseCode::UNSUPPORTED_DATA);
}
