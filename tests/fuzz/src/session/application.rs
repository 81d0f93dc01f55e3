//! [`Application`]: the connections that a session has told of, and what the wire calls them.

use iot_tunnel_core::ServiceId;
use iot_tunnel_core::session::Connection;
use iot_tunnel_core::wire::{Message, MessageType};

use super::{CONNECTIONS, Seen};

/// What the wire calls a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids {
    /// The stream's id.
    pub stream: i32,
    /// The service's id; empty where the stream carries none.
    pub service: String,
    /// The connection's id; none in a stream without.
    pub connection: Option<u32>,
}

impl Ids {
    /// Those of the message that starts a stream.
    #[must_use]
    pub fn of(start: &Message<'_>) -> Self {
        Self {
            stream: start.stream_id,
            service: start.service_id.into(),
            connection: (start.connection_id != 0).then_some(start.connection_id),
        }
    }
}

/// Where a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Both ends have it.
    Live,
    /// The application has ended it, and the peer must be told.
    ResetOwed,
    /// The application has ended it, and so has the peer, who may be told or not.
    ResetOptional,
    /// It is over.
    Over,
}

/// A connection of the WebSocket that is up.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub connection: Connection,
    /// Where it is.
    pub life: Life,
    /// What the wire calls it; unknown until its start has been sent.
    pub ids: Option<Ids>,
}

/// What an application knows of its session.
#[derive(Debug, Default)]
pub struct Application {
    /// The connections of the WebSocket that is up.
    pub entries: Vec<Entry>,
    /// Every connection that there ever was, the latest last.
    pub ever: Vec<Connection>,
}

impl Application {
    /// The WebSocket is gone, with all that was in it.
    pub fn lose(&mut self) {
        self.entries.clear();
    }

    /// A connection begins.
    pub fn learn(&mut self, connection: Connection, ids: Option<Ids>) {
        assert!(!self.ever.contains(&connection), "a name came twice");
        self.ever.push(connection);
        self.entries.push(Entry {
            connection,
            life: Life::Live,
            ids,
        });
        let service = connection.service();
        let live = self
            .entries
            .iter()
            .filter(|entry| entry.is_live_in(service))
            .count();
        assert!(live <= CONNECTIONS, "{live} connections of service {service}");
    }

    /// The connection of that name, if it lives.
    pub fn live(&mut self, connection: Connection) -> Option<&mut Entry> {
        let mut entries = self.entries.iter_mut();
        entries.find(|entry| entry.connection == connection && entry.life == Life::Live)
    }

