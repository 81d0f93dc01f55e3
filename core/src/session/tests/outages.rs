//! After an outage sessions come back within the application's ceiling, and a fleet does not overrun a service that is overloaded.

use std::vec::Vec;

use super::rig::{Rig, data, services};
use crate::handshake::{PeerText, Upgrade};
use crate::mode::Side;
use crate::session::{Binding, Config, MAX_BACKOFF, Status};
use crate::time::Millis;

/// Ceiling of the waits of a proxy that a person waits for, in milliseconds.
const PERSON: u32 = 5_000;

/// A destination that is connecting, with a random seed of its own.
fn session(seed: usize, max_backoff: u32) -> Rig {
    let services = services(&["SSH"]);
    let config = Config {
        max_backoff,
        ..Config::new(Side::Destination, &services)
    };
    let mut rig = Rig::of(&config, 512);
    rig.token(&"t".repeat(1 + seed % 60), &Binding::Fresh);
    // The rig's entropy differs by the token's length only.
    for _ in 0..seed / 60 {
        rig.lose();
        rig.wait();
    }
    rig
}

/// Open, and bytes of the peer have come.
fn usable(seed: usize, max_backoff: u32) -> Rig {
    let mut rig = session(seed, max_backoff);
    rig.go_open(&["SSH"]);
    rig.start(1, "SSH", 1);
    rig.receive(&data(1, "SSH", 1, b"x"));
    rig
}

/// When a session of the fleet is connected again after an outage, in milliseconds after its end: an attempt fails at once until
/// then, and the next one succeeds.
fn back_after(rig: &mut Rig, outage: u64) -> u64 {
    let end = rig.now.after(outage);
    rig.lose();
    rig.wait();
    while rig.now < end {
        rig.lose();
        rig.wait();
    }
    rig.now.0 - end.0
}

#[test]
fn after_an_outage_of_any_length_a_persons_session_is_back_within_five_seconds_of_its_end() {
    for outage in [1_000, 20_000, 120_000, 3_600_000] {
        let waits: Vec<u64> = (0..300)
            .map(|seed| back_after(&mut usable(seed, PERSON), outage))
            .collect();
        let longest = waits.iter().max().copied().unwrap_or_default();
        assert!(longest <= PERSON.into(), "{outage} ms of outage: {longest} ms");
    }
}

#[test]
fn one_drop_costs_no_wait() {
    for max_backoff in [PERSON, MAX_BACKOFF as u32] {
        for seed in 0..100 {
            assert_eq!(back_after(&mut usable(seed, max_backoff), 0), 0);
        }
    }
}

/// The attempts of 1,000 sessions, by the second, while a service answers every one with 503 for ten minutes. All of them were
/// connected until it began.
fn attempts(max_backoff: u32) -> Vec<usize> {
    let unavailable = Upgrade::Retry {
        status: 503,
        retry_after: None,
        reason: PeerText::new(b""),
        channel_id: None,
    };
    let mut attempts = std::vec![0; 600];
    for seed in 0..1_000 {
        let mut rig = usable(seed, max_backoff);
        let begin = rig.now;
        rig.lose();
        loop {
            rig.wait();
            let second = (rig.now.0 - begin.0) / 1_000;
            let Some(count) = attempts.get_mut(second as usize) else {
                break;
            };
            *count += 1;
            rig.session.handle_upgrade(rig.now, &unavailable).unwrap();
            assert!(matches!(rig.session.status(), Status::Backoff { .. }));
        }
    }
    attempts
}

#[test]
fn a_fleet_of_a_thousand_gives_an_overloaded_service_room_whatever_the_applications_ceiling() {
    for max_backoff in [PERSON, MAX_BACKOFF as u32] {
        let attempts = attempts(max_backoff);
        // Each comes at once, and about twice more within the first second.
        assert!((1_000..4_000).contains(&attempts[0]), "{}", attempts[0]);
        // From then on ever fewer: at the ceiling of 120 s a thousand sessions make about 17 attempts a second.
        let per_second = |from: usize, to: usize| attempts[from..to].iter().sum::<usize>() / (to - from);
        assert!(per_second(1, 10) < 500, "{}", per_second(1, 10));
        assert!(per_second(60, 120) < 40, "{}", per_second(60, 120));
        assert!(per_second(300, 600) < 25, "{}", per_second(300, 600));
        // They do not move in step.
        assert!(attempts[300..].iter().all(|count| *count < 60));
    }
}

#[test]
fn retry_after_keeps_a_whole_fleet_away_and_spreads_its_return() {
    let wait = 60;
    let unavailable = Upgrade::Retry {
        status: 503,
        retry_after: Some(wait),
        reason: PeerText::new(b""),
        channel_id: None,
    };
    let begin = Millis(0);
    let mut returns: Vec<u64> = (0..500)
        .map(|seed| {
            let mut rig = session(seed, PERSON);
            rig.now = begin;
            rig.session.handle_upgrade(begin, &unavailable).unwrap();
            match rig.session.status() {
                Status::Backoff { until } => until.0,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    returns.sort_unstable();
    assert!(returns.iter().all(|at| *at >= u64::from(wait) * 1_000));
    returns.dedup();
    assert!(returns.len() > 250, "{} moments of 500", returns.len());
}
