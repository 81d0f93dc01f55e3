//! What each message does at its receiver (data-plane.md §4).

use super::event::Event;
use super::outgoing::Outgoing;
use super::services::ServiceList;
use super::streams::{Connection, Counters, Format, Streams};
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
    #[inline(never)]
    /// Takes a message that its sender may send. A stale or foreign id is ordinary and changes nothing.
    pub(super) fn take<'m>(&mut self, message: &Message<'m>) -> Event<'m> {
        let service = self.services.position(message.service_id);
        let stream = service.and_then(|service| self.streams.get(service, message.stream_id));
        match (message.message_type, service, stream) {
            (MessageType::Data, _, Some(stream)) => {
                match (stream.receive(message.connection_id), message.payload) {
                    (Some(connection), payload @ [_, ..]) => Event::Data { connection, payload },
                    _ => Event::Handled,
                }
            }
            (MessageType::StreamStart, Some(service), _) => self.stream_start(service, message),
            // There is no such service here: no stream, not only no connection.
            (MessageType::StreamStart, None, _) => self.answer(MessageType::StreamReset, message),
            (MessageType::ConnectionStart, Some(service), Some(stream)) if !stream.has_connection_ids() => {
                self.answer(MessageType::StreamReset, message);
                self.fail_stream(service)
            }
            (MessageType::ConnectionStart, _, Some(stream)) => {
                match stream.start(message.connection_id, self.counters) {
                    Some(connection) => Event::Started {
                        connection,
                        replaces: false,
                    },
                    None => {
                        // No room, or the id is taken. Then it ends on both sides: the reset means either to its receiver.
                        let taken = stream.end(message.connection_id);
                        self.answer(MessageType::ConnectionReset, message);
                        ended(taken)
                    }
                }
            }
            // The source waits for this connection: a quick failure, not a hang.
            (MessageType::ConnectionStart, ..) => self.answer(MessageType::ConnectionReset, message),
            // Its sender is done with it already, and a reset is never answered with one.
            (MessageType::ConnectionReset, Some(service), Some(stream)) if !stream.has_connection_ids() => {
                self.fail_stream(service)
            }
            (MessageType::ConnectionReset, _, Some(stream)) => {
                ended(stream.end_by_peer(message.connection_id))
            }
            (MessageType::StreamReset, Some(service), Some(stream)) => {
                // Without connection ids this is how the peer ends its only connection. With them it ends each by its id, and this
                // says that the peer itself is gone.
                let only = stream.only_connection();
                self.streams.end(service);
                match only {
                    Some(connection) => Event::Ended { connection },
                    None => Event::StreamEnded { service, fault: None },
                }
            }
            (MessageType::SessionReset, ..) => {
                self.streams.clear();
                Event::SessionReset
            }
            // A second SERVICE_IDS says nothing new. Unknown types were judged before.
            _ => Event::Handled,
        }
    }

    fn stream_start<'m>(&mut self, service: usize, message: &Message<'m>) -> Event<'m> {
        let format = Format {
            service_id: !message.service_id.is_empty(),
            connection_id: message.connection_id != 0,
        };
        let id = message.stream_id;
        match self
            .streams
            .start(service, id, format, message.connection_id, self.counters)
        {
            Some((connection, replaces)) => Event::Started { connection, replaces },
            None => self.answer(MessageType::StreamReset, message),
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
        if message.service_id.len() > ServiceId::RULE.max() {
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

/// What the end of a connection is, if it lived.
fn ended<'m>(connection: Option<Connection>) -> Event<'m> {
    connection.map_or(Event::Handled, |connection| Event::Ended { connection })
}
