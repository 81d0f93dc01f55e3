//! One look at a local connection.

use std::io;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;
use tokio::time::Instant;

use super::Local;
use super::stage::{DRAIN_LIMIT, DRAIN_TIMEOUT, FLUSH_TIMEOUT, Stage, Step};
use crate::client::outlet::Outlet;

impl Local {
    /// Does what can be done now: connects, writes what is kept, and reads into `outlet` if that is free.
    ///
    /// # Errors
    /// The connection broke, or did not come about.
    pub(in crate::client) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        outlet: &mut Outlet<'_>,
    ) -> io::Result<Step> {
        let now = Instant::now();
        match &self.stage {
            Stage::Dialling { .. } => self.poll_dialling(now, cx),
            Stage::Up { .. } => self.poll_up(now, cx, outlet),
            Stage::HalfClosed { .. } => self.poll_half_closed(now, cx, outlet),
            Stage::Flushing { until, .. } | Stage::Draining { until, .. } if *until <= now => Ok(Step::Over),
            Stage::Flushing { .. } => self.poll_flushing(now, cx),
            Stage::Draining { .. } => self.poll_draining(cx),
            Stage::Over => Ok(Step::Over),
        }
    }

    fn poll_dialling(&mut self, now: Instant, cx: &mut Context<'_>) -> io::Result<Step> {
        let Stage::Dialling { dialling, connection } = &mut self.stage else {
            return Ok(Step::Waits);
        };
        let Poll::Ready(dialled) = dialling.as_mut().poll(cx) else {
            return Ok(Step::Waits);
        };
        let (socket, connection) = (dialled?, *connection);
        if let Some(address) = socket.peer_address() {
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

    fn poll_up(&mut self, now: Instant, cx: &mut Context<'_>, outlet: &mut Outlet<'_>) -> io::Result<Step> {
        let Stage::Up { socket, connection } = &mut self.stage else {
            return Ok(Step::Waits);
        };
        let connection = *connection;
        let wrote = self.kept.write(socket, now, cx).unwrap_or_else(|error| {
            // An answer may stand in the socket before the reset, as when a server rejects an upload in its middle.
            self.kept.clear();
            self.unwritable = Some(error);
            true
        });
        let read = match outlet.is_free() {
            true => outlet.poll_read(connection, socket, cx),
            false => Ok(Poll::Pending),
        };
        if wrote {
            self.was_written(now);
        }
        match (read?, &self.unwritable) {
            (Poll::Ready(0), None) if self.answered != Some(true) => {
                let Stage::Up { socket, .. } = std::mem::replace(&mut self.stage, Stage::Over) else {
                    return Ok(Step::Over);
                };
                self.stage = Stage::HalfClosed {
                    socket,
                    connection,
                    silent_since: now,
                    look_at: None,
                };
                Ok(Step::Moved)
            }
            (Poll::Ready(0), _) => {
                // Everything that was read is on its way, and the session tells the end behind it.
                outlet.reset(connection);
                self.flush_until_end(true);
                Ok(Step::Moved)
            }
            (Poll::Ready(_), _) => {
                self.last_sent = now;
                self.answered = self.answered.map(|_| true);
                Ok(Step::Moved)
            }
            // A socket that takes no more is broken: its reader hears of that next.
            (Poll::Pending, _) => Ok(Step::of(wrote)),
        }
    }

    fn poll_half_closed(
        &mut self,
        now: Instant,
        cx: &mut Context<'_>,
        outlet: &mut Outlet<'_>,
    ) -> io::Result<Step> {
        let Stage::HalfClosed {
            socket,
            connection,
            silent_since,
            look_at,
        } = &mut self.stage
        else {
            return Ok(Step::Waits);
        };
        if look_at.take_if(|look_at| *look_at <= now).is_some()
            && let Some(error) = socket.take_error()?
        {
            return Err(error);
        }
        if self.kept.write(socket, now, cx)? {
            self.was_written(now);
            return Ok(Step::Moved);
        }
        if !self.kept.is_empty() || *silent_since + self.limits.half_close_silence > now {
            return Ok(Step::Waits);
        }
        if !outlet.is_free() || !outlet.is_read {
            // The other end was not silent: nothing could go to it, or come from it.
            *silent_since = now;
            return Ok(Step::Moved);
        }
        tracing::debug!(
            service = self.service,
            "a half-closed connection was ended: the other end was silent for {:?}",
            self.limits.half_close_silence
        );
        outlet.reset(*connection);
        self.flush_until_end(true);
        Ok(Step::Moved)
    }

    fn poll_flushing(&mut self, now: Instant, cx: &mut Context<'_>) -> io::Result<Step> {
        let Stage::Flushing {
            socket,
            until,
            heard_end,
        } = &mut self.stage
        else {
            return Ok(Step::Waits);
        };
        if self.kept.write(socket, now, cx)? {
            *until = now + FLUSH_TIMEOUT;
            return Ok(Step::Moved);
        }
        if !self.kept.is_empty() || socket.poll_shutdown(cx)?.is_pending() {
            return Ok(Step::Waits);
        }
        if *heard_end {
            return Ok(Step::Over);
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Flushing { socket, .. } => Stage::Draining {
                socket,
                until: now + DRAIN_TIMEOUT,
                thrown_away: 0,
            },
            other => other,
        };
        Ok(Step::Moved)
    }

    fn poll_draining(&mut self, cx: &mut Context<'_>) -> io::Result<Step> {
        let Stage::Draining {
            socket, thrown_away, ..
        } = &mut self.stage
        else {
            return Ok(Step::Waits);
        };
        let mut bytes = [0; 4096];
        let mut buffer = ReadBuf::new(&mut bytes);
        if socket.poll_read(cx, &mut buffer)?.is_pending() {
            return Ok(Step::Waits);
        }
        *thrown_away += buffer.filled().len();
        match buffer.filled() {
            [] => Ok(Step::Over),
            // It goes on sending: a reset tells it sooner than anything else.
            _ if *thrown_away > DRAIN_LIMIT => Ok(Step::Over),
            _ => Ok(Step::Moved),
        }
    }
}
