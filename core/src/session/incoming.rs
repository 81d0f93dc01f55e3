//! What each message does at its receiver (data-plane.md §4).

use super::event::Event;
use super::outgoing::Outgoing;
use super::services::ServiceList;
use super::streams::{Counters, Format, Streams};
use crate::error::PeerFault;
use crate::id::ServiceId;
use crate::wire::{Message, MessageType};

/// What a message can touch in an open session.
pub(super) struct Incoming<'s, B, const SERVICES: usize, const CONNECTIONS: usize> {
    pub(super) services: &'s ServiceList<SERVICES>,
    pub(super) streams: &'s mut Streams<SERVICES, CONNECTIONS>,
    pub(super) counters: &'s mut Counters,
    /// It has room for one message: a destination takes none before.
    pub(super) outgoing: &'s mut Outgoing<B>,
}

impl<B: AsRef<[u8]> + AsMut<[u8]>, const SERVICES: usize, const CONNECTIONS: usize>
    Incoming<'_, B, SERVICES, CONNECTIONS>
{
    /// Takes a message that its sender may send. A stale or foreign id is ordinary and changes nothing.
    pub(super) fn take<'m>(&mut self, message: &Message<'m>) -> Event<'m> {
        match message.message_type {
            MessageType::Data => self.data(message),
            MessageType::StreamStart => self.stream_start(message),
            MessageType::ConnectionStart => self.connection_start(message),
            MessageType::ConnectionReset => self.connection_reset(message),
            MessageType::StreamReset => self.stream_reset(message),
            MessageType::SessionReset => {
                self.streams.clear();
                Event::SessionReset
            }
            // A second SERVICE_IDS says nothing new. Unknown types were judged before.
            MessageType::ServiceIds | MessageType::Unknown(_) => Event::Handled,
        }
    }

    /// The service that a message is about.
    fn service(&self, message: &Message<'_>) -> Option<usize> {
        self.services.position(message.service_id)
    }

    fn stream_start<'m>(&mut self, message: &Message<'m>) -> Event<'m> {
        let format = Format {
            service_id: !message.service_id.is_empty(),
            connection_id: message.connection_id != 0,
        };
        let started = self.service(message).and_then(|service| {
            self.streams.start(
                service,
                message.stream_id,
                format,
                message.connection_id,
                self.counters,
            )
        });
        match started {
            Some((connection, replaces)) => Event::Started { connection, replaces },
            // There is no such service here: no stream, not only no connection.
            None => self.answer(MessageType::StreamReset, message),
        }
    }

    fn connection_start<'m>(&mut self, message: &Message<'m>) -> Event<'m> {
        let Some(service) = self.service(message) else {
            return self.answer(MessageType::ConnectionReset, message);
        };
        let Some(stream) = self.streams.get(service, message.stream_id) else {
            // The source waits for this connection: a quick failure, not a hang.
            return self.answer(MessageType::ConnectionReset, message);
        };
        if !stream.has_connection_ids() {
            self.answer(MessageType::StreamReset, message);
            return self.fail_stream(service);
        }
        if let Some(connection) = stream.start(message.connection_id, self.counters) {
            return Event::Started {
                connection,
                replaces: false,
            };
        }
        // No room, or the id is taken. Then it ends on both sides: the reset means either to its receiver.
        let taken = stream.live(message.connection_id);
        stream.end(message.connection_id);
        self.answer(MessageType::ConnectionReset, message);
        taken.map_or(Event::Handled, |connection| Event::Ended { connection })
    }

    fn data<'m>(&mut self, message: &Message<'m>) -> Event<'m> {
        let connection = self.service(message).and_then(|service| {
            let stream = self.streams.get(service, message.stream_id)?;
            stream.live(message.connection_id)
        });
        match (connection, message.payload) {
            (Some(connection), payload @ [_, ..]) => Event::Data { connection, payload },
            _ => Event::Handled,
        }
    }

    fn connection_reset<'m>(&mut self, message: &Message<'m>) -> Event<'m> {
        let Some(service) = self.service(message) else {
            return Event::Handled;
        };
        match self.streams.get(service, message.stream_id) {
            // Its sender is done with it already, and a reset is never answered with one.
            Some(stream) if !stream.has_connection_ids() => self.fail_stream(service),
            Some(stream) => match stream.end(message.connection_id) {
                Some(connection) => Event::Ended { connection },
                None => Event::Handled,
            },
            None => Event::Handled,
        }
    }

    fn stream_reset<'m>(&mut self, message: &Message<'m>) -> Event<'m> {
        let service = self
            .service(message)
            .filter(|&service| self.streams.get(service, message.stream_id).is_some());
        match service {
            Some(service) => {
                self.streams.end(service);
                Event::StreamEnded { service, fault: None }
            }
            None => Event::Handled,
        }
    }

    /// Ends a stream that the other side treats as what it is not.
    fn fail_stream<'m>(&mut self, service: usize) -> Event<'m> {
        self.streams.end(service);
        Event::StreamEnded {
            service,
            fault: Some(PeerFault::StreamWithoutConnectionIds),
        }
    }

    /// A destination sends a reset with the message's own ids, so that it matches whatever its sender has.
    ///
    /// Only to a service id that a service can have: for a longer one there may be no room, and now to answer and now not
    /// would be worse than never.
    fn answer<'m>(&mut self, message_type: MessageType, message: &Message<'m>) -> Event<'m> {
        if message.service_id.len() > ServiceId::RULE.max {
            return Event::Handled;
        }
        self.outgoing.push(&Message {
            message_type,
            stream_id: message.stream_id,
            service_id: message.service_id,
            connection_id: match message_type {
                MessageType::ConnectionReset => message.connection_id,
                _ => 0,
            },
            ..Message::default()
        });
        Event::Handled
    }
}
