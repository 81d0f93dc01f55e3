//! [`Driver`]: does with a session what a script says, and judges every answer.

use std::collections::VecDeque;

use iot_tunnel_core::handshake::{PeerText, Upgrade};
use iot_tunnel_core::session::{
    Binding, MAX_BACKOFF, Progress, REMEMBERED_TOKENS, Status, Timeout, TokenTaken,
};
use iot_tunnel_core::websocket::{Close, CloseCode};
use iot_tunnel_core::wire::{Message, MessageType, Origin, PREFIX};
use iot_tunnel_core::{AccessToken, ClientToken, DisconnectReason, Entropy, Millis, Misuse, ServiceId, Side};

use super::application::{Application, Ids, Life, place};
use super::peer::Peer;
use super::script::{Script, Setup, Step, subprotocol};
use super::twins::Twins;
use super::{Seen, Task};

/// The socket that the session has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Socket {
    None,
    /// A Connect was handed out.
    Asked,
    /// The upgrade was accepted.
    Up,
}

/// The latest token, and what is known of how it is used.
#[derive(Debug)]
struct Credentials {
    access_token: String,
    /// What goes with it; a fresh one is known once it was seen.
    client_token: Option<Option<String>>,
    /// Whether it must not be used any more.
    is_spent: bool,
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
    /// Whether the tunnel has several services and the session is to know which.
    needs_name: bool,
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
            needs_name: false,
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
                let long = "s".repeat(ServiceId::RULE.max + 1);
                let services = ["", "SSH", "RDP", "VNC", &long];
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
                assert_eq!(
                    done,
                    self.allowed(self.socket == Socket::Up, Misuse::NotConnected)
                );
                self.is_paused = paused && done.is_ok();
                self.read(usize::MAX, false);
            }
            Step::Read { piece } => self.read(piece.into(), drained),
            Step::Pong {} => {
                let done = self.twins.handle_pong(self.now);
                assert_eq!(
                    done,
                    self.allowed(self.socket == Socket::Up, Misuse::NotConnected)
                );
            }
            Step::Ping {} => {
                let done = self.twins.handle_ping(self.now);
                assert_eq!(
                    done,
                    self.allowed(self.socket == Socket::Up, Misuse::NotConnected)
                );
            }
            Step::Closed { reason } => self.closed(reason),
            Step::Time { how } => self.time(how),
            Step::Open { service } => self.open(service.into(), drained),
            Step::Send { which, length } => self.send(which.into(), length, drained),
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
            assert!(until <= self.now.after(MAX_BACKOFF));
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

    fn token(&mut self, number: u8, binding: u8) {
        let count = self.count();
        let entropy = Entropy::new(std::array::from_fn(|index| {
            (count >> (index % 8 * 8)) as u8 ^ index as u8
        }));
        let entropy = entropy.expect("its bytes differ");
        let side = match number >> 6 {
            3 => self.setup.side().other(),
            _ => self.setup.side(),
        };
        let number = number & 7;
        let access_token = format!("token-{number}");
        let (binding, client_token) = match binding & 3 {
            0 | 1 => (Binding::Fresh, None),
            2 => (Binding::Unbound, Some(None)),
            _ => {
                let token = format!("{number}").repeat(32);
                (
                    Binding::With(ClientToken::parse(&token).unwrap()),
                    Some(Some(token)),
                )
            }
        };
        let closed = self.is_closed();
        let parsed = AccessToken::parse(&access_token).unwrap();
        let taken = self
            .twins
            .handle_token(self.now, side, &parsed, &binding, &entropy);
        if side != self.setup.side() {
            return assert_eq!(taken, Err(Misuse::TokenOfOtherSide.into()));
        }
        if closed {
            return assert_eq!(taken, Err(Misuse::SessionClosed.into()));
        }
        let expected = match self.tokens.iter().rev().position(|known| *known == number) {
            Some(0) => TokenTaken::Same,
            Some(_) => TokenTaken::Earlier,
            None => TokenTaken::New,
        };
        assert_eq!(taken, Ok(expected));
        if expected == TokenTaken::New {
            self.tokens.push_back(number);
            if self.tokens.len() > REMEMBERED_TOKENS {
                self.tokens.pop_front();
            }
            self.give_up();
            self.credentials = Some(Credentials {
                access_token,
                client_token,
                is_spent: false,
            });
            assert_eq!(self.twins.status(), Status::Connecting);
        }
    }

    fn upgrade(&mut self, kind: u8) {
        let (reason, channel_id) = (PeerText::new(b"why"), None);
        let (status, offered) = (u16::from(kind >> 4), subprotocol(kind >> 2));
        let upgrade = match kind & 3 {
            0 | 1 => Upgrade::Accepted {
                subprotocol: offered,
                channel_id,
            },
            2 => Upgrade::Refused {
                status: 400 + status,
                reason,
                channel_id,
            },
            _ => Upgrade::Retry {
                status: 500 + status,
                reason,
                channel_id,
            },
        };
        let allowed = self.allowed(self.socket == Socket::Asked, Misuse::NotConnecting);
        let answer = self.twins.handle_upgrade(self.now, &upgrade);
        assert_eq!(answer.map(drop), allowed);
        if answer.is_err() {
            return;
        }
        match upgrade {
            Upgrade::Accepted { .. } => {
                self.socket = Socket::Up;
                self.needs_name = false;
                self.peer.connect(offered.min(self.setup.format()));
            }
            Upgrade::Refused { .. } => {
                self.lose();
                let credentials = self.credentials.as_mut().expect("it has connected with some");
                credentials.is_spent = true;
            }
            Upgrade::Retry { .. } => self.lose(),
        }
    }

    fn service_ids(&mut self, which: u8) {
        let mut ids: Vec<&str> = (0..3)
            .filter(|bit| which >> bit & 1 == 1)
            .map(|bit| Setup::NAMES[bit])
            .collect();
        match which >> 3 & 3 {
            1 => ids.push("SSH"),
            2 => ids.push("no service's name"),
            _ => {}
        }
        self.frame_arrives(&Message {
            message_type: MessageType::ServiceIds,
            available_service_ids: ids.as_slice().into(),
            ..Message::default()
        });
    }

    fn about(&mut self, message_type: u8, which: u8, change: u8, length: u8) {
        let known = self.peer.known.iter().rev().nth(which.into());
        let Some(mut ids) = known.cloned() else { return };
        match change & 7 {
            1 => ids.stream = ids.stream.wrapping_add(1),
            2 => ids.connection = Some(ids.connection.unwrap_or(0).wrapping_add(1)),
            3 => ids.connection = None,
            4 => ids.service = Setup::NAMES[usize::from(change >> 3) % 3].into(),
            5 => ids.service.clear(),
            _ => {}
        }
        self.message(message_type, &ids, length.into());
    }

    fn message(&mut self, message_type: u8, ids: &Ids, length: usize) {
        let first = self.count() as u8;
        let payload: Vec<u8> = (0..length).map(|index| first.wrapping_add(index as u8)).collect();
        let message_type_of = MessageType::from_number(i32::from(message_type & 15));
        self.frame_arrives(&Message {
            message_type: message_type_of,
            stream_id: ids.stream,
            ignorable: message_type & 0x80 != 0,
            payload: &payload,
            service_id: &ids.service,
            connection_id: ids.connection.unwrap_or(0),
            ..Message::default()
        });
    }

    fn frame_arrives(&mut self, message: &Message<'_>) {
        let mut frame = [0; 1024];
        // A message without a byte is none.
        let length = message.encode_frame(&mut frame).unwrap_or(PREFIX);
        self.arrive(&frame[..length]);
    }

    fn arrive(&mut self, bytes: &[u8]) {
        self.inbox.extend_from_slice(bytes);
        self.read(usize::MAX, false);
    }

    /// The session reads what has arrived, unless the application is slow.
    fn read(&mut self, piece: usize, drained: bool) {
        if self.socket != Socket::Up && !self.inbox.is_empty() {
            let answer = self.twins.handle_bytes(self.now, &self.inbox, piece);
            assert_eq!(answer.map(drop), self.allowed(false, Misuse::NotConnected));
            return self.inbox.clear();
        }
        if self.is_paused || self.inbox.is_empty() {
            return;
        }
        let inbox = std::mem::take(&mut self.inbox);
        let before = self.twins.status();
        let heard = self
            .twins
            .handle_bytes(self.now, &inbox, piece)
            .expect("it is connected");
        assert!(
            heard.taken > 0 || !drained,
            "it reads nothing, though there is room for answers"
        );
        let mut start = 0;
        let mut opened = before == Status::Open;
        for (seen, end) in heard.events {
            self.frame.extend_from_slice(&inbox[start..end]);
            start = end;
            if let Seen::Lost { fault } = seen {
                let frame = std::mem::take(&mut self.frame);
                assert!(
                    is_at_fault(&frame, self.setup.side(), opened),
                    "{fault}: {frame:02x?}"
                );
                return self.give_up();
            }
            opened |= matches!(seen, Seen::Open { .. });
            self.see(&seen);
        }
        self.frame.extend_from_slice(&inbox[start..heard.taken]);
        self.inbox = inbox[heard.taken..].to_vec();
    }

    fn see(&mut self, seen: &Seen) {
        let frame = std::mem::take(&mut self.frame);
        let message = Message::decode(&frame[PREFIX..]).expect("the session has read it");
        if let Seen::Open { needs_name, .. } = seen {
            self.needs_name = *needs_name;
        }
        let count = self.setup.services().len().max(1);
        let place = place(&message, count, self.twins.services()).filter(|_| !self.needs_name);
        self.application.see(seen, &message, place);
        if self.setup.side() == Side::Destination {
            self.peer.expect_answer(seen, &message);
            if let Seen::Started { .. } = seen {
                self.peer.known.push(Ids::of(&message));
            }
        }
    }

    fn closed(&mut self, reason: u8) {
        let reasons = DisconnectReason::EVERY;
        let reason = reasons.get(usize::from(reason & 7));
        let close = reason.map(|reason| Close {
            code: CloseCode::POLICY_VIOLATION,
            reason: reason.text(),
        });
        let allowed = self.allowed(self.socket != Socket::None, Misuse::NotConnected);
        let answer = self.twins.handle_closed(self.now, close);
        assert_eq!(answer.map(drop), allowed);
        if let Ok(status) = answer {
            assert_eq!(
                status == Status::Closed,
                reason == Some(&DisconnectReason::TunnelClosed)
            );
            self.lose();
        }
    }

    fn time(&mut self, how: u8) {
        let later = match (how, self.twins.deadline()) {
            (0, Some(deadline)) => deadline,
            (u8::MAX, _) => Millis(u64::MAX),
            (how, _) => self.now.after(u64::from(how) * 250),
        };
        self.now = self.now.max(later);
        // A wait may be of no time, and then the next thing is due at once; but not for ever.
        for _ in 0..3 {
            if self.twins.handle_timeout(self.now) != Timeout::None {
                self.give_up();
            }
        }
        let is_due = self.twins.deadline().is_some_and(|deadline| deadline <= self.now);
        assert!(
            !is_due || self.now == Millis(u64::MAX),
            "time has passed, and more is due"
        );
    }

    fn open(&mut self, service: usize, drained: bool) {
        let service = service & 3;
        match self.twins.open(service) {
            Ok(Progress::Done(connection)) => {
                assert_eq!(
                    (self.setup.side(), self.twins.status()),
                    (Side::Source, Status::Open)
                );
                assert_eq!(connection.service(), service);
                self.application.learn(connection, None);
                self.peer.expect_start(connection);
            }
            Ok(Progress::WouldBlock) => assert!(!drained, "there is room"),
            Err(_) => {}
        }
    }

    fn send(&mut self, which: usize, length: u8, drained: bool) {
        let Some(connection) = self.application.ever.iter().rev().nth(which).copied() else {
            return;
        };
        let first = self.count() as u8;
        let data: Vec<u8> = (0..usize::from(length) * 3)
            .map(|index| first.wrapping_add(index as u8))
            .collect();
        let lives = self.application.live(connection).is_some();
        let answer = self.twins.send(connection, &data);
        assert_eq!(answer.map(drop), self.allowed(lives, Misuse::ConnectionEnded));
        match answer {
            Ok(Progress::Done(0)) => assert!(data.is_empty()),
            Ok(Progress::Done(count)) => self.peer.expect_data(connection, &data[..count]),
            Ok(Progress::WouldBlock) => assert!(!drained && !data.is_empty(), "there is room"),
            Err(_) => {}
        }
    }

    fn reset(&mut self, which: usize) {
        let Some(connection) = self.application.ever.iter().rev().nth(which).copied() else {
            return;
        };
        let entry = self.application.live(connection);
        let lives = entry.is_some();
        if let Some(entry) = entry {
            entry.life = Life::ResetOwed;
        }
        let answer = self.twins.reset(connection);
        assert_eq!(answer, self.allowed(lives, Misuse::ConnectionEnded));
    }

    /// Does the next thing, and sends at most so many bytes. Whether there was one.
    fn poll(&mut self, part: usize) -> bool {
        let task = self.twins.poll_output();
        assert_eq!(
            matches!(task, Task::CloseWebSocket(_)),
            self.owes_close,
            "{task:?}"
        );
        match task {
            Task::CloseWebSocket(_) => self.owes_close = false,
            Task::Connect {
                access_token,
                client_token,
            } => {
                assert_eq!(self.socket, Socket::None, "two sockets at a time");
                self.socket = Socket::Asked;
                self.connects_with(&access_token, client_token);
            }
            Task::Ping => assert_eq!(self.socket, Socket::Up),
            Task::Send(bytes) => {
                assert_eq!(self.socket, Socket::Up);
                self.peer.is_offered(&bytes);
                let part = part.min(bytes.len());
                assert!(part > 0, "there is nothing to send");
                self.twins.sent(part).unwrap();
                self.peer
                    .receive(&bytes[..part], &mut self.application, self.twins.services());
            }
            Task::Wait(_) => return false,
        }
        true
    }

    fn connects_with(&mut self, access_token: &str, client_token: Option<String>) {
        let credentials = self.credentials.as_mut().expect("it was given a token");
        assert_eq!(access_token, credentials.access_token);
        assert!(!credentials.is_spent, "a token that is of no more use");
        match &credentials.client_token {
            Some(expected) => assert_eq!(client_token, *expected),
            None => {
                let fresh = client_token.clone().expect("a fresh one");
                assert!(
                    !self.client_tokens.contains(&fresh),
                    "a fresh client token came twice"
                );
                self.client_tokens.push(fresh);
                credentials.client_token = Some(client_token);
            }
        }
    }
}

/// Whether the peer may be dropped for what it sent, which starts with a frame.
fn is_at_fault(bytes: &[u8], side: Side, is_open: bool) -> bool {
    let Some((&[high, low], rest)) = bytes.split_first_chunk() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length == 0 || length > Twins::INCOMING {
        return true;
    }
    let Some(message) = rest.get(..length) else {
        return false;
    };
    match Message::decode(message) {
        Err(_) => true,
        Ok(message) => {
            message.check(Origin::ServiceTo(side)).is_err()
                || !is_open && message.message_type != MessageType::ServiceIds
        }
    }
}
