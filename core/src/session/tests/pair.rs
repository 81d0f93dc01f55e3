//! [`Pair`]: a source and a destination with a model of the service between them, in virtual time.

use std::collections::BTreeMap;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::rig::{Seen, Sent, Small, bytes as whole, entropy, frame, own, service_ids};
use crate::handshake::{Subprotocol, Upgrade};
use crate::mode::Side;
use crate::session::{Binding, Config, Connection, Output, Progress, Session, Status};
use crate::time::Millis;
use crate::wire::MessageType::{ConnectionReset, StreamReset};
use crate::wire::{Deframer, Message, MessageType};

/// One end, the service's end of its connection, and what is on its way to it.
pub(super) struct End {
    pub(super) session: Small,
    accepted: Subprotocol,
    /// What the service has of a message that this end has not sent whole.
    reassembly: Deframer<Vec<u8>>,
    /// The messages it sent.
    pub(super) said: Vec<Sent>,
    inbox: Vec<u8>,
    /// What its application saw, but for data.
    pub(super) seen: Vec<Seen>,
    /// The destination's application sends everything back; the source's keeps it.
    pub(super) got: Vec<(Connection, Vec<u8>)>,
    echo: Vec<(Connection, Vec<u8>)>,
}

pub(super) struct Pair {
    pub(super) ends: [End; 2],
    tunnel: Vec<String>,
    /// The latest stream of each service.
    streams: BTreeMap<String, i32>,
    /// Bytes that move in one step.
    chunk: usize,
    pub(super) now: Millis,
}

