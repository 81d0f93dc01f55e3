//! tungstenite as the second opinion, in both directions, over bytes in memory.

use proptest::collection::vec;
use proptest::prelude::*;
use std::io::{self, Read, Write};
use std::string::ToString;
use std::vec::Vec;
use tungstenite::protocol::frame::coding::{CloseCode as Code, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame as RawFrame};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::properties::{bytes, frame, heard_in_pieces};
use super::tests::{Heard, Said, heard};
use super::*;
use crate::error::PeerFault;

/// A socket: what is to be read, and what was written.
#[derive(Default)]
pub(super) struct Socket {
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = self.input.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.input[..length]);
        self.input.drain(..length);
        Ok(length)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn tungstenite(role: Role) -> WebSocket<Socket> {
    let config = WebSocketConfig::default().max_frame_size(Some(MAX_FRAME_PAYLOAD as usize));
    WebSocket::from_raw_socket(Socket::default(), role, Some(config))
}

fn sent(sender: &mut Sender, frame: Frame<'_>, key: [u8; 4]) -> Vec<u8> {
    let mut buffer = std::vec![0; 70_000];
    let length = sender.write(frame, MaskKey::new(key), &mut buffer).unwrap();
    buffer[..length].to_vec()
}

/// One thing that a server sends.
#[derive(Clone, Debug)]
enum Step {
    Message(Vec<u8>),
    /// A message in fragments, each with a ping before it.
    Fragments(Vec<(Vec<u8>, Vec<u8>)>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

fn step() -> impl Strategy<Value = Step> {
    let control = || vec(any::<u8>(), 0..=125);
    prop_oneof![
        bytes().prop_map(Step::Message),
        vec((control(), bytes()), 1..6).prop_map(Step::Fragments),
        control().prop_map(Step::Ping),
        control().prop_map(Step::Pong),
    ]
}

impl Step {
    fn say(self, server: &mut WebSocket<Socket>) {
        match self {
            Self::Message(bytes) => server.send(Message::Binary(bytes.into())).unwrap(),
            Self::Ping(payload) => server.send(Message::Ping(payload.into())).unwrap(),
            Self::Pong(payload) => server.send(Message::Pong(payload.into())).unwrap(),
            Self::Fragments(fragments) => {
                let last = fragments.len() - 1;
                for (index, (ping, bytes)) in fragments.into_iter().enumerate() {
                    server.send(Message::Ping(ping.into())).unwrap();
                    let opcode = if index == 0 { Data::Binary } else { Data::Continue };
                    let frame = RawFrame::message(bytes, OpCode::Data(opcode), index == last);
                    server.send(Message::Frame(frame)).unwrap();
                }
            }
        }
    }

    /// Everything a receiver is to hear of it.
    fn said(&self) -> Vec<Said> {
        match self {
            Self::Message(bytes) => std::vec![Said::Binary(bytes.clone())],
            Self::Ping(payload) => std::vec![Said::Ping(payload.clone())],
            Self::Pong(payload) => std::vec![Said::Pong(payload.clone())],
            Self::Fragments(fragments) => fragments
                .iter()
                .flat_map(|(ping, bytes)| [Said::Ping(ping.clone()), Said::Binary(bytes.clone())])
                .collect(),
        }
    }
}

/// Pieces of payload that are neighbours become one; empty ones go.
fn merged(said: Vec<Said>) -> Vec<Said> {
    let mut merged = Vec::new();
    for said in said {
        match (said, merged.last_mut()) {
            (Said::Binary(bytes), _) if bytes.is_empty() => {}
            (Said::Binary(bytes), Some(Said::Binary(earlier))) => earlier.extend(bytes),
            (said, _) => merged.push(said),
        }
    }
    merged
}

/// What tungstenite makes of a server's stream: all payload of complete messages, everything else, and whether it
/// found a fault.
fn second_opinion(stream: &[u8]) -> (Vec<u8>, Vec<Said>, bool) {
    let mut client = tungstenite(Role::Client);
    client.get_mut().input = stream.to_vec();
    let (mut payload, mut others) = (Vec::new(), Vec::new());
    loop {
        match client.read() {
            Ok(Message::Binary(bytes)) => payload.extend_from_slice(&bytes),
            Ok(Message::Ping(payload)) => others.push(Said::Ping(payload.into())),
            Ok(Message::Pong(payload)) => others.push(Said::Pong(payload.into())),
            Ok(Message::Close(close)) => {
                // It answers a code that is not allowed by this, and gives that as the peer's.
                if close
                    .as_ref()
                    .is_some_and(|close| close.reason == "Protocol violation")
                {
                    return (payload, others, true);
                }
                let close = close.map(|close| (u16::from(close.code), close.reason.to_string()));
                others.push(Said::Close(close));
            }
            Err(Error::Io(_)) => return (payload, others, false),
            Ok(Message::Text(_) | Message::Frame(_)) | Err(_) => return (payload, others, true),
        }
    }
}

/// Pongs behind a stream, more than a frame can hold: tungstenite judges no frame before it is whole.
fn pongs() -> Vec<u8> {
    [&[0x8a, 125][..], &[0x8a; 125]]
        .concat()
        .repeat(MAX_FRAME_PAYLOAD as usize / 127 + 1)
}

/// Where the two should differ: it takes text, and lengths that are not minimal.
const ONLY_OURS: [PeerFault; 2] = [PeerFault::TextFrame, PeerFault::FrameLengthNotMinimal];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_a_server_sends_is_heard(
        steps in vec(step(), 0..6),
        code in prop::sample::select(&[1000_u16, 1001, 1011, 3000, 4999][..]),
        reason in "[ -~é]{0,60}",
        pieces in vec(0..3_000_usize, 0..20),
    ) {
        let mut server = tungstenite(Role::Server);
        let mut expected: Vec<_> = steps.iter().flat_map(Step::said).collect();
        for step in steps {
            step.say(&mut server);
        }
        server.close(Some(CloseFrame { code: Code::from(code), reason: (&*reason).into() })).unwrap();
        expected.push(Said::Close(Some((code, reason))));
        let heard = heard_in_pieces(&server.get_ref().output, &pieces);
        prop_assert_eq!(heard, Heard { events: merged(expected), fault: None });
    }

    #[test]
    fn whatever_we_send_is_heard_by_a_server(
        messages in vec(bytes(), 0..6),
        pings in vec(vec(any::<u8>(), 0..=125), 6),
        key in any::<[u8; 4]>(),
        in_place in any::<bool>(),
    ) {
        let (mut sender, mut server) = (Sender::new(), tungstenite(Role::Server));
        for (message, ping) in messages.into_iter().zip(pings) {
            let input = if in_place {
                let (mut payload, mut header) = (message.clone(), [0; FrameHeader::MAX_LENGTH]);
                let length = sender.mask(&mut payload, MaskKey::new(key), &mut header).unwrap();
                [&header[..length], &payload].concat()
            } else {
                sent(&mut sender, Frame::Binary(&message), key)
            };
            server.get_mut().input = [sent(&mut sender, Frame::Ping(&ping), key), input].concat();
            prop_assert_eq!(server.read().unwrap(), Message::Ping(ping.clone().into()));
            prop_assert_eq!(server.read().unwrap(), Message::Binary(message.into()));
            let answer = core::mem::take(&mut server.get_mut().output);
            prop_assert_eq!(heard(&answer).events, [Said::Pong(ping)]);
        }
    }

    #[test]
    fn a_stream_is_refused_exactly_if_tungstenite_refuses_it(frames in vec(frame(), 0..8)) {
        let stream = [frames.concat(), pongs()].concat();
        let heard = heard(&stream);
        let (payload, others, refused) = second_opinion(&stream);
        match heard.fault {
            Some(fault) => prop_assert!(refused || ONLY_OURS.contains(&fault), "only we say: {fault}"),
            None => prop_assert!(!refused, "only tungstenite says that it is at fault"),
        }
        if !refused && heard.fault.is_none() {
            prop_assert!(heard.stream().starts_with(&payload));
            let ours: Vec<_> = heard.events.into_iter().filter(|said| !matches!(said, Said::Binary(_))).collect();
            prop_assert_eq!(ours, others);
        }
    }
}

#[test]
fn a_server_that_closes_gets_its_answer() {
    let mut server = tungstenite(Role::Server);
    let reason = CloseFrame {
        code: Code::Policy,
        reason: "access token rotated".into(),
    };
    server.close(Some(reason.clone())).unwrap();

    let (mut receiver, mut sender) = (Receiver::new(), Sender::new());
    let mut input = &*server.get_ref().output;
    let Some(Event::Close(Some(close))) = receiver.receive(&mut input).unwrap() else {
        panic!("no close")
    };
    assert_eq!(
        (close.code, close.reason),
        (CloseCode::POLICY_VIOLATION, "access token rotated")
    );
    server.get_mut().input = sent(&mut sender, Frame::Close(Some(close)), [1; 4]);
    assert_eq!(CloseHandshake::of(&sender, &receiver), CloseHandshake::Done);
    assert_eq!(server.read().unwrap(), Message::Close(Some(reason)));
    assert!(matches!(server.read(), Err(Error::ConnectionClosed)));
}

#[test]
fn a_server_answers_our_close() {
    let (mut receiver, mut sender, mut server) = (Receiver::new(), Sender::new(), tungstenite(Role::Server));
    let close = Close {
        code: CloseCode::NORMAL,
        reason: "done",
    };
    server.get_mut().input = sent(&mut sender, Frame::Close(Some(close)), [1; 4]);
    assert_eq!(CloseHandshake::of(&sender, &receiver), CloseHandshake::CloseSent);
    assert!(matches!(server.read(), Ok(Message::Close(Some(_)))));
    assert!(matches!(server.read(), Err(Error::ConnectionClosed)));

    let mut input = &*server.get_ref().output;
    assert_eq!(receiver.receive(&mut input), Ok(Some(Event::Close(Some(close)))));
    assert_eq!(CloseHandshake::of(&sender, &receiver), CloseHandshake::Done);
}
