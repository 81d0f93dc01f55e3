//! What a change does to a store, whichever it is: its conditions, the record, the indexes.

use std::sync::Arc;

use iot_tunnel_core::{Millis, Side, TokenDigest, TunnelId};

use super::keys::Key;
use super::{Change, CommitError, Holder, StoreError, Versioned};
use crate::record::Record;

/// A store's records and indexes, held by one writer at a time.
pub(super) trait Tables {
    fn read(&self, id: &TunnelId) -> Result<Option<Arc<Versioned>>, StoreError>;
    /// Puts a record in the place of the old one; `None` deletes it.
    fn write(&mut self, id: &TunnelId, record: Option<Arc<Versioned>>) -> Result<(), StoreError>;

    fn insert(&mut self, key: Key<'_>, id: &TunnelId) -> Result<(), StoreError>;
    fn remove(&mut self, key: Key<'_>, id: &TunnelId) -> Result<(), StoreError>;

    fn holder(&self, client_token: &TokenDigest) -> Result<Option<Holder>, StoreError>;
    fn bind(&mut self, client_token: &TokenDigest, holder: &Holder) -> Result<(), StoreError>;
    fn release(&mut self, client_token: &TokenDigest) -> Result<(), StoreError>;

    fn count_open(&self, now: Millis) -> Result<u64, StoreError>;
}

/// Makes a change if its conditions hold.
///
/// # Errors
/// With [`CommitError::Conflict`] and [`CommitError::TooManyOpen`] the tables are as they were; after
/// [`CommitError::Store`] they may be half changed.
pub(super) fn apply(tables: &mut impl Tables, change: Change) -> Result<(), CommitError> {
    let Change {
        id,
        expected,
        record,
        binds,
        max_open,
    } = change;
    let old = tables.read(&id)?;
    if old.as_deref().map(|old| old.version) != expected {
        return Err(CommitError::Conflict);
    }
    if let Some((client_token, holder)) = binds
        && tables.holder(&client_token)? != holder
    {
        return Err(CommitError::Conflict);
    }
    if let Some((max, now)) = max_open
        && tables.count_open(now)? >= max
    {
        return Err(CommitError::TooManyOpen(max));
    }

    let version = expected.map_or(1, |version| version.saturating_add(1));
    let new = record.map(|record| Arc::new(Versioned { version, record }));
    tables.write(&id, new.clone())?;
    let old = old.as_deref().map(|old| &old.record);
    let new = new.as_deref().map(|new| &new.record);
    reindex(tables, &id, old, new)?;
    Ok(())
}

/// Rewrites the index entries that change, and no other.
fn reindex(
    tables: &mut impl Tables,
    id: &TunnelId,
    old: Option<&Record>,
    new: Option<&Record>,
) -> Result<(), StoreError> {
    for (old, new) in keys(old)
        .into_iter()
        .zip(keys(new))
        .filter(|(old, new)| old != new)
    {
        if let Some(key) = old {
            tables.remove(key, id)?;
        }
        if let Some(key) = new {
            tables.insert(key, id)?;
        }
    }

    let holder = |side| Holder {
        tunnel: id.clone(),
        side,
    };
    let (old, new) = (client_tokens(old), client_tokens(new));
    for (client_token, side) in old.iter().filter(|token| !new.contains(token)) {
        // Another tunnel may have bound it since this one expired.
        if tables.holder(client_token)? == Some(holder(*side)) {
            tables.release(client_token)?;
        }
    }
    for (client_token, side) in new.iter().filter(|token| !old.contains(token)) {
        tables.bind(client_token, &holder(*side))?;
    }
    Ok(())
}

fn keys(record: Option<&Record>) -> [Option<Key<'_>>; 3] {
    record.map_or([None; 3], Key::of)
}

fn client_tokens(record: Option<&Record>) -> Vec<(TokenDigest, Side)> {
    record.into_iter().flat_map(Record::client_tokens).collect()
}
