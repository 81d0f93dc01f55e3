//! What each input does to the state: the code of the table in `transitions.md`.

mod calls;

use super::backoff::{Backoff, Failure};
use super::config::Config;
use super::credentials::Credentials;
use super::event::{Announced, Binding, Connect, Event, Output, Timeout, TokenTaken};
use super::history::{Mark, TokenHistory};
use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::services::ServiceList;
use super::state::{Active, Link, NoToken, Offered, Open, Phase, SERVICE_IDS_TIMEOUT, State, Status};
use super::streams::{Counters, Streams};
use crate::error::{Error, Misuse, PeerFault};
use crate::handshake::{Subprotocol, Upgrade};
use crate::mode::Side;
use crate::time::{Millis, Now};
use crate::token::Entropy;
use crate::tunnel::DisconnectReason;
use crate::websocket::{Close, CloseCode, MAX_FRAME_PAYLOAD};
use crate::wire::{Message, MessageType, Origin, Verdict};

/// A session without its list of services and its reassembly buffer, from which events borrow.
pub(super) struct Machine<B, const TOKEN: usize, const SERVICES: usize, const CONNECTIONS: usize> {
    side: Side,
    format: Subprotocol,
    max_payload: usize,
    max_backoff: u32,
    history: TokenHistory,
    pub(super) state: State<SERVICES>,
    /// Of [`State::Active`].
    pub(super) credentials: Credentials<TOKEN>,
    /// Of [`Phase::Open`].
    pub(super) streams: Streams<SERVICES, CONNECTIONS>,
    counters: Counters,
    outgoing: Outgoing<B>,
    /// A socket that the session has given up and the caller still has.
    hang_up: Option<CloseCode>,
}

impl<B, const TOKEN: usize, const SERVICES: usize, const CONNECTIONS: usize>
    Machine<B, TOKEN, SERVICES, CONNECTIONS>
