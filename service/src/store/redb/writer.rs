//! [`Writer`]: the one thread that changes the file. What waits while the disk is busy goes there in one
//! commit.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use ::redb::WriteTransaction;
use tokio::sync::{mpsc, oneshot};

use super::handle::Handle;
use super::tables::Writing;
use super::{Fault, writing};
use crate::store::tables::apply;
use crate::store::{Change, CommitError, StoreError};

/// How many changes go to disk in one commit at most: what one file sync pays for, and also how long the
/// first of them waits for the others.
const MAX_BATCH: usize = 256;

/// How many changes may wait for the writer. Whoever brings one more waits before handing it over.
const MAX_WAITING: usize = 2 * MAX_BATCH;

/// The end of the writer that takes changes. Dropping it writes those already taken, and ends the thread.
pub(super) struct Writer {
    // Dropped first: the thread ends once no change can come any more.
    jobs: mpsc::Sender<Job>,
    _thread: JoinedOnDrop,
}

struct Job {
    change: Change,
    answer: oneshot::Sender<Result<(), CommitError>>,
}

struct JoinedOnDrop(Option<JoinHandle<()>>);

impl Drop for JoinedOnDrop {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // If it has panicked, it has said so, and every commit since has failed.
            let _ = thread.join();
        }
    }
}

/// The thread that writes is gone.
#[derive(Debug, thiserror::Error)]
#[error("the writer has stopped")]
struct Stopped;

impl Writer {
    pub(super) fn start(handle: Arc<Handle>) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let thread = thread::Builder::new().name("store-writer".into());
        let thread = thread.spawn(move || run(&handle, waiting))?;
        Ok(Self {
            jobs,
            _thread: JoinedOnDrop(Some(thread)),
        })
    }

    /// Makes a change and returns when it is on disk. A caller that stops waiting does not take it back.
    pub(super) async fn commit(&self, change: Change) -> Result<(), CommitError> {
        let (answer, answered) = oneshot::channel();
        self.jobs
            .send(Job { change, answer })
            .await
            .map_err(|_| writing(Stopped))?;
        answered.await.map_err(|_| writing(Stopped))?
    }
}

fn run(handle: &Handle, mut waiting: mpsc::Receiver<Job>) {
    let mut batch = Vec::new();
    while waiting.blocking_recv_many(&mut batch, MAX_BATCH) > 0 {
        let (changes, answers): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|job| (job.change, job.answer)).unzip();
        let outcomes = match handle.write(|transaction| commit(transaction, changes)) {
            Ok(outcomes) => outcomes,
            Err(StoreError { doing, source }) => {
                let shared = Arc::<dyn std::error::Error + Send + Sync>::from(source);
                let source = || -> Fault { Box::new(Arc::clone(&shared)) };
                answers
                    .iter()
                    .map(|_| {
                        Err(StoreError {
                            doing,
                            source: source(),
                        }
                        .into())
                    })
                    .collect()
            }
        };
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // Whoever has stopped waiting does not want to know.
            let _ = answer.send(outcome);
        }
    }
}

/// Makes all changes whose conditions hold, each on top of those before it. All of these are on disk then, or
/// none.
fn commit(
    transaction: WriteTransaction,
    changes: Vec<Change>,
) -> Result<Vec<Result<(), CommitError>>, StoreError> {
    let mut tables = Writing::open(&transaction).map_err(writing)?;
    let mut outcomes = Vec::with_capacity(changes.len());
    for change in changes {
        match apply(&mut tables, change) {
            // The transaction is dropped, and with it what the others have done.
            Err(CommitError::Store(error)) => return Err(error),
            outcome => outcomes.push(outcome),
        }
    }
    drop(tables);
    if outcomes.iter().any(Result::is_ok) {
        transaction.commit().map_err(writing)?;
    }
    Ok(outcomes)
}
