//! The promises of the record, each by its name.

use std::string::{String, ToString};
use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::id::{ServiceId, ThingName};

const TABLE: &str = include_str!("transitions.md");
const HOUR: u64 = 60 * Millis::MINUTE;

fn entropy(seed: u64) -> Entropy {
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&(seed + 1).to_be_bytes());
    bytes[32..40].copy_from_slice(&(seed + 1).to_le_bytes());
    Entropy::new(bytes).unwrap()
}

fn client_token(name: char) -> ClientToken {
    ClientToken::parse(&String::from(name).repeat(32)).unwrap()
}

fn thing(name: &str) -> DestinationConfig {
    DestinationConfig::new(
        Some(ThingName::parse(name).unwrap()),
        &[ServiceId::parse("SSH").unwrap()],
    )
    .unwrap()
}

/// A tunnel with its current tokens.
#[derive(Clone)]
struct Held {
    tunnel: Tunnel,
    tokens: [String; 2],
}

impl Held {
    fn open() -> Self {
        let id = TunnelId::parse("t-1").unwrap();
        let lifetime = Lifetime::from_minutes(60).unwrap();
        let (tunnel, opened) = Tunnel::open(id, None, lifetime, Millis(0), &entropy(0)).unwrap();
        let tokens = [
            opened.source.expose().to_string(),
            opened.destination.expose().to_string(),
        ];
        Self { tunnel, tokens }
    }

    fn connect(&mut self, client: Option<char>, connection: u64) -> Result<Effects, Refusal> {
        let client = client.map(client_token);
        let handshake = Handshake {
            access_token: &self.tokens[0],
            side: Side::Source,
            client_token: client.as_ref(),
        };
        self.tunnel
            .connect(handshake, ConnectionId(connection), |_| false, Millis(1))
    }

    fn rotate(&mut self, mode: ClientMode) -> Result<Rotated, Error> {
        self.tunnel.rotate(mode, None, Millis(3), &entropy(3))
    }

    /// Puts the source into a state by the inputs that lead there.
    fn in_state(name: &str) -> Self {
        let mut held = Self::open();
        let steps: &[&str] = match name {
            "fresh" => &[],
            "once, connected" => &["connect, no client token"],
            "once, gone" => &["connect, no client token", "disconnect"],
            "bound, connected" => &["connect with A"],
            "bound, gone" => &["connect with A", "disconnect"],
            "closed" => &["close"],
            "expired" => &["end of lifetime"],
            other => panic!("the table has an unknown state: {other}"),
        };
        for step in steps {
            held.apply(step).unwrap();
        }
        held
    }

    fn apply(&mut self, input: &str) -> Result<(), Error> {
        match input {
            "connect, no client token" => self.connect(None, 1).map(drop)?,
            "connect with A" => self.connect(Some('A'), 1).map(drop)?,
            "connect with B" => self.connect(Some('B'), 1).map(drop)?,
            "disconnect" => drop(self.tunnel.disconnect(Side::Source, ConnectionId(1), Millis(2))),
            "rotate this side" => drop(self.rotate(ClientMode::Source)?),
            "rotate the other" => drop(self.rotate(ClientMode::Destination)?),
            "close" => drop(self.tunnel.close(false, Millis(4))),
            "end of lifetime" => drop(self.tunnel.expire(Millis(HOUR))),
            other => panic!("the table has an unknown input: {other}"),
        }
        Ok(())
    }

    /// The source's state in the table's words.
    fn state(&self) -> String {
        let connected = |life: &Life| {
            if life.connection().is_some() {
                "connected"
            } else {
                "gone"
            }
        };
        let bound = self.tunnel.bound_client_token(Side::Source);
        match &self.tunnel.state {
            State::Closed {
                by: ClosedBy::Request,
                ..
            } => "closed".to_string(),
            State::Closed {
                by: ClosedBy::Lifetime,
                ..
            } => "expired".to_string(),
            State::Open(lives) => match (&lives.source, bound) {
                (Life::Fresh, _) => "fresh".to_string(),
                (life, None) => std::format!("once, {}", connected(life)),
                (life, Some(digest)) if digest == client_token('A').digest() => {
                    std::format!("bound, {}", connected(life))
                }
                (life, Some(_)) => std::format!("bound to B, {}", connected(life)),
            },
        }
    }
}

fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn every_state_answers_every_input_as_the_table_says() {
    let mut lines = TABLE.lines().filter(|line| line.starts_with('|'));
    let inputs = cells(lines.next().unwrap());
    let mut checked = 0;
    for row in lines.skip(1).map(cells) {
        for (input, expected) in inputs.iter().zip(&row).skip(1) {
            let mut held = Held::in_state(row[0]);
            let before = held.clone();
            let outcome = match held.apply(input) {
                Ok(()) => held.state(),
                Err(error) => {
                    assert!(
                        held.tunnel == before.tunnel,
                        "{}: {input}: a refusal changed the record",
                        row[0]
                    );
                    Refusal::EVERY
                        .iter()
                        .find(|r| Error::Refusal(**r) == error)
                        .unwrap()
                        .name()
                        .to_string()
                }
            };
            let expected = if *expected == "same" { row[0] } else { expected };
            assert_eq!(outcome, expected, "{}: {input}", row[0]);
            checked += 1;
        }
    }
    assert_eq!(checked, 7 * 8);
}

#[test]
fn a_handshake_is_judged_in_the_order_of_the_spec() {
    let mut held = Held::open();
    let old = held.tokens[0].clone();
    held.apply("rotate this side").unwrap();
    let judge = |tunnel: &mut Tunnel, token: &str, side, now| {
        let handshake = Handshake {
            access_token: token,
            side,
            client_token: None,
        };
        tunnel
            .connect(handshake, ConnectionId(9), |_| true, now)
            .unwrap_err()
    };
    let (destination, end) = (held.tokens[1].clone(), Millis(HOUR));
    let mut forged = destination.clone();
    forged.replace_range(forged.len() - 8..forged.len() - 4, "BBBB");
    let tunnel = &mut held.tunnel;
    // Unknown before closed before revoked before the other side.
    assert_eq!(
        judge(tunnel, "bogus", Side::Source, end),
        Refusal::UnknownAccessToken
    );
    assert_eq!(
        judge(tunnel, &forged, Side::Destination, end),
        Refusal::UnknownAccessToken
    );
    assert_eq!(
        judge(tunnel, &old, Side::Destination, end),
        Refusal::TunnelExpired
    );
    assert_eq!(
        judge(tunnel, &old, Side::Destination, Millis(5)),
        Refusal::AccessTokenRevoked
    );
    assert_eq!(
        judge(tunnel, &destination, Side::Source, Millis(5)),
        Refusal::ModeMismatch
    );
}

#[test]
fn a_client_token_in_use_elsewhere_is_refused_only_where_it_would_be_bound() {
    let mut held = Held::open();
    let client = client_token('A');
    let handshake = Handshake {
        access_token: &held.tokens[0].clone(),
        side: Side::Source,
        client_token: Some(&client),
    };
    let refused = held
        .tunnel
        .connect(handshake, ConnectionId(1), |_| true, Millis(1));
    assert_eq!(refused, Err(Refusal::ClientTokenInUse));
    held.tunnel
        .connect(handshake, ConnectionId(1), |_| false, Millis(1))
        .unwrap();
    // Bound here already: nobody is asked.
    let again = held
        .tunnel
        .connect(handshake, ConnectionId(2), |_| panic!("asked"), Millis(2))
        .unwrap();
    assert_eq!(
        again.disconnects(Side::Source).unwrap().reason,
        DisconnectReason::Replaced
    );
    // The replaced connection's end is no news.
    assert_eq!(
        held.tunnel.disconnect(Side::Source, ConnectionId(1), Millis(3)),
        Effects::default()
    );
    assert!(held.tunnel.describe(Millis(3)).source.connected);
}

#[test]
fn a_rotation_closes_the_rotated_side_and_resets_the_one_that_stays() {
    let mut held = Held::open();
    held.connect(None, 1).unwrap();
    let destination = held.tokens[1].clone();
    let handshake = Handshake {
        access_token: &destination,
        side: Side::Destination,
        client_token: None,
    };
    held.tunnel
        .connect(handshake, ConnectionId(2), |_| false, Millis(1))
        .unwrap();
    let mut all = held.tunnel.clone();

    let rotated = held
        .tunnel
        .rotate(ClientMode::Source, None, Millis(2), &entropy(2))
        .unwrap();
    let closed = Disconnect {
        side: Side::Source,
        connection: ConnectionId(1),
        reason: DisconnectReason::Rotated,
    };
    let expected = [Effect::Disconnect(closed), Effect::ResetPeer(Side::Destination)];
    assert_eq!(rotated.effects.iter().collect::<Vec<_>>(), expected);
    assert!(held.tunnel.describe(Millis(2)).destination.connected);

    // Both are closed: there is nobody left to reset.
    let rotated = all
        .rotate(ClientMode::All, Some(thing("pump-7")), Millis(2), &entropy(2))
        .unwrap();
    let effects: Vec<_> = rotated.effects.iter().collect();
    assert_eq!(effects.len(), 3);
    assert_eq!(effects[2], Effect::Notify);
    assert_eq!(all.destination_config(), Some(&thing("pump-7")));
}

