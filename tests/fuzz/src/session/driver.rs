//! [`Driver`]: does with a session what a script says, and judges every answer.

mod arriving;
mod calling;
mod connecting;

use std::collections::VecDeque;

use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::session::{MAX_BACKOFF, MAX_RETRY_AFTER, Status};
use iot_tunnel_core::{Millis, Misuse, ServiceId};

use super::application::{Application, Ids};
use super::peer::Peer;
use super::script::{Script, Setup, Step};
use super::twins::Twins;
use connecting::Credentials;

/// The socket that the session has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Socket {
    None,
    /// A Connect was handed out.
    Asked,
    /// The upgrade was accepted.
    Up,
}

/// A session, everything around it, and the time.
pub struct Driver {
    setup: Setup,
    now: Millis,
    twins: Twins,
    application: Application,
    peer: Peer,
    socket: Socket,
    /// The session has given up a socket, and is to say so.
    owes_close: bool,
    /// The tokens that it has had, the latest last.
    tokens: VecDeque<u8>,
    credentials: Option<Credentials>,
    /// Fresh client tokens that were seen.
    client_tokens: Vec<String>,
    /// What has arrived and was not read; and what was read of the frame at hand.
    inbox: Vec<u8>,
    frame: Vec<u8>,
    /// Whether the application leaves it there.
    is_paused: bool,
    /// Whether everything has just been sent, so that there is room.
    is_drained: bool,
    /// The services that the tunnel has announced, and whether the session is to know which of them is meant.
    tunnel: Vec<String>,
    needs_name: bool,
    /// The newest format that a source may speak on this WebSocket.
    format: Subprotocol,
    /// How many bytes and draws of entropy there were: each is another one.
    counter: u64,
}

impl Driver {
    /// Does everything that a script says.
    pub fn run(script: &Script) {
        let setup = script.setup;
        let mut driver = Self {
            setup,
            now: Millis(1_000),
            twins: Twins::new(setup),
            application: Application::default(),
            peer: Peer::new(setup.side(), setup.max_payload()),
            socket: Socket::None,
            owes_close: false,
            tokens: VecDeque::new(),
            credentials: None,
            client_tokens: Vec::new(),
            inbox: Vec::new(),
            frame: Vec::new(),
            is_paused: false,
            is_drained: false,
            tunnel: Vec::new(),
            needs_name: false,
            format: setup.format(),
            counter: 0,
        };
        for step in &script.steps {
            let drained = std::mem::take(&mut driver.is_drained);
            driver.step(*step, drained);
            driver.is_consistent();
        }
    }

    fn step(&mut self, step: Step, drained: bool) {
        match step {
            Step::Token { number, binding } => self.token(number, binding),
            Step::Upgrade { kind } => self.upgrade(kind),
            Step::ServiceIds { which } => self.service_ids(which),
            Step::About {
                message_type,
                which,
                change,
                length,
            } => {
                self.about(message_type, which, change, length);
            }
            Step::Message {
                message_type,
                stream,
                connection,
                service,
            } => {
                let longest = "s".repeat(ServiceId::RULE.max());
                let too_long = "s".repeat(ServiceId::RULE.max() + 1);
                let services = ["", "SSH", "RDP", "VNC", &longest, &too_long];
                let ids = Ids {
                    stream: i32::from(stream.cast_signed()) % 8,
                    service: services[usize::from(service) % services.len()].into(),
                    connection: Some(u32::from(connection % 8)),
                };
                self.message(message_type, &ids, usize::from(connection >> 3));
            }
            Step::Bytes { first, second, third } => self.arrive(&[first, second, third]),
            Step::Pause { paused } => {
                let paused = paused & 1 == 1;
                let done = self.twins.pause(self.now, paused);
                self.needs_socket(done);
                self.is_paused = paused && done.is_ok();
                self.read(usize::MAX, false);
            }
            Step::Read { piece } => self.read(piece.into(), drained),
            Step::Pong {} => {
                let done = self.twins.handle_pong(self.now);
                self.needs_socket(done);
            }
            Step::Ping {} => {
                let done = self.twins.handle_ping(self.now);
                self.needs_socket(done);
            }
            Step::Closed { reason } => self.closed(reason),
            Step::Time { how } => self.time(how),
            Step::Open { service } => self.open(service.into(), drained),
            Step::Send { which, length } => self.send(which.into(), length, drained),
            Step::Envelope { which, length } => self.envelope(which.into(), length),
            Step::Reset { which } => self.reset(which.into()),
            Step::Poll { part } => _ = self.poll(usize::from(part) + 1),
            Step::PollAll {} => {
                let polls = (0..1_000).take_while(|_| self.poll(usize::MAX)).count();
                assert!(polls < 1_000, "there is no end of what is to be done");
                if self.socket == Socket::Up {
                    self.peer.has_all(&self.application);
                }
                self.is_drained = true;
            }
            Step::SentTooMuch {} => {
                assert_eq!(
                    self.twins.sent(self.setup.outgoing() + 1),
                    Err(Misuse::SentTooMuch)
                );
            }
            Step::Close { sure } => {
                if sure == 0xcc {
                    self.twins.close();
                    self.give_up();
                }
            }
        }
    }

    /// What must be true between two steps.
    fn is_consistent(&mut self) {
        let status = self.twins.status();
        let fits = match status {
            Status::AwaitingToken(_) | Status::Closed | Status::Backoff { .. } => self.socket == Socket::None,
            Status::Connecting => self.socket != Socket::Up,
            Status::AwaitingServices | Status::Open => self.socket == Socket::Up,
        };
        assert!(fits, "{status:?} with the socket {:?}", self.socket);
        if let Status::Backoff { until } = status {
            assert!(until <= self.now.after(MAX_BACKOFF + MAX_RETRY_AFTER));
        }
        let due = matches!(
            status,
            Status::AwaitingServices | Status::Open | Status::Backoff { .. }
        );
        assert!(self.twins.deadline().is_some() || !due);
    }

    fn is_closed(&self) -> bool {
        self.twins.status() == Status::Closed
    }

    /// The answer to a call that is allowed, or not.
    fn allowed(&self, allowed: bool, otherwise: Misuse) -> Result<(), Misuse> {
        match (allowed, self.is_closed()) {
            (true, _) => Ok(()),
            (false, true) => Err(Misuse::SessionClosed),
            (false, false) => Err(otherwise),
        }
    }

    /// Judges the answer to a call about the WebSocket.
    fn needs_socket(&self, answer: Result<(), Misuse>) {
        assert_eq!(
            answer,
            self.allowed(self.socket == Socket::Up, Misuse::NotConnected)
        );
    }

    /// Another number each time.
    fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// The session gives up its socket, if it has one: the caller will be told.
    fn give_up(&mut self) {
        self.owes_close |= self.socket != Socket::None;
        self.lose();
    }

    /// The socket is gone.
    fn lose(&mut self) {
        // The token has been used, and nothing lets a client use it again.
        if self.socket == Socket::Up
            && let Some(credentials) = &mut self.credentials
        {
            credentials.is_spent |= credentials.client_token == Some(None);
        }
        self.socket = Socket::None;
        self.application.lose();
        self.peer.lose();
        self.inbox.clear();
        self.frame.clear();
        self.is_paused = false;
    }
}
