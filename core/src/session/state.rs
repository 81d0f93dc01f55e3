//! The states of a session. Each owns its data, but for what is too big to move: the tokens and the streams stand beside
//! it, and are wiped and cleared when it is left.

use super::backoff::{Backoff, USABLE_AFTER};
use super::services::ServiceList;
use crate::handshake::Subprotocol;
use crate::time::{Millis, Now};
use crate::wire::AvailableServiceIds;

/// Longest wait for an answer to a Connect, in milliseconds: name, TCP, TLS and upgrade together (ours).
pub const CONNECT_TIMEOUT: u64 = 30_000;
/// Longest wait for SERVICE_IDS after the upgrade, in milliseconds (ours).
pub const SERVICE_IDS_TIMEOUT: u64 = 30_000;
/// Time between two pings, in milliseconds (data-plane.md §2: idle connections are dropped upstream at 60 s).
pub const PING_INTERVAL: u64 = 20_000;
/// Longest silence after a ping, in milliseconds, on a connection that has answered one before (ours: longer than
/// [`PING_INTERVAL`], so that a peer that pings as often as we do is always heard in time). A service may leave pings unanswered
/// (V3 protocol guide); where none was ever answered, silence ends nothing, and the caller's TCP keepalive and user timeout watch the
/// connection.
pub const PONG_TIMEOUT: u64 = 30_000;

pub(super) enum State<const SERVICES: usize> {
    /// There is no token to connect with.
    AwaitingToken(NoToken),
    Active(Active<SERVICES>),
    Closed,
}

/// Why a session has no token to connect with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoToken {
    /// It has had none.
    None,
    /// Its connection was lost, and without a client token the access token cannot be used again.
    Spent,
    /// The service refused it, for good: the HTTP status, 400–499. The reason was in the answer.
    Refused {
        /// The HTTP status.
        status: u16,
    },
}

/// There is a token.
pub(super) struct Active<const SERVICES: usize> {
    pub(super) backoff: Backoff,
    pub(super) phase: Phase<SERVICES>,
}

/// What is done with the token.
// Its tag is a byte: as wide as a moment is aligned, it takes a microcontroller two registers.
#[repr(u8)]
pub(super) enum Phase<const SERVICES: usize> {
    /// The Connect has not been handed out.
    ConnectDue {
        since: Millis,
    },
    /// It has.
    Connecting {
        until: Millis,
    },
    /// The service speaks first, over V2 and V3.
    AwaitingServices {
        link: Link,
        until: Millis,
    },
    Open(Open<SERVICES>),
    Backoff {
        until: Millis,
    },
}

/// Bytes flow.
pub(super) struct Open<const SERVICES: usize> {
    pub(super) link: Link,
    pub(super) offer: Offered<SERVICES>,
}

/// Which of the session's services the tunnel has.
#[derive(Clone, Copy)]
pub(super) enum Offered<const SERVICES: usize> {
    /// It names none, so it carries one.
    Unnamed,
    /// By their places in the session's list.
    Named([bool; SERVICES]),
}

impl<const SERVICES: usize> Offered<SERVICES> {
    /// What SERVICE_IDS says.
    pub(super) fn of(tunnel: AvailableServiceIds<'_>, services: &ServiceList<SERVICES>) -> Self {
        let (mut named, mut any) = ([false; SERVICES], false);
        for id in tunnel {
            any = true;
            for (named, service) in named.iter_mut().zip(services.names()) {
                *named |= id == service.as_str();
            }
        }
        match any {
            true => Self::Named(named),
            false => Self::Unnamed,
        }
    }
}

/// A WebSocket that is up.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) subprotocol: Subprotocol,
    /// When the 101 came.
    since: Millis,
    heartbeat: Heartbeat,
    /// Whether the service has answered a ping on this connection.
    answers_pings: bool,
    /// When the heartbeat goes on.
    pub(super) deadline: Millis,
    /// Whether the caller leaves the peer's bytes in the socket, and its pongs with them.
    paused: bool,
    /// Whether the session leaves them there: it has no room for an answer.
    full: bool,
}

/// Where the pings stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heartbeat {
    /// Until the next ping.
    Quiet,
    /// A ping is to be handed out, and to be answered: a socket that takes none is as dead as one that answers none.
    PingDue,
    PongAwaited,
}

impl Link {
    pub(super) const fn new(subprotocol: Subprotocol, now: Millis) -> Self {
        Self {
            subprotocol,
            since: now,
            heartbeat: Heartbeat::Quiet,
            answers_pings: false,
            deadline: now.after(PING_INTERVAL),
            paused: false,
            full: false,
        }
    }

    /// Whether the peer has been silent for too long. Otherwise a ping may have become due.
    pub(super) fn is_silent(&mut self, now: Millis) -> bool {
        if now < self.deadline {
            return false;
        }
        let unanswered = self.heartbeat != Heartbeat::Quiet;
        self.heartbeat = Heartbeat::PingDue;
        self.deadline = now.after(self.patience());
        unanswered && self.answers_pings && !self.paused && !self.full
    }

