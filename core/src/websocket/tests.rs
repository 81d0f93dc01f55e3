//! The promises of the framing, each by its name.

use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::error::{Misuse, PeerFault};
use crate::json::BufferTooSmall;

/// The mask key of the RFC's examples.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What a receiver has made of a stream. Neighbouring pieces of payload are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) events: Vec<Said>,
    pub(super) fault: Option<PeerFault>,
}

/// An [`Event`] that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

impl Heard {
    /// Reads the next bytes of a stream, to their end or a fault.
    pub(super) fn hear(&mut self, receiver: &mut Receiver, mut bytes: &[u8]) {
        loop {
            match receiver.receive(&mut bytes) {
                Ok(None) => return assert!(bytes.is_empty(), "bytes were left over: {bytes:?}"),
                Ok(Some(event)) => self.add(event),
                Err(fault) => return self.fault = Some(fault),
            }
        }
    }

    pub(super) fn add(&mut self, event: Event<'_>) {
        let said = match event {
            Event::Binary(bytes) => {
                assert!(!bytes.is_empty());
                if let Some(Said::Binary(earlier)) = self.events.last_mut() {
                    return earlier.extend_from_slice(bytes);
                }
                Said::Binary(bytes.into())
            }
            Event::Ping(payload) => Said::Ping(payload.into()),
            Event::Pong(payload) => Said::Pong(payload.into()),
            Event::Close(close) => {
                Said::Close(close.map(|close| (close.code.number(), close.reason.to_string())))
            }
        };
        self.events.push(said);
    }

    /// All payload of messages, as the framing above sees it.
    pub(super) fn stream(&self) -> Vec<u8> {
        let binary = |said: &Said| match said {
            Said::Binary(bytes) => bytes.clone(),
            _ => Vec::new(),
        };
        self.events.iter().flat_map(binary).collect()
    }
}

/// Everything a fresh receiver makes of that stream.
pub(super) fn heard(bytes: &[u8]) -> Heard {
    let mut heard = Heard::default();
    heard.hear(&mut Receiver::new(), bytes);
    heard
}

fn written(frame: Frame<'_>) -> Vec<u8> {
    let mut buffer = [0; 256];
    let length = Sender::new()
        .write(frame, MaskKey::new(KEY), &mut buffer)
        .unwrap();
    buffer[..length].to_vec()
}

fn close(code: u16, reason: &str) -> Option<Close<'_>> {
    Some(Close {
        code: CloseCode::from_number(code).unwrap(),
        reason,
    })
}

#[test]
fn the_examples_of_the_rfc_are_read_to_the_byte() {
    // RFC 6455, §5.7, in its order. Text frames are refused later than here.
    let text = Opcode::Data(DataOpcode::Text);
    let masked = || Some(MaskKey::new(KEY));
    let header = |bytes: &[u8]| FrameHeader::decode(bytes).unwrap().unwrap();

    let hello = FrameHeader::whole(text, 5, None).unwrap();
    assert_eq!(header(b"\x81\x05Hello"), (hello, 2));

    let mut frame = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    let (hello, length) = header(&frame);
    assert_eq!(
        (&hello, length),
        (&FrameHeader::whole(text, 5, masked()).unwrap(), 6)
    );
    hello.mask_payload(&mut frame[6..]);
    assert_eq!(&frame[6..], b"Hello");

    let (first, _) = header(b"\x01\x03Hel");
    assert_eq!(
        (first.opcode(), first.is_final(), first.payload_length()),
        (text, false, 3)
    );
    let (last, _) = header(b"\x80\x02lo");
    let continuation = Opcode::Data(DataOpcode::Continuation);
    assert_eq!(
        (last.opcode(), last.is_final(), last.payload_length()),
        (continuation, true, 2)
    );

    assert_eq!(heard(b"\x89\x05Hello").events, [Said::Ping(b"Hello".into())]);
    assert_eq!(
        written(Frame::Pong(b"Hello")),
        b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
    );

    let mut frame = b"\x82\x7e\x01\x00".to_vec();
    frame.extend([7; 256]);
    assert_eq!(heard(&frame).events, [Said::Binary([7; 256].into())]);

    let mut frame = b"\x82\x7f\0\0\0\0\0\x01\0\0".to_vec();
    frame.extend([7; 65_536]);
    assert_eq!(heard(&frame).events, [Said::Binary([7; 65_536].into())]);
}

#[test]
fn the_examples_of_the_rfc_are_written_to_the_byte() {
    let text = Opcode::Data(DataOpcode::Text);
    for (header, bytes) in [
        (FrameHeader::whole(text, 5, None), &b"\x81\x05"[..]),
        (
            FrameHeader::whole(text, 5, Some(MaskKey::new(KEY))),
            b"\x81\x85\x37\xfa\x21\x3d",
        ),
        (FrameHeader::whole(Opcode::PING, 5, None), b"\x89\x05"),
        (FrameHeader::whole(Opcode::BINARY, 256, None), b"\x82\x7e\x01\x00"),
        (
            FrameHeader::whole(Opcode::BINARY, 65_536, None),
            b"\x82\x7f\0\0\0\0\0\x01\0\0",
        ),
    ] {
        let mut buffer = [0; FrameHeader::MAX_LENGTH];
        let length = header.unwrap().encode(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], bytes);
    }
}

