//! The models themselves: what was seen of the real clients, message by message.

use std::borrow::ToOwned;
use std::vec::Vec;

use super::super::rig::Sent;
use super::peer::{Peer, Service, greeting};
use super::table::{Client, Table};
use crate::wire::MessageType::{self, ConnectionReset, ConnectionStart, Data, StreamReset, StreamStart};

fn message(message_type: MessageType, stream: i32, connection: u32) -> Sent {
    Sent {
        message_type,
        stream,
        service: "SSH".to_owned(),
        connection,
        payload: Vec::new(),
    }
}

/// Hands it a message, and gives all that it sends until it has nothing left to do.
fn tell(peer: &mut Peer, message: Sent) -> Vec<Sent> {
    peer.receive(message);
    let mut sent = Vec::new();
    while peer.is_busy() {
        sent.extend(peer.act());
    }
    sent
}

/// Starts five connections, each ended before the next, and says which of them were answered.
fn answered(start: impl Fn(&mut Peer, u32) -> (i32, u32)) -> Vec<bool> {
    let mut peer = Peer::new(Client::Reference, Service::Echo, 3);
    let opening = |number| {
        let (stream, connection) = start(&mut peer, number);
        let question = Sent {
            payload: greeting(number as usize),
            ..message(Data, stream, connection)
        };
        let answers = tell(&mut peer, question.clone());
        tell(&mut peer, message(ConnectionReset, stream, connection));
        answers == [question]
    };
    (1..=5).map(opening).collect()
}

#[test]
fn a_reference_destination_takes_a_stream_start_of_another_id_for_the_end_of_the_active_stream() {
    let seen = answered(|peer, number| {
        tell(peer, message(StreamStart, number as i32, 1));
        (number as i32, 1)
    });
    assert_eq!(seen, [true, false, true, false, true]);
}

#[test]
fn a_reference_destination_starts_a_stream_after_a_reset_and_a_connection_in_the_active_one() {
    let seen = answered(|peer, number| {
        if number > 1 {
            tell(peer, message(StreamReset, number as i32 - 1, 1));
        }
        tell(peer, message(StreamStart, number as i32, 1));
        (number as i32, 1)
    });
    assert_eq!(seen, [true; 5]);
    let seen = answered(|peer, number| {
        let start = match number {
            1 => StreamStart,
            _ => ConnectionStart,
        };
        tell(peer, message(start, 7, number));
        (7, number)
    });
    assert_eq!(seen, [true; 5]);
}

/// What the C client sends when a connection is ended in the middle of a download, and another is started at once.
fn sent_after_a_download_was_ended(next: &Sent) -> Vec<Sent> {
    let mut peer = Peer::new(Client::C, Service::Floods, 3);
    peer.receive(message(StreamStart, 5, 1));
    assert_eq!(peer.act().len(), 1);
    peer.receive(message(ConnectionReset, 5, 1));
    tell(&mut peer, next.clone())
}

#[test]
fn a_c_client_sends_what_it_has_queued_into_the_next_stream_if_that_has_the_same_connection_id() {
    let old = greeting(1);
    let sent = sent_after_a_download_was_ended(&message(StreamStart, 6, 1));
    assert!(sent.iter().any(|sent| sent.stream == 6 && sent.payload == old));
    for next in [message(StreamStart, 6, 2), message(ConnectionStart, 5, 2)] {
        let sent = sent_after_a_download_was_ended(&next);
        assert!(!sent.is_empty());
        assert!(
            sent.iter()
                .all(|sent| sent.connection == 2 && sent.payload != old)
        );
    }
}

#[test]
fn a_c_client_drops_its_websocket_for_a_message_of_another_format() {
    for first in [message(Data, 5, 1), message(ConnectionReset, 5, 1)] {
        let mut peer = Peer::new(Client::C, Service::Echo, 3);
        tell(&mut peer, first);
        assert!(peer.harm.contains(&"drop-websocket".to_owned()));
    }
    let mut peer = Peer::new(Client::C, Service::Echo, 3);
    tell(&mut peer, message(StreamStart, 5, 1));
    tell(&mut peer, message(StreamReset, 5, 0));
    assert!(peer.harm.contains(&"drop-websocket".to_owned()));
}

#[test]
fn a_c_client_crashes_on_a_stale_reset_that_names_no_service() {
    let mut peer = Peer::new(Client::C, Service::Echo, 1);
    let unnamed = |message_type, stream| Sent {
        service: "".to_owned(),
        ..message(message_type, stream, 0)
    };
    tell(&mut peer, unnamed(StreamStart, 5));
    tell(&mut peer, unnamed(StreamReset, 5));
    assert!(peer.harm.is_empty());
    tell(&mut peer, unnamed(StreamReset, 5));
    assert_eq!(peer.harm, ["crash"]);
}

#[test]
fn every_effect_of_the_tables_is_one_that_their_readme_explains() {
    let explained = include_str!("../../../../../tests/models/README.md");
    for client in Client::EVERY {
        for effect in Table::of(client).every_effect() {
            assert!(
                explained.contains(&std::format!("`{effect}`")),
                "{client:?}: {effect}"
            );
        }
    }
}
