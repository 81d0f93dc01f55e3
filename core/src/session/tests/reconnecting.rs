//! What a session does when a connection ends.

use super::rig::{Rig, data, entropy, frame, services};
use crate::error::Misuse;
use crate::handshake::{PeerText, Subprotocol, Upgrade};
use crate::mode::Side;
use crate::session::{Binding, CONTESTED_AFTER, Config, FIRST_BACKOFF, Status, Timeout, USABLE_AFTER};
use crate::time::Millis;
use crate::websocket::{Close, CloseCode};
use crate::wire::MessageType;

#[test]
fn the_wait_falls_back_only_after_the_connection_proved_usable_or_for_another_token() {
    let ceiling = |prove: fn(&mut Rig)| {
        let waits = (1..=40).map(|seed| {
            let mut rig = Rig::new(Side::Destination);
            rig.token(&"t".repeat(seed), &Binding::Fresh);
            for _ in 0..7 {
                rig.lose();
                rig.wait();
            }
            rig.go_open(&["SSH"]);
            prove(&mut rig);
            let mut status = rig.lose();
            // The first drop after the proof is followed by an immediate attempt.
            if status == (Status::Backoff { until: rig.now }) {
                rig.wait();
                status = rig.lose();
            }
            match status {
                Status::Backoff { until } => until.0 - rig.now.0,
                other => panic!("{other:?}"),
            }
        });
        waits.max().unwrap()
    };
    // The service's own messages prove nothing, nor do a peer's ids, a pong to no ping and a ping that is not answered.
    let unproven: fn(&mut Rig) = |rig| {
        rig.receive(&frame(MessageType::SessionReset, 0, "", 0));
        rig.start(1, "SSH", 1);
        rig.receive(&data(9, "SSH", 1, b"stale"));
        rig.receive(&data(1, "SSH", 1, b""));
        rig.session.handle_pong(rig.now).unwrap();
        rig.session.handle_ping(rig.now).unwrap();
        rig.wait();
        assert_eq!(rig.pings, 1);
    };
    assert!(ceiling(unproven) > 60_000);
    let before_it_was_open: fn(&mut Rig) = |rig| {
        rig.lose();
        rig.wait();
        rig.accept(Subprotocol::V3);
        rig.wait();
        assert_eq!(rig.pings, 1);
        rig.session.handle_pong(rig.now).unwrap();
    };
    assert!(ceiling(before_it_was_open) > 60_000);
    let rotated: fn(&mut Rig) = |rig| {
        rig.token("rotated", &Binding::Fresh);
    };
    assert!(ceiling(rotated) <= FIRST_BACKOFF);
    // A service may answer no ping: then the time proves it.
    let lasted: fn(&mut Rig) = |rig| rig.now = rig.now.after(USABLE_AFTER);
    assert!(ceiling(lasted) <= FIRST_BACKOFF);
    let not_quite: fn(&mut Rig) = |rig| rig.now = rig.now.after(USABLE_AFTER - 1);
    assert!(ceiling(not_quite) > 60_000);
    let answered: fn(&mut Rig) = |rig| {
        rig.wait();
        rig.session.handle_pong(rig.now).unwrap();
    };
    assert!(ceiling(answered) <= FIRST_BACKOFF);
    let carried: fn(&mut Rig) = |rig| {
        rig.start(1, "SSH", 1);
        rig.receive(&data(1, "SSH", 1, b"x"));
    };
    assert!(ceiling(carried) <= FIRST_BACKOFF);
}

#[test]
fn the_first_attempt_after_the_drop_of_a_usable_connection_is_immediate() {
    let mut rig = Rig::open(Side::Destination);
    for drops in 0..100 {
        rig.start(1, "SSH", 1);
        rig.receive(&data(1, "SSH", 1, b"x"));
        assert_eq!(rig.lose(), Status::Backoff { until: rig.now }, "{drops}");
        assert!(!rig.session.is_contested());
        rig.wait();
        rig.go_open(&["SSH", "RDP"]);
    }
}

/// A session of a person's proxy, which waits 5 s at most.
fn impatient(seed: usize) -> Rig {
    let services = services(&["SSH"]);
    let config = Config {
        max_backoff: 5_000,
        ..Config::new(Side::Source, &services)
    };
    let mut rig = Rig::of(&config, 4096);
    rig.token(&"t".repeat(seed), &Binding::Fresh);
    rig
}

fn wait_after(rig: &Rig, status: Status) -> u64 {
    match status {
        Status::Backoff { until } => until.0 - rig.now.0,
        other => panic!("{other:?}"),
    }
}

