//! The keys under which a record stands in the ordered indexes, the same in both stores.

use iot_tunnel_core::Millis;

use super::Query;
use crate::record::Record;

/// Comes after every tunnel id: none has this character, and it is greater than all that they may have.
pub(super) const AFTER_EVERY_ID: &str = "~";

/// A record's key in one ordered index; the tunnel's id follows it there, so that no two are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    /// All tunnels by their creation.
    Created(Millis),
    /// The tunnels of a thing by their creation.
    Thing(&'a str, Millis),
    /// The tunnels that nothing has closed yet, by the end of their lifetime.
    Open(Millis),
    /// The closed tunnels, by the moment they are to be deleted.
    Closed(Millis),
}

impl Key<'_> {
    /// The keys of a record. They change only with what they say, so a rotation that leaves the thing as it
    /// is touches no ordered index.
    pub(super) fn of(record: &Record) -> [Option<Key<'_>>; 3] {
        let created = record.tunnel.created_at();
        let deadline = match record.open_until() {
            Some(end) => Key::Open(end),
            None => Key::Closed(record.tunnel.next_deadline()),
        };
        [
            Some(Key::Created(created)),
            record.thing_name().map(|thing| Key::Thing(thing, created)),
            Some(deadline),
        ]
    }
}

impl Query {
    /// What is listed has a creation and id below this; the listing walks down from it.
    pub(super) fn below(&self) -> (Millis, &str) {
        match &self.after {
            Some((created, id)) => (*created, id.as_str()),
            None => (Millis(u64::MAX), AFTER_EVERY_ID),
        }
    }
}
