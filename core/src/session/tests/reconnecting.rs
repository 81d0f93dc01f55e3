//! What a session does when a connection ends.

use super::rig::{Rig, Seen, data, entropy, frame, services};
use crate::error::{Capacity, Error, Misuse};
use crate::handshake::Subprotocol;
use crate::id::ServiceId;
use crate::mode::Side;
use crate::session::{Binding, Config, FIRST_BACKOFF, MAX_BACKOFF, Progress, Session, Status, Timeout};
use crate::time::Millis;
use crate::token::AccessToken;
use crate::websocket::{Close, CloseCode};
use crate::wire::MessageType;

#[test]
fn a_connection_that_opens_and_breaks_is_no_hot_loop() {
    for seed in 0..50 {
        let mut rig = Rig::new(Side::Destination);
        rig.token(&"t".repeat(seed + 1), Binding::Fresh);
        let (begin, mut longest) = (rig.now, 0);
        while rig.now.0 - begin.0 < 10 * Millis::MINUTE {
            rig.go_open(&["SSH"]);
            let Status::Backoff { until } = rig.lose() else {
                panic!()
            };
            longest = longest.max(until.0 - rig.now.0);
            rig.wait();
        }
        assert!(rig.connects < 60, "{} connects in ten minutes", rig.connects);
        assert!(longest <= MAX_BACKOFF);
    }
}

#[test]
fn the_wait_falls_back_only_after_the_connection_proved_usable() {
    let ceiling = |prove: fn(&mut Rig)| {
        let waits = (1..=40).map(|seed| {
            let mut rig = Rig::new(Side::Destination);
            rig.token(&"t".repeat(seed), Binding::Fresh);
            for _ in 0..7 {
                rig.lose();
                rig.wait();
            }
            rig.go_open(&["SSH"]);
            prove(&mut rig);
            match rig.lose() {
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
fn half_a_message_and_every_stream_are_forgotten_with_the_connection() {
    let mut rig = Rig::open(Side::Destination);
    let connection = rig.start(7, "SSH", 1);
    let message = data(7, "SSH", 1, b"from the old connection");
    let (half, rest) = message.split_at(12);
    assert_eq!(rig.receive(half), []);
    assert_eq!(rig.session.send(connection, b"unsent"), Ok(Progress::Done(6)));
    rig.session.handle_closed(rig.now, None).unwrap();
    assert_eq!(rig.poll(), []);
    rig.wait();
    rig.go_open(&["SSH"]);
    // What would have completed it, as data of a stream that is no more, is another message or none.
    assert_eq!(rig.receive(&data(7, "SSH", 1, b"stale")), []);
    assert!(rest.len() > 12);
    assert_eq!(
        rig.session.machine.state.open().unwrap().streams.live().count(),
        0
    );
}

#[test]
fn a_service_that_never_names_its_services_is_dropped() {
    let mut rig = Rig::new(Side::Source);
    rig.token("first", Binding::Fresh);
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
    let token = AccessToken::parse("second").unwrap();
    let taken = rig
        .session
        .handle_token(rig.now, Side::Source, token, Binding::Fresh, &entropy(1));
    assert_eq!(taken, Err(Misuse::SessionClosed.into()));
}

#[test]
fn what_cannot_be_a_session_is_refused_with_the_reason() {
    let make = |names: &[&str], max_payload, outgoing| {
        let services = services(names);
        let config = Config {
            max_payload,
            ..Config::new(Side::Source, &services)
        };
        let session: Result<Session<_, 64>, Error> =
            Session::new(&config, std::vec![0; 100], std::vec![0; outgoing]);
        session.map(drop)
    };
    assert_eq!(make(&["A", "B", "C"], 1, 512), Ok(()));
    assert_eq!(make(&[], 1, 512), Err(Misuse::NoServices.into()));
    assert_eq!(make(&["A", "A"], 1, 512), Err(Misuse::DuplicateService.into()));
    assert_eq!(
        make(&["A", "B", "C", "D"], 1, 512),
        Err(Capacity::ServiceTableFull.into())
    );
    for max_payload in [0, 64_513] {
        let error = Err(Misuse::MaxPayloadOutOfRange.into());
        assert_eq!(make(&["A"], max_payload, 512), error);
    }
    assert_eq!(make(&["A"], 1, 511), Err(Capacity::OutgoingBufferTooSmall.into()));
}

#[test]
fn an_announcement_says_what_differs() {
    let mut rig = Rig::new(Side::Destination);
    rig.token("first", Binding::Fresh);
    rig.accept(Subprotocol::V3);
    let announced = super::rig::service_ids(&["RDP", "VNC"]);
    let event = rig.session.handle_bytes(rig.now, &mut &announced[..]).unwrap();
    let Some(crate::session::Event::Open(announced)) = event else {
        panic!("{event:?}")
    };
    assert!(announced.only_in_tunnel().eq(["VNC"]));
    assert!(announced.only_in_session().map(ServiceId::as_str).eq(["SSH"]));
    assert_eq!(rig.receive(&super::rig::service_ids(&[])), [] as [Seen; 0]);
}
