//! Which tunnel a token is for, since nobody says so: a state of its own, without I/O.
//!
//! | what comes | what is done |
//! |---|---|
//! | a token among the last [`REMEMBERED`] | nothing: a redelivery |
//! | a new token, and a session of its kind waits for one | that session takes it |
//! | a new token, and there is room | a new session connects with it |
//! | a new token, and there is none | it is tried on the side, one at a time; the next ones wait |
//! | a session on trial opens | the oldest session of its kind ends, else the oldest of all |
//! | a session on trial is refused | it ends, and nothing that works was lost |
//! | another session opens | sessions of its kind that wait for a token end: this is what they waited for |
//! | a session that was open is refused | it waits for a token for [`PATIENCE`], unless a younger one of its kind is open |
//! | a session that never opened is refused | it ends: there is nothing to keep |
//!
//! A kind is a region and a set of services. All of this is ours: no public text settles it.

use std::collections::VecDeque;
use std::time::Duration;

use iot_tunnel_core::{Region, ServiceId, TokenDigest};
use tokio::time::Instant;

/// Tokens that are known again (ours: far more than a device gets within a redelivery).
pub(super) const REMEMBERED: usize = 64;
/// How long a session waits for a new token after its own was refused (ours).
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

/// What is known of a tunnel before it is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) region: Region,
    /// In order.
    pub(super) services: Vec<ServiceId>,
}

/// Names a session. A later one has a higher number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SessionId(pub(super) u64);

/// What is to be done with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// This session takes it.
    Hand(SessionId),
    /// This new session connects with it.
    Start(SessionId),
    /// It waits until [`Policy::has_room`] says so.
    Later,
}

pub(super) struct Policy {
    max: usize,
    seen: VecDeque<TokenDigest>,
    /// The oldest token first.
    sessions: Vec<Session>,
    next: u64,
}

#[derive(Debug)]
struct Session {
    id: SessionId,
    kind: Kind,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// It connects, or connects again.
    Connecting {
        was_open: bool,
    },
    /// Above the limit, it connects for the first time.
    OnTrial,
    Open,
    /// It has no token.
    Waiting {
        until: Instant,
    },
}

impl Session {
    const fn waits(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }
}

impl Policy {
    /// At most `max` sessions are connected at a time, and one more on trial.
    pub(super) const fn new(max: usize) -> Self {
        Self {
            max,
            seen: VecDeque::new(),
            sessions: Vec::new(),
            next: 0,
        }
    }

    /// Whether a token is known. It is from now on.
    pub(super) fn is_known(&mut self, digest: TokenDigest) -> bool {
        if self.seen.contains(&digest) {
            return true;
        }
        if self.seen.len() == REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back(digest);
        false
    }

    /// Whether a tunnel is up.
    pub(super) fn has_open(&self) -> bool {
        self.sessions.iter().any(|session| session.state == State::Open)
    }

    /// Whether a token that must wait would be used now.
    pub(super) fn has_room(&self) -> bool {
        !self.has_trial()
    }

    fn has_trial(&self) -> bool {
        self.sessions
            .iter()
            .any(|session| session.state == State::OnTrial)
    }

    /// Says what a token of that kind is used for, that was not known.
    pub(super) fn place(&mut self, kind: &Kind) -> Use {
        let waiting = self
            .sessions
            .iter()
            .position(|session| session.waits() && session.kind == *kind);
        if let Some(position) = waiting {
            let mut session = self.sessions.remove(position);
            session.state = State::Connecting { was_open: true };
            let id = session.id;
            // Its token is the youngest.
            self.sessions.push(session);
            return Use::Hand(id);
        }
        let connected = self.sessions.iter().filter(|session| !session.waits()).count();
        let state = match connected < self.max {
            true => State::Connecting { was_open: false },
            false if self.has_trial() => return Use::Later,
            false => State::OnTrial,
        };
        self.next += 1;
        let id = SessionId(self.next);
        self.sessions.push(Session {
            id,
            kind: kind.clone(),
            state,
        });
        Use::Start(id)
    }

    /// A session is open. Those that end in its favour.
    pub(super) fn opened(&mut self, id: SessionId) -> Vec<SessionId> {
        let Some(session) = self.sessions.iter_mut().find(|session| session.id == id) else {
            return Vec::new();
        };
        let was_on_trial = session.state == State::OnTrial;
        session.state = State::Open;
        let kind = session.kind.clone();
        let mut ended = self.remove_those(|other| other.waits() && other.kind == kind);
        if was_on_trial {
            let of_kind = |other: &&Session| other.id != id && !other.waits() && other.kind == kind;
            let any = |other: &&Session| other.id != id && !other.waits();
            let oldest = self
                .sessions
                .iter()
                .find(of_kind)
                .or_else(|| self.sessions.iter().find(any));
            if let Some(oldest) = oldest.map(|session| session.id) {
                ended.extend(self.remove_those(|other| other.id == oldest));
            }
        }
        ended
    }

    /// The connection of a session is lost, and it connects again with the same token.
    pub(super) fn lost(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.iter_mut().find(|session| session.id == id)
            && session.state == State::Open
        {
            session.state = State::Connecting { was_open: true };
        }
    }

    /// A session's token is of no more use. Those that end by that.
    pub(super) fn refused(&mut self, now: Instant, id: SessionId) -> Vec<SessionId> {
        let Some(position) = self.sessions.iter().position(|session| session.id == id) else {
            return Vec::new();
        };
        let has_successor = {
            let younger = self.sessions.get(position + 1..).unwrap_or_default().iter();
            let kind = self.sessions.get(position).map(|session| &session.kind);
            let mut successors = younger.filter(|other| Some(&other.kind) == kind);
            successors.any(|other| other.state == State::Open)
        };
        let Some(session) = self.sessions.get_mut(position) else {
            return Vec::new();
        };
        let was_open = matches!(session.state, State::Open | State::Connecting { was_open: true });
        if !was_open || has_successor {
            return self.remove_those(|other| other.id == id);
        }
        session.state = State::Waiting {
            until: now + PATIENCE,
        };
        let waiting = self.sessions.iter().filter(|session| session.waits());
        if waiting.count() <= self.max {
            return Vec::new();
        }
        let oldest = self
            .sessions
            .iter()
            .find(|session| session.waits())
            .map(|session| session.id);
        self.remove_those(|other| Some(other.id) == oldest)
    }

    /// A session has ended by itself.
    pub(super) fn ended(&mut self, id: SessionId) {
        self.sessions.retain(|session| session.id != id);
    }

    /// Sessions that have waited for long enough.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<SessionId> {
        self.remove_those(|session| matches!(session.state, State::Waiting { until } if until <= now))
    }

    /// When [`expire`](Self::expire) has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let waiting = self.sessions.iter().filter_map(|session| match session.state {
            State::Waiting { until } => Some(until),
            _ => None,
        });
        waiting.min()
    }

    fn remove_those(&mut self, which: impl Fn(&Session) -> bool) -> Vec<SessionId> {
        let removed = self.sessions.extract_if(.., |session| which(session));
        removed.map(|session| session.id).collect()
    }
}

#[cfg(test)]
mod tests;
