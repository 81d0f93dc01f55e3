//! The streams of a session's services and the connections in them, in fixed tables.

use core::num::NonZeroU32;

use heapless::Vec;

use super::outgoing::Outgoing;
use super::random::Random;
use super::services::ServiceList;
use crate::error::{Capacity, Error};
use crate::wire::{Message, MessageType};

/// Highest stream id: a public encoder cannot go further (data-plane.md §4).
pub const MAX_STREAM_ID: i32 = (1 << 28) - 1;

/// Names one connection in the tunnel, from its start to its end. Another never has the same name, not even after a
/// reconnect (ours: not before 2^32 - 2 others).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    service: u8,
    serial: NonZeroU32,
}

impl Connection {
    /// Its service: the place in [`Config::services`](super::Config::services).
    #[must_use]
    pub const fn service(self) -> usize {
        self.service as usize
    }

    /// What tells it from every other connection, for a caller who keeps names as numbers.
    #[must_use]
    pub const fn serial(self) -> NonZeroU32 {
        self.serial
    }

    /// The connection of these numbers. One that never was is used like one that has ended.
    #[must_use]
    pub fn from_parts(service: usize, serial: NonZeroU32) -> Option<Self> {
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
    /// The latest connection's; the highest before the first.
    serial: NonZeroU32,
}

impl Counters {
    pub(super) const fn new() -> Self {
        Self {
            random: Random::new(),
            stream: 0,
            serial: NonZeroU32::MAX,
        }
    }

    /// The next stream id. The first is a random one, and a reconnect does not start again: stale data would match.
    fn next_stream(&mut self) -> i32 {
        self.stream = match self.stream {
            0 => 1 + self.random.up_to(MAX_STREAM_ID as u32 - 1) as i32,
            MAX_STREAM_ID.. => 1,
            latest => latest + 1,
        };
        self.stream
    }

    fn next_serial(&mut self) -> NonZeroU32 {
        self.serial = self.serial.checked_add(1).unwrap_or(NonZeroU32::MIN);
        self.serial
    }
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// What names it here; `None` when it is over here and the peer is still to be told.
    serial: Option<NonZeroU32>,
    /// The connection id; 1 in a stream without such ids.
    id: u32,
}

/// A stream and its connections.
#[derive(Debug)]
pub(super) struct Stream<const CONNECTIONS: usize> {
    /// A session has at most 255.
    service: u8,
    id: i32,
    format: Format,
    latest_connection: u32,
    slots: Vec<Slot, CONNECTIONS, u16>,
}

impl<const CONNECTIONS: usize> Stream<CONNECTIONS> {
    /// A stream without a connection yet.
    const fn new(service: usize, id: i32, format: Format) -> Self {
        Self {
            service: service as u8,
            id,
            format,
            latest_connection: 0,
            slots: Vec::new(),
        }
    }

    fn is_of(&self, service: usize) -> bool {
        usize::from(self.service) == service
    }

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
    pub(super) fn live(&self, given: u32) -> Option<Connection> {
        let id = self.connection_id(given);
        let slot = self.slots.iter().find(|slot| slot.id == id)?;
        Some(self.named(slot.serial?))
    }

    /// Starts the connection of that id. `None` leaves everything as it was: there is no room, or the id is taken.
    pub(super) fn start(&mut self, given: u32, counters: &mut Counters) -> Option<Connection> {
        let id = self.connection_id(given);
        if self.position(id).is_some() || self.slots.is_full() {
            return None;
        }
        let serial = counters.next_serial();
        let slot = Slot {
            serial: Some(serial),
            id,
        };
        self.slots.push(slot).ok()?;
        self.latest_connection = id;
        Some(self.named(serial))
    }

