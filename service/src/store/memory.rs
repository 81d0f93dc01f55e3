//! [`MemoryStore`]: tunnels in this process's memory, gone with it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use iot_tunnel_core::{Millis, TokenDigest, TunnelId};

use super::keys::Key;
use super::tables::{self, Tables};
use super::{Change, CommitError, Holder, Query, Store, StoreError, Versioned};
use crate::record::Record;

/// A store for tests and demonstrations. An acknowledged change is kept as long as the process runs.
///
/// What a rotation costs does not depend on how many tunnels there are.
#[derive(Default)]
pub struct MemoryStore {
    // Never held across an await, and only while an index is looked up: records are shared, and copied
    // outside.
    contents: Mutex<Contents>,
}

/// Ids are shared between the record and the indexes: there may be 100,000.
#[derive(Default)]
struct Contents {
    records: HashMap<Arc<str>, Arc<Versioned>>,
    created: BTreeSet<(Millis, Arc<str>)>,
    by_thing: BTreeSet<(Box<str>, Millis, Arc<str>)>,
    open: BTreeSet<(Millis, Arc<str>)>,
    closed: BTreeSet<(Millis, Arc<str>)>,
    client_tokens: HashMap<[u8; 32], Holder>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        // Nothing that runs under the lock panics, so a poisoned one would not be half changed either.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    /// The id as the records share it.
    fn shared(&self, id: &TunnelId) -> Arc<str> {
        match self.records.get_key_value(id.as_str()) {
            Some((shared, _)) => Arc::clone(shared),
            None => Arc::from(id.as_str()),
        }
    }

    fn list(&self, query: &Query) -> Vec<Arc<Versioned>> {
        let (created, id) = query.below();
        let id = Arc::<str>::from(id);
        let record = |id: &Arc<str>| self.records.get(id).cloned();
        match query.thing_name.as_deref() {
            None => {
                let newest_first = self.created.range(..(created, id)).rev();
                newest_first
                    .filter_map(|(_, id)| record(id))
                    .take(query.limit)
                    .collect()
            }
            Some(thing) => {
                let first = (Box::from(thing), Millis(0), Arc::from(""));
                let newest_first = self.by_thing.range(first..(Box::from(thing), created, id)).rev();
                newest_first
                    .filter_map(|(_, _, id)| record(id))
                    .take(query.limit)
                    .collect()
            }
        }
    }

    fn due(&self, now: Millis, limit: usize) -> Vec<TunnelId> {
        let due = |deadlines: &BTreeSet<(Millis, Arc<str>)>| {
            deadlines
                .iter()
                .take_while(|(at, _)| *at <= now)
                .take(limit)
                .cloned()
                .collect::<Vec<_>>()
        };
        let mut found = [due(&self.open), due(&self.closed)].concat();
        found.sort_unstable();
        let record = |id: &Arc<str>| self.records.get(id);
        let id = |found: &Arc<Versioned>| found.record.tunnel.id().clone();
        found
            .iter()
            .take(limit)
            .filter_map(|(_, shared)| record(shared).map(id))
            .collect()
    }

    fn next_deadline(&self) -> Option<Millis> {
        let earliest = [self.open.first(), self.closed.first()]
            .into_iter()
            .flatten()
            .min();
        earliest.map(|(at, _)| *at)
    }
}

impl Tables for Contents {
    fn read(&self, id: &TunnelId) -> Result<Option<Arc<Versioned>>, StoreError> {
        Ok(self.records.get(id.as_str()).cloned())
    }

    fn write(&mut self, id: &TunnelId, record: Option<Arc<Versioned>>) -> Result<(), StoreError> {
        match record {
            Some(record) => self.records.insert(self.shared(id), record),
            None => self.records.remove(id.as_str()),
        };
        Ok(())
    }

    fn insert(&mut self, key: Key<'_>, id: &TunnelId) -> Result<(), StoreError> {
        let id = self.shared(id);
        match key {
            Key::Created(at) => self.created.insert((at, id)),
            Key::Thing(thing, at) => self.by_thing.insert((Box::from(thing), at, id)),
            Key::Open(end) => self.open.insert((end, id)),
            Key::Closed(deletion) => self.closed.insert((deletion, id)),
        };
        Ok(())
    }

    fn remove(&mut self, key: Key<'_>, id: &TunnelId) -> Result<(), StoreError> {
        let id = self.shared(id);
        match key {
            Key::Created(at) => self.created.remove(&(at, id)),
            Key::Thing(thing, at) => self.by_thing.remove(&(Box::from(thing), at, id)),
            Key::Open(end) => self.open.remove(&(end, id)),
            Key::Closed(deletion) => self.closed.remove(&(deletion, id)),
        };
        Ok(())
    }

    fn holder(&self, client_token: &TokenDigest) -> Result<Option<Holder>, StoreError> {
        Ok(self.client_tokens.get(client_token.as_bytes()).cloned())
    }

    fn bind(&mut self, client_token: &TokenDigest, holder: &Holder) -> Result<(), StoreError> {
        self.client_tokens
            .insert(*client_token.as_bytes(), holder.clone());
        Ok(())
    }

    fn release(&mut self, client_token: &TokenDigest) -> Result<(), StoreError> {
        self.client_tokens.remove(client_token.as_bytes());
        Ok(())
    }

    fn count_open(&self, now: Millis) -> Result<u64, StoreError> {
        // The sweep closes what has expired, so few are ever waiting for it.
        let expired = self.open.iter().take_while(|(end, _)| *end <= now).count();
        Ok(self.open.len().saturating_sub(expired) as u64)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, id: &TunnelId) -> Result<Option<Versioned>, StoreError> {
        let found = self.contents().read(id)?;
        Ok(found.map(Arc::unwrap_or_clone))
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        tables::apply(&mut *self.contents(), change)
    }

    async fn list(&self, query: Query) -> Result<Vec<Record>, StoreError> {
        let found = self.contents().list(&query);
        Ok(found
            .into_iter()
            .map(|found| Arc::unwrap_or_clone(found).record)
            .collect())
    }

    async fn holder(&self, client_token: &TokenDigest) -> Result<Option<Holder>, StoreError> {
        self.contents().holder(client_token)
    }

    async fn due(&self, now: Millis, limit: usize) -> Result<Vec<TunnelId>, StoreError> {
        Ok(self.contents().due(now, limit))
    }

    async fn next_deadline(&self) -> Result<Option<Millis>, StoreError> {
        Ok(self.contents().next_deadline())
    }

    async fn count_open(&self, now: Millis) -> Result<u64, StoreError> {
        self.contents().count_open(now)
    }
}
