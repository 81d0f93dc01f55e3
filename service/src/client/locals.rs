//! All local TCP connections of a tunnel, and where they come from.

mod listening;
mod stalls;

use std::io;
use std::task::Context;

use iot_tunnel_core::ServiceId;
use iot_tunnel_core::session::Connection;
use tokio::time::Instant;

use super::limits::Limits;
use super::local::{FULL, Local, Step};
use super::outlet::Outlet;
use super::services::{Server, Services};
use super::websocket::WebSocket;
use super::{ClientSession, MAX_CONNECTIONS};
use listening::Listening;

/// Most connections that are over in the tunnel and not yet here; then the oldest is cut (ours).
const MAX_LINGERING: usize = 64;
/// Most bytes that are kept for connections of an earlier WebSocket; then the oldest is cut (ours).
const MAX_LEFT_BEHIND: usize = 1024 * 1024;

/// The local connections.
pub(super) struct Locals {
    ends: Ends,
    list: Vec<Local>,
    /// Which connection is looked at first: each in its turn, so that none starves the others.
    turn: usize,
    /// Whether an application leaves too much of what came for it. Kept by whoever changes that.
    full: bool,
    limits: Limits,
}

/// Where local connections come from.
enum Ends {
    Source(Vec<Listening>),
    Destination(Vec<Server>),
}

impl Locals {
    pub(super) fn new(services: Services, limits: Limits) -> Self {
        let ends = match services {
            Services::Source(listeners) => {
                let listening = listeners.into_iter().map(|listener| Listening {
                    name: listener.service,
                    incoming: listener.listener,
                    accepted: None,
                    waits_until: None,
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
            limits,
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
        let waiting = pauses.iter().filter_map(|listening| listening.waits_until);
        // While a new connection waits for a place, half-closed ones are looked at as soon as they may make way.
        let ways = self.list.iter().filter_map(Local::makes_way_at);
        let ways = ways.filter(|_| waiting.clone().next().is_some());
        let places = ways.chain(waiting.clone()).filter(|at| *at > Instant::now());
        let pauses = pauses
            .iter()
            .filter_map(|listening| listening.until)
            .chain(places);
        let stalls = self.stalls().filter(|until| *until > Instant::now());
        let looks = self.list.iter().filter_map(Local::deadline);
        looks.chain(pauses).chain(stalls).min()
    }

    /// At a destination: a connection was started in the tunnel.
    pub(super) fn start(&mut self, connection: Connection, replaces: bool, session: &mut ClientSession) {
        if replaces {
            self.cut_stream(connection.service());
        }
        let Ends::Destination(servers) = &self.ends else {
            return;
        };
        if let Some(server) = servers.get(connection.service()) {
            tracing::debug!(service = shown(server.service.as_ref()), address = %server.address, "connecting");
            let local = Local::dialled(server.address.clone(), connection, self.limits);
            self.list.push(local);
            let service = connection.service();
            if self.list.iter().filter(|local| local.is_of(service)).count() >= MAX_CONNECTIONS {
                // The session has no room for the next one otherwise.
                make_way(&mut self.list, service, session);
            }
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
        self.full = self.list.iter().any(too_much) || self.kept_of(is_lingering) > FULL;
    }

    /// Does what can be done now for every connection and listener. Whether anything moved.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        session: &mut ClientSession,
        websocket: Option<&mut WebSocket>,
    ) -> bool {
        let more_waits = websocket
            .as_ref()
            .is_some_and(|websocket| !websocket.payload().is_empty());
        let mut moved = self.end_stalls(session, more_waits);
        let is_read = !self.full;
        let mut outlet = Outlet {
            session,
            websocket,
            is_read,
        };
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
        moved | self.poll_listeners(cx, &mut outlet)
    }
}

impl Ends {
    /// A service's name, for the log.
    fn name(&self, service: usize) -> &str {
        let name = match self {
            Self::Source(listening) => listening
                .get(service)
                .and_then(|listening| listening.name.as_ref()),
            Self::Destination(servers) => servers.get(service).and_then(|server| server.service.as_ref()),
        };
        shown(name)
    }
}

/// Whether a connection is over in the tunnel that it came through, and not yet here.
fn is_lingering(local: &Local) -> bool {
    local.connection().is_none() && !local.is_left_behind()
}

/// Cuts the half-closed connection of a service that has been silent the longest, if that was long enough. Whether there was one.
fn make_way(list: &mut [Local], service: usize, session: &mut ClientSession) -> bool {
    let now = Instant::now();
    let of_service = list.iter_mut().filter(|local| local.is_of(service));
    let half_closed = of_service.filter_map(|local| Some((local.makes_way_at()?, local)));
    let Some((_, local)) = half_closed.filter(|(at, _)| *at <= now).min_by_key(|(at, _)| *at) else {
        return false;
    };
    tracing::info!(
        service,
        "a half-closed connection was reset: it was silent, and a new one needs its place"
    );
    if let Some(connection) = local.connection() {
        // It may have ended in the tunnel at the same moment.
        let _ = session.reset(connection);
    }
    local.give_up();
    true
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
