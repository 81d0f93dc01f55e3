//! [`Peer`]: a destination that acts by the table of one of AWS's clients.

use std::borrow::ToOwned;
use std::collections::{BTreeMap, VecDeque};
use std::format;
use std::string::String;
use std::vec::Vec;

use super::super::rig::Sent;
use super::table::{Client, Table};
use crate::wire::MessageType;

/// What the service behind the destination does with each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// Sends back what it gets.
    Echo,
    /// Says its connection's number at once, then sends back what it gets.
    SpeaksFirst,
    /// Keeps what it gets.
    Keeps,
    /// Says its connection's number at once, and ends the connection.
    SpeaksAndEnds,
    /// Sends far more than anybody reads.
    Floods,
}

/// Messages that a flooding service has sent before its destination has sent one of them on.
const FLOOD: usize = 100;

/// What a service says on its `number`th connection.
pub(super) fn greeting(number: usize) -> Vec<u8> {
    format!("connection {number};").into_bytes()
}

pub(super) struct Peer {
    table: Table,
    service: Service,
    /// The reference proxy is told by a flag that its peer speaks V1, and then takes every message for its one service.
    only_service: Option<String>,
    states: BTreeMap<String, String>,
    streams: BTreeMap<String, i32>,
    /// The number of each live connection, by service and connection id.
    connections: BTreeMap<(String, u32), usize>,
    /// How many connections were started.
    pub(super) started: usize,
    /// What the service got, by the number of its connection.
    pub(super) delivered: BTreeMap<usize, Vec<u8>>,
    /// The format in use; of the reference proxy only how it tells an end.
    speaks: u8,
    queue: VecDeque<Sent>,
    sent: Vec<Sent>,
    inbox: VecDeque<Sent>,
    reads_when_sent: bool,
    /// What happened to its WebSocket or its process; a source that behaves brings none of it about.
    pub(super) harm: Vec<String>,
}

impl Peer {
    pub(super) fn new(client: Client, service: Service, format: u8) -> Self {
        let is_told_v1 = client == Client::Reference && format == 1;
        Self {
            table: Table::of(client),
            service,
            only_service: is_told_v1.then(|| "SSH".to_owned()),
            states: BTreeMap::new(),
            streams: BTreeMap::new(),
            connections: BTreeMap::new(),
            started: 0,
            delivered: BTreeMap::new(),
            speaks: match client {
                Client::Reference if is_told_v1 => 1,
                Client::Reference => 3,
                Client::C => 0,
            },
            queue: VecDeque::new(),
            sent: Vec::new(),
            inbox: VecDeque::new(),
            reads_when_sent: false,
            harm: Vec::new(),
        }
    }

    /// A message has arrived.
    pub(super) fn receive(&mut self, message: Sent) {
        self.inbox.push_back(message);
    }

    /// Whether anything is left to do without news.
    pub(super) fn is_busy(&self) -> bool {
        !self.queue.is_empty() || !self.inbox.is_empty()
    }

    /// Acts on what has arrived, and sends one of the messages that wait.
    pub(super) fn act(&mut self) -> Vec<Sent> {
        while !self.reads_when_sent
            && let Some(message) = self.inbox.pop_front()
        {
            self.happen(event_of(message.message_type), &message);
        }
        // A message that is not sent takes no time.
        while self.sent.is_empty()
            && let Some(message) = self.queue.pop_front()
        {
            let event = format!("SEND_{}", event_of(message.message_type));
            self.happen(&event, &message);
        }
        self.reads_when_sent &= !self.queue.is_empty();
        core::mem::take(&mut self.sent)
    }

    fn happen(&mut self, event: &str, message: &Sent) {
        let key = match &self.only_service {
            Some(service) if message.service.is_empty() => service.clone(),
            _ => message.service.clone(),
        };
        let state_of = match self.table.is_state_of_service {
            true => key.clone(),
            false => String::new(),
        };
        let state = self
            .states
            .get(&state_of)
            .unwrap_or(&self.table.open_state)
            .clone();
        // A message that waits to be sent has no stream yet, or had one once: what counts is whether there is one.
        let is_of_stream = match self.streams.get(&key) {
            Some(&id) => id == message.stream || event.starts_with("SEND_"),
            None => false,
        };
        let is_known = self.connections.contains_key(&(key.clone(), message.connection));
        let (effects, next) = self
            .table
            .effects(&state, event, |name, value| match (name, value) {
                ("stream", "same") => is_of_stream,
                ("stream", "other") => !is_of_stream,
                ("connection", "known") => is_known,
                ("connection", "unknown") => !is_known,
                ("connection", "absent") => message.connection == 0,
                ("format", "same") => format_of(message) == self.speaks,
                ("format", "other") => format_of(message) != self.speaks,
                ("speaks", _) => value == format!("V{}", self.speaks),
                ("service", "named") => !message.service.is_empty(),
                ("service", "unnamed") => message.service.is_empty(),
                _ => panic!("there is no condition {name}: {value}"),
            });
        if let Some(next) = next {
            self.states.insert(state_of, next);
        }
        for effect in effects {
            self.take_effect(&effect, &key, message);
        }
    }

