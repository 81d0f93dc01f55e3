//! [`Rig`]: one session, what it asked for, and the messages that a service and a peer would send it.

use std::string::String;
use std::vec;
use std::vec::Vec;

use crate::handshake::{Subprotocol, Upgrade};
use crate::id::ServiceId;
use crate::mode::Side;
use crate::session::{Binding, Config, Connection, Event, Output, Session, Status, TokenTaken};
use crate::time::Millis;
use crate::token::Entropy;
use crate::websocket::CloseCode;
use crate::wire::{Deframer, Message, MessageType};

/// Small tables, so that tests reach their ends.
pub(super) type Small = Session<Vec<u8>, 64, 3, 4>;

/// A message that owns what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) message_type: MessageType,
    pub(super) stream: i32,
    pub(super) service: String,
    pub(super) connection: u32,
    pub(super) payload: Vec<u8>,
}

impl Sent {
    pub(super) fn of(message: &Message<'_>) -> Self {
        Self {
            message_type: message.message_type,
            stream: message.stream_id,
            service: message.service_id.into(),
            connection: message.connection_id,
            payload: message.payload.into(),
        }
    }
}

/// An event that owns what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Open,
    Started(Connection, bool),
    Data(Connection, Vec<u8>),
    Ended(Connection),
    StreamEnded(usize),
    StreamFailed(usize),
    SessionReset,
    Lost(u16),
}

pub(super) struct Rig {
    pub(super) session: Small,
    pub(super) now: Millis,
    pub(super) connects: usize,
    pub(super) client_tokens: Vec<Option<String>>,
    pub(super) pings: usize,
    pub(super) closes: Vec<CloseCode>,
    deframer: Deframer<Vec<u8>>,
}