    /// How long the heartbeat waits after a ping: for its pong, or, where none ever came, until the next ping.
    const fn patience(&self) -> u64 {
        match self.answers_pings {
            true => PONG_TIMEOUT,
            false => PING_INTERVAL,
        }
    }

    /// Whether the connection has lasted long enough to count as usable, whatever it carried.
    pub(super) fn has_lasted(&self, now: Millis) -> bool {
        now >= self.since.after(USABLE_AFTER)
    }

    /// A ping is handed out. Whether one was due.
    pub(super) fn take_ping(&mut self) -> bool {
        let due = self.heartbeat == Heartbeat::PingDue;
        if due {
            self.heartbeat = Heartbeat::PongAwaited;
        }
        due
    }

    /// The peer has answered a ping. Whether one was awaited.
    pub(super) fn take_pong(&mut self, now: Millis) -> bool {
        let awaited = self.heartbeat == Heartbeat::PongAwaited;
        if awaited {
            self.answers_pings = true;
            self.heartbeat = Heartbeat::Quiet;
            self.deadline = now.after(PING_INTERVAL);
        }
        awaited
    }

    /// Whatever arrives is a sign of life: a pong may stand behind much else, at either end.
    pub(super) fn hear(&mut self, now: impl Now) {
        // Without an answered ping the deadline is the next ping's, which bytes do not put off.
        if self.heartbeat != Heartbeat::Quiet && self.answers_pings {
            self.deadline = now.now().after(PONG_TIMEOUT);
        }
    }

    /// Bytes of the peer have come, and are taken unless the session is `full`.
    pub(super) fn receive(&mut self, full: bool, now: impl Now) {
        self.full = full;
        // What is left there is no sign of life again and again.
        if !full {
            self.hear(now);
        }
    }

    pub(super) fn set_paused(&mut self, paused: bool, now: Millis) {
        self.paused = paused;
        // What the peer said meanwhile may still stand in the socket.
        self.hear(now);
    }
}

impl<const SERVICES: usize> State<SERVICES> {
    /// The WebSocket, if one is up.
    pub(super) const fn link(&mut self) -> Option<&mut Link> {
        match self {
            Self::Active(Active {
                phase: Phase::AwaitingServices { link, .. } | Phase::Open(Open { link, .. }),
                ..
            }) => Some(link),
            _ => None,
        }
    }

    /// What is open, if the session is.
    pub(super) const fn open(&self) -> Option<&Open<SERVICES>> {
        match self {
            Self::Active(Active {
                phase: Phase::Open(open),
                ..
            }) => Some(open),
            _ => None,
        }
    }

    /// A Connect is handed out. Whether one was due.
    pub(super) fn begin_connect(&mut self) -> bool {
        let Self::Active(Active { phase, .. }) = self else {
            return false;
        };
        let Phase::ConnectDue { since } = *phase else {
            return false;
        };
        *phase = Phase::Connecting {
            until: since.after(CONNECT_TIMEOUT),
        };
        true
    }

    /// Whether the caller has a socket, or is about to have one, that is the session's.
    pub(super) const fn has_socket(&self) -> bool {
        matches!(
            self,
            Self::Active(Active {
                phase: Phase::Connecting { .. } | Phase::AwaitingServices { .. } | Phase::Open(_),
                ..
            })
        )
    }

    pub(super) const fn status(&self) -> Status {
        match self {
            Self::AwaitingToken(why) => Status::AwaitingToken(*why),
            Self::Closed => Status::Closed,
            Self::Active(Active { phase, .. }) => match phase {
                Phase::ConnectDue { .. } | Phase::Connecting { .. } => Status::Connecting,
                Phase::AwaitingServices { .. } => Status::AwaitingServices,
                Phase::Open(_) => Status::Open,
                Phase::Backoff { until } => Status::Backoff { until: *until },
            },
        }
    }

    /// When [`Session::handle_timeout`](super::Session::handle_timeout) has something to do.
    pub(super) fn deadline(&self) -> Option<Millis> {
        let Self::Active(active) = self else { return None };
        match &active.phase {
            Phase::ConnectDue { .. } => None,
            Phase::Connecting { until } | Phase::Backoff { until } => Some(*until),
            Phase::AwaitingServices { link, until } => Some(link.deadline.min(*until)),
            Phase::Open(open) => Some(open.link.deadline),
        }
    }
}

/// Where a session is (data-plane.md §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It needs a token.
    AwaitingToken(NoToken),
    /// It connects: the handshake is to be made or answered.
    Connecting,
    /// The WebSocket is up, and the service is to say which services there are (V2 and V3).
    AwaitingServices,
    /// Bytes flow.
    Open,
    /// It waits before it connects again.
    Backoff {
        /// Until when.
        until: Millis,
    },
    /// It is over.
    Closed,
}
