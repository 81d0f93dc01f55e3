//! Properties over arbitrary input.

use proptest::collection::vec;
use proptest::prelude::*;
use std::vec::Vec;

use super::tests::{Heard, heard};
use super::*;

/// A payload of any length that its header has a form for.
pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![
        0..20_usize,
        120..130_usize,
        4_000..4_200_usize,
        65_530..65_540_usize
    ];
    (length, any::<u8>()).prop_map(|(length, first)| {
        let counting = (0..=u8::MAX).cycle().skip(first.into());
        counting.take(length).collect()
    })
}

/// The payload of a close frame: codes that are allowed and not, reasons that are text and not.
fn close() -> impl Strategy<Value = Vec<u8>> {
    let code = prop::sample::select(
        &[
            0_u16, 999, 1000, 1004, 1005, 1006, 1013, 1015, 2999, 3000, 4999, 5000,
        ][..],
    );
    (code, vec(any::<u8>(), 0..3), 0..5_usize).prop_map(|(code, reason, length)| {
        let mut payload = [&code.to_be_bytes()[..], &reason].concat();
        payload.truncate(length);
        payload
    })
}

/// A frame as a server sends it, or should not: any first byte, and a length that may lie.
pub(super) fn frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        8 => prop::sample::select(&[0x82, 0x02, 0x00, 0x80, 0x89, 0x8a][..]),
        1 => any::<u8>(),
    ];
    let any_frame = prop_oneof![8 => (first, bytes()), 1 => (Just(0x88), close())];
    let wrong_length = prop::option::weighted(0.05, any::<u8>());
    (any_frame, wrong_length).prop_map(|((first, payload), wrong_length)| {
        let length = payload.len() as u64;
        let mut frame = std::vec![first];
        match length {
            0..126 => frame.push(length as u8),
            126..65_536 => frame.extend([&[126], &length.to_be_bytes()[6..]].concat()),
            _ => frame.extend([&[127], &length.to_be_bytes()[..]].concat()),
        }
        frame[1] = wrong_length.unwrap_or(frame[1]);
        frame.extend(payload);
        frame
    })
}

/// A stream, mostly of frames, and where it is cut.
fn split_stream() -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    let stream = prop_oneof![
        4 => vec(frame(), 0..8).prop_map(|frames| frames.concat()),
        1 => vec(any::<u8>(), 0..300),
    ];
    (stream, vec(prop_oneof![0..12_usize, 0..5_000_usize], 0..40))
}

/// What is heard of a stream in pieces of these lengths, and then the rest.
pub(super) fn heard_in_pieces(mut stream: &[u8], lengths: &[usize]) -> Heard {
    let (mut receiver, mut heard) = (Receiver::new(), Heard::default());
    for length in lengths.iter().chain([&usize::MAX]) {
        let (piece, rest) = stream.split_at((*length).min(stream.len()));
        heard.hear(&mut receiver, piece);
        if heard.fault.is_some() {
            break;
        }
        stream = rest;
    }
    heard
}

proptest! {
    #[test]
    fn any_split_of_a_stream_gives_the_same_events((stream, lengths) in split_stream()) {
        let whole = heard(&stream);
        prop_assert_eq!(&whole, &heard_in_pieces(&stream, &lengths));
        prop_assert_eq!(&whole, &heard_in_pieces(&stream, &std::vec![1; stream.len().min(400)]));
    }

    #[test]
    fn a_header_is_judged_by_the_bytes_that_are_there(bytes in vec(any::<u8>(), 0..16)) {
        let whole = FrameHeader::decode(&bytes);
        for end in 0..=bytes.len() {
            match FrameHeader::decode(&bytes[..end]) {
                Ok(None) => {}
                decided => prop_assert_eq!(&decided, &whole),
            }
        }
        if let Ok(Some((header, length))) = whole {
            let mut buffer = [0; FrameHeader::MAX_LENGTH];
            prop_assert_eq!(header.encode(&mut buffer), Ok(length));
            prop_assert_eq!(&buffer[..length], &bytes[..length]);
        }
    }

    #[test]
    fn a_frame_that_was_written_is_read_back(
        payload in bytes(),
        key in any::<[u8; 4]>(),
    ) {
        let mut buffer = std::vec![0; payload.len() + FrameHeader::MAX_LENGTH];
        let written = Sender::new().write(Frame::Binary(&payload), MaskKey::new(key), &mut buffer).unwrap();
        let frame = &mut buffer[..written];
        let (header, length) = FrameHeader::decode(frame).unwrap().unwrap();
        prop_assert_eq!(header.mask(), Some(&MaskKey::new(key)));
        prop_assert_eq!(header.payload_length(), payload.len() as u64);
        header.mask_payload(&mut frame[length..]);
        prop_assert_eq!(&frame[length..], &payload);
    }
}
