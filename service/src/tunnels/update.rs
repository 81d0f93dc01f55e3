//! Compare-and-set: read, decide, store, or start again.

use std::hash::{BuildHasher, RandomState};

use iot_tunnel_core::{Effects, Millis, Rotated, TokenDigest, TunnelId};
use tokio::sync::{Mutex, MutexGuard};

use super::{Tunnels, TunnelsError};
use crate::auth::AccessDenied;
use crate::record::Record;
use crate::store::{Change, CommitError, Holder};

/// How often a change is tried again when others were faster. Within one process the locks make it rare.
pub(super) const MAX_ATTEMPTS: usize = 32;

/// Locks that keep this process's own calls on one tunnel from tripping over each other. They only save work: what makes a
/// change safe is the version that the store compares.
pub(super) struct Locks {
    hasher: RandomState,
    shards: [Mutex<()>; 64],
}

impl Default for Locks {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::new(())),
        }
    }
}

impl Locks {
    async fn lock(&self, id: &TunnelId) -> MutexGuard<'_, ()> {
        let shard = self.hasher.hash_one(id.as_str()) as usize % self.shards.len();
        self.shards[shard].lock().await
    }
}

/// A client token that a change binds, and who held it before.
pub(super) type Binding = (TokenDigest, Option<Holder>);

/// Whether the caller may do what it asks to this record, or where there is none. It is judged on the very record that
/// is changed or shown: one read earlier could have been another thing's since.
pub type Permit<'a> = &'a (dyn Fn(Option<&Record>) -> Result<(), AccessDenied> + Sync);

/// Who may do everything: the service itself, and whoever uses it as a library.
pub const EVERYBODY: Permit<'static> = &|_| Ok(());

impl Tunnels {
    /// Changes a tunnel's record as `decide` says, and starts again with the new record when somebody else was faster.
    pub(super) async fn update<T: Decision>(
        &self,
        id: &TunnelId,
        permit: Permit<'_>,
        mut decide: impl FnMut(&mut Record, Millis) -> Result<T, TunnelsError>,
    ) -> Result<(Record, T), TunnelsError> {
        let _guard = self.locks.lock(id).await;
        for _ in 0..MAX_ATTEMPTS {
            if let Some(changed) = self.attempt(id, permit, None, &mut decide).await? {
                return Ok(changed);
            }
        }
        Err(TunnelsError::Contention)
    }

    /// One attempt; `None` if somebody else was faster. A decision that changes nothing is not stored; one that
    /// deletes (see `Tunnel::close`, `Tunnel::expire`) removes the record.
    pub(super) async fn attempt<T: Decision>(
        &self,
        id: &TunnelId,
        permit: Permit<'_>,
        binds: Option<Binding>,
        decide: impl FnOnce(&mut Record, Millis) -> Result<T, TunnelsError>,
    ) -> Result<Option<(Record, T)>, TunnelsError> {
        let read = self.parts.store.get(id).await?;
        permit(read.as_ref().map(|read| &read.record))?;
        let read = read.ok_or_else(|| TunnelsError::unknown(id))?;
        let mut record = read.record.clone();
        let decision = decide(&mut record, self.now())?;
        if record == read.record && !decision.deletes() {
            return Ok(Some((record, decision)));
        }
        let change = Change {
            id: id.clone(),
            expected: Some(read.version),
            record: (!decision.deletes()).then(|| record.clone()),
            binds,
            max_open: None,
        };
        match self.parts.store.commit(change).await {
            Ok(()) => {
                if let Some(effects) = decision.effects() {
                    self.parts.lines.apply(id, effects);
                }
                Ok(Some((record, decision)))
            }
            Err(CommitError::Conflict) => Ok(None),
            Err(CommitError::TooManyOpen(max)) => Err(TunnelsError::TooManyOpen(max)),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    /// Keeps this process's other calls on the tunnel waiting while the guard lives.
    pub(super) async fn lock(&self, id: &TunnelId) -> MutexGuard<'_, ()> {
        self.locks.lock(id).await
    }
}

/// What was decided about a record, besides the changes in it.
pub(super) trait Decision {
    /// Whether the record is to be deleted.
    fn deletes(&self) -> bool {
        self.effects().is_some_and(Effects::deletes)
    }

    /// What follows for who is connected, once the record is stored.
    fn effects(&self) -> Option<&Effects> {
        None
    }
}

impl Decision for () {}

impl Decision for Rotated {
    fn effects(&self) -> Option<&Effects> {
        Some(&self.effects)
    }
}

impl Decision for Effects {
    fn effects(&self) -> Option<&Effects> {
        Some(self)
    }
}