#[test]
fn what_stands_between_the_fragments_of_a_message_stays_out_of_the_stream() {
    let heard = heard(b"\x02\x02ab\x89\x03ABC\x00\x00\x8a\x03DEF\x80\x02cd\x82\x01e\x88\x05\x03\xe8GHI");
    assert_eq!(
        heard.events,
        [
            Said::Binary(b"ab".into()),
            Said::Ping(b"ABC".into()),
            Said::Pong(b"DEF".into()),
            Said::Binary(b"cde".into()),
            Said::Close(Some((1000, "GHI".into()))),
        ]
    );
    assert_eq!(heard.fault, None);
}

#[test]
fn payload_is_handed_on_as_it_comes_and_from_where_it_lies() {
    let mut receiver = Receiver::new();
    let bytes = b"\x82\x7e\x01\x00abc";
    let mut input = &bytes[..];
    let event = receiver.receive(&mut input).unwrap().unwrap();
    let Event::Binary(piece) = event else {
        panic!("{event:?}")
    };
    assert!(core::ptr::eq(piece, &bytes[4..]));
    assert_eq!(receiver.receive(&mut input), Ok(None));
}

#[test]
fn a_new_connection_knows_nothing_of_the_old_one() {
    let mut heard = Heard::default();
    heard.hear(&mut Receiver::new(), b"\x02\x05ab");
    heard.hear(&mut Receiver::new(), b"\x82\x01c");
    assert_eq!((heard.stream(), heard.fault), (b"abc".into(), None));
}

