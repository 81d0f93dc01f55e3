//! [`Stage`]: how far a local connection is, and what it holds there.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use iot_tunnel_core::session::Connection;
use tokio::time::Instant;

use crate::client::local_socket::LocalSocket;

/// Longest time without progress in which what came before the end is still written (ours).
pub(super) const FLUSH_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time that an application has to end what it sends, once it has been told the end (ours).
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Most bytes of an application that are thrown away once it has been told the end (ours: what two sockets' buffers hold).
pub(super) const DRAIN_LIMIT: usize = 256 * 1024;
/// A half-closed socket does not wake its task when it breaks. So long after a write it is asked (ours: a reset on the same machine or in a
/// local network has come by then).
const LOOK_AFTER: Duration = Duration::from_millis(100);

/// A connection to a local server that is being made.
pub(super) type Dialling = Pin<Box<dyn Future<Output = io::Result<LocalSocket>> + Send>>;

pub(super) enum Stage {
    /// A destination connects to its server. The connection in the tunnel may end before that.
    Dialling {
        dialling: Dialling,
        connection: Option<Connection>,
    },
    /// Bytes flow both ways.
    Up {
        socket: LocalSocket,
        connection: Connection,
    },
    /// The application has ended what it sends, and waits for what still comes. The protocol cannot say that, so the connection stays open
    /// until the other end ends it or is silent for long enough.
    HalfClosed {
        socket: LocalSocket,
        connection: Connection,
        /// When the last byte came, or was taken.
        silent_since: Instant,
        /// When to ask the socket whether it still takes bytes.
        look_at: Option<Instant>,
    },
    /// The connection in the tunnel is over: what came before is written, and then the application is told the end.
    Flushing {
        socket: LocalSocket,
        until: Instant,
        /// Whether the application has ended first.
        heard_end: bool,
    },
    /// The application has been told. A little of what it still sends is thrown away until it ends: a close with bytes unread would
    /// be a TCP reset, which destroys what it has not read yet.
    Draining {
        socket: LocalSocket,
        until: Instant,
        thrown_away: usize,
    },
    /// There is nothing left to do.
    Over,
}

/// What one look at a connection brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) enum Step {
    /// It waits.
    Waits,
    /// Something moved: look again.
    Moved,
    /// It is over.
    Over,
}

impl Step {
    pub(super) const fn of(moved: bool) -> Self {
        if moved { Self::Moved } else { Self::Waits }
    }
}

impl Stage {
    /// The socket of a connection that is open in the tunnel.
    pub(super) const fn open_socket(&mut self) -> Option<&mut LocalSocket> {
        match self {
            Self::Up { socket, .. } | Self::HalfClosed { socket, .. } => Some(socket),
            _ => None,
        }
    }

    /// Bytes of the other end came, or could not have come.
    pub(super) const fn hear(&mut self, now: Instant) {
        if let Self::HalfClosed { silent_since, .. } = self {
            *silent_since = now;
        }
    }

    /// The application took bytes.
    pub(super) fn was_written(&mut self, now: Instant) {
        if let Self::HalfClosed {
            silent_since,
            look_at,
            ..
        } = self
        {
            *silent_since = now;
            *look_at = Some(now + LOOK_AFTER);
        }
    }
}
