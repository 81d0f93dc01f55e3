//! One local TCP connection and what it is owed.

mod poll;
mod stage;

use std::io;
use std::task::Context;

use iot_tunnel_core::session::Connection;
use iot_tunnel_core::wire::MAX_PAYLOAD;
use tokio::time::Instant;

use super::kept::Kept;
use super::limits::{Limits, MAKE_WAY_AFTER};
use super::local_socket::LocalSocket;
use super::services;
pub(super) use stage::Step;
use stage::{FLUSH_TIMEOUT, Stage};

/// Most bytes that are kept for a local application that does not take them, in bytes (ours).
const MAX_REST: usize = 256 * 1024;
/// With more than this, one more message could go beyond it.
pub(super) const FULL: usize = MAX_REST - MAX_PAYLOAD;

/// One local connection.
pub(super) struct Local {
    pub(super) service: usize,
    stage: Stage,
    limits: Limits,
    /// What came through the tunnel and the application has not taken yet.
    kept: Kept,
    /// Why the application takes no more, once that is known. What it has sent before is still read.
    unwritable: Option<io::Error>,
    /// At a destination: whether the server has sent a byte since it was last given one.
    answered: Option<bool>,
    /// When the application last sent a byte, or was connected.
    last_sent: Instant,
    /// When the last bytes came through the tunnel, or the application was connected.
    last_given: Instant,
    /// Whether it came through an earlier WebSocket.
    left_behind: bool,
}

impl Local {
    fn new(stage: Stage, service: usize, limits: Limits, answered: Option<bool>) -> Self {
        let now = Instant::now();
        Self {
            service,
            stage,
            limits,
            kept: Kept::new(),
            unwritable: None,
            answered,
            last_sent: now,
            last_given: now,
            left_behind: false,
        }
    }

    /// A connection that a source has accepted.
    pub(super) fn accepted(socket: LocalSocket, connection: Connection, limits: Limits) -> Self {
        let stage = Stage::Up { socket, connection };
        Self::new(stage, connection.service(), limits, None)
    }

    /// A connection that a destination makes to a server, `host:port`.
    pub(super) fn dialled(address: String, connection: Connection, limits: Limits) -> Self {
        let dialling = async move {
            let attempt = LocalSocket::connect(&address);
            tokio::time::timeout(services::LOCAL_CONNECT_TIMEOUT, attempt)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        };
        let stage = Stage::Dialling {
            dialling: Box::pin(dialling),
            connection: Some(connection),
        };
        Self::new(stage, connection.service(), limits, Some(false))
    }

    /// Its connection in the tunnel, until that is over.
    pub(super) const fn connection(&self) -> Option<Connection> {
        match self.stage {
            Stage::Up { connection, .. } | Stage::HalfClosed { connection, .. } => Some(connection),
            Stage::Dialling { connection, .. } => connection,
            Stage::Flushing { .. } | Stage::Draining { .. } | Stage::Over => None,
        }
    }

    /// Whether its connection in the tunnel is of that service, and not over.
    pub(super) fn is_of(&self, service: usize) -> bool {
        self.connection().map(Connection::service) == Some(service)
    }

    /// How many bytes are kept for it.
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Since when the application has taken nothing, if anything is kept for it.
    pub(super) fn stalled_since(&self) -> Option<Instant> {
        self.kept.stalled_since()
    }

    /// Whether its application has sent anything, or was connected, since that moment.
    pub(super) fn has_sent_since(&self, moment: Instant) -> bool {
        self.last_sent >= moment
    }

    /// Whether anything has come for it, or it was connected, since that moment.
    pub(super) fn was_given_since(&self, moment: Instant) -> bool {
        self.last_given >= moment
    }

    /// From when on it may be cut for a new connection: its application has ended, has taken everything, and nothing comes from the
    /// other end.
    pub(super) fn makes_way_at(&self) -> Option<Instant> {
        match self.stage {
            Stage::HalfClosed { silent_since, .. } if self.kept.is_empty() => {
                Some(silent_since + MAKE_WAY_AFTER)
            }
            _ => None,
        }
    }

    /// The WebSocket that it came through is gone, and its connection in the tunnel with it.
    pub(super) const fn leave_behind(&mut self) {
        self.left_behind = true;
    }

    /// Whether that has happened.
    pub(super) const fn is_left_behind(&self) -> bool {
        self.left_behind
    }

    /// When it is to be looked at.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Flushing { until, .. } | Stage::Draining { until, .. } => Some(until),
            Stage::HalfClosed {
                silent_since,
                look_at,
                ..
            } => {
                let silence = silent_since + self.limits.half_close_silence;
                let ends = self.kept.is_empty().then_some(silence);
                ends.into_iter().chain(look_at).min()
            }
            Stage::Dialling { .. } | Stage::Up { .. } | Stage::Over => None,
        }
    }

    /// Gives bytes of the tunnel to the application: as many as it takes at once, the rest later.
    pub(super) fn give(&mut self, payload: &[u8], cx: &mut Context<'_>) {
        let now = Instant::now();
        self.last_given = now;
        if self.unwritable.is_some() {
            return;
        }
        let mut left = payload;
        if let Some(socket) = self.stage.open_socket()
            && self.kept.is_empty()
        {
            // What fails here fails again when the rest is written, and is dealt with there.
            while let std::task::Poll::Ready(Ok(count @ 1..)) = socket.poll_write(cx, left) {
                left = left.get(count..).unwrap_or_default();
                if left.is_empty() {
                    break;
                }
            }
        }
        if left.len() < payload.len() {
            self.was_written(now);
        }
        if !left.is_empty() {
            self.kept.push(left, now);
        }
        self.stage.hear(now);
    }

    /// The peer ended the connection in the tunnel.
    pub(super) fn end(&mut self) {
        match &mut self.stage {
            // Nobody waits for a connection through which nothing came.
            Stage::Dialling { .. } if self.kept.is_empty() => self.stage = Stage::Over,
            Stage::Dialling { connection, .. } => *connection = None,
            Stage::Up { .. } => self.flush_until_end(false),
            Stage::HalfClosed { .. } => self.flush_until_end(true),
            Stage::Flushing { .. } | Stage::Draining { .. } | Stage::Over => {}
        }
    }

    /// The connection in the tunnel is over in order: what is kept is written, and then the application is told.
    pub(super) fn flush_until_end(&mut self, heard_end: bool) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            // It takes no more, and has sent what there is.
            _ if self.unwritable.is_some() => Stage::Over,
            Stage::Up { socket, .. } | Stage::HalfClosed { socket, .. } => Stage::Flushing {
                socket,
                until: Instant::now() + FLUSH_TIMEOUT,
                heard_end,
            },
            other => other,
        };
    }

    /// The connection in the tunnel was cut: the application gets a reset. One that had ended in order before is completed.
    pub(super) fn cut(&mut self) {
        if self.connection().is_some() {
            self.give_up();
        }
    }

    /// Closes the socket: by a reset, unless the application was told an orderly end.
    pub(super) fn give_up(&mut self) {
        self.stage = Stage::Over;
    }

    /// Whether there is nothing left to do.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Whether its server has not taken the connection yet.
    pub(super) const fn is_dialling(&self) -> bool {
        matches!(self.stage, Stage::Dialling { .. })
    }

    /// The application took bytes.
    fn was_written(&mut self, now: Instant) {
        if let Some(answered) = &mut self.answered {
            *answered = false;
        }
        self.stage.was_written(now);
    }
}
