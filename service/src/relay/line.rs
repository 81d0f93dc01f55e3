//! [`Lines`]: who is connected at each tunnel, and what passes between them.

mod seat;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use iot_tunnel_core::websocket::{Close, CloseCode};
use iot_tunnel_core::{
    ConnectionId, DestinationConfig, Disconnect, DisconnectReason, Effect, Effects, ServiceId, Side, Tunnel,
    TunnelId,
};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::end::Ending;
use super::outbox::{Outbox, Reason};
use super::streams::Streams;
pub(crate) use seat::Seat;

/// The tunnels that somebody is connected to.
///
/// [`Tunnels`](crate::tunnels::Tunnels) fills and empties it while it holds the lock of the tunnel whose record it has
/// changed, so that this always shows what the latest record says.
#[derive(Default)]
pub struct Lines(Mutex<HashMap<TunnelId, Arc<Line>>>);

/// One tunnel that somebody is connected to.
#[derive(Default)]
pub(super) struct Line {
    state: Mutex<State>,
    /// Rung when a peer has come or gone, or was written to.
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// The source's and the destination's.
    ends: [Option<End>; 2],
    services: Vec<ServiceId>,
    streams: Streams,
    /// Set while the destination may not have read yet that the last source's streams were reset.
    unread_resets: Option<UnreadResets>,
}

/// How long a new source is not read at most while the destination has not answered the ping behind the resets of the last
/// source's streams (ours): longer than what is on its way takes on a slow line, shorter than a person waits. A destination
/// that answers no pings costs its source this once.
const RESETS_PATIENCE: Duration = Duration::from_secs(5);

/// Resets of the last source's streams that the destination has not answered for yet.
///
/// What the destination sent before it read them could be taken for a stream of the new source that happens to have the same
/// id, as a source that counts from 1 has. Its pong comes behind all of that; until then the new source is not read, so that
/// no stream is open and what comes for one ends here.
struct UnreadResets {
    /// The destination's.
    connection: ConnectionId,
    /// Which of its pings is behind the resets.
    ping: u64,
    until: Instant,
}

struct End {
    connection: ConnectionId,
    outbox: Arc<Outbox>,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

const fn index(side: Side) -> usize {
    match side {
        Side::Source => 0,
        Side::Destination => 1,
    }
}

/// What the log says of a replaced connection. Two instances with the same tokens replace each other again and again.
const REPLACED: &str = "replaced by a new connection with the same client token: its client is back, or another instance \
                        uses the same tokens";

/// How a connection is ended that the record has no place for any more.
const fn ending_for(reason: DisconnectReason) -> Ending {
    match reason {
        DisconnectReason::Rotated | DisconnectReason::TunnelClosed => Ending::Final(Close {
            code: CloseCode::POLICY_VIOLATION,
            reason: reason.text(),
        }),
        // Its token is good: it is the same client that has come back, or another instance with the same client token.
        DisconnectReason::Replaced => Ending::Bare(REPLACED),
    }
}

/// Nothing panics while a lock is held; if something did, what it guards would still be whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lines {
    /// Seats a peer whose handshake the record has accepted.
    pub(crate) fn join(&self, tunnel: &Tunnel, side: Side, connection: ConnectionId) -> Seat {
        let services = tunnel
            .destination_config()
            .map_or(&[][..], DestinationConfig::services);
        let outbox = Arc::new(Outbox::default());
        // Held until it is seated: who leaves an empty line removes it.
        let mut lines = locked(&self.0);
        let line = lines.entry(tunnel.id().clone()).or_default().clone();
        let mut state = locked(&line.state);
        state.services = services.to_vec();
        if let Some(end) = state.ends.get_mut(index(side)) {
            *end = Some(End {
                connection,
                outbox: outbox.clone(),
            });
        }
        drop(state);
        drop(lines);
        line.changed.notify_waiters();
        Seat {
            tunnel_id: tunnel.id().clone(),
            side,
            connection,
            services: services.to_vec(),
            line,
            outbox,
        }
    }

    /// Does what a changed record asks for: closes connections, and resets the streams that led to them.
    pub(crate) fn apply(&self, id: &TunnelId, effects: &Effects) {
        let Some(line) = locked(&self.0).get(id).cloned() else {
            return;
        };
        for effect in effects.iter() {
            match effect {
                Effect::Disconnect(Disconnect {
                    side,
                    connection,
                    reason,
                }) => {
                    if let Some(end) = self.leave(id, &line, side, connection) {
                        end.outbox.end(ending_for(reason));
                    }
                }
                Effect::ResetPeer(side) => locked(&line.state).reset(side),
                Effect::Notify | Effect::Deleted => {}
            }
        }
    }

    /// A peer is gone: whoever is across the tunnel has its streams reset.
    pub(super) fn left(&self, seat: &Seat) {
        self.leave(&seat.tunnel_id, &seat.line, seat.side, seat.connection);
    }

    fn leave(&self, id: &TunnelId, line: &Line, side: Side, connection: ConnectionId) -> Option<End> {
        let mut lines = locked(&self.0);
        let mut state = locked(&line.state);
        let end = state.ends.get_mut(index(side))?;
        let left = end.take_if(|end| end.connection == connection)?;
        state.reset(side.other());
        if side == Side::Destination {
            state.unread_resets = None;
        }
        if state.ends.iter().all(Option::is_none) {
            lines.remove(id);
        }
        drop(state);
        drop(lines);
        line.changed.notify_waiters();
        Some(left)
    }

    /// Ends every connection, as the service does when it stops.
    pub(super) fn end_all(&self, ending: Ending) {
        let lines: Vec<_> = locked(&self.0).values().cloned().collect();
        for line in lines {
            for end in locked(&line.state).ends.iter().flatten() {
                end.outbox.end(ending);
            }
        }
    }

    /// How many peers are connected on a side.
    #[must_use]
    pub fn connected(&self, side: Side) -> usize {
        let lines: Vec<_> = locked(&self.0).values().cloned().collect();
        lines
            .iter()
            .filter(|line| locked(&line.state).end(side).is_some())
            .count()
    }
}

impl State {
    fn end(&self, side: Side) -> Option<&End> {
        self.ends.get(index(side)).and_then(Option::as_ref)
    }

    /// Tells `side` that every stream is reset.
    fn reset(&mut self, side: Side) {
        let Some(End { connection, outbox }) = self.ends.get(index(side)).and_then(Option::as_ref) else {
            self.streams.reset_all(|_| {});
            return;
        };
        let mut any = false;
        self.streams.reset_all(|message| {
            outbox.push(message, Reason::PassedOn);
            any = true;
        });
        // A source opens the streams, so what it sends behind its next STREAM_START is about that one.
        if any && side == Side::Destination {
            let now = Instant::now();
            let unanswered = self.unread_resets.as_ref();
            if unanswered.is_some_and(|unread| unread.until <= now) {
                // It leaves pings out, so that its pongs cannot be counted any further.
                outbox.catch_up_pongs();
            }
            self.unread_resets = Some(UnreadResets {
                connection: *connection,
                ping: outbox.push_ping(),
                until: now + RESETS_PATIENCE,
            });
        }
    }
}

#[cfg(test)]
mod tests;
