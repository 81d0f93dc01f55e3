//! A source beside AWS's own clients: every connection that it opens is answered, and gets no byte of one before it. The
//! clients are models that act by the tables of `tests/models/`.

mod beside;
mod models;
mod peer;
mod table;

use std::format;

use beside::Beside;
use peer::{Service, greeting};
use table::Client;

use crate::handshake::Subprotocol;

/// Connections that a test opens one after another.
const OPENINGS: usize = 20;
/// Between two connections: none, and longer than the session itself waits.
const PAUSES: [u64; 2] = [0, 700];

/// Each client, in each format, with each pause.
fn everywhere(
    service: Service,
    mut check: impl FnMut(&mut Beside, &dyn Fn(usize) -> std::string::String, u64),
) {
    for client in Client::EVERY {
        for format in Subprotocol::EVERY {
            for pause in PAUSES {
                let mut beside = Beside::open_with(client, service, format);
                let case =
                    |number| format!("connection {number} to {client:?}, {format:?}, {pause} ms apart");
                check(&mut beside, &case, pause);
                beside.rest();
                assert!(
                    beside.peer.harm.is_empty(),
                    "{client:?} {format:?}: {:?}",
                    beside.peer.harm
                );
            }
        }
    }
}

#[test]
fn twenty_connections_one_after_another_are_all_answered() {
    everywhere(Service::Echo, |beside, case, pause| {
        for number in 1..=OPENINGS {
            let (connection, question) = (beside.open(), greeting(number));
            beside.send(connection, &question);
            let answered = beside.until(|beside| beside.got(connection) == question);
            assert!(answered, "{}: {:?}", case(number), beside.seen.last());
            beside.source.reset(connection).unwrap();
            beside.pause(pause);
        }
        assert_eq!(beside.peer.started, OPENINGS);
    });
}

#[test]
fn a_service_that_speaks_first_is_heard_on_every_connection() {
    everywhere(Service::SpeaksFirst, |beside, case, pause| {
        for number in 1..=OPENINGS {
            let connection = beside.open();
            let heard = beside.until(|beside| beside.got(connection) == greeting(number));
            assert!(heard, "{}: {:?}", case(number), beside.seen.last());
            beside.source.reset(connection).unwrap();
            beside.pause(pause);
        }
    });
}

#[test]
fn what_is_written_right_before_the_end_arrives() {
    everywhere(Service::Keeps, |beside, case, pause| {
        for number in 1..=OPENINGS {
            let connection = beside.open();
            let written = greeting(number).repeat(100);
            beside.send(connection, &written);
            beside.source.reset(connection).unwrap();
            beside.pause(pause);
            let arrived = |beside: &Beside| beside.peer.delivered.get(&number) == Some(&written);
            assert!(beside.until(arrived), "{}", case(number));
        }
    });
}

#[test]
fn after_a_service_has_ended_its_connection_the_next_one_is_answered() {
    everywhere(Service::SpeaksAndEnds, |beside, case, pause| {
        for number in 1..=OPENINGS {
            beside.seen.clear();
            let connection = beside.open();
            assert!(
                beside.until(|beside| beside.has_ended(connection)),
                "{}",
                case(number)
            );
            assert_eq!(beside.got(connection), greeting(number), "{}", case(number));
            beside.pause(pause);
        }
    });
}

#[test]
fn no_byte_of_an_aborted_download_reaches_the_next_connection() {
    everywhere(Service::Floods, |beside, case, pause| {
        for number in 1..=OPENINGS {
            let connection = beside.open();
            let heard = beside.until(|beside| !beside.got(connection).is_empty());
            assert!(heard, "{}: {:?}", case(number), beside.seen.last());
            // It stops in the middle: most of what the service sent still waits at the destination.
            beside.source.reset(connection).unwrap();
            beside.pause(pause);
            let (got, sent) = (beside.got(connection), greeting(number).repeat(1_000));
            assert!(sent.starts_with(&got), "{}", case(number));
        }
    });
}

#[test]
fn connections_at_the_same_time_end_in_any_order_and_the_next_ones_are_answered() {
    for client in Client::EVERY {
        let mut beside = Beside::open_with(client, Service::Echo, Subprotocol::V3);
        for round in 0..OPENINGS {
            let connections = [beside.open(), beside.open(), beside.open()];
            for (number, connection) in (0..).zip(connections) {
                beside.send(connection, &greeting(number));
            }
            for (number, connection) in (0..).zip(connections) {
                let answered = beside.until(|beside| beside.got(connection) == greeting(number));
                assert!(answered, "{client:?}, round {round}, connection {number}");
            }
            for number in 0..connections.len() {
                let next = connections[(number + round) % connections.len()];
                beside.source.reset(next).unwrap();
            }
        }
        assert_eq!(beside.peer.started, 3 * OPENINGS);
        assert!(beside.peer.harm.is_empty(), "{client:?}: {:?}", beside.peer.harm);
    }
}

#[test]
fn no_byte_of_a_download_that_a_lost_websocket_cut_off_reaches_the_next_connection() {
    everywhere(Service::Floods, |beside, case, pause| {
        for number in 1..=OPENINGS {
            let connection = beside.open();
            let heard = beside.until(|beside| !beside.got(connection).is_empty());
            assert!(heard, "{}: {:?}", case(number), beside.seen.last());
            beside.lose();
            beside.pause(pause);
            let (got, sent) = (beside.got(connection), greeting(number).repeat(1_000));
            assert!(sent.starts_with(&got), "{}", case(number));
        }
    });
}