#[test]
fn after_an_outage_of_any_length_the_next_attempt_comes_within_the_applications_ceiling() {
    for seed in 1..=60 {
        let mut rig = impatient(seed);
        rig.go_open(&["SSH"]);
        rig.wait();
        rig.session.handle_pong(rig.now).unwrap();
        let mut status = rig.lose();
        for _ in 0..100 {
            assert!(wait_after(&rig, status) <= 5_000);
            rig.wait();
            status = rig.lose();
        }
        assert!(!rig.session.is_contested());
    }
}

#[test]
fn a_service_that_asks_for_patience_gets_it_whatever_the_applications_ceiling() {
    let upgrade = |status, retry_after| Upgrade::Retry {
        status,
        retry_after,
        reason: PeerText::new(b""),
        channel_id: None,
    };
    for status in [408, 429, 500, 503] {
        let longest = (1..=60).map(|seed| {
            let mut rig = impatient(seed);
            for _ in 0..9 {
                rig.session
                    .handle_upgrade(rig.now, &upgrade(status, None))
                    .unwrap();
                rig.wait();
            }
            rig.session
                .handle_upgrade(rig.now, &upgrade(status, None))
                .unwrap();
            wait_after(&rig, rig.session.status())
        });
        assert!(longest.max().is_some_and(|longest| longest > 60_000), "{status}");
        let mut rig = impatient(1);
        rig.session
            .handle_upgrade(rig.now, &upgrade(status, Some(30)))
            .unwrap();
        let wait = wait_after(&rig, rig.session.status());
        assert!((30_000..=31_000).contains(&wait), "{status}: {wait}");
    }
}

#[test]
fn openings_that_are_lost_again_and_again_before_they_prove_usable_are_contested_and_become_rare() {
    let longest = (1..=60).map(|seed| {
        let mut rig = impatient(seed);
        let mut wait = 0;
        for lost in 1..=12 {
            rig.go_open(&["SSH"]);
            let status = rig.lose();
            assert_eq!(rig.session.is_contested(), lost >= CONTESTED_AFTER);
            wait = wait_after(&rig, status);
            rig.wait();
        }
        // What ends it: a connection that proves usable, or another token.
        let mut renewed = impatient(seed);
        std::mem::swap(&mut renewed, &mut rig);
        renewed.token("rotated", &Binding::Fresh);
        assert!(!renewed.session.is_contested());
        wait
    });
    assert!(longest.max().is_some_and(|longest| longest > 60_000));
}

#[test]
fn a_service_that_never_names_its_services_is_dropped() {
    let mut rig = Rig::new(Side::Source);
    rig.token("first", &Binding::Fresh);
    rig.accept(Subprotocol::V2);
    rig.wait();
    rig.session.handle_pong(rig.now).unwrap();
    assert_eq!(rig.wait(), Timeout::ServiceIds);
    rig.wait();
    assert_eq!(rig.wait(), Timeout::Connect);
    assert_eq!(rig.closes.len(), 2);
}

#[test]
fn only_a_close_that_says_that_the_tunnel_is_closed_ends_the_session() {
    let close = |number, reason| {
        let code = CloseCode::from_number(number).unwrap();
        Close { code, reason }
    };
    let lost = |close: Option<Close<'_>>| {
        let mut rig = Rig::open(Side::Destination);
        let status = rig.session.handle_closed(rig.now, close).unwrap();
        // It is the peer who closed: nothing is left to close, and a session that is over asks for nothing.
        rig.poll();
        assert!(rig.closes.is_empty());
        (status, rig)
    };
    for close in [
        None,
        Some(close(1000, "")),
        Some(close(1008, "")),
        Some(close(1008, "access token rotated")),
        Some(close(1008, "replaced by a new connection")),
        Some(close(1008, "Tunnel closed")),
        Some(close(1008, "tunnel closed.")),
        Some(close(1001, "tunnel closed")),
    ] {
        assert!(matches!(lost(close).0, Status::Backoff { .. }), "{close:?}");
    }
    let (status, mut rig) = lost(Some(close(1008, "tunnel closed")));
    assert_eq!(status, Status::Closed);
    assert_eq!(rig.session.handle_timeout(Millis(u64::MAX)), Timeout::None);
    assert_eq!((rig.poll(), rig.connects), (std::vec![], 1));
    assert_eq!(
        rig.session.handle_closed(rig.now, None),
        Err(Misuse::SessionClosed)
    );
}

#[test]
fn a_closed_session_takes_nothing_more() {
    let mut rig = Rig::open(Side::Source);
    rig.session.close();
    rig.session.close();
    assert_eq!(rig.poll(), []);
    assert_eq!((rig.closes.len(), rig.session.status()), (1, Status::Closed));
    assert_eq!(rig.session.open(0), Err(Misuse::SessionClosed.into()));
    let taken = rig
        .session
        .handle_token(rig.now, Side::Source, "second", &Binding::Fresh, &entropy(1));
    assert_eq!(taken, Err(Misuse::SessionClosed.into()));
}
