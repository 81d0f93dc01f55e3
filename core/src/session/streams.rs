//! The streams of a session's services and the connections in them, in fixed tables.

use core::num::NonZeroU32;

use heapless::Vec;

use super::outgoing::Outgoing;
use super::random::Random;
use super::services::ServiceList;
use crate::error::{Capacity, Error};
use crate::time::Millis;
use crate::wire::{Message, MessageType};

/// Highest stream id: a public encoder cannot go further (data-plane.md §4).
pub const MAX_STREAM_ID: i32 = (1 << 28) - 1;

/// How long a source in V1 or V2 format waits after it has ended a stream before it starts the next one of that service, in milliseconds
/// (ours). The format has no connection ids, and AWS's C client sends what it has queued under the stream that is current by
/// then, so that bytes of the old connection would reach the new one; the pause lets it send them before.
pub const STREAM_PAUSE: u64 = 500;

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

/// The stream of a service and its connections.
#[derive(Debug)]
pub(super) struct Stream<const CONNECTIONS: usize> {
    /// A session has at most 255.
    service: u8,
    /// The stream id; 0 while no stream of the service is active.
    id: i32,
    format: Format,
    /// The latest connection id. It outlives the stream and the WebSocket: a source never uses an id again, since AWS's C client
    /// drops what it has queued for an ended connection only by an unknown id.
    latest_connection: u32,
    /// The connection that a source opened in the emptied stream, until bytes of it arrive; otherwise 0.
    reopened: u32,
    /// The destination refused such a connection, so it may have given up the emptied stream: the stream is to be reset.
    in_doubt: bool,
    pause: Pause,
    slots: Vec<Slot, CONNECTIONS, u16>,
}

/// The [`STREAM_PAUSE`] of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    None,
    /// It begins when the reset, up to that mark, has been sent, and the time is known.
    Due {
        mark: u32,
    },
    Until(Millis),
}

impl<const CONNECTIONS: usize> Stream<CONNECTIONS> {
    /// No stream yet.
    const fn new(service: usize) -> Self {
        Self {
            service: service as u8,
            id: 0,
            format: Format {
                service_id: false,
                connection_id: false,
            },
            latest_connection: 0,
            reopened: 0,
            in_doubt: false,
            pause: Pause::None,
            slots: Vec::new(),
        }
    }

    /// Starts the stream, without a connection yet.
    fn begin(&mut self, id: i32, format: Format) {
        self.end_stream();
        self.id = id;
        self.format = format;
    }

    /// Ends the stream with all its connections. Whether it was active.
    fn end_stream(&mut self) -> bool {
        self.slots.clear();
        self.reopened = 0;
        self.in_doubt = false;
        self.pause = Pause::None;
        core::mem::take(&mut self.id) != 0
    }