#[test]
fn every_fault_is_told_apart_and_knows_its_close_code() {
    let too_long = (MAX_FRAME_PAYLOAD + 1).to_be_bytes();
    let too_long = [&[0x82, 127, 0, 0, 0, 0], &too_long[..]].concat();
    let cases: &[(&[u8], PeerFault, u16)] = &[
        (&[0xc2], PeerFault::ReservedBitsSet, 1002),
        (&[0xa2], PeerFault::ReservedBitsSet, 1002),
        (&[0x92], PeerFault::ReservedBitsSet, 1002),
        (&[0x83], PeerFault::ReservedOpcode, 1002),
        (&[0x87], PeerFault::ReservedOpcode, 1002),
        (&[0x8b], PeerFault::ReservedOpcode, 1002),
        (&[0x8f], PeerFault::ReservedOpcode, 1002),
        (&[0x08], PeerFault::FragmentedControlFrame, 1002),
        (&[0x09], PeerFault::FragmentedControlFrame, 1002),
        (&[0x89, 126], PeerFault::ControlFrameTooLong, 1002),
        (&[0x88, 127], PeerFault::ControlFrameTooLong, 1002),
        (&[0x82, 126, 0, 125], PeerFault::FrameLengthNotMinimal, 1002),
        (
            &[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
            PeerFault::FrameLengthNotMinimal,
            1002,
        ),
        (
            &[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
            PeerFault::FrameLengthOutOfRange,
            1002,
        ),
        (
            &[0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255],
            PeerFault::FramePayloadTooLong,
            1009,
        ),
        (&too_long, PeerFault::FramePayloadTooLong, 1009),
        (&[0x82, 0x80, 1, 2, 3, 4], PeerFault::MaskedFrame, 1002),
        (&[0x89, 0x81, 1, 2, 3, 4], PeerFault::MaskedFrame, 1002),
        (&[0x81, 0], PeerFault::TextFrame, 1003),
        (&[0x01, 1], PeerFault::TextFrame, 1003),
        (&[0x80, 0], PeerFault::ContinuationWithoutStart, 1002),
        (
            &[0x02, 0, 0x80, 0, 0x00, 0],
            PeerFault::ContinuationWithoutStart,
            1002,
        ),
        (&[0x02, 0, 0x82, 0], PeerFault::MessageInterrupted, 1002),
        (&[0x02, 0, 0x89, 0, 0x02, 0], PeerFault::MessageInterrupted, 1002),
        (&[0x88, 1, 3], PeerFault::CloseCodeTruncated, 1002),
        (&[0x88, 2, 0x03, 0xed], PeerFault::CloseCodeNotAllowed, 1002),
        (&[0x88, 3, 0x03, 0xe8, 0xff], PeerFault::CloseReasonNotUtf8, 1007),
        (&[0x88, 0, 0x88], PeerFault::FrameAfterClose, 1002),
    ];
    for (bytes, fault, code) in cases {
        assert_eq!(heard(bytes).fault, Some(*fault), "{bytes:02x?}");
        assert_eq!(fault.close_code().number(), *code, "{fault:?}");
        assert_eq!(
            heard(&bytes[..bytes.len() - 1]).fault,
            None,
            "{bytes:02x?}: judged early"
        );
    }
    for fault in PeerFault::EVERY
        .iter()
        .filter(|fault| (340..355).contains(&fault.code()))
    {
        assert!(
            cases.iter().any(|(_, tested, _)| tested == fault),
            "no case shows {fault:?}"
        );
    }
}

#[test]
fn after_a_fault_a_receiver_reads_no_more() {
    let mut receiver = Receiver::new();
    for bytes in [&b"\x82\x01a\xf2"[..], b"\x82\x01b", b""] {
        let mut heard = Heard::default();
        heard.hear(&mut receiver, bytes);
        assert_eq!(heard.fault, Some(PeerFault::ReservedBitsSet));
        assert!(heard.stream() != b"b");
    }
}

#[test]
fn a_frame_may_hold_as_much_as_the_protocol_allows_and_no_more() {
    let longest = std::vec![0x5a; MAX_FRAME_PAYLOAD as usize];
    let mut frame = [&[0x82, 127, 0, 0, 0, 0], &MAX_FRAME_PAYLOAD.to_be_bytes()[..]].concat();
    frame.extend(&longest);
    assert_eq!(heard(&frame).events, [Said::Binary(longest.clone())]);

    let mut sender = Sender::new();
    let mut buffer = std::vec![0; longest.len() + FrameHeader::MAX_LENGTH + 1];
    assert_eq!(
        sender.write(Frame::Binary(&longest), MaskKey::new(KEY), &mut buffer),
        Ok(longest.len() + FrameHeader::MAX_LENGTH)
    );
    let mut too_long = [&longest[..], &[1]].concat();
    let refused = Err(SendError::Misuse(Misuse::FramePayloadTooLong));
    assert_eq!(
        sender.write(Frame::Binary(&too_long), MaskKey::new(KEY), &mut buffer),
        refused
    );
    assert_eq!(
        sender.mask(&mut too_long, MaskKey::new(KEY), &mut buffer),
        refused
    );
    assert!(too_long.starts_with(&longest), "a refused payload is not masked");
}

#[test]
fn a_control_frame_may_hold_125_bytes_and_no_more() {
    let text = "x".repeat(126);
    let (longest, too_long) = (&text.as_bytes()[..125], text.as_bytes());
    let refused = Err(SendError::Misuse(Misuse::ControlPayloadTooLong));
    let write = |frame| Sender::new().write(frame, MaskKey::new(KEY), &mut [0; 256]);
    assert_eq!(write(Frame::Ping(longest)), Ok(131));
    assert_eq!(write(Frame::Ping(too_long)), refused);
    assert_eq!(write(Frame::Pong(longest)), Ok(131));
    assert_eq!(write(Frame::Pong(too_long)), refused);
    assert_eq!(write(Frame::Close(close(1000, &text[..123]))), Ok(131));
    assert_eq!(write(Frame::Close(close(1000, &text[..124]))), refused);
    assert_eq!(usize::from(MAX_CLOSE_REASON), 123);
}

#[test]
fn a_buffer_that_is_too_small_hears_what_is_needed_and_keeps_what_it_holds() {
    for frame in [
        Frame::Binary(b""),
        Frame::Binary(&[1; 200]),
        Frame::Ping(b"ping"),
        Frame::Close(None),
        Frame::Close(close(1001, "away")),
    ] {
        let needed = written(frame).len();
        for room in 0..needed {
            let (mut sender, mut buffer) = (Sender::new(), std::vec![0xee; room]);
            let answer = sender.write(frame, MaskKey::new(KEY), &mut buffer);
            assert_eq!(answer, Err(SendError::BufferTooSmall(BufferTooSmall { needed })));
            assert!(buffer.iter().all(|byte| *byte == 0xee));
            assert!(!sender.has_closed());
        }
    }
    let (mut payload, mut header) = ([7; 200], [0; 7]);
    let answer = Sender::new().mask(&mut payload, MaskKey::new(KEY), &mut header);
    assert_eq!(
        answer,
        Err(SendError::BufferTooSmall(BufferTooSmall { needed: 8 }))
    );
    assert_eq!(payload, [7; 200]);
}

#[test]
fn a_payload_masked_in_place_is_the_frame_that_would_have_been_written() {
    for length in [0, 1, 2, 3, 4, 5, 125, 126, 200] {
        let mut payload: Vec<u8> = (0..length).collect();
        let frame = written(Frame::Binary(&payload));
        let mut header = [0; FrameHeader::MAX_LENGTH];
        let length = Sender::new()
            .mask(&mut payload, MaskKey::new(KEY), &mut header)
            .unwrap();
        assert_eq!([&header[..length], &payload].concat(), frame);
    }
}
