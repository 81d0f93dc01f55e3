//! [`Twins`]: two sessions that are told the same, but for what must make no difference.

use std::fmt::Debug;

use iot_tunnel_core::handshake::Upgrade;
use iot_tunnel_core::session::{
    Binding, Config, Connection, MAX_BACKOFF, Progress, Services, Status, Timeout, TokenTaken,
};
use iot_tunnel_core::websocket::Close;
use iot_tunnel_core::wire::MAX_ENVELOPE;
use iot_tunnel_core::{Capacity, Entropy, Error, Millis, Misuse, ServiceId, Side};

use super::script::Setup;
use super::{Client, Seen, Task};

/// Two sessions. The second is spared every call that changes nothing, which the first has refused or found nothing to
/// do for, and hears the peer's bytes in other pieces. Should a call have left a trace, the two differ sooner or later.
pub struct Twins {
    first: Client,
    second: Client,
}

/// What a session has read: the events, each with the bytes up to its end, and how many bytes in all.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// An event and where what it tells of ends.
    pub events: Vec<(Seen, usize)>,
    /// The bytes that were taken.
    pub taken: usize,
}

/// What stands before and after a payload, and how long that is.
pub type Around = (Vec<u8>, Vec<u8>, usize);

impl Twins {
    /// Room for what arrives, in bytes: a longer message is a fault.
    pub const INCOMING: usize = 600;

