//! [`Peer`]: reads what a session sends, and judges it against what the application asked for.

use std::collections::{HashSet, VecDeque};

use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::session::{Connection, MAX_STREAM_ID};
use iot_tunnel_core::wire::{Deframer, Message, MessageType, Origin, Verdict};
use iot_tunnel_core::{ServiceId, Side};

use super::Seen;
use super::application::{Application, Ids, Life};

/// What is to be sent, in this order. Resets may stand anywhere after the data of their connection.
#[derive(Debug)]
enum Expected {
    Start(Connection),
    Data(Connection, Vec<u8>),
}

/// A reset that answers a message: of a connection or of a stream, with the message's own ids.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    message_type: MessageType,
    ids: Ids,
}

/// The other end of the WebSocket.
pub struct Peer {
    side: Side,
    /// The newest format that a source may speak.
    format: Subprotocol,
    max_payload: usize,
    deframer: Deframer<Vec<u8>>,
    expected: VecDeque<Expected>,
    answers: Vec<Answer>,
    /// The ids of every stream that a source has started.
    streams: HashSet<i32>,
    /// The ids of connections that there are or were, for messages about them.
    pub known: Vec<Ids>,
}

impl Peer {
    /// Room for a message, in bytes: more than any session here has.
    const ROOM: usize = 2048;

    /// The peer of a session on that side.
    #[must_use]
    pub fn new(side: Side, max_payload: usize) -> Self {
        Self {
            side,
            format: Subprotocol::V3,
            max_payload,
            deframer: Deframer::new(vec![0; Self::ROOM]),
            expected: VecDeque::new(),
            answers: Vec::new(),
            streams: HashSet::new(),
            known: Vec::new(),
        }
    }

    /// A WebSocket is up, and a source may speak that format.
    pub fn connect(&mut self, format: Subprotocol) {
        self.lose();
        self.format = format;
    }

    /// The WebSocket is gone.
    pub fn lose(&mut self) {
        self.deframer.clear();
        self.expected.clear();
        self.answers.clear();
    }

    /// A source has opened a connection.
    pub fn expect_start(&mut self, connection: Connection) {
        self.expected.push_back(Expected::Start(connection));
    }

    /// The session has taken data.
    pub fn expect_data(&mut self, connection: Connection, data: &[u8]) {
        assert!((1..=self.max_payload).contains(&data.len()));
        self.expected.push_back(Expected::Data(connection, data.into()));
    }

    /// What the session made of a start: whatever it does not take it refuses.
    pub fn expect_answer(&mut self, seen: &Seen, message: &Message<'_>) {
        let message_type = match (message.message_type, seen) {
            (MessageType::StreamStart, Seen::Handled) => MessageType::StreamReset,
            (MessageType::ConnectionStart, Seen::StreamEnded { .. }) => MessageType::StreamReset,
            (MessageType::ConnectionStart, Seen::Handled | Seen::Ended { .. }) => {
                MessageType::ConnectionReset
            }
            _ => return,
        };
        if message.service_id.len() > ServiceId::RULE.max() {
            return;
        }
        let connection = match message_type {
            MessageType::ConnectionReset => Ids::of(message).connection,
            _ => None,
        };
        self.answers.push(Answer {
            message_type,
            ids: Ids {
                connection,
                ..Ids::of(message)
            },
        });
    }

    /// The session has these bytes to send: whole frames, if what was sent before is set in front.
    pub fn is_offered(&self, mut bytes: &[u8]) {
        let mut deframer = self.deframer.clone();
        while deframer
            .next(&mut bytes)
            .expect("what is to be sent is in frames")
            .is_some()
        {}
        assert!(deframer.is_between_frames(), "half a frame is to be sent");
    }

    /// The session has sent these bytes.
    pub fn receive(&mut self, mut bytes: &[u8], application: &mut Application, names: &[ServiceId]) {
        while let Some(message) = self
            .deframer
            .next(&mut bytes)
            .expect("what was sent is in frames")
        {
            let message = message.to_vec();
            let message = Message::decode(&message).expect("what was sent is a message");
            assert_eq!(
                message.check(Origin::Client(self.side)),
                Ok(Verdict::Valid),
                "{message:?}"
            );
            assert!(message.payload.len() <= self.max_payload);
            let is_named = names.iter().any(|name| name.as_str() == message.service_id);
            // A destination answers with the ids that it was given.
            assert!(is_named || message.service_id.is_empty() || self.side == Side::Destination);
            self.take(&message, application);
        }
    }

