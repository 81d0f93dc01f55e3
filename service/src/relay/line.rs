//! [`Lines`]: who is connected at each tunnel, and what passes between them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iot_tunnel_core::websocket::{Close, CloseCode};
use iot_tunnel_core::wire::{ContentFault, Message, MessageType, Origin, Verdict};
use iot_tunnel_core::{
    ConnectionId, DestinationConfig, Disconnect, DisconnectReason, Effect, Effects, ServiceId, Side, Tunnel,
    TunnelId,
};
use tokio::sync::Notify;

use super::end::Ending;
use super::outbox::{Outbox, Reason};
use super::streams::{self, Streams};

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
}

struct End {
    connection: ConnectionId,
    outbox: Arc<Outbox>,
}

/// A peer's place at its tunnel.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(super) tunnel_id: TunnelId,
    pub(super) side: Side,
    pub(super) connection: ConnectionId,
    pub(super) services: Vec<ServiceId>,
    pub(super) line: Arc<Line>,
    pub(super) outbox: Arc<Outbox>,
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

/// How a connection is ended that the record has no place for any more.
const fn ending_for(reason: DisconnectReason) -> Ending {
    match reason {
        DisconnectReason::Rotated | DisconnectReason::TunnelClosed => Ending::Final(Close {
            code: CloseCode::POLICY_VIOLATION,
            reason: reason.text(),
        }),
        // Its token is good: it is the same client that has come back, or another instance with the same client token.
        DisconnectReason::Replaced => Ending::Bare(reason.text()),
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
        let outbox = self.end(side).map(|end| end.outbox.clone());
        self.streams.reset_all(|message| {
            if let Some(outbox) = &outbox {
                outbox.push(message, Reason::PassedOn);
            }
        });
    }
}

impl Seat {
    /// Judges one message of this peer, and passes it on as it is. What it was not passed on for is answered.
    ///
    /// Returns how many bytes went to the other side.
    pub(super) fn pass_on(&self, bytes: &[u8], message: &Message<'_>) -> Result<usize, ContentFault> {
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
        state.streams.note(message);
        // Under the lock: what follows a disconnect in the queue comes from its successor.
        outbox.push(bytes, Reason::PassedOn);
        Ok(bytes.len())
    }

    /// Returns when this peer may be read: the other side takes what it sends, and it takes what it is answered.
    pub(super) async fn may_be_read(&self) {
        loop {
            let changed = self.line.changed.notified();
            tokio::pin!(changed);
            // From here on a change is heard, so that none falls between the look and the wait.
            changed.as_mut().enable();
            let other_has_room = {
                let state = locked(&self.line.state);
                let other = state.end(self.side.other());
                other.is_none_or(|end| end.outbox.has_room())
            };
            if other_has_room && self.outbox.takes_answers() {
                return;
            }
            changed.await;
        }
    }

    /// Says that something was written to this peer, for whoever waits for room.
    pub(super) fn written(&self) {
        self.outbox.written();
        self.line.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iot_tunnel_core::{Entropy, Lifetime, Millis};
    use std::thread;

    fn tunnel() -> Tunnel {
        let entropy = Entropy::new(std::array::from_fn(|i| i as u8)).unwrap();
        let id = TunnelId::parse("tunnel").unwrap();
        let (tunnel, _) = Tunnel::open(id, None, Lifetime::default(), Millis(0), &entropy).unwrap();
        tunnel
    }

    #[test]
    fn a_peer_that_joins_while_the_last_one_leaves_is_known() {
        let (tunnel, lines) = (tunnel(), Lines::default());
        let come_and_go = |side| {
            for number in 0..20_000 {
                let seat = lines.join(&tunnel, side, ConnectionId(number));
                assert_eq!(lines.connected(side), 1, "{side:?} {number}");
                lines.left(&seat);
            }
        };
        thread::scope(|scope| {
            scope.spawn(|| come_and_go(Side::Source));
            scope.spawn(|| come_and_go(Side::Destination));
        });
        assert!(locked(&lines.0).is_empty());
    }

    #[test]
    fn nothing_of_a_peer_that_has_lost_its_place_is_passed_on_or_answered() {
        let (tunnel, lines) = (tunnel(), Lines::default());
        let _destination = lines.join(&tunnel, Side::Destination, ConnectionId(0));
        let start = Message {
            message_type: MessageType::StreamStart,
            stream_id: 1,
            ..Message::default()
        };
        let passes = |seat: &Seat| seat.pass_on(b"start", &start).unwrap() > 0;
        let old = lines.join(&tunnel, Side::Source, ConnectionId(1));
        assert!(passes(&old));
        lines.left(&old);
        assert!(!passes(&old));
        let new = lines.join(&tunnel, Side::Source, ConnectionId(2));
        assert!(!passes(&old) && passes(&new));
        // Who left before takes nobody's place with it.
        lines.left(&old);
        assert!(passes(&new) && old.outbox.is_empty());
    }
}