    /// Takes what the session made of a message, and judges it. `place` is the service that the message is about.
    pub fn see(&mut self, seen: &Seen, message: &Message<'_>, place: Option<usize>) {
        let addressed = self.addressed(message, place);
        match (seen, message.message_type) {
            (Seen::Open { .. }, MessageType::ServiceIds) => assert!(self.entries.is_empty()),
            (Seen::Started { connection, replaces }, MessageType::StreamStart) => {
                assert_eq!(Some(connection.service()), place);
                let has_live = self
                    .entries
                    .iter()
                    .any(|entry| entry.is_live_in(connection.service()));
                assert!(*replaces || !has_live, "it does not say what it replaces");
                self.end_service(connection.service());
                self.learn(*connection, Some(Ids::of(message)));
            }
            (
                Seen::Started {
                    connection,
                    replaces: false,
                },
                MessageType::ConnectionStart,
            ) => {
                assert_eq!((Some(connection.service()), addressed), (place, None));
                // Whether a service id goes back is decided by the start of the stream.
                let of_service = |entry: &&Entry| Some(entry.connection.service()) == place;
                let entries = self.entries.iter().rev().filter(of_service);
                let mut ids = entries.filter_map(|entry| entry.ids.as_ref());
                let stream = ids.find(|ids| ids.stream == message.stream_id);
                let mut ids = stream.expect("the stream was started").clone();
                ids.connection = Some(message.connection_id.max(1));
                self.learn(*connection, Some(ids));
            }
            (Seen::Data { connection, payload }, MessageType::Data) => {
                assert_eq!(payload, message.payload);
                assert!(!payload.is_empty());
                self.is_meant(*connection, addressed);
            }
            (
                Seen::Ended { connection },
                MessageType::ConnectionReset | MessageType::ConnectionStart | MessageType::StreamReset,
            ) => {
                self.is_meant(*connection, addressed);
                self.live(*connection).expect("it is meant").life = Life::Over;
            }
            (
                Seen::StreamEnded { service, fault },
                MessageType::StreamReset | MessageType::ConnectionReset | MessageType::ConnectionStart,
            ) => {
                assert_eq!(Some(*service), place);
                assert_eq!(fault.is_none(), message.message_type == MessageType::StreamReset);
                self.end_service(*service);
            }
            (Seen::SessionReset, MessageType::SessionReset) => {
                for service in 0..super::SERVICES {
                    self.end_service(service);
                }
            }
            (Seen::Handled, MessageType::Data) => assert!(addressed.is_none() || message.payload.is_empty()),
            (Seen::Handled, MessageType::ConnectionReset | MessageType::StreamReset) => {
                assert_eq!(addressed, None, "a live connection was meant");
                self.excuse(message, place);
            }
            (Seen::Handled, MessageType::ConnectionStart) => self.excuse(message, place),
            (Seen::Handled, MessageType::StreamStart | MessageType::ServiceIds | MessageType::Unknown(_)) => {
            }
            (seen, _) => panic!("{seen:?} is no answer to {message:?}"),
        }
    }

    /// The live connection that a message is about, as far as ids are known.
    fn addressed(&self, message: &Message<'_>, place: Option<usize>) -> Option<Connection> {
        let is_meant =
            |entry: &&Entry| place.is_some_and(|place| entry.is_live_in(place)) && entry.has_ids_of(message);
        self.entries.iter().find(is_meant).map(|entry| entry.connection)
    }

    /// Asserts that an event tells of a live connection, and of the one that was addressed. The peer may guess the ids of
    /// one that it has not been told of.
    fn is_meant(&mut self, connection: Connection, addressed: Option<Connection>) {
        let entry = self
            .live(connection)
            .expect("an event tells of a live connection");
        match entry.ids {
            Some(_) => assert_eq!(addressed, Some(connection)),
            None => assert_eq!(addressed, None),
        }
    }

    fn end_service(&mut self, service: usize) {
        for entry in &mut self.entries {
            if entry.connection.service() == service {
                entry.life.end();
            }
        }
    }

    /// A message ends at the peer what the application has ended, too.
    fn excuse(&mut self, message: &Message<'_>, place: Option<usize>) {
        for entry in &mut self.entries {
            if Some(entry.connection.service()) == place
                && entry.life == Life::ResetOwed
                && (entry.has_ids_of(message) || entry.ids.is_none())
            {
                entry.life.end();
            }
        }
    }
}

impl Entry {
    fn is_live_in(&self, service: usize) -> bool {
        self.connection.service() == service && self.life == Life::Live
    }

    /// Whether a message names this connection, or its stream where it is about that. An absent id is the first.
    fn has_ids_of(&self, message: &Message<'_>) -> bool {
        self.ids.as_ref().is_some_and(|ids| {
            ids.stream == message.stream_id
                && (message.message_type == MessageType::StreamReset
                    || ids.connection.is_none_or(|id| id == message.connection_id.max(1)))
        })
    }
}

impl Life {
    fn end(&mut self) {
        *self = match self {
            Self::ResetOwed | Self::ResetOptional => Self::ResetOptional,
            Self::Live | Self::Over => Self::Over,
        };
    }
}

/// The place of the service that a message is about. A session of one service takes a message without an id for its.
#[must_use]
pub fn place(message: &Message<'_>, count: usize, names: &[ServiceId]) -> Option<usize> {
    match message.service_id {
        "" => (count == 1).then_some(0),
        id => names.iter().position(|name| name.as_str() == id),
    }
}
