//! Connections whose application has stopped reading, while others wait behind it.

use tokio::time::Instant;

use super::{Ends, Locals, is_lingering};
use crate::client::ClientSession;
use crate::client::local::{FULL, Local};

impl Locals {
    /// When the connections that stop the others have taken no byte for as long as they may.
    pub(super) fn stalls(&self) -> impl Iterator<Item = Instant> {
        let limit = self.limits.stall.filter(|_| self.full);
        let stopping = self.list.iter().filter(|local| stops_others(local));
        stopping.filter_map(move |local| Some(local.stalled_since()? + limit?))
    }

    /// Resets every connection that others have waited behind for too long. `more_waits` is whether the WebSocket has brought more than could
    /// be handed on. Whether there was one.
    pub(super) fn end_stalls(&mut self, session: &mut ClientSession, more_waits: bool) -> bool {
        let now = Instant::now();
        let Some(limit) = self
            .limits
            .stall
            .filter(|_| self.stalls().any(|until| until <= now))
        else {
            return false;
        };
        let mut ended = false;
        for index in 0..self.list.len() {
            let others_wait = |since: Instant| {
                let others = self.list.iter().enumerate().filter(|(other, _)| *other != index);
                let mut live = others.filter(|(_, other)| other.connection().is_some());
                live.any(|(_, other)| match &self.ends {
                    // It was in use when the stall began, or has been since.
                    Ends::Source(_) => {
                        other.has_sent_since(since)
                            || since
                                .checked_sub(limit)
                                .is_some_and(|before| other.was_given_since(before))
                    }
                    Ends::Destination(_) => more_waits,
                })
            };
            let Some(local) = self.list.get(index).filter(|local| stops_others(local)) else {
                continue;
            };
            let Some(since) = local.stalled_since().filter(|since| *since + limit <= now) else {
                continue;
            };
            if !others_wait(since) {
                continue;
            }
            let service = self.ends.name(local.service);
            tracing::warn!(
                service,
                "a connection was reset: its application took no byte for {limit:?} while others waited behind it"
            );
            if let Some(connection) = local.connection() {
                // It may have ended in the tunnel at the same moment.
                let _ = session.reset(connection);
            }
            if let Some(local) = self.list.get_mut(index) {
                local.give_up();
            }
            ended = true;
        }
        self.list.retain(|local| !local.is_over());
        self.judge();
        ended
    }
}

/// Whether what is kept for a connection can stop the others: too much for one that is open, or anything for one that is over.
fn stops_others(local: &Local) -> bool {
    is_lingering(local) || (local.connection().is_some() && local.kept() > FULL)
}