    const fn is_active(&self) -> bool {
        self.id != 0
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

    /// The connection that bytes of that id have come for, if it lives.
    pub(super) fn receive(&mut self, given: u32) -> Option<Connection> {
        let connection = self.live(given)?;
        if self.reopened == self.connection_id(given) {
            self.reopened = 0;
        }
        Some(connection)
    }

    /// The connection of that id, if it lives.
    fn live(&self, given: u32) -> Option<Connection> {
        let id = self.connection_id(given);
        let slot = self.slots.iter().find(|slot| slot.id == id)?;
        Some(self.named(slot.serial?))
    }

    /// The connection of a stream without connection ids, if it lives.
    pub(super) fn only_connection(&self) -> Option<Connection> {
        match self.format.connection_id {
            true => None,
            false => self.live(1),
        }
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

    /// Ends the connection of that id, because the peer has ended it.
    pub(super) fn end_by_peer(&mut self, given: u32) -> Option<Connection> {
        let ended = self.end(given);
        if ended.is_some() && self.reopened == self.connection_id(given) {
            // Without a service id AWS's C client cannot take a STREAM_RESET.
            self.in_doubt = self.format.service_id;
        }
        ended
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

    /// The connection id after the latest; `None` after the highest, since none is used twice.
    const fn next_connection_id(&self) -> Option<u32> {
        self.latest_connection.checked_add(1)
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

/// The streams: one at most for each service.
#[derive(Debug)]
pub(super) struct Streams<const SERVICES: usize, const CONNECTIONS: usize>(
    Vec<Stream<CONNECTIONS>, SERVICES, u8>,
);

impl<const SERVICES: usize, const CONNECTIONS: usize> Streams<SERVICES, CONNECTIONS> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Ends them all, with the WebSocket or by SESSION_RESET.
    pub(super) fn clear(&mut self) {
        for stream in &mut self.0 {
            stream.end_stream();
        }
    }

    fn active(&mut self, service: usize) -> Option<&mut Stream<CONNECTIONS>> {
        self.0
            .iter_mut()
            .find(|stream| stream.is_of(service) && stream.is_active())
    }

    /// The active stream of a service, if it has that id.
    pub(super) fn get(&mut self, service: usize, id: i32) -> Option<&mut Stream<CONNECTIONS>> {
        self.active(service).filter(|stream| stream.id == id)
    }

    /// Ends the active stream of a service. Whether there was one.
    pub(super) fn end(&mut self, service: usize) -> bool {
        self.active(service).is_some_and(Stream::end_stream)
    }

    /// The place of a service's stream.
    fn place(&mut self, service: usize) -> Option<&mut Stream<CONNECTIONS>> {
        let position = self.0.iter().position(|stream| stream.is_of(service));
        if position.is_none() {
            self.0.push(Stream::new(service)).ok()?;
        }
        match position {
            Some(position) => self.0.get_mut(position),
            None => self.0.last_mut(),
        }
    }

    /// Starts a stream and its first connection, as a peer asks; tells whether it replaces another one.
    pub(super) fn start(
        &mut self,
        service: usize,
        id: i32,
        format: Format,
        first: u32,
        counters: &mut Counters,
    ) -> Option<(Connection, bool)> {
        let stream = self.place(service)?;
        let replaces = stream.is_active();
        stream.begin(id, format);
        Some((stream.start(first, counters)?, replaces))
    }

    /// Opens a connection for a source: in the active stream, even if that has become empty, else in a new one. AWS's reference
    /// destination takes a STREAM_START with another id for the end of the active stream, and starts nothing. Returns the message that
    /// tells the peer, or `None` during a [`STREAM_PAUSE`]. What was owed to the peer before has been paid.
    pub(super) fn open<'m>(
        &mut self,
        index: usize,
        service: &'m str,
        format: Format,
        counters: &mut Counters,
    ) -> Result<Option<(Connection, Message<'m>)>, Error> {
        // There is a place for every service, and in it one for a first connection.
        let stream = self.place(index).ok_or(Capacity::ConnectionTableFull)?;
        if stream.pause != Pause::None {
            return Ok(None);
        }
        let was_empty = stream.slots.is_empty();
        if stream.is_active() && !stream.format.connection_id && !was_empty {
            return Err(Capacity::OneConnectionOnly.into());
        }
        let (message_type, id) = match stream.next_connection_id() {
            Some(id) if stream.is_active() && stream.format.connection_id => {
                (MessageType::ConnectionStart, id)
            }
            Some(id) => (MessageType::StreamStart, id),
            // After more than four thousand million connections: in a new stream the ids may begin again.
            None if was_empty => (MessageType::StreamStart, 1),
            None => return Err(Capacity::ConnectionTableFull.into()),
        };
        if message_type == MessageType::StreamStart {
            stream.begin(counters.next_stream(), format);
        }
        let connection = stream.start(id, counters).ok_or(Capacity::ConnectionTableFull)?;
        if message_type == MessageType::ConnectionStart && was_empty {
            stream.reopened = id;
        }
        Ok(Some((connection, stream.message(message_type, service, id))))
    }

    /// When [`advance`](Self::advance) has something to do, or what was given if that is earlier.
    pub(super) fn deadline<B: AsRef<[u8]> + AsMut<[u8]>>(
        &self,
        mut earliest: Option<Millis>,
        outgoing: &Outgoing<B>,
    ) -> Option<Millis> {
        for stream in &self.0 {
            let until = match stream.pause {
                Pause::Due { mark } if outgoing.is_sent(mark) => Millis(0),
                Pause::None | Pause::Due { .. } => continue,
                Pause::Until(until) => until,
            };
            if earliest.is_none_or(|earliest| until < earliest) {
                earliest = Some(until);
            }
        }
        earliest
    }

    /// Begins the pauses that are due, once the resets before them have been sent, and ends those that are over.
    pub(super) fn advance<B: AsRef<[u8]> + AsMut<[u8]>>(&mut self, now: Millis, outgoing: &Outgoing<B>) {
        for stream in &mut self.0 {
            stream.pause = match stream.pause {
                Pause::Due { mark } if outgoing.is_sent(mark) => Pause::Until(now.after(STREAM_PAUSE)),
                Pause::Until(until) if until <= now => Pause::None,
                pause => pause,
            };
        }
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

    /// Tells the peer of one connection or stream that is over, if the message has room. Whether it did.
    pub(super) fn pay_reset(
        &mut self,
        services: &ServiceList<SERVICES>,
        outgoing: &mut Outgoing<impl AsRef<[u8]> + AsMut<[u8]>>,
    ) -> bool {
        for stream in &mut self.0 {
            let in_doubt = stream.in_doubt && stream.slots.is_empty();
            let id = match stream.slots.iter().find(|slot| slot.serial.is_none()) {
                Some(slot) => slot.id,
                None if in_doubt => 0,
                None => continue,
            };
            let ends_stream = in_doubt || !stream.format.connection_id;
            let message_type = match ends_stream {
                false => MessageType::ConnectionReset,
                true => MessageType::StreamReset,
            };
            let service = services.id(usize::from(stream.service));
            if !outgoing.push(&stream.message(message_type, service, id)) {
                return false;
            }
            if ends_stream {
                stream.end_stream();
                if !in_doubt {
                    stream.pause = Pause::Due {
                        mark: outgoing.mark(),
                    };
                }
            } else {
                stream.end(id);
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
mod tests;
