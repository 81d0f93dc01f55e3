//! [`Handle`]: the open database, opened anew when a write has failed.

use std::thread;
use std::time::Duration;

use ::redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};
use tokio::sync::RwLock;

use super::file::OpenError;
use super::{Fault, writing};
use crate::store::StoreError;

/// How often, and with what pause between, a file is tried that the last reads have not let go of yet.
const ATTEMPTS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(10);

/// The open database. redb refuses every write after one that has failed, until it is opened anew.
pub(super) struct Handle {
    /// `None` while it could not be opened anew.
    database: RwLock<Option<Database>>,
    open: Box<dyn Fn() -> Result<Database, Fault> + Send + Sync>,
}

/// A failed write has closed the database, and it could not be opened since.
#[derive(Debug, thiserror::Error)]
#[error("it is closed since a write failed; the next write opens it again")]
struct Closed;

impl Handle {
    pub(super) fn open(
        open: impl Fn() -> Result<Database, Fault> + Send + Sync + 'static,
    ) -> Result<Self, Fault> {
        Ok(Self {
            database: RwLock::new(Some(open()?)),
            open: Box::new(open),
        })
    }

    /// The database as the last write has left it.
    pub(super) async fn snapshot(&self) -> Result<ReadTransaction, Fault> {
        Ok(self.database.read().await.as_ref().ok_or(Closed)?.begin_read()?)
    }

    /// Runs one write. After a failed one the database is opened anew. Blocks: for the thread that writes.
    pub(super) fn write<T>(
        &self,
        write: impl FnOnce(WriteTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.database.blocking_read().is_none() {
            self.reopen().map_err(writing)?;
        }
        let written = match self.database.blocking_read().as_ref() {
            Some(database) => database.begin_write().map_err(writing).and_then(write),
            None => Err(writing(Closed)),
        };
        if written.is_err()
            && let Err(error) = self.reopen()
        {
            tracing::error!(%error, "the store could not be opened again after a failed write");
        }
        written
    }

    /// Readers wait meanwhile, so that no new ones hold the file.
    fn reopen(&self) -> Result<(), Fault> {
        let mut database = self.database.blocking_write();
        *database = None;
        let mut attempts = 1;
        *database = Some(loop {
            match (self.open)() {
                Err(error) if attempts < ATTEMPTS && is_in_use(&error) => thread::sleep(PAUSE),
                opened => break opened?,
            }
            attempts += 1;
        });
        Ok(())
    }
}

fn is_in_use(error: &Fault) -> bool {
    matches!(error.downcast_ref(), Some(OpenError::InUse(_)))
}
