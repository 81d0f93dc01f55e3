//! Where tunnels are kept, behind one small trait.
//!
//! Everything outside this trait reads a record, decides, and offers the changed record back with the version it
//! had read: compare-and-set. Nobody assumes to be alone, so that a store shared by several machines can take
//! the place of the two here.

mod keys;
mod memory;
mod redb;
mod tables;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use iot_tunnel_core::{Millis, Side, TokenDigest, TunnelId};

pub use self::memory::MemoryStore;
pub use self::redb::RedbStore;
use crate::record::Record;

/// A record's version: 1 when it is new, one more with each change.
pub type Version = u64;

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// Its version at that time.
    pub version: Version,
    /// The record.
    pub record: Record,
}

/// A change of one record, made only if its conditions hold.
#[derive(Clone, Debug)]
pub struct Change {
    /// The tunnel it is about.
    pub id: TunnelId,
    /// The version that was read; `None` if there must be no such record yet.
    pub expected: Option<Version>,
    /// The record from now on; `None` deletes it.
    pub record: Option<Record>,
    /// A client token that this change binds, and who held it when that was decided. The change is refused if that is no
    /// longer so: two tunnels can never bind the same client token at the same time.
    pub binds: Option<(TokenDigest, Option<Holder>)>,
    /// The change opens a tunnel, and there may be this many open ones (with this one) at the given moment.
    pub max_open: Option<(u64, Millis)>,
}

/// Who holds a client token: one side of one tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The tunnel.
    pub tunnel: TunnelId,
    /// Its side.
    pub side: Side,
}

/// Which tunnels to list, newest first (later `createdAt` first; of the same moment, greater id first).
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Only tunnels with this thing at the destination.
    pub thing_name: Option<String>,
    /// Only what comes after this tunnel in the order: its creation and id.
    pub after: Option<(Millis, TunnelId)>,
    /// At most this many.
    pub limit: usize,
}

/// Why a change was not made. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The record or the client token has changed since it was read. Read again and decide again.
    #[error("the record has changed since it was read")]
    Conflict,
    /// There are as many open tunnels as there may be.
    #[error("there are {0} open tunnels, as many as there may be")]
    TooManyOpen(u64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store failed; what it was asked for is unknown, or not done.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {source}")]
pub struct StoreError {
    /// What it was doing, such as `writing the store`.
    pub doing: &'static str,
    /// What went wrong.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A place where tunnels are kept.
///
/// An acknowledged change is durable, in whatever sense the store promises (on disk, or in this process).
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Reads a record.
    async fn get(&self, id: &TunnelId) -> Result<Option<Versioned>, StoreError>;

    /// Makes a change, if its conditions hold, and returns when it is durable. All or nothing.
    async fn commit(&self, change: Change) -> Result<(), CommitError>;

    /// Lists records.
    async fn list(&self, query: Query) -> Result<Vec<Record>, StoreError>;

    /// Who holds a client token. It may be a tunnel that has expired meanwhile: that is for the caller to judge.
    async fn holder(&self, client_token: &TokenDigest) -> Result<Option<Holder>, StoreError>;

    /// The tunnels whose [`next_deadline`](iot_tunnel_core::Tunnel::next_deadline) is not after `now`, `limit` at
    /// most, those that are due longest first.
    async fn due(&self, now: Millis, limit: usize) -> Result<Vec<TunnelId>, StoreError>;

    /// The earliest deadline of all records.
    async fn next_deadline(&self) -> Result<Option<Millis>, StoreError>;

    /// The number of this machine among those that share the store. It is in the name of every connection, so that a
    /// machine that starts again knows which ones are its own. A store of one machine has only number 0.
    fn host(&self) -> u32 {
        0
    }

    /// How many tunnels are open at a moment.
    async fn count_open(&self, now: Millis) -> Result<u64, StoreError>;
}
