//! [`Beside`]: a source of ours and a [`Peer`] with a network between them, in virtual time.

use std::collections::VecDeque;
use std::vec;
use std::vec::Vec;

use super::super::rig::{Seen, Sent, Small, bytes, entropy, own, service_ids, services};
use super::peer::{Peer, Service};
use super::table::Client;
use crate::handshake::{Subprotocol, Upgrade};
use crate::mode::Side;
use crate::session::{Binding, Config, Connection, Output, Progress, Session, Status};
use crate::time::Millis;
use crate::wire::{Deframer, Message, MessageType};

/// How long a message is under way, each way.
const LATENCY: u64 = 20;
/// Nothing that these tests wait for takes longer: two round trips, a pause, and the messages of a flood.
const PATIENCE: u64 = 2_000;

pub(super) struct Beside {
    pub(super) source: Small,
    pub(super) peer: Peer,
    pub(super) now: Millis,
    /// What came, in its order.
    pub(super) seen: Vec<Seen>,
    deframer: Deframer<Vec<u8>>,
    /// The latest message that started a stream.
    start: Option<Sent>,
    to_peer: VecDeque<(Millis, Sent)>,
    to_source: VecDeque<(Millis, Vec<u8>)>,
}

impl Beside {
    /// Open, in the tunnel of the service `SSH`.
    pub(super) fn open_with(client: Client, service: Service, format: Subprotocol) -> Self {
        let names = services(&["SSH"]);
        let config = Config {
            format,
            ..Config::new(Side::Source, &names)
        };
        let version = Subprotocol::EVERY
            .iter()
            .position(|each| *each == format)
            .unwrap() as u8
            + 1;
        let mut beside = Self {
            source: Session::new(&config, vec![0; 65_535], vec![0; 4_096]).unwrap(),
            peer: Peer::new(client, service, version),
            now: Millis(1_000),
            seen: Vec::new(),
            deframer: Deframer::new(vec![0; 65_535]),
            start: None,
            to_peer: VecDeque::new(),
            to_source: VecDeque::new(),
        };
        let entropy = entropy(1);
        beside
            .source
            .handle_token(beside.now, Side::Source, "token", &Binding::Fresh, &entropy)
            .unwrap();
        beside.until(|beside| beside.source.status() == Status::Open);
        beside
    }

    /// A millisecond: the source does what it has to do, the peer sends one message at most.
    pub(super) fn tick(&mut self) {
        self.output();
        while self.to_peer.front().is_some_and(|(due, _)| *due <= self.now) {
            let (_, message) = self.to_peer.pop_front().unwrap();
            self.peer.receive(message);
        }
        let sent = self.peer.act();
        // The service passes nothing on to a source that is not there.
        for message in sent.iter().filter(|_| self.source.status() == Status::Open) {
            self.to_source.push_back((self.later(), frame(message)));
        }
        while self.to_source.front().is_some_and(|(due, _)| *due <= self.now) {
            let (_, frame) = self.to_source.pop_front().unwrap();
            let mut input = frame.as_slice();
            while let Some(event) = self.source.handle_bytes(self.now, &mut input).unwrap() {
                self.seen.extend(own(&event));
            }
        }
        self.now = Millis(self.now.0 + 1);
        self.source.handle_timeout(self.now);
        self.output();
    }

    /// The source's WebSocket breaks: what was on its way is lost, and the service resets the stream at the peer.
    pub(super) fn lose(&mut self) {
        self.to_source.clear();
        self.to_peer.clear();
        self.deframer.clear();
        if let Some(start) = &self.start {
            let message_type = MessageType::StreamReset;
            let reset = Sent {
                message_type,
                ..start.clone()
            };
            self.to_peer.push_back((self.later(), reset));
        }
        self.source.handle_closed(self.now, None).unwrap();
        assert!(self.until(|beside| beside.source.status() == Status::Open));
    }

    fn later(&self) -> Millis {
        Millis(self.now.0 + LATENCY)
    }

    fn output(&mut self) {
        loop {
            match self.source.poll_output() {
                Output::Connect(_) => {
                    let upgrade = Upgrade::Accepted {
                        subprotocol: Subprotocol::V3,
                        channel_id: None,
                    };
                    self.source.handle_upgrade(self.now, &upgrade).unwrap();
                    self.to_source.push_back((self.later(), service_ids(&["SSH"])));
                }
                Output::Send(sent) => {
                    let (mut input, count, due) = (sent, sent.len(), Millis(self.now.0 + LATENCY));
                    while let Some(message) = self.deframer.next(&mut input).unwrap() {
                        let message = Sent::of(&Message::decode(message).unwrap());
                        if message.message_type == MessageType::StreamStart {
                            self.start = Some(message.clone());
                        }
                        self.to_peer.push_back((due, message));
                    }
                    self.source.sent(count).unwrap();
                }
                Output::Ping => self.source.handle_pong(self.now).unwrap(),
                Output::CloseWebSocket(code) => panic!("{code:?}"),
                Output::Wait(_) => return,
            }
        }
    }

    /// Lets time pass until it holds, or for as long as a person would wait. Whether it held.
    pub(super) fn until(&mut self, holds: impl Fn(&Self) -> bool) -> bool {
        let end = self.now.0 + PATIENCE;
        while !holds(self) && self.now.0 < end {
            self.tick();
        }
        holds(self)
    }

    pub(super) fn pause(&mut self, millis: u64) {
        for _ in 0..millis {
            self.tick();
        }
    }

    /// Lets time pass until nothing is under way.
    pub(super) fn rest(&mut self) {
        assert!(self.until(|beside| {
            beside.to_peer.is_empty() && beside.to_source.is_empty() && !beside.peer.is_busy()
        }));
    }

    /// Opens a connection as soon as the session lets it.
    pub(super) fn open(&mut self) -> Connection {
        let end = self.now.0 + PATIENCE;
        while self.now.0 < end {
            match self.source.open(0).unwrap() {
                Progress::Done(connection) => return connection,
                Progress::WouldBlock => self.tick(),
            }
        }
        panic!("the session opens no connection for {PATIENCE} ms");
    }

    /// Sends all of it.
    pub(super) fn send(&mut self, connection: Connection, mut data: &[u8]) {
        while !data.is_empty() {
            match self.source.send(connection, data).unwrap() {
                Progress::Done(count) => data = &data[count..],
                Progress::WouldBlock => self.tick(),
            }
        }
    }

    /// What came on that connection.
    pub(super) fn got(&self, connection: Connection) -> Vec<u8> {
        let of_it = self.seen.iter().filter_map(|seen| match seen {
            Seen::Data(of, data) if *of == connection => Some(data.as_slice()),
            _ => None,
        });
        of_it.flatten().copied().collect()
    }

    /// Whether the other side ended the connection.
    pub(super) fn has_ended(&self, connection: Connection) -> bool {
        let mut seen = self.seen.iter();
        seen.any(|seen| match seen {
            Seen::Ended(of) => *of == connection,
            Seen::StreamEnded(_) | Seen::StreamFailed(_) | Seen::SessionReset => true,
            _ => false,
        })
    }
}

fn frame(message: &Sent) -> Vec<u8> {
    bytes(&Message {
        message_type: message.message_type,
        stream_id: message.stream,
        service_id: &message.service,
        connection_id: message.connection,
        payload: &message.payload,
        ..Message::default()
    })
}
