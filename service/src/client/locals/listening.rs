//! [`Listening`]: where a source's connections come from.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use iot_tunnel_core::session::{Progress, Status};
use iot_tunnel_core::{Capacity, Error, ServiceId};
use tokio::time::Instant;

use super::{Ends, Locals, make_way, shown};
use crate::client::incoming::Incoming;
use crate::client::limits::PLACE_PATIENCE;
use crate::client::local::Local;
use crate::client::local_socket::LocalSocket;
use crate::client::outlet::Outlet;

/// Pause of a listener that cannot accept, such as for want of file descriptors (ours).
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Listening {
    pub(super) name: Option<ServiceId>,
    pub(super) incoming: Incoming,
    /// One that was accepted when the session had no room to tell so.
    pub(super) accepted: Option<LocalSocket>,
    /// Until when that one waits for a place, if it found none.
    pub(super) waits_until: Option<Instant>,
    /// The end of a pause.
    pub(super) until: Option<Instant>,
    /// Why the last connections were closed at once: the tunnel lacks the service, for example. It is logged once.
    pub(super) refused: Option<Error>,
}

impl Locals {
    /// Accepts what the session has room for. Whether anything moved.
    pub(super) fn poll_listeners(&mut self, cx: &mut Context<'_>, outlet: &mut Outlet<'_>) -> bool {
        let Ends::Source(listening) = &mut self.ends else {
            return false;
        };
        let mut moved = false;
        for (service, listening) in listening.iter_mut().enumerate() {
            listening.until.take_if(|until| *until <= Instant::now());
            if outlet.session.status() != Status::Open {
                continue;
            }
            let socket = match listening.poll_accept(cx) {
                Poll::Pending => continue,
                Poll::Ready(Ok(socket)) => socket,
                // Its file descriptor is of more use to the next one.
                Poll::Ready(Err(_)) if make_way(&mut self.list, service, outlet.session) => {
                    moved = true;
                    continue;
                }
                Poll::Ready(Err(error)) => {
                    tracing::warn!(service = shown(listening.name.as_ref()), %error, "cannot accept connections");
                    listening.until = Some(Instant::now() + ACCEPT_PAUSE);
                    continue;
                }
            };
            let mut opened = outlet.session.open(service);
            if opened.as_ref().is_err_and(is_full) && make_way(&mut self.list, service, outlet.session) {
                opened = outlet.session.open(service);
            }
            match opened {
                Ok(Progress::Done(connection)) => {
                    moved = true;
                    listening.waits_until = None;
                    listening.refused = None;
                    tracing::debug!(
                        service = shown(listening.name.as_ref()),
                        "a connection was opened"
                    );
                    self.list.push(Local::accepted(socket, connection, self.limits));
                }
                Ok(Progress::WouldBlock) => {
                    listening.waits_until = None;
                    listening.accepted = Some(socket);
                }
                // The end of the one before may not have been read yet.
                Err(error) if is_full(&error) && !outlet.is_free() => listening.accepted = Some(socket),
                Err(error) if is_full(&error) && listening.may_wait() => listening.accepted = Some(socket),
                Err(error) => {
                    moved = true;
                    listening.waits_until = None;
                    let service = shown(listening.name.as_ref());
                    // A client that tries again every second must not fill the log.
                    match listening.refused.replace(error) {
                        Some(before) if before == error => {
                            tracing::debug!(service, %error, "a connection was closed at once");
                        }
                        _ => tracing::warn!(service, %error, "connections are closed at once"),
                    }
                }
            }
        }
        moved
    }
}

impl Listening {
    /// Whether a connection that finds no place still waits for one; from the first time on for [`PLACE_PATIENCE`].
    fn may_wait(&mut self) -> bool {
        let now = Instant::now();
        *self.waits_until.get_or_insert(now + PLACE_PATIENCE) > now
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<LocalSocket>> {
        if let Some(socket) = self.accepted.take() {
            return Poll::Ready(Ok(socket));
        }
        if self.until.is_some() {
            return Poll::Pending;
        }
        self.incoming.poll_accept(cx)
    }
}

/// Whether there is no place for one more connection.
fn is_full(error: &Error) -> bool {
    let full = [Capacity::OneConnectionOnly, Capacity::ConnectionTableFull];
    full.into_iter().any(|capacity| *error == capacity.into())
}
