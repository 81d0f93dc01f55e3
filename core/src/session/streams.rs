//! The streams of a session's services and the connections in them, in fixed tables.

use heapless::Vec;

use super::outgoing::Outgoing;
use super::random::Random;
use super::services::ServiceList;
use crate::error::{Capacity, Error, Misuse};
use crate::wire::{Message, MessageType};

/// Highest stream id: a public encoder cannot go further (data-plane.md §4).
pub const MAX_STREAM_ID: i32 = (1 << 28) - 1;

/// Names one connection in the tunnel, from its start to its end. Another never has the same name, not even after a
/// reconnect (ours: not before 2^32 others).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    service: u8,
    serial: u32,
}

impl Connection {
    /// Its service: the place in [`Config::services`](super::Config::services).
    #[must_use]
    pub const fn service(self) -> usize {
        self.service as usize
    }

    /// What tells it from every other connection of its service, for a caller who keeps names as numbers; never 0.
    #[must_use]
    pub const fn serial(self) -> u32 {
        self.serial
    }

    /// The connection of these numbers. One that never was is used like one that has ended.
    #[must_use]
    pub fn from_parts(service: usize, serial: u32) -> Option<Self> {
        let service = u8::try_from(service).ok()?;
        Some(Self { service, serial })
    }
}

/// Which ids the messages of a stream carry: V1 neither, V2 the service's, V3 both. Of a tunnel without services a V3
/// stream carries the connection's only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) service_id: bool,
    pub(super) connection_id: bool,
}

/// What a session counts from its making to its end.
pub(super) struct Counters {
    pub(super) random: Random,
    /// The latest stream id of a source; 0 before the first.
    stream: i32,
    serial: u32,
}

impl Counters {
    pub(super) const fn new() -> Self {
        Self {
            random: Random::new(),
            stream: 0,
            serial: 0,
        }
    }

    /// The next stream id. The first is a random one, and a reconnect does not start again: stale data would match.
    fn next_stream(&mut self) -> i32 {
        self.stream = match self.stream {
            0 => 1 + self.random.up_to(MAX_STREAM_ID as u64 - 1) as i32,
            MAX_STREAM_ID.. => 1,
            latest => latest + 1,
        };
        self.stream
    }

    fn next_serial(&mut self) -> u32 {
        self.serial = self.serial.wrapping_add(1).max(1);
        self.serial
    }
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    serial: u32,
    /// The connection id; 1 in a stream without such ids.
    id: u32,
    /// Whether it is over here and the peer is still to be told.
    reset_owed: bool,
}

/// A stream and its connections.
#[derive(Debug)]
pub(super) struct Stream<const CONNECTIONS: usize> {
    id: i32,
    format: Format,
    latest_connection: u32,
    slots: Vec<Slot, CONNECTIONS, u16>,
}

impl<const CONNECTIONS: usize> Stream<CONNECTIONS> {
    fn position(&self, id: u32) -> Option<usize> {
        self.slots.iter().position(|slot| slot.id == id)
    }

    /// What a message's connection id stands for here: absent is 1 (data-plane.md §4).
    const fn connection_id(&self, given: u32) -> u32 {
        match (self.format.connection_id, given) {
            (true, 1..) => given,
            (true, 0) | (false, _) => 1,
        }
    }

    pub(super) const fn has_connection_ids(&self) -> bool {
        self.format.connection_id
    }

    /// The connection of that id, if it lives.
    pub(super) fn live(&self, service: usize, given: u32) -> Option<Connection> {
        let id = self.connection_id(given);
        let mut slots = self.slots.iter();
        slots
            .find(|slot| slot.id == id && !slot.reset_owed)
            .map(|slot| connection(service, slot.serial))
    }

