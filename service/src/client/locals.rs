//! All local TCP connections of a tunnel, and where they come from.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use iot_tunnel_core::ServiceId;
use iot_tunnel_core::session::{Connection, Progress, Status};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::ClientSession;
use super::local::{FULL, Local, Step};
use super::local_socket::LocalSocket;
use super::outlet::Outlet;
use super::services::{Server, Services};
use super::websocket::WebSocket;

/// Most connections that are over in the tunnel and not yet here; then the oldest is cut (ours).
const MAX_LINGERING: usize = 64;
/// Most bytes that are kept for connections of an earlier WebSocket; then the oldest is cut (ours).
const MAX_LEFT_BEHIND: usize = 1024 * 1024;
/// Pause of a listener that cannot accept, such as for want of file descriptors (ours).
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// The local connections.
pub(super) struct Locals {
    ends: Ends,
    list: Vec<Local>,
    /// Which connection is looked at first: each in its turn, so that none starves the others.
    turn: usize,
    /// Whether an application leaves too much of what came for it. Kept by whoever changes that.
    full: bool,
}

/// Where local connections come from.
enum Ends {
    Source(Vec<Listening>),
    Destination(Vec<Server>),
}

struct Listening {
    name: Option<ServiceId>,
    listener: TcpListener,
    /// One that was accepted when the session had no room to tell so.
    accepted: Option<LocalSocket>,
    /// The end of a pause.
    until: Option<Instant>,
    /// Why the last connections were closed at once: the tunnel lacks the service, for example. It is logged once.
    refused: Option<iot_tunnel_core::Error>,
}

impl Locals {
    pub(super) fn new(services: Services) -> Self {
        let ends = match services {
            Services::Source(listeners) => {
                let listening = listeners.into_iter().map(|listener| Listening {
                    name: listener.service,
                    listener: listener.listener,
                    accepted: None,
                    until: None,
                    refused: None,
                });
                Ends::Source(listening.collect())
            }
            Services::Destination(servers) => Ends::Destination(servers),
        };
        Self {
            ends,
            list: Vec::new(),
            turn: 0,
            full: false,
        }
    }

