//! No byte of a token stays in the memory of a session that has no more use for it.

use std::mem::MaybeUninit;

use iot_tunnel_core::handshake::{PeerText, Subprotocol, Upgrade};
use iot_tunnel_core::session::{Binding, Config, Output, Session};
use iot_tunnel_core::token::MAX_ACCESS_TOKEN;
use iot_tunnel_core::{ClientToken, Entropy, Millis, ServiceId, Side};

const NOW: Millis = Millis(0);

type Client = Session<Vec<u8>>;

/// A session in its place.
fn with_session(test: impl FnOnce(&mut Client)) {
    let mut place = Box::new(MaybeUninit::<Client>::zeroed());
    let services = [ServiceId::parse("SSH").expect("a name")];
    let config = Config::new(Side::Destination, &services);
    test(Session::init(&mut place, &config, vec![0; 1024], vec![0; 1024]).expect("room enough"));
}

/// What the tokens consist of, again and again, so that any part of them tells.
const ACCESS: &str = "ACCESS7-";
const CLIENT: &str = "CLIENT7-";

/// Hands in a token, and has it used.
fn hand(session: &mut Client, access_token: &str, binding: &Binding) {
    let entropy = Entropy::new(std::array::from_fn(|index| index as u8)).expect("its bytes differ");
    session
        .handle_token(NOW, Side::Destination, access_token, binding, &entropy)
        .expect("it is a token");
    while !matches!(session.poll_output(), Output::Connect(_)) {}
}

/// Hands in the longest token, and has it used.
fn hand_longest(session: &mut Client, binding: &Binding) {
    hand(session, &ACCESS.repeat(MAX_ACCESS_TOKEN / 8), binding);
    assert_eq!(count(session, ACCESS), MAX_ACCESS_TOKEN / 8);
}

fn bound() -> Binding {
    Binding::With(ClientToken::parse(&CLIENT.repeat(16)).expect("a token"))
}

/// How often a word stands in a session's memory.
fn count(session: &Client, word: &str) -> usize {
    let start = std::ptr::from_ref(session).cast::<u8>();
    // SAFETY: they are the bytes of the session, which lives in memory that was all zero before it.
    let bytes: Vec<u8> = (0..size_of::<Client>())
        .map(|offset| unsafe { start.add(offset).read_volatile() })
        .collect();
    bytes
        .windows(word.len())
        .filter(|window| *window == word.as_bytes())
        .count()
}

fn answer(session: &mut Client, status: u16) {
    let (reason, channel_id) = (PeerText::new(b""), None);
    let upgrade = match status {
        101 => Upgrade::Accepted {
            subprotocol: Subprotocol::V1,
            channel_id,
        },
        _ => Upgrade::Refused {
            status,
            reason,
            channel_id,
        },
    };
    session.handle_upgrade(NOW, &upgrade).expect("it has asked");
}

#[test]
fn a_refused_token_and_its_client_token_are_gone() {
    with_session(|session| {
        hand_longest(session, &bound());
        assert_eq!(count(session, CLIENT), 16);
        answer(session, 403);
        assert_eq!([ACCESS, CLIENT].map(|word| count(session, word)), [0, 0]);
    });
}

#[test]
fn a_rotated_token_is_gone_although_the_new_one_is_shorter() {
    with_session(|session| {
        hand_longest(session, &bound());
        hand(session, "rotated", &Binding::Unbound);
        assert_eq!(
            [ACCESS, CLIENT, "rotated"].map(|word| count(session, word)),
            [0, 0, 1]
        );
    });
}

#[test]
fn a_spent_token_is_gone() {
    with_session(|session| {
        hand_longest(session, &Binding::Unbound);
        answer(session, 101);
        assert_eq!(count(session, ACCESS), MAX_ACCESS_TOKEN / 8);
        session.handle_closed(NOW, None).unwrap();
        assert_eq!(count(session, ACCESS), 0);
    });
}

#[test]
fn the_tokens_of_a_closed_session_are_gone() {
    with_session(|session| {
        hand_longest(session, &bound());
        answer(session, 101);
        session.close();
        assert_eq!([ACCESS, CLIENT].map(|word| count(session, word)), [0, 0]);
    });
}
