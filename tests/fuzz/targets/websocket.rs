//! A WebSocket's bytes in any pieces, from either end: the same events and the same fault, and those that tungstenite
//! hears. What was heard is then said by our sender, and tungstenite hears it again.
#![no_main]

use iot_tunnel_core::websocket::{
    Close, CloseCode, Frame, FrameHeader, MAX_FRAME_PAYLOAD, MaskKey, SendError, Sender,
};
use iot_tunnel_core::{Misuse, PeerFault};
use iot_tunnel_fuzz::input::Arrival;
use iot_tunnel_fuzz::websocket::{Heard, Listener, Said, SecondOpinion};
use libfuzzer_sys::fuzz_target;

/// Most pieces of a stream: enough to cut all of a short one.
const MAX_PIECES: usize = 300;

/// A close code that is registered, and that tungstenite does not know.
const BAD_GATEWAY: u16 = 1014;

fuzz_target!(|input: &[u8]| {
    let Some(arrival) = Arrival::read(input) else {
        return;
    };
    let stream = &arrival.stream;
    let listener = match arrival.options & 1 {
        0 => Listener::Client,
        _ => Listener::Server,
    };
    let [whole, others @ ..] = arrival.splits(MAX_PIECES);
    let heard = Heard::of(listener, stream, &whole);
    for split in others {
        assert_eq!(
            Heard::of(listener, stream, &split),
            heard,
            "in pieces of {split:?}"
        );
    }
    a_header_is_judged_by_the_bytes_that_are_there(stream);
    if !matches!(heard.events.last(), Some(Said::Close(Some((BAD_GATEWAY, _))))) {
        tungstenite_agrees(listener, stream, &heard);
        is_heard_as_it_is_said(listener, &heard.events, arrival.options);
    }
});

fn a_header_is_judged_by_the_bytes_that_are_there(stream: &[u8]) {
    let bytes = &stream[..stream.len().min(FrameHeader::MAX_LENGTH)];
    let whole = FrameHeader::decode(bytes);
    for end in 0..bytes.len() {
        let part = FrameHeader::decode(&bytes[..end]);
        assert!(part == Ok(None) || part == whole);
    }
    if let Ok(Some((header, length))) = whole {
        let mut buffer = [0; FrameHeader::MAX_LENGTH];
        assert_eq!(header.encode(&mut buffer), Ok(length));
        assert_eq!(buffer[..length], bytes[..length]);
    }
}

/// Where the two may differ: tungstenite takes text, and lengths that are not minimal, so that a short control frame may
/// have a long one; and a server of it reads nothing after a close.
const ONLY_OURS: [PeerFault; 4] = [
    PeerFault::TextFrame,
    PeerFault::FrameLengthNotMinimal,
    PeerFault::ControlFrameTooLong,
    PeerFault::FrameAfterClose,
];

fn tungstenite_agrees(listener: Listener, stream: &[u8], ours: &Heard) {
    let only_ours = ours.fault.is_some_and(|fault| ONLY_OURS.contains(&fault));
    let mut theirs = SecondOpinion::of(listener, stream);
    if ours.fault.is_some() && !only_ours && !theirs.refused {
        // It judges no frame before that is whole.
        theirs = SecondOpinion::of(listener, &[stream, &*pongs(listener)].concat());
        assert!(theirs.refused, "only we say: {:?}", ours.fault);
    }
    let messages = theirs.messages.concat();
    if only_ours {
        assert!(theirs.control.starts_with(&ours.control()));
        return;
    }
    assert_eq!(
        theirs.refused,
        ours.fault.is_some(),
        "only tungstenite says that it is at fault"
    );
    assert_eq!(theirs.control, ours.control());
    assert!(ours.payload().starts_with(&messages));
}

/// More than a frame can hold.
fn pongs(listener: Listener) -> Vec<u8> {
    let header: &[u8] = match listener {
        Listener::Client => &[0x8a, 125],
        Listener::Server => &[0x8a, 0x80 | 125, 0, 0, 0, 0],
    };
    let pong = [header, &[0x8a; 125]].concat();
    pong.repeat(MAX_FRAME_PAYLOAD as usize / 125 + 1)
}

/// Sends these, and lets tungstenite hear them.
fn is_heard_as_it_is_said(listener: Listener, events: &[Said], key: u8) {
    let mut sender = Sender::new();
    let (mut stream, mut expected) = (Vec::new(), SecondOpinion::default());
    let longest = events.iter().map(Said::payload_len).max().unwrap_or(0);
    let mut buffer = vec![0; longest.min(MAX_FRAME_PAYLOAD as usize) + FrameHeader::MAX_LENGTH];
    for (number, said) in events.iter().enumerate() {
        let key = || MaskKey::new([key, number as u8, 3, 4]);
        let mut send = |frame| {
            let written = match listener {
                // Who has heard a server is a client.
                Listener::Client => sender.write(frame, key(), &mut buffer),
                Listener::Server => sender.write_unmasked(frame, &mut buffer),
            };
            written.map(|length| stream.extend_from_slice(&buffer[..length]))
        };
        match said {
            Said::Binary(bytes) => {
                for bytes in bytes.chunks(MAX_FRAME_PAYLOAD as usize) {
                    send(Frame::Binary(bytes)).unwrap();
                    expected.messages.push(bytes.into());
                }
                if bytes.len() > MAX_FRAME_PAYLOAD as usize {
                    let refused = Err(SendError::Misuse(Misuse::FramePayloadTooLong));
                    assert_eq!(send(Frame::Binary(bytes)), refused);
                } else if listener == Listener::Client {
                    let (mut masked, mut header) = (bytes.clone(), [0; FrameHeader::MAX_LENGTH]);
                    let length = sender.mask(&mut masked, key(), &mut header).unwrap();
                    assert!(stream.ends_with(&[&header[..length], &masked].concat()));
                }
                continue;
            }
            Said::Ping(payload) => send(Frame::Ping(payload)).unwrap(),
            Said::Pong(payload) => send(Frame::Pong(payload)).unwrap(),
            Said::Close(close) => {
                let close = close.as_ref().map(|(code, reason)| Close {
                    code: CloseCode::from_number(*code).expect("it has been heard"),
                    reason,
                });
                send(Frame::Close(close)).unwrap();
                let refused = Err(SendError::Misuse(Misuse::SendAfterClose));
                assert_eq!(send(Frame::Ping(b"")), refused);
                assert!(sender.has_closed());
            }
        }
        expected.control.push(said.clone());
    }
    let other_end = match listener {
        Listener::Client => Listener::Server,
        Listener::Server => Listener::Client,
    };
    let heard = SecondOpinion::of(other_end, &stream);
    assert!(!heard.refused);
    assert_eq!(
        (heard.messages, heard.control),
        (expected.messages, expected.control)
    );
}
