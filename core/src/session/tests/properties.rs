//! Any script of calls and bytes: no panic, and what always holds.

use std::collections::HashSet;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::rig::{Rig, Seen, data, entropy, frame, own, service_ids, services};
use crate::handshake::{PeerText, Subprotocol, Upgrade};
use crate::mode::Side;
use crate::session::{
    Binding, Config, Connection, MAX_STREAM_ID, MIN_OUTGOING, Output, Progress, Status, TokenTaken,
};
use crate::time::Millis;
use crate::tunnel::DisconnectReason;
use crate::wire::{Deframer, Message, MessageType, Origin, Verdict};

#[derive(Clone, Debug)]
enum Step {
    Token(u8, bool, bool),
    Upgrade(u8),
    Bytes(Vec<u8>),
    Message(usize, i32, u8, u32, usize),
    ServiceIds(usize),
    Closed(usize),
    Pong,
    Ping,
    Pause(bool),
    Time(u64),
    Open(usize),
    Send(usize, usize),
    Reset(usize),
    Poll(usize),
    SentTooMuch(usize),
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..7_u8, any::<bool>(), prop::bool::weighted(0.1)).prop_map(|(a, b, c)| Step::Token(a, b, c)),
        8 => (0..5_u8).prop_map(Step::Upgrade),
        2 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Step::Bytes),
        16 => (0..7_usize, -1..4, 0..4_u8, 0..7_u32, 0..40_usize)
            .prop_map(|(a, b, c, d, e)| Step::Message(a, b, c, d, e)),
        6 => (0..4_usize).prop_map(Step::ServiceIds),
        1 => (0..40_usize).prop_map(Step::Closed),
        1 => Just(Step::Pong),
        1 => Just(Step::Ping),
        1 => any::<bool>().prop_map(Step::Pause),
        3 => prop_oneof![0..50_000_u64, Just(u64::MAX)].prop_map(Step::Time),
        8 => (0..4_usize).prop_map(Step::Open),
        8 => (0..20_usize, 0..700_usize).prop_map(|(a, b)| Step::Send(a, b)),
        4 => (0..20_usize).prop_map(Step::Reset),
        10 => (1..300_usize).prop_map(Step::Poll),
        1 => (0..2_000_usize).prop_map(Step::SentTooMuch),
        1 => prop::bool::weighted(0.05).prop_map(|close| if close { Step::Close } else { Step::Poll(1) }),
    ]
}

/// What the application knows: the connections that it was told of and not told the end of.
#[derive(Default)]
struct Known {
    live: HashSet<Connection>,
    ever: Vec<Connection>,
}

impl Known {
    fn learn(&mut self, connection: Connection) {
        assert!(!self.ever.contains(&connection), "a name came twice");
        self.live.insert(connection);
        self.ever.push(connection);
    }

    fn end_service(&mut self, service: usize) {
        self.live.retain(|connection| connection.service() != service);
    }

    fn see(&mut self, seen: &Seen) {
        match seen {
            Seen::Open => {}
            Seen::Started(connection, replaces) => {
                if *replaces {
                    self.end_service(connection.service());
                }
                self.learn(*connection);
            }
            Seen::Data(connection, payload) => {
                assert!(self.live.contains(connection) && !payload.is_empty());
            }
            Seen::Ended(connection) => assert!(self.live.remove(connection)),
            Seen::StreamEnded(service) | Seen::StreamFailed(service) => self.end_service(*service),
            Seen::SessionReset | Seen::Lost(_) => self.live.clear(),
        }
    }

    fn nth(&self, which: usize) -> Option<Connection> {
        self.ever.iter().rev().nth(which).copied()
    }
}

/// A session, its application, and whoever is at the other end of its socket.
struct World {
    rig: Rig,
    known: Known,
    has_socket: bool,
    /// The service's end of the connection at hand.
    service: Deframer<Vec<u8>>,
}

/// All that a call which fails must leave as it is, as far as anybody can tell.
#[derive(Debug, PartialEq)]
struct Shown {
    status: Status,
    deadline: Option<Millis>,
    live: HashSet<Connection>,
}