    /// Whether no more may come: an application does not take what came for it.
    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    /// Whether no connection is left.
    pub(super) const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// When something is given up, or tried again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let pauses = match &self.ends {
            Ends::Source(listening) => listening.as_slice(),
            Ends::Destination(_) => &[],
        };
        let pauses = pauses.iter().filter_map(|listening| listening.until);
        self.list.iter().filter_map(Local::deadline).chain(pauses).min()
    }

    /// At a destination: a connection was started in the tunnel.
    pub(super) fn start(&mut self, connection: Connection, replaces: bool) {
        if replaces {
            self.cut_stream(connection.service());
        }
        let Ends::Destination(servers) = &self.ends else {
            return;
        };
        if let Some(server) = servers.get(connection.service()) {
            tracing::debug!(service = shown(server.service.as_ref()), address = %server.address, "connecting");
            let local = Local::dialled(server.address.clone(), connection);
            self.list.push(local);
        }
    }

    /// Bytes of a connection.
    pub(super) fn give(&mut self, connection: Connection, payload: &[u8], cx: &mut Context<'_>) {
        let mut list = self.list.iter_mut();
        // One that broke here has been reset, and what was on its way is of no use.
        if let Some(local) = list.find(|local| local.connection() == Some(connection)) {
            local.give(payload, cx);
            self.full |= local.kept() > FULL;
        }
    }

    /// The peer ended a connection.
    pub(super) fn end(&mut self, connection: Connection) {
        self.end_those(|local| local.connection() == Some(connection), Local::end);
    }

    /// All connections of a service were cut: the peer has gone, or began anew without telling their ends.
    pub(super) fn cut_stream(&mut self, service: usize) {
        self.end_those(|local| local.is_of(service), Local::cut);
    }

    /// All connections were cut, by the end of the WebSocket or of the tunnel. Those that had ended before are completed, but what is
    /// kept for them must not stop what comes next.
    pub(super) fn cut_all(&mut self) {
        self.end_those(|_| true, Local::cut);
        self.list.iter_mut().for_each(Local::leave_behind);
        let mut kept = self.kept_of(Local::is_left_behind);
        while kept > MAX_LEFT_BEHIND {
            let Some(oldest) = self.list.iter().position(Local::is_left_behind) else {
                break;
            };
            kept -= self.list.remove(oldest).kept();
        }
        self.judge();
    }

    fn kept_of(&self, which: impl Fn(&Local) -> bool) -> usize {
        self.list
            .iter()
            .filter(|local| which(local))
            .map(Local::kept)
            .sum()
    }

    /// The tunnel is over: nobody is let in any more.
    pub(super) fn shut(&mut self) {
        if let Ends::Source(listening) = &mut self.ends {
            listening.clear();
        }
        self.cut_all();
    }

    fn end_those(&mut self, which: impl Fn(&Local) -> bool, end: fn(&mut Local)) {
        self.list.iter_mut().filter(|local| which(local)).for_each(end);
        self.list.retain(|local| !local.is_over());
        let lingering = |local: &Local| local.connection().is_none();
        let surplus = self.list.iter().filter(|local| lingering(local)).count();
        for _ in MAX_LINGERING..surplus {
            if let Some(oldest) = self.list.iter().position(lingering) {
                self.list.remove(oldest);
            }
        }
        self.judge();
    }

    /// Looks whether too much is kept: for one application, or for all those together whose connection is over.
    fn judge(&mut self) {
        let too_much = |local: &Local| local.connection().is_some() && local.kept() > FULL;
        let lingering = |local: &Local| local.connection().is_none() && !local.is_left_behind();
        self.full = self.list.iter().any(too_much) || self.kept_of(lingering) > FULL;
    }

    /// Does what can be done now for every connection and listener. Whether anything moved.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        session: &mut ClientSession,
        websocket: Option<&mut WebSocket>,
    ) -> bool {
        let mut moved = false;
        let mut outlet = Outlet { session, websocket };
        let count = self.list.len();
        self.turn = self.turn.wrapping_add(1);
        let (mut over, mut wrote) = (false, false);
        for offset in 0..count {
            let index = self.turn.wrapping_add(offset) % count;
            let Some(local) = self.list.get_mut(index) else {
                continue;
            };
            let step = local.poll(cx, &mut outlet).unwrap_or_else(|error| {
                let connection = local.connection();
                tell_failure(&self.ends, local, &error);
                if let Some(connection) = connection {
                    // It may have ended in the tunnel at the same moment.
                    outlet.reset(connection);
                }
                Step::Over
            });
            if step == Step::Over {
                local.give_up();
                over = true;
            }
            wrote |= step != Step::Waits;
        }
        if over {
            self.list.retain(|local| !local.is_over());
        }
        if wrote {
            moved = true;
            self.judge();
        }
        moved | self.poll_listeners(cx, outlet.session)
    }

    fn poll_listeners(&mut self, cx: &mut Context<'_>, session: &mut ClientSession) -> bool {
        let Ends::Source(listening) = &mut self.ends else {
            return false;
        };
        let mut moved = false;
        for (service, listening) in listening.iter_mut().enumerate() {
            listening.until.take_if(|until| *until <= Instant::now());
            if session.status() != Status::Open {
                continue;
            }
            let Poll::Ready(socket) = listening.poll_accept(cx) else {
                continue;
            };
            match session.open(service) {
                Ok(Progress::Done(connection)) => {
                    moved = true;
                    listening.refused = None;
                    tracing::debug!(
                        service = shown(listening.name.as_ref()),
                        "a connection was opened"
                    );
                    self.list.push(Local::accepted(socket, connection));
                }
                Ok(Progress::WouldBlock) => listening.accepted = Some(socket),
                Err(error) => {
                    moved = true;
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
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<LocalSocket> {
        if let Some(socket) = self.accepted.take() {
            return Poll::Ready(socket);
        }
        if self.until.is_some() {
            return Poll::Pending;
        }
        match self.listener.poll_accept(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok((socket, _))) => Poll::Ready(LocalSocket::new(socket)),
            Poll::Ready(Err(error)) => {
                tracing::warn!(service = shown(self.name.as_ref()), %error, "cannot accept connections");
                self.until = Some(Instant::now() + ACCEPT_PAUSE);
                Poll::Pending
            }
        }
    }
}

fn tell_failure(ends: &Ends, local: &Local, error: &io::Error) {
    let server = match ends {
        Ends::Destination(servers) => servers.get(local.service),
        Ends::Source(_) => None,
    };
    match server {
        Some(server) if local.is_dialling() => {
            let (service, address) = (shown(server.service.as_ref()), &server.address);
            tracing::warn!(service, %address, %error, "cannot connect to the service; its peer is told");
        }
        _ => tracing::debug!(service = local.service, %error, "a local connection broke"),
    }
}

/// A service's name for the log.
fn shown(name: Option<&ServiceId>) -> &str {
    name.map_or("(unnamed)", ServiceId::as_str)
}
