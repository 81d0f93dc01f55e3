//! Every state answers every input as `transitions.md` says.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::rig::{Rig, bytes, entropy, frame, service_ids};
use crate::error::Error;
use crate::handshake::{PeerText, Subprotocol, Upgrade};
use crate::mode::Side;
use crate::session::state::{Active, Phase, State};
use crate::session::{Binding, Output, PING_INTERVAL, PONG_TIMEOUT};
use crate::time::Millis;
use crate::tunnel::DisconnectReason;
use crate::wire::{Message, MessageType};

const TABLE: &str = include_str!("../transitions.md");

/// A session in that state, which has had the tokens "earlier" and "latest".
fn in_state(name: &str, bound: bool) -> Rig {
    let mut rig = Rig::new(Side::Destination);
    let binding = if bound { Binding::Fresh } else { Binding::Unbound };
    rig.token("earlier", &Binding::Fresh);
    if name == "connect due" {
        rig.session
            .handle_token(rig.now, Side::Destination, "latest", &binding, &entropy(1))
            .unwrap();
        // What the earlier token had begun.
        assert!(matches!(rig.session.poll_output(), Output::CloseWebSocket(_)));
        return rig;
    }
    rig.token("latest", &binding);
    match name {
        "awaiting token" => apply(&mut rig, "400–499").unwrap(),
        "connecting" => {}
        "awaiting services" => rig.accept(Subprotocol::V3),
        "open" => rig.go_open(&["SSH", "RDP"]),
        "back-off" => drop(rig.lose()),
        "closed" => {
            rig.session.close();
            rig.poll();
        }
        other => panic!("the table has an unknown state: {other}"),
    }
    rig
}

/// The state in the table's words, and whether the old socket is to be closed.
fn state(rig: &mut Rig) -> String {
    let name = match &rig.session.machine.state {
        State::AwaitingToken(_) => "awaiting token",
        State::Closed => "closed",
        State::Active(Active { phase, .. }) => match phase {
            Phase::ConnectDue { .. } => "connect due",
            Phase::Connecting { .. } => "connecting",
            Phase::AwaitingServices { .. } => "awaiting services",
            Phase::Open(_) => "open",
            Phase::Backoff { .. } => "back-off",
        },
    };
    match rig.session.poll_output() {
        Output::CloseWebSocket(_) => format!("{name}, old socket closed"),
        _ => name.to_string(),
    }
}

fn apply(rig: &mut Rig, input: &str) -> Result<(), Error> {
    let (now, channel_id) = (rig.now, None);
    let mut token = |side, token: &str| {
        rig.session
            .handle_token(now, side, token, &Binding::Fresh, &entropy(9))
            .map(drop)
    };
    let reason = PeerText::new(b"");
    let receive = |rig: &mut Rig, bytes: &[u8]| {
        let mut input = bytes;
        rig.session.handle_bytes(now, &mut input).map(drop)
    };
    let upgrade = match input {
        "new token" => return token(Side::Destination, "new"),
        "same token" => return token(Side::Destination, "latest"),
        "earlier token" => return token(Side::Destination, "earlier"),
        "token of the other side" => return token(Side::Source, "new"),
        "101, V2 or V3" => Upgrade::Accepted {
            subprotocol: Subprotocol::V2,
            channel_id,
        },
        "101, V1" => Upgrade::Accepted {
            subprotocol: Subprotocol::V1,
            channel_id,
        },
        "400–499" => Upgrade::Refused {
            status: 400,
            reason,
            channel_id,
        },
        "408, 429, 500–599" => Upgrade::Retry {
            status: 429,
            retry_after: None,
            reason,
            channel_id,
        },
        "socket closed" => return Ok(rig.session.handle_closed(now, None).map(drop)?),
        "socket closed: tunnel closed" => {
            let close = DisconnectReason::TunnelClosed.close();
            return Ok(rig.session.handle_closed(now, Some(close)).map(drop)?);
        }
        "SERVICE_IDS" => return Ok(receive(rig, &service_ids(&["SSH"]))?),
        "SESSION_RESET" => return Ok(receive(rig, &frame(MessageType::SessionReset, 0, "", 0))?),
        "an unknown message that may be ignored" => {
            let message = Message {
                message_type: MessageType::from_number(99),
                ignorable: true,
                ..Message::default()
            };
            return Ok(receive(rig, &bytes(&message))?);
        }
        "a frame of length 0" => return Ok(receive(rig, b"\0\0")?),
        "pause" => return Ok(rig.session.pause(now, true)?),
        "ping" => return Ok(rig.session.handle_ping(now)?),
        "pong" => return Ok(rig.session.handle_pong(now)?),
        "Connect handed out" => {
            if let Output::Connect(_) = rig.session.poll_output() {}
            return Ok(());
        }
        "time passes" => {
            // One ping is answered, the next one is not.
            if rig.session.machine.state.link().is_none() {
                rig.session.handle_timeout(Millis(u64::MAX));
                return Ok(());
            }
            let pinged = now.after(PING_INTERVAL);
            rig.session.handle_timeout(pinged);
            rig.session.poll_output();
            rig.session.handle_pong(pinged)?;
            let pinged = pinged.after(PING_INTERVAL);
            rig.session.handle_timeout(pinged);
            if rig.session.machine.state.link().is_some() {
                rig.session.poll_output();
                rig.session.handle_timeout(pinged.after(PONG_TIMEOUT));
            }
            return Ok(());
        }
        "close" => {
            rig.session.close();
            return Ok(());
        }
        other => panic!("the table has an unknown input: {other}"),
    };
    Ok(rig.session.handle_upgrade(now, &upgrade).map(drop)?)
}

fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn every_state_answers_every_input_as_the_table_says() {
    let mut lines = TABLE.lines().filter(|line| line.starts_with('|'));
    let states = cells(lines.next().unwrap());
    let mut checked = 0;
    for row in lines.skip(1).map(cells) {
        assert_eq!(row.len(), states.len(), "{}", row[0]);
        for (name, cell) in states.iter().zip(&row).skip(1) {
            for (bound, place) in [(true, 0), (false, 1)] {
                let mut rig = in_state(name, bound);
                let before = rig.session.status();
                let outcome = match apply(&mut rig, row[0]) {
                    Ok(()) => state(&mut rig),
                    Err(error) => {
                        assert_eq!(rig.session.status(), before, "{}: {name}", row[0]);
                        crate::Misuse::EVERY
                            .iter()
                            .find(|misuse| misuse.code() == error.code())
                            .unwrap()
                            .name()
                            .to_string()
                    }
                };
                // "back-off / awaiting token, old socket closed" names two states and one further effect.
                let (states, effect) = cell.split_once(',').unwrap_or((cell, ""));
                let mut states = states.split(" / ");
                let first = states.next().unwrap();
                let expected = match (place, states.next()) {
                    (1, Some(second)) => second,
                    _ => first,
                };
                let expected = match expected {
                    "same" => name.to_string(),
                    expected if effect.is_empty() => expected.to_string(),
                    expected => format!("{expected},{effect}"),
                };
                assert_eq!(outcome, expected, "{}: {name}, client token: {bound}", row[0]);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 20 * 7 * 2);
}
