//! A store whose commits a test can hold up, or have fail.

use std::sync::Arc;

use async_trait::async_trait;
use iot_tunnel::record::Record;
use iot_tunnel::store::{Change, CommitError, Holder, MemoryStore, Query, Store, StoreError, Versioned};
use iot_tunnel_core::{Millis, TokenDigest, TunnelId};
use tokio::sync::watch;

/// What becomes of commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Commits {
    /// They are made.
    Made,
    /// They wait until that changes.
    Held,
    /// They fail, and nothing is stored.
    Failed,
}

/// A store in memory whose commits do as they are told.
pub(crate) struct HeldStore {
    inner: MemoryStore,
    commits: watch::Sender<Commits>,
    waiting: watch::Sender<usize>,
}

impl HeldStore {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::default(),
            commits: watch::Sender::new(Commits::Made),
            waiting: watch::Sender::new(0),
        })
    }

    pub(crate) fn set(&self, commits: Commits) {
        self.commits.send_replace(commits);
    }

    /// Returns when a commit waits.
    pub(crate) async fn holds_one(&self) {
        let mut waiting = self.waiting.subscribe();
        let _ = waiting.wait_for(|count| *count > 0).await.expect("the store");
    }
}

#[async_trait]
impl Store for HeldStore {
    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        self.waiting.send_modify(|count| *count += 1);
        let mut commits = self.commits.subscribe();
        let decided = *commits
            .wait_for(|commits| *commits != Commits::Held)
            .await
            .expect("the store");
        self.waiting.send_modify(|count| *count -= 1);
        match decided {
            Commits::Failed => Err(CommitError::Store(StoreError {
                doing: "writing the store",
                source: "the disk is on fire".into(),
            })),
            _ => self.inner.commit(change).await,
        }
    }

    async fn get(&self, id: &TunnelId) -> Result<Option<Versioned>, StoreError> {
        self.inner.get(id).await
    }

    async fn list(&self, query: Query) -> Result<Vec<Record>, StoreError> {
        self.inner.list(query).await
    }

    async fn holder(&self, client_token: &TokenDigest) -> Result<Option<Holder>, StoreError> {
        self.inner.holder(client_token).await
    }

    async fn due(&self, now: Millis, limit: usize) -> Result<Vec<TunnelId>, StoreError> {
        self.inner.due(now, limit).await
    }

    async fn next_deadline(&self) -> Result<Option<Millis>, StoreError> {
        self.inner.next_deadline().await
    }

    async fn count_open(&self, now: Millis) -> Result<u64, StoreError> {
        self.inner.count_open(now).await
    }
}
