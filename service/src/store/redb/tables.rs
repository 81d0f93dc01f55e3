//! The tables in the file: what they hold, how they are read, and how a change writes them.

use std::sync::Arc;

use ::redb::{ReadTransaction, ReadableTable, Table, TableDefinition, TableError, WriteTransaction};
use iot_tunnel_core::{Millis, Side, TokenDigest, TunnelId};

use super::{Fault, writing};
use crate::record::Record;
use crate::store::keys::{AFTER_EVERY_ID, Key};
use crate::store::tables::Tables;
use crate::store::{Holder, Query, StoreError, Versioned};

/// A tunnel's id, as text.
type Id = &'static str;
/// A moment in milliseconds and a tunnel's id.
type At = (u64, Id);

/// By id: the version, and the record as JSON.
pub(super) const RECORDS: TableDefinition<'_, Id, (u64, &[u8])> = TableDefinition::new("records");
/// [`Key::Created`].
const CREATED: TableDefinition<'_, At, ()> = TableDefinition::new("created");
/// [`Key::Thing`].
const BY_THING: TableDefinition<'_, (&str, u64, Id), ()> = TableDefinition::new("by_thing");
/// [`Key::Open`].
pub(super) const OPEN: TableDefinition<'_, At, ()> = TableDefinition::new("open");
/// [`Key::Closed`].
const CLOSED: TableDefinition<'_, At, ()> = TableDefinition::new("closed");
/// By a client token's digest: the tunnel and the side that hold it.
pub(super) const CLIENT_TOKENS: TableDefinition<'_, &[u8; 32], (Id, &str)> =
    TableDefinition::new("client_tokens");

/// Something in the file that this program has not put there.
#[derive(Debug, thiserror::Error)]
#[error("the table {table:?} has an entry that is not of its kind")]
struct Foreign {
    table: &'static str,
}

pub(super) fn read(
    records: &impl ReadableTable<Id, (u64, &'static [u8])>,
    id: &str,
) -> Result<Option<Versioned>, Fault> {
    let Some(found) = records.get(id)? else {
        return Ok(None);
    };
    let (version, json) = found.value();
    Ok(Some(Versioned {
        version,
        record: serde_json::from_slice(json)?,
    }))
}

pub(super) fn holder(
    client_tokens: &impl ReadableTable<&'static [u8; 32], (Id, &'static str)>,
    client_token: &TokenDigest,
) -> Result<Option<Holder>, Fault> {
    let Some(found) = client_tokens.get(client_token.as_bytes())? else {
        return Ok(None);
    };
    let (tunnel, side) = found.value();
    let side = Side::from_name(side).ok_or(Foreign {
        table: "client_tokens",
    })?;
    Ok(Some(Holder {
        tunnel: TunnelId::parse(tunnel)?,
        side,
    }))
}

pub(super) fn count_open(open: &impl ReadableTable<At, ()>, now: Millis) -> Result<u64, Fault> {
    // The sweep closes what has expired, so few are ever waiting for it.
    let mut expired = open.range(..=(now.0, AFTER_EVERY_ID))?;
    let expired = expired.try_fold(0, |count: u64, entry| entry.map(|_| count.saturating_add(1)))?;
    Ok(open.len()?.saturating_sub(expired))
}

pub(super) fn list(snapshot: &ReadTransaction, query: &Query) -> Result<Vec<Record>, Fault> {
    let records = snapshot.open_table(RECORDS)?;
    let mut found = Vec::new();
    let mut find = |id: &str| -> Result<(), Fault> {
        found.extend(read(&records, id)?.map(|versioned| versioned.record));
        Ok(())
    };
    let (Millis(created), id) = query.below();
    match query.thing_name.as_deref() {
        None => {
            let newest_first = snapshot.open_table(CREATED)?.range(..(created, id))?.rev();
            for entry in newest_first.take(query.limit) {
                find(entry?.0.value().1)?;
            }
        }
        Some(thing) => {
            let below = snapshot
                .open_table(BY_THING)?
                .range((thing, 0, "")..(thing, created, id))?;
            for entry in below.rev().take(query.limit) {
                find(entry?.0.value().2)?;
            }
        }
    }
    Ok(found)
}