    /// Ends the connection of that id, of which the peer knows or has been told.
    pub(super) fn end(&mut self, given: u32) -> Option<Connection> {
        let id = self.connection_id(given);
        let ended = self.live(given);
        if self.position(id).is_some()
            && let Some(last) = self.slots.pop()
        {
            // The last one takes its place, unless it is the last.
            if let Some(slot) = self.slots.iter_mut().find(|slot| slot.id == id) {
                *slot = last;
            }
        }
        ended
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

    const fn named(&self, serial: NonZeroU32) -> Connection {
        Connection {
            service: self.service,
            serial,
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

/// The active streams: one at most for each service. They go with their connection.
#[derive(Debug)]
pub(super) struct Streams<const SERVICES: usize, const CONNECTIONS: usize>(
    Vec<Stream<CONNECTIONS>, SERVICES, u8>,
);

impl<const SERVICES: usize, const CONNECTIONS: usize> Streams<SERVICES, CONNECTIONS> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Forgets them all.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn active(&mut self, service: usize) -> Option<&mut Stream<CONNECTIONS>> {
        self.0.iter_mut().find(|stream| stream.is_of(service))
    }

    /// The active stream of a service, if it has that id.
    pub(super) fn get(&mut self, service: usize, id: i32) -> Option<&mut Stream<CONNECTIONS>> {
        self.active(service).filter(|stream| stream.id == id)
    }

    /// Ends the active stream of a service. Whether there was one.
    pub(super) fn end(&mut self, service: usize) -> bool {
        let before = self.0.len();
        self.0.retain(|stream| !stream.is_of(service));
        self.0.len() < before
    }

    /// A new stream of a service, which has none.
    fn begin(&mut self, service: usize, id: i32, format: Format) -> Option<&mut Stream<CONNECTIONS>> {
        self.0.push(Stream::new(service, id, format)).ok()?;
        self.0.last_mut()
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
        let replaces = self.end(service);
        let stream = self.begin(service, id, format)?;
        Some((stream.start(first, counters)?, replaces))
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
        let active = self
            .active(index)
            .filter(|stream| stream.slots.iter().any(|slot| slot.serial.is_some()));
        if let Some(stream) = active {
            if !stream.format.connection_id {
                return Err(Capacity::OneConnectionOnly.into());
            }
            let id = stream.free_connection_id();
            let connection = stream.start(id, counters).ok_or(Capacity::ConnectionTableFull)?;
            return Ok((
                connection,
                stream.message(MessageType::ConnectionStart, service, id),
            ));
        }
        self.end(index);
        // There is a place for every service, and in it one for a first connection.
        let id = counters.next_stream();
        let stream = self
            .begin(index, id, format)
            .ok_or(Capacity::ConnectionTableFull)?;
        let connection = stream.start(1, counters).ok_or(Capacity::ConnectionTableFull)?;
        Ok((connection, stream.message(MessageType::StreamStart, service, 1)))
    }

    /// A DATA with that payload on a connection that lives.
    pub(super) fn data<'m>(
        &mut self,
        connection: Connection,
        service: &'m str,
        payload: &'m [u8],
    ) -> Option<Message<'m>> {
        let stream = self.active(connection.service())?;
        let mut slots = stream.slots.iter();
        let slot = slots.find(|slot| slot.serial == Some(connection.serial))?;
        Some(Message {
            payload,
            ..stream.message(MessageType::Data, service, slot.id)
        })
    }

    /// Ends a connection that lives; the peer is still to be told. Whether there was one.
    pub(super) fn reset(&mut self, connection: Connection) -> bool {
        let slot = self.active(connection.service()).and_then(|stream| {
            let mut slots = stream.slots.iter_mut();
            slots.find(|slot| slot.serial == Some(connection.serial))
        });
        match slot {
            Some(slot) => {
                slot.serial = None;
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
        for stream in &mut self.0 {
            let Some(&Slot { id, .. }) = stream.slots.iter().find(|slot| slot.serial.is_none()) else {
                continue;
            };
            let has_connection_ids = stream.format.connection_id;
            let message_type = match has_connection_ids {
                true => MessageType::ConnectionReset,
                false => MessageType::StreamReset,
            };
            let service = usize::from(stream.service);
            if !outgoing.push(&stream.message(message_type, services.id(service), id)) {
                return false;
            }
            if has_connection_ids {
                stream.end(id);
            } else {
                self.end(service);
            }
            return true;
        }
        false
    }

    /// How many connections live, for the invariants of the tests.
    #[cfg(test)]
    pub(super) fn live(&self) -> impl Iterator<Item = Connection> {
        self.0.iter().flat_map(|stream| {
            let slots = stream.slots.iter();
            slots.filter_map(|slot| Some(stream.named(slot.serial?)))
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
    fn after_the_highest_serial_comes_the_lowest() {
        let mut counters = Counters::new();
        assert_eq!(counters.next_serial().get(), 1);
        counters.serial = NonZeroU32::MAX;
        assert_eq!(counters.next_serial().get(), 1);
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
            stream.start(id, &mut counters).unwrap();
        }
    }
}
