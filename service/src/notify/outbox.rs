//! What is not delivered yet: one notification for each tunnel, each with the task that delivers it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info, warn};

use super::route::Route;
use super::{IsCurrent, Notification, Outcome};

/// The upper limit of the pause after the first failure; each further failure doubles it. Ours.
const PAUSE_BASE: Duration = Duration::from_millis(500);

/// The pause never grows beyond this. Ours.
pub(super) const PAUSE_CAP: Duration = Duration::from_secs(60);

/// How long to wait after the `failures`-th failure in a row: anything from nothing to the limit, so that many who
/// failed together do not come back together.
pub(super) fn jittered_pause(failures: u32) -> Duration {
    let doubled = PAUSE_BASE.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(PAUSE_CAP).mul_f64(fastrand::f64())
}

pub(super) struct Outbox {
    courier: Courier,
    queue: Arc<Mutex<Queue>>,
    runtime: Handle,
}

/// What every delivery needs.
#[derive(Clone)]
struct Courier {
    route: Route,
    is_current: IsCurrent,
    outcomes: mpsc::Sender<Outcome>,
}

#[derive(Default)]
struct Queue {
    pending: HashMap<String, Pending>,
    deliveries: JoinSet<()>,
    started: u64,
    closed: bool,
}

struct Pending {
    /// Tells this delivery from one that has replaced it.
    delivery: u64,
    generation: u32,
    /// Never carries a value: that it is dropped tells the delivery that it is replaced.
    _replaced: oneshot::Sender<()>,
}

impl Outbox {
    /// An empty outbox on the current tokio runtime.
    pub(super) fn new(route: Route, is_current: IsCurrent, outcomes: mpsc::Sender<Outcome>) -> Outbox {
        Outbox {
            courier: Courier {
                route,
                is_current,
                outcomes,
            },
            queue: Arc::default(),
            runtime: Handle::current(),
        }
    }

    pub(super) fn send(&self, notification: Notification) {
        let letter = Letter::from(notification);
        let mut queue = lock(&self.queue);
        // Finished tasks stay in the set until someone looks.
        while queue.deliveries.try_join_next().is_some() {}
        let newer_waits = queue
            .pending
            .get(&letter.tunnel_id)
            .is_some_and(|pending| pending.generation > letter.generation);
        if queue.closed || newer_waits {
            debug!(
                tunnel_id = letter.tunnel_id,
                thing_name = letter.thing_name,
                "notification superseded"
            );
            // `send` may not wait; whoever does not read outcomes misses this one.
            let _ = self.courier.outcomes.try_send(letter.superseded());
            return;
        }
        let delivery = queue.started;
        queue.started += 1;
        let (_replaced, replaced) = oneshot::channel();
        let pending = Pending {
            delivery,
            generation: letter.generation,
            _replaced,
        };
        queue.pending.insert(letter.tunnel_id.clone(), pending);
        let (courier, shared) = (self.courier.clone(), self.queue.clone());
        let task = async move {
            let outcome = tokio::select! {
                biased;
                _ = replaced => letter.superseded(),
                outcome = courier.deliver(&letter) => outcome,
            };
            {
                let mut queue = lock(&shared);
                if queue
                    .pending
                    .get(&letter.tunnel_id)
                    .is_some_and(|pending| pending.delivery == delivery)
                {
                    queue.pending.remove(&letter.tunnel_id);
                }
            }
            courier.report(outcome).await;
        };
        queue.deliveries.spawn_on(task, &self.runtime);
    }

    pub(super) fn pending(&self) -> usize {
        lock(&self.queue).pending.len()
    }

    /// Takes no more notifications, waits until `deadline` if the broker can be reached, and drops what is left.
    pub(super) async fn close(&self, deadline: Instant) {
        let mut deliveries = {
            let mut queue = lock(&self.queue);
            queue.closed = true;
            std::mem::take(&mut queue.deliveries)
        };
        if self.courier.route.is_open() {
            let all = async { while deliveries.join_next().await.is_some() {} };
            let _ = timeout_at(deadline, all).await;
        }
        deliveries.shutdown().await;
        let lost = std::mem::take(&mut lock(&self.queue).pending).len();
        if lost > 0 {
            warn!(lost, "notifications were not delivered before the shutdown");
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        // The tasks share the queue that holds them: without this they would keep each other alive.
        lock(&self.queue).deliveries.abort_all();
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A notification, ready to publish.
struct Letter {
    tunnel_id: String,
    generation: u32,
    thing_name: String,
    topic: String,
    /// Shared, not copied, with the embedded broker; the last owner wipes it.
    payload: Bytes,
}

impl From<Notification> for Letter {
    fn from(notification: Notification) -> Letter {
        let topic = notification.topic();
        let Notification {
            tunnel_id,
            generation,
            thing_name,
            payload,
        } = notification;
        Letter {
            tunnel_id,
            generation,
            thing_name,
            topic,
            payload: Bytes::from_owner(payload),
        }
    }
}

impl Letter {
    fn superseded(&self) -> Outcome {
        Outcome::Superseded {
            tunnel_id: self.tunnel_id.clone(),
            generation: self.generation,
        }
    }
}

impl Courier {
    /// Tries until the broker has it or nobody wants it any more.
    async fn deliver(&self, letter: &Letter) -> Outcome {
        let Letter {
            tunnel_id,
            generation,
            thing_name,
            topic,
            payload,
        } = letter;
        let mut route = self.route.clone();
        let mut attempts = 0;
        loop {
            if !(self.is_current)(tunnel_id.clone(), *generation).await {
                debug!(
                    tunnel_id,
                    thing_name, "the token is no longer current, notification dropped"
                );
                return letter.superseded();
            }
            attempts += 1;
            let why = match route.publish(topic, payload).await {
                Ok(()) => {
                    info!(tunnel_id, thing_name, attempts, "notification delivered");
                    return Outcome::Delivered {
                        tunnel_id: tunnel_id.clone(),
                        generation: *generation,
                    };
                }
                Err(why) => why,
            };
            if attempts == 1 {
                warn!(tunnel_id, thing_name, error = %why, "notification not delivered yet, retrying");
            } else {
                debug!(tunnel_id, thing_name, attempts, error = %why, "notification not delivered yet");
            }
            self.report(Outcome::StillTrying {
                tunnel_id: tunnel_id.clone(),
                generation: *generation,
                attempts,
                why,
            })
            .await;
            tokio::select! {
                () = sleep(jittered_pause(attempts)) => {}
                () = route.recovered() => {}
            }
        }
    }

    async fn report(&self, outcome: Outcome) {
        // Nobody has to listen.
        let _ = self.outcomes.send(outcome).await;
    }
}
