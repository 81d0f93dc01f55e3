//! One local TCP connection and what it is owed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use iot_tunnel_core::session::Connection;
use iot_tunnel_core::wire::MAX_PAYLOAD;
use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::local_socket::LocalSocket;
use super::outlet::Outlet;
use super::services;

/// Most bytes that are kept for a local application that does not take them, in bytes (ours).
const MAX_REST: usize = 256 * 1024;
/// With more than this, one more message could go beyond it.
pub(super) const FULL: usize = MAX_REST - MAX_PAYLOAD;
/// Longest time without progress in which what came before the end is still written (ours).
const FLUSH_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time that an application has to end what it sends, once it has been told the end (ours).
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to a local server that is being made.
type Dialling = Pin<Box<dyn Future<Output = io::Result<LocalSocket>> + Send>>;

/// One local connection.
pub(super) struct Local {
    pub(super) service: usize,
    stage: Stage,
    /// What came through the tunnel and the application has not taken yet.
    rest: BytesMut,
    /// Whether it came through an earlier WebSocket.
    left_behind: bool,
}

enum Stage {
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
    /// The connection in the tunnel is over: what came before is written, and then the application is told the end.
    Flushing {
        socket: LocalSocket,
        until: Instant,
        /// Whether the application has ended first.
        heard_end: bool,
    },
    /// The application has been told. What it still sends is thrown away until it ends: a close with bytes unread would
    /// be a TCP reset, which destroys what it has not read yet.
    Draining { socket: LocalSocket, until: Instant },
    /// There is nothing left to do.
    Over,
}

/// What one look at a connection brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It waits.
    Waits,
    /// Something moved: look again.
    Moved,
    /// It is over.
    Over,
}

impl Local {
    /// A connection that a source has accepted.
    pub(super) fn accepted(socket: LocalSocket, connection: Connection) -> Self {
        Self {
            service: connection.service(),
            stage: Stage::Up { socket, connection },
            rest: BytesMut::new(),
            left_behind: false,
        }
    }

    /// A connection that a destination makes to a server, `host:port`.
    pub(super) fn dialled(address: String, connection: Connection) -> Self {
        let dialling = async move {
            let attempt = LocalSocket::connect(&address);
            tokio::time::timeout(services::LOCAL_CONNECT_TIMEOUT, attempt)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        };
        Self {
            service: connection.service(),
            stage: Stage::Dialling {
                dialling: Box::pin(dialling),
                connection: Some(connection),
            },
            rest: BytesMut::new(),
            left_behind: false,
        }
    }

