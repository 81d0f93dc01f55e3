//! Any script of calls and bytes: no panic, and what always holds.

use std::collections::HashSet;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::rig::{Rig, Seen, data, entropy, frame, own, service_ids};
use crate::handshake::{PeerText, Subprotocol, Upgrade};
use crate::mode::Side;
use crate::session::{Binding, Connection, Output, Progress, Status};
use crate::token::AccessToken;
use crate::wire::MessageType;

#[derive(Clone, Debug)]
enum Step {
    Token(u8, bool, bool),
    Upgrade(u8),
    Bytes(Vec<u8>),
    Message(usize, i32, u8, u32, usize),
    ServiceIds(usize),
    Closed,
    Pong,
    Pause(bool),
    Time(u64),
    Open(usize),
    Send(usize, usize),
    Reset(usize),
    Poll(usize),
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..3_u8, any::<bool>(), prop::bool::weighted(0.1)).prop_map(|(a, b, c)| Step::Token(a, b, c)),
        8 => (0..5_u8).prop_map(Step::Upgrade),
        2 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Step::Bytes),
        16 => (0..7_usize, -1..4, 0..4_u8, 0..7_u32, 0..40_usize)
            .prop_map(|(a, b, c, d, e)| Step::Message(a, b, c, d, e)),
        6 => (0..4_usize).prop_map(Step::ServiceIds),
        1 => Just(Step::Closed),
        1 => Just(Step::Pong),
        1 => any::<bool>().prop_map(Step::Pause),
        3 => prop_oneof![0..50_000_u64, Just(u64::MAX)].prop_map(Step::Time),
        8 => (0..4_usize).prop_map(Step::Open),
        8 => (0..20_usize, 0..700_usize).prop_map(|(a, b)| Step::Send(a, b)),
        4 => (0..20_usize).prop_map(Step::Reset),
        10 => (1..300_usize).prop_map(Step::Poll),
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
}

fn run(side: Side, script: Vec<Step>) {
    let mut rig = Rig::with(side, &["SSH", "RDP"], Subprotocol::V3, 1_000);
    let mut known = Known::default();
    let mut has_socket = false;
    for step in script {
        let now = rig.now;
        let before = rig.session.status();
        let asked = rig.session.machine.state.has_socket();
        let mut receive = |bytes: &[u8]| {
            let mut input = bytes;
            let mut lost = false;
            while let Ok(Some(event)) = rig.session.handle_bytes(now, &mut input) {
                let seen = own(&event);
                lost |= matches!(seen, Some(Seen::Lost(_)));
                seen.iter().for_each(|seen| known.see(seen));
            }
            lost
        };
        match step {
            Step::Token(number, bound, other) => {
                let token = AccessToken::parse(&std::format!("token-{number}")).unwrap();
                let side = if other { side.other() } else { side };
                let binding = if bound { Binding::Fresh } else { Binding::Unbound };
                let taken = rig
                    .session
                    .handle_token(now, side, token, binding, &entropy(number.into()));
                assert!(!other || taken.is_err());
            }
            Step::Upgrade(kind) => {
                let (reason, channel_id) = (PeerText::new(b"why"), None);
                let subprotocol = match kind {
                    0 => Subprotocol::V1,
                    1 => Subprotocol::V2,
                    _ => Subprotocol::V3,
                };
                let upgrade = match kind {
                    3 => Upgrade::Refused {
                        status: 400,
                        reason,
                        channel_id,
                    },
                    4 => Upgrade::Retry {
                        status: 500,
                        reason,
                        channel_id,
                    },
                    _ => Upgrade::Accepted {
                        subprotocol,
                        channel_id,
                    },
                };
                let taken = rig.session.handle_upgrade(now, &upgrade).is_ok();
                assert_eq!(taken, asked && before == Status::Connecting);
                has_socket &= !taken || kind < 3;
            }
            Step::Bytes(bytes) => drop(receive(&bytes)),
            Step::Message(kind, stream, service, connection, length) => {
                let service = ["", "SSH", "RDP", "VNC"][usize::from(service)];
                let message = match MessageType::KNOWN[kind] {
                    MessageType::Data => data(stream, service, connection, &std::vec![7; length]),
                    other => frame(other, stream, service, connection),
                };
                receive(&message);
            }
            Step::ServiceIds(count) => drop(receive(&service_ids(&["SSH", "RDP", "VNC"][..count]))),
            Step::Closed => drop(rig.session.handle_closed(now, None)),
            Step::Pong => drop(rig.session.handle_pong(now)),
            Step::Pause(paused) => drop(rig.session.pause(now, paused)),
            Step::Time(milliseconds) => {
                rig.now = now.after(milliseconds);
                rig.session.handle_timeout(rig.now);
            }
            Step::Open(service) => {
                if let Ok(Progress::Done(connection)) = rig.session.open(service) {
                    // A new stream takes the place of one whose connections are all over.
                    known.learn(connection);
                }
            }
            Step::Send(which, length) => {
                if let Some(connection) = known.ever.iter().rev().nth(which) {
                    let sent = rig.session.send(*connection, &std::vec![7; length]);
                    assert_eq!(sent.is_ok(), known.live.contains(connection));
                }
            }
            Step::Reset(which) => {
                if let Some(connection) = known.ever.iter().rev().nth(which).copied() {
                    assert_eq!(
                        rig.session.reset(connection).is_ok(),
                        known.live.remove(&connection)
                    );
                }
            }
            Step::Poll(part) => match rig.session.poll_output() {
                Output::Connect(_) => {
                    assert!(!has_socket, "two sockets at a time");
                    has_socket = true;
                }
                Output::CloseWebSocket(_) => {
                    assert!(has_socket, "there is none to close");
                    has_socket = false;
                }
                Output::Send(bytes) => {
                    assert!(has_socket && !bytes.is_empty());
                    let count = bytes.len().min(part);
                    rig.session.sent(count).unwrap();
                }
                Output::Ping => assert!(has_socket),
                Output::Wait(_) => {}
            },
            Step::Close => rig.session.close(),
        }
        if !matches!(rig.session.status(), Status::Open) {
            known.live.clear();
        }
        if before != rig.session.status() && before == Status::Open {
            known.live.clear();
        }
        // Closed by the peer: nothing is left to close.
        if !rig.session.machine.state.has_socket() && !rig.session.machine.owes_hang_up() {
            has_socket = false;
        }
        let live: HashSet<_> = match rig.session.machine.state.open() {
            Some(open) => open.streams.live().collect(),
            None => HashSet::new(),
        };
        assert_eq!(live, known.live, "after a step in {before:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_script_panics_and_the_application_knows_every_connection(
        source in any::<bool>(),
        script in prop::collection::vec(step(), 0..120),
    ) {
        // Most scripts would never come to the heart of it.
        let opening = [Step::Token(0, true, false), Step::Poll(1), Step::Upgrade(2), Step::ServiceIds(2)];
        let side = if source { Side::Source } else { Side::Destination };
        run(side, opening.into_iter().chain(script).collect());
    }
}
