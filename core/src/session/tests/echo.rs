//! What a source sends comes back whole and in order, whatever happens to the connections below.

use std::vec::Vec;

use super::pair::Pair;
use super::rig::services;
use crate::handshake::Subprotocol;
use crate::mode::Side;
use crate::session::{Config, Status};

fn pair(buffers: (usize, usize), chunk: usize) -> Pair {
    let names = ["SSH", "RDP"];
    let services = services(&names);
    let configs = Side::BOTH.map(|side| Config::new(side, &services));
    let mut pair = Pair::new(configs, [Subprotocol::V3; 2], &names, buffers, chunk);
    pair.connect();
    pair
}

fn noise(length: usize, seed: u8) -> Vec<u8> {
    (0..length)
        .map(|i| (i as u8).wrapping_mul(31).wrapping_add((i >> 8) as u8) ^ seed)
        .collect()
}

#[test]
fn bytes_come_back_whole_and_in_order_however_they_are_cut() {
    for (buffers, chunk) in [
        ((65_535, 65_535), 131_076),
        ((600, 512), 1),
        ((700, 700), 13),
        ((4_096, 2_000), 997),
    ] {
        let mut pair = pair(buffers, chunk);
        let connections = [0, 0, 1, 0, 1].map(|service| pair.open(service));
        for (seed, connection) in (0..).zip(connections) {
            let data = noise(5_000, seed);
            assert!(pair.echo(connection, &data) == data, "in chunks of {chunk}");
        }
    }
}

/// Leaves some of what is sent half-way.
fn leave_under_way(pair: &mut Pair, service: usize, round: u8) {
    let connection = pair.open(service);
    let _ = pair.ends[0]
        .session
        .send(connection, &noise(1_500, round))
        .unwrap();
    for _ in 0..round % 5 {
        pair.step(Side::Source);
        pair.step(Side::Destination);
    }
}

/// A new connection carries what is sent on it, and nothing else arrives.
fn check(pair: &mut Pair, round: u8) {
    pair.ends[0].got.clear();
    let connection = pair.open(0);
    let data = noise(3_000, round);
    assert!(pair.echo(connection, &data) == data);
    assert!(pair.ends[0].got.iter().all(|(of, _)| *of == connection));
}

#[test]
fn two_hundred_rotations_in_a_row_mix_no_byte_of_an_old_stream_into_a_new_one() {
    let mut pair = pair((2_000, 2_000), 700);
    for round in 0..200_u8 {
        leave_under_way(&mut pair, 0, round);
        // Of one side, of the other, of both.
        for side in Side::BOTH {
            if round % 3 != side as u8 {
                pair.token(side, &std::format!("rotated-{round}"));
            }
        }
        pair.drive();
        // Both are back at once: a rotation costs no back-off.
        assert!(pair.is_open());
        check(&mut pair, round);
    }
}

#[test]
fn a_drop_at_any_moment_leaves_nothing_hanging() {
    let mut pair = pair((2_000, 2_000), 300);
    for round in 0..200_u8 {
        leave_under_way(&mut pair, 1, round);
        let side = Side::BOTH[usize::from(round % 2)];
        pair.lose(side);
        pair.drive();
        // The side that stayed has no connection left that leads nowhere.
        let stayed = &mut pair.ends[side.other() as usize].session;
        assert_eq!(stayed.status(), Status::Open);
        assert_eq!(stayed.machine.streams.live().count(), 0);
        while !pair.is_open() {
            pair.wait();
        }
        check(&mut pair, round);
    }
}