    fn take_effect(&mut self, effect: &str, key: &str, message: &Sent) {
        let name = (key.to_owned(), message.connection);
        match effect {
            "ignore" | "take-services" | "send-rest" | "drop-message" => {}
            "forget-services" => self.streams.retain(|service, _| service.is_empty()),
            "set-format" => self.speaks = format_of(message),
            "speak-v2" => self.speaks = self.speaks.min(2),
            "adopt-stream" => drop(self.streams.insert(key.to_owned(), message.stream)),
            "forget-stream" => drop(self.streams.remove(key)),
            "forget-connections" | "end-all-connections" => self.connections.retain(|(of, _), _| of != key),
            "start-connection" => self.start(name, message),
            "deliver" => self.deliver(&name, message),
            "end-connection" => drop(self.connections.remove(&name)),
            "stamp-and-queue" | "queue" => {
                let stream = match effect {
                    "queue" => 0,
                    _ => self.streams[key],
                };
                self.queue.push_back(Sent {
                    stream,
                    ..message.clone()
                });
            }
            "stamp-and-send" => {
                let stream = match message.stream {
                    0 => self.streams[key],
                    stamped => stamped,
                };
                self.sent.push(Sent {
                    stream,
                    ..message.clone()
                });
            }
            "queue-connection-reset" => self.queue_end(MessageType::ConnectionReset, key, message),
            "queue-stream-reset" => self.queue_end(MessageType::StreamReset, key, message),
            "read-on-when-sent" => self.reads_when_sent = true,
            harm => self.harm.push(harm.to_owned()),
        }
    }

    fn queue_end(&mut self, message_type: MessageType, key: &str, message: &Sent) {
        let stream = match self.table.is_state_of_service {
            true => self.streams[key],
            false => 0,
        };
        self.queue.push_back(Sent {
            message_type,
            stream,
            payload: Vec::new(),
            ..message.clone()
        });
    }

    fn start(&mut self, name: (String, u32), message: &Sent) {
        self.started += 1;
        let number = self.started;
        self.connections.insert(name, number);
        self.delivered.insert(number, Vec::new());
        match self.service {
            Service::Echo | Service::Keeps => {}
            Service::SpeaksFirst => self.say(message, greeting(number)),
            Service::SpeaksAndEnds => {
                self.say(message, greeting(number));
                self.happen(
                    "LOCAL_END",
                    &of_type(message, MessageType::ConnectionReset, Vec::new()),
                );
            }
            Service::Floods => (0..FLOOD).for_each(|_| self.say(message, greeting(number))),
        }
    }

    fn say(&mut self, message: &Sent, payload: Vec<u8>) {
        self.happen("LOCAL_DATA", &of_type(message, MessageType::Data, payload));
    }

    fn deliver(&mut self, name: &(String, u32), message: &Sent) {
        // In a stream without connection ids there is one connection.
        let Some(&number) = self.connections.get(name) else {
            return;
        };
        self.delivered.entry(number).or_default().extend(&message.payload);
        if matches!(self.service, Service::Echo | Service::SpeaksFirst) {
            self.say(message, message.payload.clone());
        }
    }
}

fn of_type(message: &Sent, message_type: MessageType, payload: Vec<u8>) -> Sent {
    Sent {
        message_type,
        payload,
        ..message.clone()
    }
}

/// The oldest format that a message can be of.
fn format_of(message: &Sent) -> u8 {
    match (message.connection, message.service.is_empty()) {
        (1.., _) => 3,
        (0, false) => 2,
        (0, true) => 1,
    }
}

const fn event_of(message_type: MessageType) -> &'static str {
    match message_type {
        MessageType::Data => "DATA",
        MessageType::StreamStart => "STREAM_START",
        MessageType::StreamReset => "STREAM_RESET",
        MessageType::SessionReset => "SESSION_RESET",
        MessageType::ServiceIds => "SERVICE_IDS",
        MessageType::ConnectionStart => "CONNECTION_START",
        MessageType::ConnectionReset => "CONNECTION_RESET",
        _ => "UNKNOWN",
    }
}
