//! [`Seat`]: a peer's place at its tunnel, and what it may send from there.

use std::sync::Arc;

use iot_tunnel_core::wire::{ContentFault, Message, MessageType, Origin, Verdict};
use iot_tunnel_core::{ConnectionId, ServiceId, Side, TunnelId};
use tokio::time::{Instant, timeout_at};

use super::{Line, UnreadResets, locked};
use crate::relay::outbox::{Outbox, Reason};
use crate::relay::streams::{self, Passage};

/// A peer's place at its tunnel.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(in crate::relay) tunnel_id: TunnelId,
    pub(in crate::relay) side: Side,
    pub(in crate::relay) connection: ConnectionId,
    pub(in crate::relay) services: Vec<ServiceId>,
    pub(in crate::relay) line: Arc<Line>,
    pub(in crate::relay) outbox: Arc<Outbox>,
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat")
            .field("tunnel_id", &self.tunnel_id)
            .field("side", &self.side)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

impl Seat {
    /// Checks one message of this peer and passes it on as it is, if it belongs to a stream that is open between the two
    /// peers that are connected now. A start that leads nowhere is answered with its reset.
    ///
    /// Returns how many bytes went to the other side.
    pub(in crate::relay) fn pass_on(
        &self,
        bytes: &[u8],
        message: &Message<'_>,
    ) -> Result<usize, ContentFault> {
        if message.check(Origin::Client(self.side))? == Verdict::Skip {
            return Ok(0);
        }
        let mut state = locked(&self.line.state);
        if state
            .end(self.side)
            .is_none_or(|end| end.connection != self.connection)
        {
            // It was replaced, rotated out or closed: nothing of it may reach whoever comes after.
            return Ok(0);
        }
        let starts = matches!(
            message.message_type,
            MessageType::StreamStart | MessageType::ConnectionStart
        );
        let allowed = !starts || streams::may_start(&state.services, message.service_id);
        let other = state.end(self.side.other()).filter(|_| allowed);
        let Some(outbox) = other.map(|end| end.outbox.clone()) else {
            if starts {
                // A quick failure rather than a hang (data-plane.md §4, ours).
                streams::reset_of(message, |reset| self.outbox.push(reset, Reason::Answer));
            }
            return Ok(0);
        };
        // Under the lock: what follows a disconnect in the queue comes from its successor.
        match state.streams.pass(message) {
            Passage::Unchanged => {
                outbox.push(bytes, Reason::PassedOn);
                Ok(bytes.len())
            }
            Passage::Reset { encoded } => {
                outbox.push(&encoded, Reason::PassedOn);
                Ok(encoded.len())
            }
            Passage::Stale => {
                if starts {
                    // A CONNECTION_START in a stream that was reset: its source must not wait for the connection.
                    streams::reset_of(message, |reset| self.outbox.push(reset, Reason::Answer));
                }
                Ok(0)
            }
        }
    }

    /// Returns when this peer may be read: the other side takes what it sends, it takes what it is answered, and as a
    /// source, the destination has read the resets of the last source's streams.
    pub(in crate::relay) async fn may_be_read(&self) {
        loop {
            let changed = self.line.changed.notified();
            tokio::pin!(changed);
            // From here on a change is heard, so that none falls between the look and the wait.
            changed.as_mut().enable();
            let (other_has_room, unread_resets) = {
                let state = locked(&self.line.state);
                let other = state.end(self.side.other());
                let until = match self.side {
                    Side::Source => state.unread_resets.as_ref().map(|unread| unread.until),
                    Side::Destination => None,
                };
                (
                    other.is_none_or(|end| end.outbox.has_room()),
                    until.filter(|until| *until > Instant::now()),
                )
            };
            match unread_resets {
                Some(until) => drop(timeout_at(until, changed).await),
                None if other_has_room && self.outbox.takes_answers() => return,
                None => changed.await,
            }
        }
    }

    /// Takes a pong of this peer.
    pub(in crate::relay) fn ponged(&self) {
        let answered = self.outbox.count_pong();
        let mut state = locked(&self.line.state);
        let answers =
            |unread: &mut UnreadResets| unread.connection == self.connection && unread.ping <= answered;
        if state.unread_resets.take_if(answers).is_some() {
            drop(state);
            self.line.changed.notify_waiters();
        }
    }

    /// Says that something was written to this peer, for whoever waits for room.
    pub(in crate::relay) fn written(&self) {
        self.outbox.written();
        self.line.changed.notify_waiters();
    }
}