#[test]
fn a_closed_tunnel_is_kept_three_hours() {
    let mut tunnel = Held::open().tunnel;
    assert_eq!(tunnel.expire(Millis(HOUR - 1)), Effects::default());
    assert!(!tunnel.expire(Millis(HOUR)).deletes());
    assert!(!tunnel.expire(Millis(HOUR + CLOSED_RETENTION - 1)).deletes());
    assert!(tunnel.expire(Millis(HOUR + CLOSED_RETENTION)).deletes());
    assert!(tunnel.close(true, Millis(HOUR)).deletes());
}

#[test]
fn rotations_end_before_their_numbers_do() {
    let mut tunnel = Held::open().tunnel;
    tunnel.tokens.source.generation = u32::MAX;
    let before = tunnel.clone();
    let refused = tunnel
        .rotate(ClientMode::All, None, Millis(1), &entropy(1))
        .unwrap_err();
    assert_eq!(refused, Capacity::RotationsExhausted.into());
    assert!(tunnel == before);
}

proptest! {
    /// Whatever is done to a tunnel in whatever order: a refusal changes nothing, its end never moves, a closed
    /// tunnel stays closed, no token comes twice, and a revoked one is never accepted.
    #[test]
    fn no_order_of_calls_breaks_a_promise(calls in prop::collection::vec((0..9u8, 0..3u8, 0..4 * HOUR), 1..60)) {
        let mut held = Held::open();
        let end = held.tunnel.ends_at();
        let mut now = Millis(0);
        let mut seen: Vec<String> = held.tokens.to_vec();
        for (seed, (call, detail, wait)) in (1..).zip(calls) {
            if call == 8 {
                now = now.after(wait / 16);
            }
            let before = held.tunnel.clone();
            let side = Side::BOTH[usize::from(detail % 2)];
            let client = [None, Some('A'), Some('B')][usize::from(detail)].map(client_token);
            let outcome: Result<(), Error> = match call {
                0..=2 => {
                    let token = seen[seed as usize % seen.len()].clone();
                    let handshake = Handshake { access_token: &token, side, client_token: client.as_ref() };
                    let outcome = held.tunnel.connect(handshake, ConnectionId(seed), |_| false, now);
                    if outcome.is_ok() {
                        prop_assert!(held.tokens.contains(&token));
                    }
                    outcome.map(drop).map_err(Error::from)
                }
                3 => {
                    held.tunnel.disconnect(side, ConnectionId(seed - 1), now);
                    Ok(())
                }
                4..=6 => {
                    let mode = ClientMode::EVERY[usize::from(detail)];
                    let config = (call == 6).then(|| thing("pump-7"));
                    held.tunnel.rotate(mode, config, now, &entropy(seed)).map(|rotated| {
                        for (slot, token) in held.tokens.iter_mut().zip([rotated.source, rotated.destination]) {
                            if let Some(token) = token {
                                assert!(!seen.contains(&token.expose().to_string()));
                                seen.push(token.expose().to_string());
                                *slot = token.expose().to_string();
                            }
                        }
                    })
                }
                7 if wait % 5 == 0 => {
                    held.tunnel.close(false, now);
                    Ok(())
                }
                _ => {
                    held.tunnel.expire(now);
                    Ok(())
                }
            };
            if outcome.is_err() {
                prop_assert!(held.tunnel == before);
            }
            prop_assert_eq!(held.tunnel.ends_at(), end);
            prop_assert!(before.is_open(now) || !held.tunnel.is_open(now));
            let stored = serde_json::to_string(&held.tunnel).unwrap();
            let read: Tunnel = serde_json::from_str(&stored).unwrap();
            prop_assert!(read == held.tunnel);
            prop_assert!(seen.iter().all(|token| !stored.contains(token.as_str())));
        }
    }
}