pub(super) fn entropy(seed: u64) -> Entropy {
    let mut bytes = [7; 64];
    bytes[..8].copy_from_slice(&(seed + 1).to_be_bytes());
    bytes[56..].copy_from_slice(&seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    Entropy::new(bytes).unwrap()
}

pub(super) fn services(names: &[&str]) -> Vec<ServiceId> {
    names.iter().map(|name| ServiceId::parse(name).unwrap()).collect()
}

/// A frame of a message without payload.
pub(super) fn frame(
    message_type: MessageType,
    stream_id: i32,
    service_id: &str,
    connection_id: u32,
) -> Vec<u8> {
    bytes(&Message {
        message_type,
        stream_id,
        service_id,
        connection_id,
        ..Message::default()
    })
}

pub(super) fn data(stream_id: i32, service_id: &str, connection_id: u32, payload: &[u8]) -> Vec<u8> {
    bytes(&Message {
        message_type: MessageType::Data,
        stream_id,
        service_id,
        connection_id,
        payload,
        ..Message::default()
    })
}

pub(super) fn service_ids(names: &[&str]) -> Vec<u8> {
    bytes(&Message {
        message_type: MessageType::ServiceIds,
        available_service_ids: names.into(),
        ..Message::default()
    })
}

pub(super) fn bytes(message: &Message<'_>) -> Vec<u8> {
    let mut frame = vec![0; 70_000];
    let length = message.encode_frame(&mut frame).unwrap();
    frame.truncate(length);
    frame
}

impl Rig {
    pub(super) fn with(side: Side, names: &[&str], format: Subprotocol, outgoing: usize) -> Self {
        let services = services(names);
        let config = Config {
            format,
            ..Config::new(side, &services)
        };
        Self::of(&config, outgoing)
    }

    pub(super) fn of(config: &Config<'_>, outgoing: usize) -> Self {
        Self {
            session: Session::new(config, vec![0; 65_535], vec![0; outgoing]).unwrap(),
            now: Millis(1_000),
            connects: 0,
            client_tokens: Vec::new(),
            pings: 0,
            closes: Vec::new(),
            deframer: Deframer::new(vec![0; 65_535]),
        }
    }

    pub(super) fn new(side: Side) -> Self {
        Self::with(side, &["SSH", "RDP"], Subprotocol::V3, 4096)
    }

    /// Open, with a client token, over V3, with the services of the session.
    pub(super) fn open(side: Side) -> Self {
        let mut rig = Self::new(side);
        rig.token("first", &Binding::Fresh);
        rig.go_open(&["SSH", "RDP"]);
        rig
    }

    pub(super) fn token(&mut self, token: &str, binding: &Binding) -> TokenTaken {
        let side = self.session.side();
        let taken = self
            .session
            .handle_token(self.now, side, token, binding, &entropy(token.len() as u64))
            .unwrap();
        self.poll();
        taken
    }

    pub(super) fn accept(&mut self, subprotocol: Subprotocol) {
        self.poll();
        let channel_id = None;
        let upgrade = Upgrade::Accepted {
            subprotocol,
            channel_id,
        };
        self.session.handle_upgrade(self.now, &upgrade).unwrap();
        self.deframer.clear();
    }

    pub(super) fn go_open(&mut self, names: &[&str]) {
        self.accept(Subprotocol::V3);
        assert_eq!(self.receive(&service_ids(names)), [Seen::Open]);
        assert_eq!(self.session.status(), Status::Open);
    }

    /// Brings bytes; all of them are taken.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Vec<Seen> {
        let mut input = bytes;
        let mut seen = Vec::new();
        while let Some(event) = self.session.handle_bytes(self.now, &mut input).unwrap() {
            seen.extend(own(&event));
        }
        assert!(input.is_empty());
        seen
    }

    /// Does what is to be done, and gives the messages that were sent.
    pub(super) fn poll(&mut self) -> Vec<Sent> {
        let mut sent = Vec::new();
        loop {
            match self.session.poll_output() {
                Output::CloseWebSocket(code) => self.closes.push(code),
                Output::Connect(connect) => {
                    self.connects += 1;
                    self.client_tokens
                        .push(connect.client_token.map(|token| token.expose().into()));
                }
                Output::Ping => self.pings += 1,
                Output::Send(bytes) => {
                    // An odd part of it, as a socket would.
                    let count = bytes.len().div_ceil(2);
                    let mut part = &bytes[..count];
                    while let Some(message) = self.deframer.next(&mut part).unwrap() {
                        let message = Message::decode(message).unwrap();
                        sent.push(Sent::of(&message));
                    }
                    self.session.sent(count).unwrap();
                }
                Output::Wait(_) => return sent,
            }
        }
    }

    /// Lets the time pass up to what the session waits for.
    pub(super) fn wait(&mut self) -> crate::session::Timeout {
        self.poll();
        if let Output::Wait(Some(deadline)) = self.session.poll_output() {
            self.now = self.now.max(deadline);
        }
        let timeout = self.session.handle_timeout(self.now);
        self.poll();
        timeout
    }

    pub(super) fn lose(&mut self) -> Status {
        let status = self.session.handle_closed(self.now, None).unwrap();
        self.poll();
        status
    }

    /// The peer starts a V3 stream.
    pub(super) fn start(&mut self, stream: i32, service: &str, connection: u32) -> Connection {
        let frame = frame(MessageType::StreamStart, stream, service, connection);
        match self.receive(&frame)[..] {
            [Seen::Started(connection, _)] => connection,
            ref other => panic!("{other:?}"),
        }
    }
}

pub(super) fn own(event: &Event<'_>) -> Option<Seen> {
    Some(match *event {
        Event::Handled => return None,
        Event::Open(_) => Seen::Open,
        Event::Started { connection, replaces } => Seen::Started(connection, replaces),
        Event::Data { connection, payload } => Seen::Data(connection, payload.into()),
        Event::Ended { connection } => Seen::Ended(connection),
        Event::StreamEnded { service, fault: None } => Seen::StreamEnded(service),
        Event::StreamEnded { service, .. } => Seen::StreamFailed(service),
        Event::SessionReset => Seen::SessionReset,
        Event::Lost { fault } => Seen::Lost(fault.code()),
    })
}

pub(super) fn sent(message_type: MessageType, stream: i32, service: &str, connection: u32) -> Sent {
    Sent {
        message_type,
        stream,
        service: service.into(),
        connection,
        payload: Vec::new(),
    }
}
