//! [`Outbox`]: what waits to be written to one peer, as whole WebSocket frames.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use iot_tunnel_core::websocket::{Frame, FrameHeader, MAX_CONTROL_PAYLOAD, Opcode, Sender};
use iot_tunnel_core::wire::{MAX_MESSAGE, PREFIX};
use tokio::sync::Notify;

use super::end::Ending;

/// How much may wait for a peer before its other side is read no further: one message of the longest kind. What is read
/// at a time has as much at most, so that never more than two messages wait (ours: issue "bounded memory per tunnel").
pub(super) const ROOM: usize = FrameHeader::MAX_LENGTH + PREFIX + MAX_MESSAGE;

/// A queue of one peer's own: filled by both sides of its tunnel, emptied by its connection.
#[derive(Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    /// Rung when there is something to write.
    filled: Notify,
    /// Rung when the connection is to be ended, even while it writes.
    ended: Notify,
}

#[derive(Default)]
struct State {
    /// Whole frames, to be written in this order.
    waiting: Vec<u8>,
    /// Bytes that the connection has taken and not written yet.
    writing: usize,
    /// How many of the bytes that wait, and of those that are being written, answer this very peer.
    answers: usize,
    writing_answers: usize,
    /// A pong that is owed. A peer that sends several pings before it reads gets an answer to the last (RFC 6455
    /// §5.5.3), so that pings cannot pile up.
    pong: Option<heapless::Vec<u8, { MAX_CONTROL_PAYLOAD as usize }>>,
    ping: bool,
    /// How many pings have been put among the frames, and how many of them were answered.
    pings: u64,
    pongs: u64,
    ending: Option<Ending>,
}

/// What the connection is to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// Write the frames that were put into the buffer, then say so with [`Outbox::written`].
    Write,
    /// End the connection: everything that is to come before that has been written.
    End(Ending),
    /// Wait for [`Outbox::filled`].
    Wait,
}

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It comes from across the tunnel, or is about it.
    PassedOn,
    /// It answers what this very peer sent.
    Answer,
}

impl Outbox {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; if something did, the bytes would still be whole frames.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a message, which becomes a tunnel frame alone in a WebSocket message (data-plane.md §7).
    pub(super) fn push(&self, message: &[u8], reason: Reason) {
        let Ok(length) = u16::try_from(message.len()) else {
            // A deframer yields none that is longer.
            return;
        };
        let mut header = [0; FrameHeader::MAX_LENGTH];
        let Some(header) = FrameHeader::whole(Opcode::BINARY, PREFIX + message.len(), None)
            .ok()
            .and_then(|head| head.encode(&mut header).ok())
            .and_then(|end| header.get(..end))
        else {
            // A tunnel frame is shorter than the longest WebSocket frame.
            return;
        };
        let mut state = self.state();
        if state.ending.is_some() {
            return;
        }
        state.waiting.extend_from_slice(header);
        state.waiting.extend_from_slice(&length.to_be_bytes());
        state.waiting.extend_from_slice(message);
        if reason == Reason::Answer {
            state.answers += header.len() + PREFIX + message.len();
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Takes a ping that keeps its place among the messages: its pong shows that the peer has read what comes before it.
    /// Returns which of this peer's pings it is. Like every ping of the relay it has no payload, which one of AWS's clients
    /// takes for tunnel data.
    pub(super) fn push_ping(&self) -> u64 {
        let mut header = [0; FrameHeader::MAX_LENGTH];
        let header = FrameHeader::whole(Opcode::PING, 0, None)
            .ok()
            .and_then(|head| head.encode(&mut header).ok())
            .and_then(|end| header.get(..end))
            .unwrap_or_default();
        let mut state = self.state();
        if state.ending.is_none() {
            state.waiting.extend_from_slice(header);
            state.pings += 1;
        }
        let number = state.pings;
        drop(state);
        self.filled.notify_one();
        number
    }

    /// Takes a pong: how many of this peer's pings have been answered.
    pub(super) fn count_pong(&self) -> u64 {
        let mut state = self.state();
        // One that answers nothing counts for nothing.
        state.pongs = state.pings.min(state.pongs + 1);
        state.pongs
    }

    /// Counts every ping as answered: a peer may answer several by one pong (RFC 6455 §5.5.3).
    pub(super) fn catch_up_pongs(&self) {
        let mut state = self.state();
        state.pongs = state.pings;
    }

    /// Owes the answer to a ping.
    pub(super) fn pong(&self, payload: &[u8]) {
        self.state().pong = heapless::Vec::from_slice(payload).ok();
        self.filled.notify_one();
    }

    /// Owes a ping.
    pub(super) fn ping(&self) {
        self.state().ping = true;
        self.filled.notify_one();
    }

    /// Ends the connection; nothing more is taken for it. The first reason stands.
    pub(super) fn end(&self, ending: Ending) {
        let mut state = self.state();
        if let Ending::Final(_) = *state.ending.get_or_insert(ending) {
            state.waiting = Vec::new();
        }
        drop(state);
        self.filled.notify_one();
        self.ended.notify_one();
    }

    /// Whether its other side may be read: what waits is at most one message.
    pub(super) fn has_room(&self) -> bool {
        let state = self.state();
        state.waiting.len() + state.writing <= ROOM
    }

    /// Whether this peer itself may be read: it takes the answers to what it sent. What comes from across the tunnel does
    /// not count, or two sides that both wait to be read would wait for ever.
    pub(super) fn takes_answers(&self) -> bool {
        let state = self.state();
        state.answers + state.writing_answers <= ROOM
    }

    /// Puts what waits into `buffer`, which is empty.
    pub(super) fn take(&self, buffer: &mut Vec<u8>, sender: &mut Sender) -> Next {
        let mut state = self.state();
        if let Some(ending @ Ending::Final(_)) = state.ending {
            return Next::End(ending);
        }
        let pong = state.pong.take();
        let ping = mem::take(&mut state.ping);
        state.pings += u64::from(ping);
        mem::swap(buffer, &mut state.waiting);
        let controls = [pong.as_deref().map(Frame::Pong), ping.then_some(Frame::Ping(b""))];
        for frame in controls.into_iter().flatten() {
            let mut bytes = [0; FrameHeader::MAX_LENGTH + MAX_CONTROL_PAYLOAD as usize];
            // There is room, and no close frame was sent.
            if let Ok(length) = sender.write_unmasked(frame, &mut bytes) {
                buffer.extend_from_slice(bytes.get(..length).unwrap_or_default());
            }
        }
        state.writing = buffer.len();
        state.writing_answers = mem::take(&mut state.answers);
        match (buffer.is_empty(), state.ending) {
            (false, _) => Next::Write,
            (true, Some(ending)) => Next::End(ending),
            (true, None) => Next::Wait,
        }
    }

    /// Says that what was taken has been written.
    pub(super) fn written(&self) {
        let mut state = self.state();
        (state.writing, state.writing_answers) = (0, 0);
    }

    /// Returns when there may be something to [`take`](Self::take).
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Returns when the connection is to be ended, and how.
    pub(super) async fn ended(&self) -> Ending {
        loop {
            self.ended.notified().await;
            if let Some(ending) = self.state().ending {
                return ending;
            }
        }
    }

    /// Whether no message waits.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.state().waiting.is_empty()
    }

    /// The memory that it holds, in bytes.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.state().waiting.capacity()
    }

    /// Lets go of memory that only a busy connection needs.
    pub(super) fn shrink(&self) {
        let mut state = self.state();
        if state.waiting.is_empty() {
            state.waiting = Vec::new();
        }
    }
}