    /// Two sessions of that setup.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        let names: Vec<_> = setup
            .services()
            .iter()
            .map(|name| ServiceId::parse(name).unwrap())
            .collect();
        let config = Config {
            side: setup.side(),
            services: match &names[..] {
                [] => Services::Unnamed,
                names => Services::Named(names),
            },
            format: setup.format(),
            max_payload: setup.max_payload(),
            max_backoff: MAX_BACKOFF as u32,
        };
        let make = || Client::new(&config, vec![0; Self::INCOMING], vec![0; setup.outgoing()]).unwrap();
        Self {
            first: make(),
            second: make(),
        }
    }

    /// Calls the first, and unless that changed nothing the second, whose answer must be the same.
    fn both<T: Debug + PartialEq>(
        &mut self,
        mut call: impl FnMut(&mut Client) -> T,
        changes_nothing: impl FnOnce(&T) -> bool,
    ) -> T {
        let answer = call(&mut self.first);
        if !changes_nothing(&answer) {
            assert_eq!(call(&mut self.second), answer, "the second of the twins");
        }
        self.compare();
        answer
    }

    fn compare(&self) {
        let shown = |client: &Client| {
            let (status, deadline, services) = (client.status(), client.deadline(), client.services());
            (status, deadline, services.to_vec(), client.has_sent_all())
        };
        assert_eq!(shown(&self.first), shown(&self.second), "the second of the twins");
    }

    /// See [`Session::status`](iot_tunnel_core::session::Session::status).
    #[must_use]
    pub fn status(&self) -> Status {
        self.first.status()
    }

    /// See [`Session::deadline`](iot_tunnel_core::session::Session::deadline).
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.first.deadline()
    }

    /// See [`Session::services`](iot_tunnel_core::session::Session::services).
    #[must_use]
    pub fn services(&self) -> &[ServiceId] {
        self.first.services()
    }

    /// See [`Session::handle_token`](iot_tunnel_core::session::Session::handle_token).
    pub fn handle_token(
        &mut self,
        now: Millis,
        side: Side,
        access_token: &str,
        binding: &Binding,
        entropy: &Entropy,
    ) -> Result<TokenTaken, Error> {
        self.both(
            |client| client.handle_token(now, side, access_token, binding, entropy),
            |taken| *taken != Ok(TokenTaken::New),
        )
    }

    /// See [`Session::handle_upgrade`](iot_tunnel_core::session::Session::handle_upgrade).
    pub fn handle_upgrade(&mut self, now: Millis, upgrade: &Upgrade<'_>) -> Result<Status, Misuse> {
        self.both(|client| client.handle_upgrade(now, upgrade), Result::is_err)
    }

    /// See [`Session::handle_closed`](iot_tunnel_core::session::Session::handle_closed).
    pub fn handle_closed(&mut self, now: Millis, close: Option<Close<'_>>) -> Result<Status, Misuse> {
        self.both(|client| client.handle_closed(now, close), Result::is_err)
    }

    /// See [`Session::handle_pong`](iot_tunnel_core::session::Session::handle_pong).
    pub fn handle_pong(&mut self, now: Millis) -> Result<(), Misuse> {
        self.both(|client| client.handle_pong(now), Result::is_err)
    }

    /// See [`Session::handle_ping`](iot_tunnel_core::session::Session::handle_ping).
    pub fn handle_ping(&mut self, now: Millis) -> Result<(), Misuse> {
        self.both(|client| client.handle_ping(now), Result::is_err)
    }

    /// See [`Session::pause`](iot_tunnel_core::session::Session::pause).
    pub fn pause(&mut self, now: Millis, paused: bool) -> Result<(), Misuse> {
        self.both(|client| client.pause(now, paused), Result::is_err)
    }

    /// See [`Session::handle_timeout`](iot_tunnel_core::session::Session::handle_timeout). Before the deadline it is
    /// harmless.
    pub fn handle_timeout(&mut self, now: Millis) -> Timeout {
        let early = self.deadline().is_none_or(|deadline| now < deadline);
        let timeout = self.both(|client| client.handle_timeout(now), |_| early);
        assert!(!early || timeout == Timeout::None);
        timeout
    }

    /// See [`Session::open`](iot_tunnel_core::session::Session::open). A call that finds no room has queued the resets
    /// that were owed, as the next poll would have: that comes before what else is sent, so the second is called too.
    pub fn open(&mut self, service: usize) -> Result<Progress<Connection>, Error> {
        self.both(
            |client| client.open(service),
            |opened| {
                matches!(opened, Err(error) if !matches!(error, Error::Capacity(
                    Capacity::ConnectionTableFull | Capacity::OneConnectionOnly
                )))
            },
        )
    }

    /// See [`Session::send`](iot_tunnel_core::session::Session::send).
    pub fn send(&mut self, connection: Connection, data: &[u8]) -> Result<Progress<usize>, Misuse> {
        let changes_nothing = |sent: &_| !matches!(sent, Ok(Progress::Done(1..)));
        self.both(|client| client.send(connection, data), changes_nothing)
    }

    /// See [`Session::envelope`](iot_tunnel_core::session::Session::envelope). The session takes nothing.
    pub fn envelope(&mut self, connection: Connection, data: &[u8]) -> Result<Progress<Around>, Error> {
        self.both(
            |client| {
                let mut buffer = [0; MAX_ENVELOPE];
                Ok(match client.envelope(connection, data, &mut buffer)? {
                    Progress::Done((around, count)) => {
                        Progress::Done((around.head.into(), around.tail.into(), count))
                    }
                    Progress::WouldBlock => Progress::WouldBlock,
                })
            },
            |_| true,
        )
    }

    /// See [`Session::has_sent_all`](iot_tunnel_core::session::Session::has_sent_all).
    #[must_use]
    pub fn has_sent_all(&self) -> bool {
        self.first.has_sent_all()
    }

    /// See [`Session::reset`](iot_tunnel_core::session::Session::reset).
    pub fn reset(&mut self, connection: Connection) -> Result<(), Misuse> {
        self.both(|client| client.reset(connection), Result::is_err)
    }

    /// See [`Session::close`](iot_tunnel_core::session::Session::close).
    pub fn close(&mut self) {
        self.both(Client::close, |()| false);
    }

    /// See [`Session::poll_output`](iot_tunnel_core::session::Session::poll_output).
    pub fn poll_output(&mut self) -> Task {
        let task = self.both(|client| Task::from(client.poll_output()), |_| false);
        if let Task::Wait(deadline) = task {
            assert_eq!(deadline, self.deadline());
        }
        task
    }

    /// See [`Session::sent`](iot_tunnel_core::session::Session::sent).
    pub fn sent(&mut self, count: usize) -> Result<(), Misuse> {
        self.both(|client| client.sent(count), Result::is_err)
    }

    /// Calls [`Session::handle_bytes`](iot_tunnel_core::session::Session::handle_bytes) until that has taken everything,
    /// or takes no more. The second gets pieces of so many bytes, at least one.
    pub fn handle_bytes(&mut self, now: Millis, input: &[u8], piece: usize) -> Result<Heard, Misuse> {
        let heard = hear(&mut self.first, now, input, input.len())?;
        // That bytes are left unread is news, too.
        if !input.is_empty() {
            let other = hear(&mut self.second, now, input, piece.max(1));
            assert_eq!(other.as_ref(), Ok(&heard), "in pieces of {piece}");
        }
        self.compare();
        Ok(heard)
    }
}

/// Reads `input` in pieces, as from a socket whose bytes come so many at a time.
fn hear(client: &mut Client, now: Millis, input: &[u8], piece: usize) -> Result<Heard, Misuse> {
    let mut heard = Heard::default();
    let mut end = 0;
    loop {
        if heard.taken == end {
            end = input.len().min(end.saturating_add(piece));
        }
        let mut rest = &input[heard.taken..end];
        let before = rest.len();
        let event = client.handle_bytes(now, &mut rest)?;
        let taken = before - rest.len();
        heard.taken += taken;
        match event.map(Seen::from) {
            Some(lost @ Seen::Lost { .. }) => {
                // What is left of the input is gone with the connection.
                heard.taken = input.len();
                heard.events.push((lost, input.len()));
                return Ok(heard);
            }
            Some(seen) => heard.events.push((seen, heard.taken)),
            None if heard.taken == input.len() || !rest.is_empty() => return Ok(heard),
            None => {}
        }
    }
}