    /// Starts the connection of that id. `None` leaves everything as it was: there is no room, or the id is taken.
    pub(super) fn start(
        &mut self,
        service: usize,
        given: u32,
        counters: &mut Counters,
    ) -> Option<Connection> {
        let id = self.connection_id(given);
        if self.position(id).is_some() || self.slots.is_full() {
            return None;
        }
        let serial = counters.next_serial();
        let reset_owed = false;
        self.slots
            .push(Slot {
                serial,
                id,
                reset_owed,
            })
            .ok()?;
        self.latest_connection = id;
        Some(connection(service, serial))
    }

    /// Ends the connection of that id, of which the peer knows or has been told.
    pub(super) fn end(&mut self, service: usize, given: u32) -> Option<Connection> {
        let position = self.position(self.connection_id(given))?;
        let slot = self.slots.swap_remove(position);
        (!slot.reset_owed).then(|| connection(service, slot.serial))
    }

    /// A connection id that is free; 0, which stands for none, is left out.
    fn free_connection_id(&self) -> u32 {
        let mut id = self.latest_connection;
        loop {
            id = id.wrapping_add(1).max(1);
            // There are more ids than slots.
            if self.position(id).is_none() {
                return id;
            }
        }
    }

    /// A message of this stream about a connection.
    fn message<'m>(&self, message_type: MessageType, service: &'m str, id: u32) -> Message<'m> {
        Message {
            message_type,
            stream_id: self.id,
            service_id: if self.format.service_id { service } else { "" },
            connection_id: if self.format.connection_id { id } else { 0 },
            ..Message::default()
        }
    }
}

const fn connection(service: usize, serial: u32) -> Connection {
    Connection {
        // A session has at most 255 services.
        service: service as u8,
        serial,
    }
}

/// One stream at most for each service. It is forgotten whole at a reconnect.
#[derive(Debug)]
pub(super) struct Streams<const SERVICES: usize, const CONNECTIONS: usize>(
    [Option<Stream<CONNECTIONS>>; SERVICES],
);

impl<const SERVICES: usize, const CONNECTIONS: usize> Streams<SERVICES, CONNECTIONS> {
    pub(super) const fn new() -> Self {
        Self([const { None }; SERVICES])
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// The active stream of a service, if it has that id.
    pub(super) fn get(&mut self, service: usize, id: i32) -> Option<&mut Stream<CONNECTIONS>> {
        self.0.get_mut(service)?.as_mut().filter(|stream| stream.id == id)
    }

    /// Ends the active stream of a service, if there is one.
    pub(super) fn end(&mut self, service: usize) -> Option<Stream<CONNECTIONS>> {
        self.0.get_mut(service)?.take()
    }

    /// Starts a stream and its first connection; tells whether it replaces another one.
    pub(super) fn start(
        &mut self,
        service: usize,
        id: i32,
        format: Format,
        first: u32,
        counters: &mut Counters,
    ) -> Option<(Connection, bool)> {
        let place = self.0.get_mut(service)?;
        let mut stream = Stream {
            id,
            format,
            latest_connection: 0,
            slots: Vec::new(),
        };
        let connection = stream.start(service, first, counters)?;
        let replaces = place.replace(stream).is_some();
        Some((connection, replaces))
    }

    /// Opens a connection for a source: in the active stream if that has a connection, else in a new stream, since a
    /// destination may have given up one that stands empty. Returns the message that tells the peer. What was owed to it
    /// before has been paid.
    pub(super) fn open<'m>(
        &mut self,
        index: usize,
        service: &'m str,
        format: Format,
        counters: &mut Counters,
    ) -> Result<(Connection, Message<'m>), Error> {
        let place = self.0.get_mut(index).ok_or(Misuse::UnknownService)?;
        let active = place
            .as_mut()
            .filter(|stream| stream.slots.iter().any(|slot| !slot.reset_owed));
        if let Some(stream) = active {
            if !stream.format.connection_id {
                return Err(Capacity::OneConnectionOnly.into());
            }
            let id = stream.free_connection_id();
            let connection = stream
                .start(index, id, counters)
                .ok_or(Capacity::ConnectionTableFull)?;
            return Ok((
                connection,
                stream.message(MessageType::ConnectionStart, service, id),
            ));
        }
        let mut stream = Stream {
            id: counters.next_stream(),
            format,
            latest_connection: 0,
            slots: Vec::new(),
        };
        let connection = stream
            .start(index, 1, counters)
            .ok_or(Capacity::ConnectionTableFull)?;
        let message = stream.message(MessageType::StreamStart, service, 1);
        *place = Some(stream);
        Ok((connection, message))
    }