    fn take(&mut self, message: &Message<'_>, application: &mut Application) {
        if self.side == Side::Source {
            assert!(
                self.format.defines(message.message_type.number()),
                "{message:?} over {}",
                self.format
            );
        }
        match message.message_type {
            MessageType::StreamStart | MessageType::ConnectionStart => {
                let Some(Expected::Start(connection)) = self.expected.pop_front() else {
                    panic!("nothing was opened: {message:?}");
                };
                self.learn(connection, message, application);
            }
            MessageType::Data => {
                let Some(Expected::Data(connection, data)) = self.expected.pop_front() else {
                    panic!("nothing was sent: {message:?}");
                };
                assert_eq!(message.payload, data);
                let entries = &application.entries;
                let entry = entries.iter().find(|entry| entry.connection == connection);
                let ids = entry.and_then(|entry| entry.ids.as_ref());
                assert_eq!(ids, Some(&Ids::of(message)), "the data of another connection");
            }
            MessageType::ConnectionReset | MessageType::StreamReset => self.take_reset(message, application),
            other => panic!("{other} is not a client's"),
        }
    }

    /// A source starts a connection: its ids are fresh.
    fn learn(&mut self, connection: Connection, message: &Message<'_>, application: &mut Application) {
        let ids = Ids::of(message);
        let of_this_service = |ids: &&Ids| ids.stream == message.stream_id;
        let mut others = application
            .entries
            .iter()
            .filter(|entry| entry.connection.service() == connection.service());
        match message.message_type {
            MessageType::StreamStart => {
                assert!((1..=MAX_STREAM_ID).contains(&message.stream_id));
                assert!(self.streams.insert(message.stream_id), "a stream id came twice");
            }
            _ => assert!(
                others.any(|entry| entry.ids.as_ref().filter(of_this_service).is_some()),
                "there is no such stream: {message:?}"
            ),
        }
        assert!(
            application
                .entries
                .iter()
                .all(|entry| entry.ids.as_ref() != Some(&ids)),
            "ids came twice"
        );
        let mut entries = application.entries.iter_mut();
        let entry = entries
            .find(|entry| entry.connection == connection)
            .expect("it was opened");
        entry.ids = Some(ids.clone());
        self.known.push(ids);
    }

    /// A reset: the application asked for it, after its data, or it answers a start. A peer that uses ids again may find
    /// several of them.
    fn take_reset(&mut self, message: &Message<'_>, application: &mut Application) {
        let (message_type, ids) = (message.message_type, Ids::of(message));
        let has_data = |connection| {
            let mut expected = self.expected.iter();
            expected.any(|expected| matches!(expected, Expected::Data(of, _) if *of == connection))
        };
        let asked = |life: Life| {
            application.entries.iter().position(|entry| {
                let of_stream = entry.ids.as_ref().is_some_and(|ids| ids.connection.is_none());
                entry.life == life
                    && entry.ids.as_ref() == Some(&ids)
                    && of_stream == (message_type == MessageType::StreamReset)
                    && !has_data(entry.connection)
            })
        };
        let answers = |answer: &Answer| answer.message_type == message_type && answer.ids == ids;
        if let Some(index) = asked(Life::ResetOwed) {
            application.entries[index].life = Life::Over;
        } else if let Some(index) = self.answers.iter().position(answers) {
            self.answers.remove(index);
        } else if let Some(index) = asked(Life::ResetOptional) {
            application.entries[index].life = Life::Over;
        } else if self.is_doubted(message, application) {
            // The peer refused a connection in the emptied stream: the source gives the stream up.
        } else {
            panic!("nobody asked for this, or not before data: {message:?}");
        }
    }

    /// Whether a source may reset the whole of that V3 stream: nothing lives in it.
    fn is_doubted(&self, message: &Message<'_>, application: &Application) -> bool {
        let mut entries = application.entries.iter();
        self.side == Side::Source
            && self.format == Subprotocol::V3
            && message.message_type == MessageType::StreamReset
            && self.streams.contains(&message.stream_id)
            && !entries.any(|entry| {
                let ids = entry.ids.as_ref();
                entry.life == Life::Live && ids.is_some_and(|ids| ids.stream == message.stream_id)
            })
    }

    /// Whether resets are to be sent, or may be.
    #[must_use]
    pub fn awaits_resets(&self, application: &Application) -> bool {
        let is_reset = |life| matches!(life, Life::ResetOwed | Life::ResetOptional);
        !self.answers.is_empty() || application.entries.iter().any(|entry| is_reset(entry.life))
    }

    /// Everything that there was to send has been sent.
    pub fn has_all(&self, application: &Application) {
        assert!(self.expected.is_empty(), "not sent: {:?}", self.expected);
        assert!(self.answers.is_empty(), "not answered: {:?}", self.answers);
        let owed = application
            .entries
            .iter()
            .find(|entry| entry.life == Life::ResetOwed);
        assert!(owed.is_none(), "not told: {owed:?}");
    }
}
