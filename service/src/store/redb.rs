//! [`RedbStore`]: tunnels in one file, which survives a crash of the service and of the machine.

mod file;
mod handle;
mod tables;
mod writer;

use std::path::Path;
use std::sync::Arc;

use ::redb::{Database, ReadTransaction};
use async_trait::async_trait;
use iot_tunnel_core::{Millis, TokenDigest, TunnelId};

use self::handle::Handle;
use self::writer::Writer;
use super::{Change, CommitError, Holder, Query, Store, StoreError, Versioned};
use crate::record::Record;

/// What can go wrong below: redb has a type for each step, and JSON one more.
type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A store in one file, which belongs to one process at a time.
///
/// An acknowledged change is on disk. Reads see the last one that is. A failed write, such as to a full disk, does
/// not spoil later ones. Dropping the store writes what was still waiting, and lets go of the file.
pub struct RedbStore {
    // Dropped first: the file is closed by whoever drops the handle last.
    writer: Writer,
    handle: Arc<Handle>,
}

impl RedbStore {
    /// Opens the store in that file. Makes the file, and the directory it is in, if there is none.
    ///
    /// # Errors
    /// [`StoreError`] with the path: the file is in use, is damaged, is not a store, is in an unknown format,
    /// or the system does not allow it; what it holds is as it was. Or the thread that writes could not be
    /// started.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        Self::opened_by(move || Ok(file::open(&path)?))
    }

    /// A store in the database that `open` opens, now and after a failed write.
    pub(super) fn opened_by(
        open: impl Fn() -> Result<Database, Fault> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let handle = Arc::new(Handle::open(open).map_err(opening)?);
        let writer = Writer::start(Arc::clone(&handle)).map_err(opening)?;
        Ok(Self { writer, handle })
    }

    /// Reads from a snapshot, where waiting for the disk delays nobody.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&ReadTransaction) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let snapshot = self.handle.snapshot().await.map_err(reading)?;
        let read = tokio::task::spawn_blocking(move || read(&snapshot));
        read.await.map_err(reading)?.map_err(reading)
    }
}

fn opening(source: impl Into<Fault>) -> StoreError {
    StoreError {
        doing: "opening the store",
        source: source.into(),
    }
}

fn reading(source: impl Into<Fault>) -> StoreError {
    StoreError {
        doing: "reading the store",
        source: source.into(),
    }
}

fn writing(source: impl Into<Fault>) -> StoreError {
    StoreError {
        doing: "writing the store",
        source: source.into(),
    }
}

#[async_trait]
impl Store for RedbStore {
    async fn get(&self, id: &TunnelId) -> Result<Option<Versioned>, StoreError> {
        let id = id.clone();
        self.read(move |snapshot| tables::read(&snapshot.open_table(tables::RECORDS)?, id.as_str()))
            .await
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        self.writer.commit(change).await
    }

    async fn list(&self, query: Query) -> Result<Vec<Record>, StoreError> {
        self.read(move |snapshot| tables::list(snapshot, &query)).await
    }

    async fn holder(&self, client_token: &TokenDigest) -> Result<Option<Holder>, StoreError> {
        let client_token = *client_token;
        self.read(move |snapshot| tables::holder(&snapshot.open_table(tables::CLIENT_TOKENS)?, &client_token))
            .await
    }

    async fn due(&self, now: Millis, limit: usize) -> Result<Vec<TunnelId>, StoreError> {
        self.read(move |snapshot| tables::due(snapshot, now, limit)).await
    }

    async fn next_deadline(&self) -> Result<Option<Millis>, StoreError> {
        self.read(tables::next_deadline).await
    }

    async fn count_open(&self, now: Millis) -> Result<u64, StoreError> {
        self.read(move |snapshot| tables::count_open(&snapshot.open_table(tables::OPEN)?, now))
            .await
    }
}