impl Pair {
    /// The source's configuration and the destination's, the subprotocol that each was granted, the tunnel's services,
    /// the lengths of each one's buffers, and how many bytes move in one step.
    pub(super) fn new(
        configs: [Config<'_>; 2],
        accepted: [Subprotocol; 2],
        tunnel: &[&str],
        (incoming, outgoing): (usize, usize),
        chunk: usize,
    ) -> Self {
        let mut accepted = accepted.into_iter();
        Self {
            ends: configs.map(|config| End {
                session: Session::new(&config, vec![0; incoming], vec![0; outgoing]).unwrap(),
                accepted: accepted.next().unwrap(),
                reassembly: Deframer::new(vec![0; 65_535]),
                said: Vec::new(),
                inbox: Vec::new(),
                seen: Vec::new(),
                got: Vec::new(),
                echo: Vec::new(),
            }),
            tunnel: tunnel.iter().map(|&name| name.into()).collect(),
            streams: BTreeMap::new(),
            chunk,
            now: Millis(0),
        }
    }

    pub(super) fn token(&mut self, side: Side, token: &str) {
        let end = &mut self.ends[side as usize];
        let entropy = entropy(side as u64 + 40);
        end.session
            .handle_token(self.now, side, token, &Binding::Fresh, &entropy)
            .unwrap();
    }

    /// Both ends have a token and are open.
    pub(super) fn connect(&mut self) {
        for side in Side::BOTH {
            self.token(side, "first");
        }
        self.drive();
        assert!(self.is_open());
    }

    pub(super) fn is_open(&self) -> bool {
        self.ends.iter().all(|end| end.session.status() == Status::Open)
    }

    /// Moves bytes until nobody has anything to do.
    pub(super) fn drive(&mut self) {
        for _ in 0..100_000 {
            let moved = Side::BOTH.map(|side| self.step(side));
            if moved == [false, false] {
                return;
            }
        }
        panic!("the pair does not come to rest");
    }

    /// Lets the time pass up to what somebody waits for.
    pub(super) fn wait(&mut self) {
        let deadlines = self.ends.iter().filter_map(|end| end.session.deadline());
        self.now = deadlines.min().unwrap_or(self.now).max(self.now);
        for end in &mut self.ends {
            end.session.handle_timeout(self.now);
        }
        self.drive();
    }

    /// The connection of that side breaks.
    pub(super) fn lose(&mut self, side: Side) {
        let end = &mut self.ends[side as usize];
        end.session.handle_closed(self.now, None).unwrap();
        self.gone(side);
    }

    /// Opens a connection at the source and brings it to the destination.
    pub(super) fn open(&mut self, service: usize) -> Connection {
        // At most the pause between two streams without connection ids: once to learn the time, once to let it pass.
        for _ in 0..3 {
            if let Progress::Done(connection) = self.ends[0].session.open(service).unwrap() {
                self.drive();
                return connection;
            }
            self.wait();
        }
        panic!("no room")
    }

    /// Sends `data` from the source, all of it, and gives what came back on that connection.
    pub(super) fn echo(&mut self, connection: Connection, mut data: &[u8]) -> Vec<u8> {
        while !data.is_empty() {
            match self.ends[0].session.send(connection, data).unwrap() {
                Progress::Done(count) => data = &data[count..],
                Progress::WouldBlock => self.drive(),
            }
        }
        self.drive();
        let got = self.ends[0].got.iter();
        got.filter(|(of, _)| *of == connection)
            .flat_map(|(_, data)| data.clone())
            .collect()
    }

    /// One output, one call of the application, one chunk of what arrives. Whether any of it was there.
    pub(super) fn step(&mut self, side: Side) -> bool {
        let acted = self.act(side);
        let end = &mut self.ends[side as usize];
        acted
            | end
                .send_back()
                .unwrap_or_else(|| end.hear(side, self.now, self.chunk))
    }

    /// Does what the session asks for.
    fn act(&mut self, side: Side) -> bool {
        let [end, other] = both(&mut self.ends, side);
        match end.session.poll_output() {
            Output::Connect(_) => {
                let upgrade = Upgrade::Accepted {
                    subprotocol: end.accepted,
                    channel_id: None,
                };
                end.session.handle_upgrade(self.now, &upgrade).unwrap();
                if end.accepted != Subprotocol::V1 {
                    let names: Vec<_> = self.tunnel.iter().map(String::as_str).collect();
                    end.inbox = service_ids(&names);
                }
            }
            // For an end that does not read the service holds two chunks, and what it lacks of a message.
            Output::Send(bytes) if other.inbox.len() < 2 * self.chunk => {
                let part = bytes[..bytes.len().min(self.chunk)].to_vec();
                end.session.sent(part.len()).unwrap();
                self.pass_on(side, &part);
            }
            Output::CloseWebSocket(_) => self.gone(side),
            Output::Ping => end.session.handle_pong(self.now).unwrap(),
            Output::Send(_) | Output::Wait(_) => return false,
        }
        true
    }

    /// What the service does with bytes that one end sent.
    fn pass_on(&mut self, side: Side, mut bytes: &[u8]) {
        let [end, other] = both(&mut self.ends, side);
        while let Some(message) = end.reassembly.next(&mut bytes).unwrap() {
            let message = Message::decode(message).unwrap();
            end.said.push(Sent::of(&message));
            if message.message_type == MessageType::StreamStart {
                self.streams.insert(message.service_id.into(), message.stream_id);
            }
            let (stream, service) = (message.stream_id, message.service_id);
            match message.message_type {
                _ if other.session.status() == Status::Open => other.inbox.extend(whole(&message)),
                // The other side is not connected: a quick failure, not a hang.
                MessageType::StreamStart => end.inbox.extend(frame(StreamReset, stream, service, 0)),
                MessageType::ConnectionStart => {
                    let reset = frame(ConnectionReset, stream, service, message.connection_id);
                    end.inbox.extend(reset);
                }
                _ => {}
            }
        }
    }

    /// An end has lost its connection: the other side's streams lead nowhere.
    fn gone(&mut self, side: Side) {
        let [end, other] = both(&mut self.ends, side);
        end.inbox.clear();
        end.echo.clear();
        end.reassembly.clear();
        for (service, stream) in core::mem::take(&mut self.streams) {
            if other.session.status() == Status::Open {
                other.inbox.extend(frame(StreamReset, stream, &service, 0));
            }
        }
    }
}

impl End {
    /// The destination's application sends back what it got, and takes no more until then. `None`: there is nothing.
    fn send_back(&mut self) -> Option<bool> {
        let (connection, data) = self.echo.first_mut()?;
        match self.session.send(*connection, data) {
            Ok(Progress::Done(count)) => drop(data.drain(..count)),
            Ok(Progress::WouldBlock) => return Some(false),
            // It has ended meanwhile.
            Err(_) => data.clear(),
        }
        if data.is_empty() {
            self.echo.remove(0);
        }
        Some(true)
    }

    /// Hears a chunk of what has arrived. Whether any of it was taken.
    fn hear(&mut self, side: Side, now: Millis, chunk: usize) -> bool {
        let inbox = core::mem::take(&mut self.inbox);
        let part = inbox.len().min(chunk);
        let mut input = &inbox[..part];
        while self.echo.is_empty() {
            let Some(event) = self.session.handle_bytes(now, &mut input).unwrap() else {
                break;
            };
            match (own(&event), side) {
                (Some(Seen::Data(connection, data)), Side::Source) => self.got.push((connection, data)),
                (Some(Seen::Data(connection, data)), Side::Destination) => self.echo.push((connection, data)),
                (seen, _) => self.seen.extend(seen),
            }
        }
        let taken = part - input.len();
        self.inbox = inbox[taken..].to_vec();
        taken > 0
    }
}

/// The end of that side, and the other one.
fn both(ends: &mut [End; 2], side: Side) -> [&mut End; 2] {
    let [source, destination] = ends;
    match side {
        Side::Source => [source, destination],
        Side::Destination => [destination, source],
    }
}