where
    B: AsRef<[u8]> + AsMut<[u8]>,
{
    #[inline(always)]
    pub(super) const fn new<S>(config: &Config<'_, S>, outgoing: B) -> Self {
        Self {
            side: config.side,
            format: config.format,
            max_payload: config.max_payload,
            max_backoff: config.max_backoff,
            history: TokenHistory::new(),
            state: State::AwaitingToken(NoToken::None),
            credentials: Credentials::blank(),
            streams: Streams::new(),
            counters: Counters::new(),
            outgoing: Outgoing::new(outgoing),
            hang_up: None,
        }
    }

    pub(super) const fn side(&self) -> Side {
        self.side
    }

    pub(super) const fn max_payload(&self) -> usize {
        self.max_payload
    }

    /// The error of a call that the state does not allow.
    pub(super) const fn misuse(&self, otherwise: Misuse) -> Misuse {
        match self.state {
            State::Closed => Misuse::SessionClosed,
            _ => otherwise,
        }
    }

    fn give_up_socket(&mut self, code: CloseCode) {
        if self.state.has_socket() {
            self.hang_up = Some(code);
        }
    }

    pub(super) fn token(
        &mut self,
        now: Millis,
        side: Side,
        access_token: &str,
        binding: &Binding,
        entropy: &Entropy,
    ) -> Result<TokenTaken, Error> {
        if side != self.side {
            return Err(Misuse::TokenOfOtherSide.into());
        }
        if let State::Closed = self.state {
            return Err(Misuse::SessionClosed.into());
        }
        let mark = Mark::of(access_token);
        let taken = self.history.judge(&mark);
        if taken != TokenTaken::New {
            return Ok(taken);
        }
        self.credentials.replace(access_token, binding, entropy)?;
        // Nothing fails from here on.
        self.history.add(mark);
        self.give_up_socket(CloseCode::NORMAL);
        self.counters.random.stir(entropy.seed());
        self.forget_connection();
        self.state = State::Active(Active {
            backoff: Backoff::NONE,
            phase: Phase::ConnectDue { since: now },
        });
        Ok(taken)
    }

    pub(super) fn upgrade(&mut self, now: Millis, upgrade: &Upgrade<'_>) -> Result<(), Misuse> {
        let State::Active(Active {
            phase: phase @ Phase::Connecting { .. },
            ..
        }) = &mut self.state
        else {
            return Err(self.misuse(Misuse::NotConnecting));
        };
        match *upgrade {
            Upgrade::Accepted { subprotocol, .. } => {
                let link = Link::new(subprotocol, now);
                *phase = match subprotocol {
                    Subprotocol::V1 => Phase::Open(Open {
                        link,
                        offer: Offered::Unnamed,
                    }),
                    Subprotocol::V2 | Subprotocol::V3 => Phase::AwaitingServices {
                        link,
                        until: now.after(SERVICE_IDS_TIMEOUT),
                    },
                };
            }
            Upgrade::Refused { status, .. } => self.await_token(NoToken::Refused { status }),
            Upgrade::Retry { retry_after, .. } => self.fail(now, Failure::Unavailable { retry_after }),
        }
        Ok(())
    }

    /// What belongs to a connection goes with it.
    fn forget_connection(&mut self) {
        self.outgoing.clear();
        self.streams.clear();
    }

    /// The token is of no more use: it is wiped, and its mark stays.
    fn await_token(&mut self, why: NoToken) {
        self.leave_active(State::AwaitingToken(why));
    }

    fn leave_active(&mut self, state: State<SERVICES>) {
        self.forget_connection();
        self.credentials.wipe();
        self.state = state;
    }

    /// The connection is gone, or did not come about.
    fn drop_connection(&mut self, now: Millis) {
        let State::Active(active) = &mut self.state else {
            return;
        };
        let failure = match &active.phase {
            Phase::Open(open) => {
                if open.link.has_lasted(now) {
                    active.backoff = Backoff::NONE;
                }
                Failure::Dropped
            }
            _ => Failure::NotConnected,
        };
        self.fail(now, failure);
    }

    fn fail(&mut self, now: Millis, failure: Failure) {
        let State::Active(active) = &mut self.state else {
            return;
        };
        // Before the 101 the access token is not known to be used.
        let usable = match active.phase {
            Phase::ConnectDue { .. } | Phase::Connecting { .. } | Phase::Backoff { .. } => true,
            Phase::AwaitingServices { .. } | Phase::Open(_) => self.credentials.client_token().is_some(),
        };
        if usable {
            let wait = active
                .backoff
                .next_wait(failure, self.max_backoff, &mut self.counters.random);
            active.phase = Phase::Backoff {
                until: now.after(wait),
            };
            self.forget_connection();
        } else {
            self.await_token(NoToken::Spent);
        }
    }

    pub(super) fn closed(&mut self, now: Millis, close: Option<Close<'_>>) -> Result<(), Misuse> {
        if !self.state.has_socket() {
            return Err(self.misuse(Misuse::NotConnected));
        }
        match close == Some(DisconnectReason::TunnelClosed.close()) {
            true => self.end(),
            false => self.drop_connection(now),
        }
        Ok(())
    }

    pub(super) const fn is_contested(&self) -> bool {
        match &self.state {
            State::Active(active) => active.backoff.is_contested(),
            _ => false,
        }
    }

    /// When [`timeout`](Self::timeout) has something to do.
    pub(super) fn deadline(&self) -> Option<Millis> {
        self.streams.deadline(self.state.deadline(), &self.outgoing)
    }

    pub(super) fn timeout(&mut self, now: Millis) -> Timeout {
        self.streams.advance(now, &self.outgoing);
        let State::Active(Active { phase, .. }) = &mut self.state else {
            return Timeout::None;
        };
        let timeout = match phase {
            Phase::Connecting { until } if *until <= now => Timeout::Connect,
            Phase::AwaitingServices { until, .. } if *until <= now => Timeout::ServiceIds,
            Phase::AwaitingServices { link, .. } | Phase::Open(Open { link, .. }) => {
                match link.is_silent(now) {
                    true => Timeout::Pong,
                    false => Timeout::None,
                }
            }
            Phase::Backoff { until } if *until <= now => {
                *phase = Phase::ConnectDue { since: now };
                Timeout::None
            }
            _ => Timeout::None,
        };
        if timeout != Timeout::None {
            self.give_up_socket(CloseCode::GOING_AWAY);
            self.drop_connection(now);
        }
        timeout
    }

    pub(super) fn pong(&mut self, now: Millis) -> Result<(), Misuse> {
        let misuse = self.misuse(Misuse::NotConnected);
        let link = self.state.link().ok_or(misuse)?;
        let answered = link.take_pong(now);
        if let State::Active(Active {
            backoff,
            phase: Phase::Open(_),
            ..
        }) = &mut self.state
            && answered
        {
            *backoff = Backoff::NONE;
        }
        Ok(())
    }

    pub(super) fn ping(&mut self, now: Millis) -> Result<(), Misuse> {
        let misuse = self.misuse(Misuse::NotConnected);
        self.state.link().ok_or(misuse)?.hear(now);
        Ok(())
    }

    pub(super) fn close(&mut self) {
        self.give_up_socket(CloseCode::NORMAL);
        self.end();
    }

    fn end(&mut self) {
        self.leave_active(State::Closed);
    }

    /// Whether the answer that a message may need has room. A source never waits for that: it owes no answers, and two
    /// ends that waited for each other would wait for ever.
    pub(super) fn takes_message(&self) -> bool {
        self.side == Side::Source || self.outgoing.takes_control()
    }

    /// Takes one whole message, or what is wrong with it.
    pub(super) fn message<'m>(
        &mut self,
        now: impl Now,
        message: Result<&'m [u8], Error>,
        services: &'m mut ServiceList<SERVICES>,
    ) -> Event<'m> {
        // Looked at where it lies: a message is too large to move.
        let outcome = match &message.map(Message::decode) {
            Ok(Ok(message)) => self.judged(message, services),
            Ok(Err(fault)) => Err((*fault).into()),
            Err(fault) => Err(*fault),
        };
        outcome.unwrap_or_else(|fault| {
            self.give_up_socket(match fault {
                Error::Peer(_) => CloseCode::PROTOCOL_ERROR,
                _ => CloseCode::MESSAGE_TOO_BIG,
            });
            self.drop_connection(now.now());
            Event::Lost { fault }
        })
    }

    fn judged<'m>(
        &mut self,
        message: &Message<'m>,
        services: &'m mut ServiceList<SERVICES>,
    ) -> Result<Event<'m>, Error> {
        if message.check(Origin::ServiceTo(self.side))? == Verdict::Skip {
            return Ok(Event::Handled);
        }
        let State::Active(active) = &mut self.state else {
            return Ok(Event::Handled);
        };
        if let Phase::Open(_) = active.phase {
            let event = Incoming {
                services,
                streams: &mut self.streams,
                counters: &mut self.counters,
                outgoing: &mut self.outgoing,
            }
            .take(message);
            if let Event::Data { .. } = event {
                // Bytes have come all the way from the peer.
                active.backoff = Backoff::NONE;
            }
            return Ok(event);
        }
        if let Phase::AwaitingServices { link, .. } = &active.phase {
            if message.message_type != MessageType::ServiceIds {
                return Err(PeerFault::MessageBeforeServiceIds.into());
            }
            let tunnel = message.available_service_ids;
            services.learn(tunnel);
            active.phase = Phase::Open(Open {
                link: *link,
                offer: Offered::of(tunnel, services),
            });
            return Ok(Event::Open(Announced {
                tunnel,
                session: services.names(),
                needs_name: services.needs_name(),
            }));
        }
        Ok(Event::Handled)
    }

    pub(super) fn sent(&mut self, count: usize) -> Result<(), Misuse> {
        self.outgoing.sent(count)
    }

    pub(super) fn poll(&mut self, services: &ServiceList<SERVICES>) -> Output<'_, TOKEN> {
        if let Some(code) = self.hang_up.take() {
            return Output::CloseWebSocket(code);
        }
        while self.streams.pay_reset(services, &mut self.outgoing) {}
        if self.state.link().is_some_and(Link::take_ping) {
            return Output::Ping;
        }
        if self.state.begin_connect()
            && let Ok(connect) = self.connect()
        {
            return Output::Connect(connect);
        }
        let deadline = self.deadline();
        match self.outgoing.bytes() {
            [] => Output::Wait(deadline),
            bytes => Output::Send(bytes.get(..MAX_FRAME_PAYLOAD as usize).unwrap_or(bytes)),
        }
    }

    pub(super) fn connect(&self) -> Result<Connect<'_, TOKEN>, Misuse> {
        match &self.state {
            State::Active(Active {
                phase: Phase::Connecting { .. },
                ..
            }) => Ok(Connect {
                side: self.side,
                access_token: self.credentials.access_token(),
                client_token: self.credentials.client_token(),
            }),
            _ => Err(self.misuse(Misuse::NotConnecting)),
        }
    }

    /// Whether the caller is still to close a socket, for the invariants of the tests.
    #[cfg(test)]
    pub(super) const fn owes_hang_up(&self) -> bool {
        self.hang_up.is_some()
    }

    pub(super) const fn status(&self) -> Status {
        self.state.status()
    }
}