    /// Its connection in the tunnel, until that is over.
    pub(super) const fn connection(&self) -> Option<Connection> {
        match self.stage {
            Stage::Up { connection, .. } => Some(connection),
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
        self.rest.len()
    }

    /// The WebSocket that it came through is gone, and its connection in the tunnel with it.
    pub(super) const fn leave_behind(&mut self) {
        self.left_behind = true;
    }

    /// Whether that has happened.
    pub(super) const fn is_left_behind(&self) -> bool {
        self.left_behind
    }

    /// When it is given up.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Flushing { until, .. } | Stage::Draining { until, .. } => Some(until),
            Stage::Dialling { .. } | Stage::Up { .. } | Stage::Over => None,
        }
    }

    /// Gives bytes of the tunnel to the application: as many as it takes at once, the rest later.
    pub(super) fn give(&mut self, mut payload: &[u8], cx: &mut Context<'_>) {
        if let Stage::Up { socket, .. } = &mut self.stage
            && self.rest.is_empty()
        {
            // What fails here fails again when the rest is written, and is dealt with there.
            while let Poll::Ready(Ok(count @ 1..)) = socket.poll_write(cx, payload) {
                payload = payload.get(count..).unwrap_or_default();
                if payload.is_empty() {
                    return;
                }
            }
        }
        self.rest.extend_from_slice(payload);
    }

    /// The connection in the tunnel is over.
    pub(super) fn end(&mut self) {
        match &mut self.stage {
            // Nobody waits for a connection through which nothing came.
            Stage::Dialling { .. } if self.rest.is_empty() => self.stage = Stage::Over,
            Stage::Dialling { connection, .. } => *connection = None,
            Stage::Up { .. } => self.flush_until_end(false),
            Stage::Flushing { .. } | Stage::Draining { .. } | Stage::Over => {}
        }
    }

    fn flush_until_end(&mut self, heard_end: bool) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Up { socket, .. } => Stage::Flushing {
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

    /// Does what can be done now: connects, writes what is kept, and reads into `outlet` if that is free.
    ///
    /// # Errors
    /// The connection broke, or did not come about.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, outlet: &mut Outlet<'_>) -> io::Result<Step> {
        let now = Instant::now();
        if self.deadline().is_some_and(|until| until <= now) {
            return Ok(Step::Over);
        }
        match &mut self.stage {
            Stage::Dialling { dialling, connection } => {
                let Poll::Ready(dialled) = dialling.as_mut().poll(cx) else {
                    return Ok(Step::Waits);
                };
                let (socket, connection) = (dialled?, *connection);
                if let Ok(address) = socket.peer_addr() {
                    // Scripts that were written for the reference local proxy wait for these words.
                    tracing::info!("Connected to {address}");
                }
                self.stage = match connection {
                    Some(connection) => Stage::Up { socket, connection },
                    None => Stage::Flushing {
                        socket,
                        until: now + FLUSH_TIMEOUT,
                        heard_end: false,
                    },
                };
                Ok(Step::Moved)
            }
            Stage::Up { socket, connection } => {
                let wrote = write_rest(&mut self.rest, socket, cx)?;
                if !outlet.is_free() {
                    return Ok(if wrote { Step::Moved } else { Step::Waits });
                }
                match outlet.poll_read(*connection, socket, cx)? {
                    Poll::Pending if wrote => Ok(Step::Moved),
                    Poll::Pending => Ok(Step::Waits),
                    Poll::Ready(0) => {
                        // Everything that was read is on its way, and the session tells the end behind it.
                        outlet.reset(*connection);
                        self.flush_until_end(true);
                        Ok(Step::Moved)
                    }
                    Poll::Ready(_) => Ok(Step::Moved),
                }
            }
            Stage::Flushing {
                socket,
                until,
                heard_end,
            } => {
                if write_rest(&mut self.rest, socket, cx)? {
                    *until = now + FLUSH_TIMEOUT;
                    return Ok(Step::Moved);
                }
                if !self.rest.is_empty() || socket.poll_shutdown(cx)?.is_pending() {
                    return Ok(Step::Waits);
                }
                if *heard_end {
                    return Ok(Step::Over);
                }
                self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
                    Stage::Flushing { socket, .. } => Stage::Draining {
                        socket,
                        until: now + DRAIN_TIMEOUT,
                    },
                    other => other,
                };
                Ok(Step::Moved)
            }
            Stage::Draining { socket, .. } => {
                let mut thrown_away = [0; 4096];
                let mut buffer = ReadBuf::new(&mut thrown_away);
                match socket.poll_read(cx, &mut buffer)? {
                    Poll::Ready(()) if buffer.filled().is_empty() => Ok(Step::Over),
                    Poll::Ready(()) => Ok(Step::Moved),
                    Poll::Pending => Ok(Step::Waits),
                }
            }
            Stage::Over => Ok(Step::Over),
        }
    }
}

/// Writes what is kept. Whether any of it was written.
fn write_rest(rest: &mut BytesMut, socket: &mut LocalSocket, cx: &mut Context<'_>) -> io::Result<bool> {
    let mut wrote = false;
    while !rest.is_empty() {
        match socket.poll_write(cx, rest)? {
            Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
            Poll::Ready(count) => {
                rest.advance(count);
                wrote = true;
            }
            Poll::Pending => return Ok(wrote),
        }
    }
    if wrote {
        // An idle connection holds no memory.
        *rest = BytesMut::new();
    }
    Ok(wrote)
}