impl World {
    fn new(side: Side, unnamed: bool, format: Subprotocol, outgoing: usize) -> Self {
        let names = services(&["SSH", "RDP"]);
        let config = if unnamed {
            Config::unnamed(side)
        } else {
            Config::new(side, &names)
        };
        Self {
            rig: Rig::of(&Config { format, ..config }, outgoing),
            known: Known::default(),
            has_socket: false,
            service: Deframer::new(vec![0; 65_535]),
        }
    }

    fn shown(&mut self) -> Shown {
        Shown {
            status: self.rig.session.status(),
            deadline: self.rig.session.deadline(),
            live: self.rig.session.machine.streams.live().collect(),
        }
    }

    /// Hears bytes; whether that was allowed.
    fn receive(&mut self, bytes: &[u8]) -> bool {
        let mut input = bytes;
        loop {
            match self.rig.session.handle_bytes(self.rig.now, &mut input) {
                Ok(Some(event)) => own(&event).iter().for_each(|seen| self.known.see(seen)),
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Takes a step. Whether the session allowed it.
    fn take(&mut self, step: &Step) -> bool {
        let (now, side) = (self.rig.now, self.rig.session.side());
        let session = &mut self.rig.session;
        match *step {
            Step::Token(number, bound, other) => {
                let before = session.status();
                let token = std::format!("token-{number}");
                let of = if other { side.other() } else { side };
                let binding = if bound { Binding::Fresh } else { Binding::Unbound };
                let taken = session.handle_token(now, of, &token, &binding, &entropy(number.into()));
                assert_eq!(
                    taken.is_err(),
                    other || before == Status::Closed,
                    "{taken:?} in {before:?}"
                );
                match taken {
                    Ok(TokenTaken::New) => assert_eq!(session.status(), Status::Connecting),
                    _ => assert_eq!(session.status(), before),
                }
                taken.is_ok()
            }
            Step::Upgrade(kind) => {
                let asked = session.machine.state.has_socket() && session.status() == Status::Connecting;
                let taken = session.handle_upgrade(now, &upgrade(kind)).is_ok();
                assert_eq!(taken, asked);
                if taken {
                    self.has_socket = kind < 3;
                    self.service.clear();
                }
                taken
            }
            Step::Bytes(ref bytes) => self.receive(bytes),
            Step::Message(kind, stream, service, connection, length) => {
                let service = ["", "SSH", "RDP", "VNC"][usize::from(service)];
                self.receive(&match MessageType::KNOWN[kind] {
                    MessageType::Data => data(stream, service, connection, &vec![7; length]),
                    other => frame(other, stream, service, connection),
                })
            }
            Step::ServiceIds(count) => self.receive(&service_ids(&["SSH", "RDP", "VNC"][..count])),
            Step::Closed(reason) => {
                let close = DisconnectReason::EVERY.get(reason).map(|reason| reason.close());
                session.handle_closed(now, close).is_ok()
            }
            Step::Pong => session.handle_pong(now).is_ok(),
            Step::Ping => session.handle_ping(now).is_ok(),
            Step::Pause(paused) => session.pause(now, paused).is_ok(),
            Step::Time(milliseconds) => {
                self.rig.now = now.after(milliseconds);
                session.handle_timeout(self.rig.now);
                true
            }
            Step::Open(service) => match session.open(service) {
                Ok(Progress::Done(connection)) => {
                    self.known.learn(connection);
                    true
                }
                other => other.is_ok(),
            },
            Step::Send(which, length) => self.known.nth(which).is_none_or(|connection| {
                let sent = session.send(connection, &vec![7; length]);
                assert_eq!(sent.is_ok(), self.known.live.contains(&connection));
                assert!(!matches!(sent, Ok(Progress::Done(0))) || length == 0);
                sent.is_ok()
            }),
            Step::Reset(which) => self.known.nth(which).is_none_or(|connection| {
                let reset = session.reset(connection).is_ok();
                assert_eq!(reset, self.known.live.remove(&connection));
                reset
            }),
            Step::Poll(part) => {
                self.poll(part);
                true
            }
            Step::SentTooMuch(count) => {
                let sent = session.sent(usize::MAX - count).is_ok();
                assert!(!sent);
                sent
            }
            Step::Close => {
                session.close();
                true
            }
        }
    }

    fn poll(&mut self, part: usize) {
        let side = self.rig.session.side();
        match self.rig.session.poll_output() {
            Output::Connect(_) => {
                assert!(!self.has_socket, "two sockets at a time");
                self.has_socket = true;
            }
            Output::CloseWebSocket(_) => {
                assert!(self.has_socket, "there is none to close");
                self.has_socket = false;
            }
            Output::Send(bytes) => {
                assert!(self.has_socket && !bytes.is_empty());
                let count = bytes.len().min(part);
                let mut sent = &bytes[..count];
                // All that is sent keeps the rules by which the service judges it.
                while let Some(message) = self.service.next(&mut sent).unwrap() {
                    let message = Message::decode(message).unwrap();
                    let verdict = message.check(Origin::Client(side));
                    assert_eq!(verdict, Ok(Verdict::Valid), "{message:?}");
                    assert!(side == Side::Destination || (1..=MAX_STREAM_ID).contains(&message.stream_id));
                }
                self.rig.session.sent(count).unwrap();
            }
            Output::Ping => assert!(self.has_socket),
            Output::Wait(until) => assert_eq!(until, self.rig.session.deadline()),
        }
    }

    fn run(mut self, script: Vec<Step>) {
        for step in script {
            let before = self.shown();
            let allowed = self.take(&step);
            let after = self.shown();
            if !allowed {
                assert_eq!(after, before, "a failed call changed something: {step:?}");
            }
            if after.status != Status::Open || before.status != Status::Open {
                self.known
                    .live
                    .retain(|connection| after.live.contains(connection));
            }
            // What stands beside the state goes with it.
            let has_token = !matches!(after.status, Status::AwaitingToken(_) | Status::Closed);
            assert_eq!(self.rig.session.machine.credentials.is_blank(), !has_token);
            assert!(after.live.is_empty() || after.status == Status::Open);
            // Closed by the peer: nothing is left to close.
            let machine = &self.rig.session.machine;
            if !machine.state.has_socket() && !machine.owes_hang_up() {
                self.has_socket = false;
            }
            assert_eq!(
                after.live, self.known.live,
                "after {step:?} in {:?}",
                before.status
            );
        }
    }
}

fn upgrade(kind: u8) -> Upgrade<'static> {
    let (reason, channel_id) = (PeerText::new(b"why"), None);
    let subprotocol = match kind {
        0 => Subprotocol::V1,
        1 => Subprotocol::V2,
        _ => Subprotocol::V3,
    };
    match kind {
        3 => Upgrade::Refused {
            status: 400,
            reason,
            channel_id,
        },
        4 => Upgrade::Retry {
            status: 500,
            retry_after: Some(2),
            reason,
            channel_id,
        },
        _ => Upgrade::Accepted {
            subprotocol,
            channel_id,
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_script_panics_and_the_application_knows_every_connection(
        source in any::<bool>(),
        unnamed in prop::bool::weighted(0.3),
        bound in prop::bool::weighted(0.8),
        format in prop::sample::select(&Subprotocol::EVERY[..]),
        outgoing in prop_oneof![Just(MIN_OUTGOING), Just(1_000), Just(20_000)],
        script in prop::collection::vec(step(), 0..120),
    ) {
        // Most scripts would never come to the heart of it.
        let services = if unnamed { 1 } else { 2 };
        let opening = [Step::Token(0, bound, false), Step::Poll(1), Step::Upgrade(2), Step::ServiceIds(services)];
        let side = if source { Side::Source } else { Side::Destination };
        let world = World::new(side, unnamed, format, outgoing);
        world.run(opening.into_iter().chain(script).collect());
    }
}
