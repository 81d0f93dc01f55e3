//! Which tokens a session takes, whatever state it is in: a rotated one at once, one that it has had never again.

use super::rig::{Rig, data, entropy};
use crate::error::{Capacity, Error, Misuse};
use crate::handshake::{PeerText, Upgrade};
use crate::mode::Side;
use crate::session::{
    Binding, Connection, NoToken, Output, Progress, REMEMBERED_TOKENS, Status, Timeout, TokenTaken,
};
use crate::time::Millis;
use crate::token::ClientToken;

fn refuse(rig: &mut Rig, status: u16) -> Status {
    let upgrade = Upgrade::Refused {
        status,
        reason: PeerText::new(b"revoked"),
        channel_id: None,
    };
    rig.session.handle_upgrade(rig.now, &upgrade).unwrap()
}

#[test]
fn a_rotated_token_is_taken_in_the_middle_and_the_session_goes_on() {
    let mut rig = Rig::open(Side::Destination);
    let old = rig.start(7, "SSH", 1);
    assert_eq!(rig.token("rotated", &Binding::Fresh), TokenTaken::New);
    assert_eq!((rig.closes.len(), rig.connects), (1, 2));
    assert_ne!(rig.client_tokens[0], rig.client_tokens[1]);
    assert_eq!(rig.session.send(old, b"x"), Err(Misuse::ConnectionEnded));
    rig.go_open(&["SSH", "RDP"]);
    // The same stream id again: the old connection's name does not reach the new one.
    let new = rig.start(7, "SSH", 1);
    assert_ne!(old, new);
    assert_eq!(rig.session.send(old, b"x"), Err(Misuse::ConnectionEnded));
    assert_eq!(rig.session.send(new, b"x"), Ok(Progress::Done(1)));
}

#[test]
fn what_a_request_is_made_of_is_there_from_the_connect_to_its_answer() {
    let mut rig = Rig::new(Side::Destination);
    let missing = Some(Misuse::NotConnecting);
    assert_eq!(rig.session.connect().err(), missing);
    let entropy = entropy(1);
    let taken = rig
        .session
        .handle_token(rig.now, Side::Destination, "first", &Binding::Fresh, &entropy);
    assert_eq!(taken, Ok(TokenTaken::New));
    // It is due, but nobody was told.
    assert_eq!(rig.session.connect().err(), missing);
    assert!(matches!(rig.session.poll_output(), Output::Connect(_)));
    let connect = rig.session.connect().unwrap();
    assert_eq!(
        (connect.side, connect.access_token.expose()),
        (Side::Destination, "first")
    );
    assert!(connect.client_token.is_some());
    refuse(&mut rig, 403);
    assert_eq!(rig.session.connect().err(), missing);
    rig.session.close();
    assert_eq!(rig.session.connect().err(), Some(Misuse::SessionClosed));
}

#[test]
fn a_connection_is_kept_as_numbers_and_comes_back() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(7, "RDP", 1);
    let (service, serial) = (connection.service(), connection.serial());
    assert_eq!(Connection::from_parts(service, serial), Some(connection));
    for made_up in [
        Connection::from_parts(service + 1, serial),
        Connection::from_parts(service, serial.saturating_add(1)),
        Connection::from_parts(255, serial),
    ] {
        let sent = rig.session.send(made_up.unwrap(), b"x");
        assert_eq!(sent, Err(Misuse::ConnectionEnded));
    }
    assert_eq!(Connection::from_parts(256, serial), None);
}

#[test]
fn a_redelivered_token_changes_nothing_even_after_its_refusal() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(7, "SSH", 1);
    assert_eq!(rig.token("first", &Binding::Fresh), TokenTaken::Same);
    assert_eq!((rig.connects, rig.closes.len()), (1, 0));
    assert_eq!(rig.session.send(connection, b"x"), Ok(Progress::Done(1)));

    rig.lose();
    rig.wait();
    let refused = Status::AwaitingToken(NoToken::Refused { status: 403 });
    assert_eq!(refuse(&mut rig, 403), refused);
    assert_eq!(rig.token("first", &Binding::Fresh), TokenTaken::Same);
    assert_eq!((rig.session.status(), rig.connects), (refused, 2));
    // Nothing ever tries it again.
    assert_eq!(rig.session.handle_timeout(Millis(u64::MAX)), Timeout::None);
    assert_eq!(rig.session.status(), refused);
    assert_eq!(rig.token("second", &Binding::Fresh), TokenTaken::New);
    assert_eq!(rig.connects, 3);
}

#[test]
fn a_client_token_is_fresh_given_or_none_and_stays_over_reconnects() {
    let mut rig = Rig::new(Side::Source);
    let given = "c".repeat(32);
    rig.token("fresh", &Binding::Fresh);
    rig.lose();
    rig.wait();
    rig.token("given", &Binding::With(ClientToken::parse(&given).unwrap()));
    rig.token("none", &Binding::Unbound);
    let tokens = &rig.client_tokens;
    let fresh = tokens[0].as_ref().unwrap();
    assert!(ClientToken::parse(fresh).is_ok() && fresh.len() == 64);
    assert_eq!(tokens[0], tokens[1]);
    assert_eq!((&tokens[2], &tokens[3]), (&Some(given), &None));
}