    fn find(&mut self, connection: Connection) -> Option<(&mut Stream<CONNECTIONS>, usize)> {
        let stream = self.0.get_mut(connection.service())?.as_mut()?;
        let mut slots = stream.slots.iter();
        let position = slots.position(|slot| slot.serial == connection.serial && !slot.reset_owed)?;
        Some((stream, position))
    }

    /// A DATA without payload yet on a connection that lives.
    pub(super) fn data<'m>(&mut self, connection: Connection, service: &'m str) -> Option<Message<'m>> {
        let (stream, position) = self.find(connection)?;
        let id = stream.slots.get(position)?.id;
        Some(stream.message(MessageType::Data, service, id))
    }

    /// Ends a connection that lives; the peer is still to be told. Whether there was one.
    pub(super) fn reset(&mut self, connection: Connection) -> bool {
        let slot = self
            .find(connection)
            .and_then(|(stream, position)| stream.slots.get_mut(position));
        match slot {
            Some(slot) => {
                slot.reset_owed = true;
                true
            }
            None => false,
        }
    }

    /// Tells the peer of one connection that is over, if the message has room. Whether it did.
    pub(super) fn pay_reset(
        &mut self,
        services: &ServiceList<SERVICES>,
        outgoing: &mut Outgoing<impl AsRef<[u8]> + AsMut<[u8]>>,
    ) -> bool {
        for (index, place) in self.0.iter_mut().enumerate() {
            let Some(stream) = place else { continue };
            let Some(position) = stream.slots.iter().position(|slot| slot.reset_owed) else {
                continue;
            };
            let Some(id) = stream.slots.get(position).map(|slot| slot.id) else {
                continue;
            };
            let has_connection_ids = stream.format.connection_id;
            let message_type = match has_connection_ids {
                true => MessageType::ConnectionReset,
                false => MessageType::StreamReset,
            };
            if !outgoing.push(&stream.message(message_type, services.id(index), id)) {
                return false;
            }
            match has_connection_ids {
                true => drop(stream.slots.swap_remove(position)),
                false => *place = None,
            }
            return true;
        }
        false
    }

    /// How many connections live, for the invariants of the tests.
    #[cfg(test)]
    pub(super) fn live(&self) -> impl Iterator<Item = Connection> {
        self.0.iter().enumerate().flat_map(|(service, stream)| {
            let slots = stream.iter().flat_map(|stream| stream.slots.iter());
            slots
                .filter(|slot| !slot.reset_owed)
                .map(move |slot| connection(service, slot.serial))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_highest_stream_id_comes_the_lowest() {
        let mut counters = Counters::new();
        counters.stream = MAX_STREAM_ID - 1;
        assert_eq!(
            [counters.next_stream(), counters.next_stream()],
            [MAX_STREAM_ID, 1]
        );
    }

    #[test]
    fn after_the_highest_connection_id_comes_the_lowest_that_is_free() {
        let (mut streams, mut counters) = (Streams::<1, 4>::new(), Counters::new());
        let format = Format {
            service_id: false,
            connection_id: true,
        };
        streams.start(0, 7, format, 1, &mut counters).unwrap();
        let stream = streams.get(0, 7).unwrap();
        stream.latest_connection = u32::MAX - 1;
        for id in [u32::MAX, 2, 3] {
            assert_eq!(stream.free_connection_id(), id);
            stream.start(0, id, &mut counters).unwrap();
        }
    }
}
