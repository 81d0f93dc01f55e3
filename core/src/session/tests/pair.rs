//! [`Pair`]: a source and a destination with a model of the service between them, in virtual time.

use std::vec;
use std::vec::Vec;

use super::rig::Seen;
use super::rig::{Small, entropy, own, service_ids, services};
use crate::handshake::{Subprotocol, Upgrade};
use crate::mode::Side;
use crate::session::{Binding, Config, Connection, Output, Progress, Session, Status};
use crate::time::Millis;
use crate::token::AccessToken;

/// One end, and what is on its way to it.
struct End {
    session: Small,
    inbox: Vec<u8>,
    /// The destination sends everything back; the source keeps it.
    got: Vec<(Connection, Vec<u8>)>,
    echo: Vec<(Connection, Vec<u8>)>,
}

struct Pair {
    ends: [End; 2],
    now: Millis,
}

impl Pair {
    fn new(incoming: usize, outgoing: usize) -> Self {
        let services = services(&["SSH", "RDP"]);
        let end = |side| {
            let config = Config::new(side, &services);
            End {
                session: Session::new(&config, vec![0; incoming], vec![0; outgoing]).unwrap(),
                inbox: Vec::new(),
                got: Vec::new(),
                echo: Vec::new(),
            }
        };
        Self {
            ends: Side::BOTH.map(end),
            now: Millis(0),
        }
    }

    fn token(&mut self, token: &str) {
        for (end, side) in self.ends.iter_mut().zip(Side::BOTH) {
            let token = AccessToken::parse(token).unwrap();
            end.session
                .handle_token(self.now, side, token, Binding::Fresh, &entropy(token_seed(side)))
                .unwrap();
        }
    }

    /// Moves bytes, `chunk` at a time, until nobody has anything to do.
    fn drive(&mut self, chunk: usize) {
        for _ in 0..100_000 {
            let mut moved = false;
            for index in 0..2 {
                moved |= self.step(index, chunk);
            }
            if !moved {
                return;
            }
        }
        panic!("the pair does not come to rest");
    }

    fn step(&mut self, index: usize, chunk: usize) -> bool {
        let now = self.now;
        let [source, destination] = &mut self.ends;
        let (end, other) = match index {
            0 => (source, destination),
            _ => (destination, source),
        };
        let mut moved = false;
        match end.session.poll_output() {
            Output::Connect(_) => {
                // The service: SERVICE_IDS first.
                let upgrade = Upgrade::Accepted {
                    subprotocol: Subprotocol::V3,
                    channel_id: None,
                };
                end.session.handle_upgrade(now, &upgrade).unwrap();
                end.inbox = service_ids(&["SSH", "RDP"]);
                moved = true;
            }
            // The service holds two chunks at most for each end.
            Output::Send(bytes)
                if other.session.status() == Status::Open && other.inbox.len() < 2 * chunk =>
            {
                let count = bytes.len().min(chunk);
                other.inbox.extend_from_slice(&bytes[..count]);
                end.session.sent(count).unwrap();
                moved = true;
            }
            Output::CloseWebSocket(_) => {
                end.inbox.clear();
                end.echo.clear();
                moved = true;
            }
            Output::Ping => {
                end.session.handle_pong(now).unwrap();
                moved = true;
            }
            Output::Send(_) | Output::Wait(_) => {}
        }
        // The application takes no more while it has something to send back.
        if let Some((connection, data)) = end.echo.first_mut() {
            match end.session.send(*connection, data) {
                Ok(Progress::Done(count)) => drop(data.drain(..count)),
                Ok(Progress::WouldBlock) => return moved,
                Err(_) => data.clear(),
            }
            if data.is_empty() {
                end.echo.remove(0);
            }
            return true;
        }
        let inbox = core::mem::take(&mut end.inbox);
        let part = inbox.len().min(chunk);
        let mut input = &inbox[..part];
        while end.echo.is_empty() {
            let before = input.len();
            let Some(event) = end.session.handle_bytes(now, &mut input).unwrap() else {
                moved |= input.len() < before;
                break;
            };
            moved = true;
            if let Some(Seen::Data(connection, data)) = own(&event) {
                match index {
                    0 => end.got.push((connection, data)),
                    _ => end.echo.push((connection, data)),
                }
            }
        }
        end.inbox = [input, &inbox[part..]].concat();
        moved
    }
}

fn token_seed(side: Side) -> u64 {
    side as u64 + 40
}

/// Sends `data` from the source, all of it, and gives what came back on that connection.
fn echo(pair: &mut Pair, connection: Connection, mut data: &[u8], chunk: usize) -> Vec<u8> {
    while !data.is_empty() {
        match pair.ends[0].session.send(connection, data).unwrap() {
            Progress::Done(count) => data = &data[count..],
            Progress::WouldBlock => pair.drive(chunk),
        }
    }
    pair.drive(chunk);
    let got = pair.ends[0].got.iter();
    got.filter(|(of, _)| *of == connection)
        .flat_map(|(_, data)| data.clone())
        .collect()
}

fn noise(length: usize, seed: u8) -> Vec<u8> {
    (0..length)
        .map(|i| (i as u8).wrapping_mul(31).wrapping_add((i >> 8) as u8) ^ seed)
        .collect()
}

#[test]
fn bytes_come_back_whole_and_in_order_however_they_are_cut() {
    for (incoming, outgoing, chunk) in [
        (65_535, 65_535, 131_076),
        (600, 512, 1),
        (700, 700, 13),
        (4_096, 2_000, 997),
    ] {
        let mut pair = Pair::new(incoming, outgoing);
        pair.token("first");
        pair.drive(chunk);
        let mut connections = Vec::new();
        for service in [0, 0, 1, 0, 1] {
            let Progress::Done(connection) = pair.ends[0].session.open(service).unwrap() else {
                panic!("no room")
            };
            connections.push(connection);
            pair.drive(chunk);
        }
        for (seed, connection) in (0..).zip(connections) {
            let data = noise(5_000, seed);
            assert!(
                echo(&mut pair, connection, &data, chunk) == data,
                "in chunks of {chunk}"
            );
        }
    }
}

#[test]
fn two_hundred_rotations_in_a_row_mix_no_byte_of_an_old_stream_into_a_new_one() {
    let mut pair = Pair::new(2_000, 2_000);
    for round in 0..200_u8 {
        // In the middle of what was under way.
        pair.token(&std::format!("rotated-{round}"));
        for end in &mut pair.ends {
            end.got.clear();
        }
        pair.drive(700);
        assert!(pair.ends.iter().all(|end| end.session.status() == Status::Open));
        let Progress::Done(connection) = pair.ends[0].session.open(0).unwrap() else {
            panic!("no room")
        };
        let data = noise(3_000, round);
        assert!(echo(&mut pair, connection, &data, 700) == data);
        assert!(pair.ends[0].got.iter().all(|(of, _)| *of == connection));
        // Leave some of it half-way.
        let _ = pair.ends[0]
            .session
            .send(connection, &noise(1_500, round))
            .unwrap();
        for _ in 0..round % 5 {
            pair.step(0, 100);
            pair.step(1, 100);
        }
    }
}