#[test]
fn a_drop_without_a_client_token_spends_the_token_and_tries_nothing() {
    let mut rig = Rig::new(Side::Destination);
    rig.token("once", &Binding::Unbound);
    // Before the 101 the token is not used: a failed connection is tried again.
    assert!(matches!(rig.lose(), Status::Backoff { .. }));
    rig.wait();
    rig.go_open(&["SSH"]);
    let connection = rig.start(1, "SSH", 1);
    assert_eq!(rig.session.send(connection, b"unsent"), Ok(Progress::Done(6)));
    let spent = Status::AwaitingToken(NoToken::Spent);
    assert_eq!(rig.session.handle_closed(rig.now, None), Ok(spent));
    // There is no socket to send it to, and nothing to wait for.
    assert!(matches!(rig.session.poll_output(), Output::Wait(None)));
    assert_eq!(rig.token("once", &Binding::Fresh), TokenTaken::Same);
    assert_eq!(rig.connects, 2);
}

#[test]
fn a_late_redelivery_of_a_revoked_token_takes_the_session_from_nothing() {
    let mut rig = Rig::open(Side::Destination);
    rig.token("second", &Binding::Fresh);
    rig.go_open(&["SSH", "RDP"]);
    let connection = rig.start(7, "SSH", 1);
    let (connects, closes) = (rig.connects, rig.closes.len());
    for binding in [Binding::Fresh, Binding::Unbound] {
        assert_eq!(rig.token("first", &binding), TokenTaken::Earlier);
        assert_eq!((rig.connects, rig.closes.len()), (connects, closes));
    }
    assert_eq!(rig.receive(&data(7, "SSH", 1, b"x")).len(), 1);
    assert_eq!(rig.session.send(connection, b"x"), Ok(Progress::Done(1)));
}

#[test]
fn what_became_of_the_latest_token_makes_no_earlier_one_news() {
    let mut rig = Rig::new(Side::Source);
    // Refused, lost in a back-off, and spent: each by the way of another state.
    rig.token("refused", &Binding::Fresh);
    refuse(&mut rig, 400);
    rig.token("lost", &Binding::Fresh);
    rig.lose();
    rig.token("spent", &Binding::Unbound);
    rig.go_open(&["SSH"]);
    rig.lose();
    rig.token("latest", &Binding::Fresh);
    refuse(&mut rig, 403);
    let connects = rig.connects;
    for token in ["refused", "lost", "spent"] {
        assert_eq!(rig.token(token, &Binding::Fresh), TokenTaken::Earlier, "{token}");
    }
    assert_eq!(rig.token("latest", &Binding::Fresh), TokenTaken::Same);
    let refused = Status::AwaitingToken(NoToken::Refused { status: 403 });
    assert_eq!((rig.session.status(), rig.connects), (refused, connects));
    // The memory has an end, and only the oldest falls out of it.
    rig.token("one-more", &Binding::Fresh);
    assert_eq!(REMEMBERED_TOKENS, 4);
    assert_eq!(rig.token("lost", &Binding::Fresh), TokenTaken::Earlier);
    assert_eq!(rig.token("refused", &Binding::Fresh), TokenTaken::New);
}

#[test]
fn a_token_that_is_not_taken_is_not_remembered() {
    let mut rig = Rig::open(Side::Destination);
    let taken = rig
        .session
        .handle_token(rig.now, Side::Source, "other-side", &Binding::Fresh, &entropy(1));
    assert_eq!(taken, Err(Misuse::TokenOfOtherSide.into()));
    assert_eq!(rig.token("other-side", &Binding::Fresh), TokenTaken::New);
}

#[test]
fn a_text_that_is_no_token_changes_nothing() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(7, "SSH", 1);
    let too_long = "t".repeat(65);
    for (text, error) in [
        ("", Misuse::InvalidAccessToken.into()),
        ("two words", Misuse::InvalidAccessToken.into()),
        ("line\r\nbreak", Misuse::InvalidAccessToken.into()),
        ("é", Misuse::InvalidAccessToken.into()),
        (&too_long, Error::from(Capacity::AccessTokenTooLong)),
    ] {
        let taken =
            rig.session
                .handle_token(rig.now, Side::Destination, text, &Binding::Unbound, &entropy(1));
        assert_eq!(taken, Err(error), "{text:?}");
    }
    assert_eq!(rig.session.send(connection, b"x"), Ok(Progress::Done(1)));
    // The token before is still the one to connect with.
    rig.lose();
    rig.session.handle_timeout(rig.session.deadline().unwrap());
    let Output::Connect(connect) = rig.session.poll_output() else {
        panic!("it does not connect")
    };
    assert_eq!(connect.access_token.expose(), "first");
    assert!(connect.client_token.is_some());
}

#[test]
fn a_token_of_no_more_use_is_wiped() {
    let is_wiped = |rig: &Rig| rig.session.machine.credentials.is_blank();
    let mut rig = Rig::open(Side::Destination);
    assert!(!is_wiped(&rig));
    rig.lose();
    assert!(!is_wiped(&rig), "it connects with it again");
    rig.wait();
    refuse(&mut rig, 403);
    assert!(is_wiped(&rig));

    rig.token("once", &Binding::Unbound);
    rig.go_open(&["SSH"]);
    rig.lose();
    assert!(is_wiped(&rig));

    rig.token("closed", &Binding::Fresh);
    assert!(!is_wiped(&rig));
    rig.session.close();
    assert!(is_wiped(&rig));
}