pub(super) fn due(snapshot: &ReadTransaction, now: Millis, limit: usize) -> Result<Vec<TunnelId>, Fault> {
    let mut found = Vec::new();
    for deadlines in [OPEN, CLOSED] {
        for entry in snapshot
            .open_table(deadlines)?
            .range(..=(now.0, AFTER_EVERY_ID))?
            .take(limit)
        {
            let (entry, _) = entry?;
            let (at, id) = entry.value();
            found.push((at, TunnelId::parse(id)?));
        }
    }
    found.sort_unstable();
    Ok(found.into_iter().take(limit).map(|(_, id)| id).collect())
}

pub(super) fn next_deadline(snapshot: &ReadTransaction) -> Result<Option<Millis>, Fault> {
    let mut earliest = None;
    for deadlines in [OPEN, CLOSED] {
        if let Some((first, _)) = snapshot.open_table(deadlines)?.first()? {
            let at = Millis(first.value().0);
            earliest = Some(earliest.map_or(at, |earliest: Millis| earliest.min(at)));
        }
    }
    Ok(earliest)
}

/// Every table, open for writing in one transaction.
pub(super) struct Writing<'t> {
    records: Table<'t, Id, (u64, &'static [u8])>,
    created: Table<'t, At, ()>,
    by_thing: Table<'t, (&'static str, u64, Id), ()>,
    open: Table<'t, At, ()>,
    closed: Table<'t, At, ()>,
    client_tokens: Table<'t, &'static [u8; 32], (Id, &'static str)>,
}

impl<'t> Writing<'t> {
    /// Opens the tables; makes those that are not there.
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, TableError> {
        Ok(Self {
            records: transaction.open_table(RECORDS)?,
            created: transaction.open_table(CREATED)?,
            by_thing: transaction.open_table(BY_THING)?,
            open: transaction.open_table(OPEN)?,
            closed: transaction.open_table(CLOSED)?,
            client_tokens: transaction.open_table(CLIENT_TOKENS)?,
        })
    }
}

impl Tables for Writing<'_> {
    fn read(&self, id: &TunnelId) -> Result<Option<Arc<Versioned>>, StoreError> {
        Ok(read(&self.records, id.as_str()).map_err(writing)?.map(Arc::new))
    }

    fn write(&mut self, id: &TunnelId, record: Option<Arc<Versioned>>) -> Result<(), StoreError> {
        match record {
            Some(versioned) => {
                let json = serde_json::to_vec(&versioned.record).map_err(writing)?;
                self.records
                    .insert(id.as_str(), (versioned.version, json.as_slice()))
                    .map_err(writing)?;
            }
            None => drop(self.records.remove(id.as_str()).map_err(writing)?),
        }
        Ok(())
    }

    fn insert(&mut self, key: Key<'_>, id: &TunnelId) -> Result<(), StoreError> {
        let id = id.as_str();
        match key {
            Key::Created(at) => self.created.insert((at.0, id), ()),
            Key::Thing(thing, at) => self.by_thing.insert((thing, at.0, id), ()),
            Key::Open(end) => self.open.insert((end.0, id), ()),
            Key::Closed(deletion) => self.closed.insert((deletion.0, id), ()),
        }
        .map(drop)
        .map_err(writing)
    }

    fn remove(&mut self, key: Key<'_>, id: &TunnelId) -> Result<(), StoreError> {
        let id = id.as_str();
        match key {
            Key::Created(at) => self.created.remove((at.0, id)),
            Key::Thing(thing, at) => self.by_thing.remove((thing, at.0, id)),
            Key::Open(end) => self.open.remove((end.0, id)),
            Key::Closed(deletion) => self.closed.remove((deletion.0, id)),
        }
        .map(drop)
        .map_err(writing)
    }

    fn holder(&self, client_token: &TokenDigest) -> Result<Option<Holder>, StoreError> {
        holder(&self.client_tokens, client_token).map_err(writing)
    }

    fn bind(&mut self, client_token: &TokenDigest, holder: &Holder) -> Result<(), StoreError> {
        let held = (holder.tunnel.as_str(), holder.side.as_str());
        self.client_tokens
            .insert(client_token.as_bytes(), held)
            .map(drop)
            .map_err(writing)
    }

    fn release(&mut self, client_token: &TokenDigest) -> Result<(), StoreError> {
        self.client_tokens
            .remove(client_token.as_bytes())
            .map(drop)
            .map_err(writing)
    }

    fn count_open(&self, now: Millis) -> Result<u64, StoreError> {
        count_open(&self.open, now).map_err(writing)
    }
}
