//! What a session is made of: its services, its limits, its size.

use super::rig::{Rig, Seen, service_ids, services};
use crate::error::{Capacity, Error, Misuse};
use crate::handshake::Subprotocol;
use crate::id::ServiceId;
use crate::mode::Side;
use crate::session::{Binding, Config, Event, MAX_BACKOFF, Output, Progress, Services, Session};
use crate::token::AccessToken;
use crate::websocket::MAX_FRAME_PAYLOAD;
use crate::wire::MAX_PAYLOAD;

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
fn names_of_services_may_be_text_which_is_judged() {
    let make = |names: &[&'static str]| {
        let config = Config {
            side: Side::Destination,
            services: Services::Named(names),
            format: Subprotocol::V3,
            max_payload: MAX_PAYLOAD,
            max_backoff: MAX_BACKOFF as u32,
        };
        let session: Result<Session<_, 64>, Error> =
            Session::new(&config, std::vec![0; 100], std::vec![0; 512]);
        session.map(|session| session.services().to_vec())
    };
    assert_eq!(make(&["SSH", "RDP"]), Ok(services(&["SSH", "RDP"]).to_vec()));
    assert_eq!(make(&["SSH", "no space"]), Err(Misuse::InvalidServiceId.into()));
    assert_eq!(make(&["SSH", "SSH"]), Err(Misuse::DuplicateService.into()));
}

#[test]
fn no_payload_is_longer_than_agreed_and_no_part_longer_than_a_websocket_frame() {
    for max_payload in [1, 16_384, MAX_PAYLOAD] {
        let services = services(&["SSH"]);
        let config = Config {
            max_payload,
            ..Config::new(Side::Source, &services)
        };
        let mut rig = Rig::of(&config, 300_000);
        rig.token("first", &Binding::Fresh);
        rig.go_open(&["SSH"]);
        let Progress::Done(connection) = rig.session.open(0).unwrap() else {
            panic!("no room")
        };
        for _ in 0..4 {
            let sent = rig.session.send(connection, &std::vec![7; 100_000]);
            assert_eq!(sent, Ok(Progress::Done(max_payload)));
        }
        let Output::Send(bytes) = rig.session.poll_output() else {
            panic!("nothing to send")
        };
        assert!(bytes.len() <= MAX_FRAME_PAYLOAD as usize);
        let mut lengths = rig.poll().into_iter().map(|sent| sent.payload.len());
        assert!(lengths.all(|length| length == 0 || length == max_payload));
    }
}

#[test]
fn an_announcement_says_what_differs() {
    let mut rig = Rig::new(Side::Destination);
    rig.token("first", &Binding::Fresh);
    rig.accept(Subprotocol::V3);
    let announced = service_ids(&["RDP", "VNC"]);
    let event = rig.session.handle_bytes(rig.now, &mut &announced[..]).unwrap();
    let Some(Event::Open(announced)) = event else {
        panic!("{event:?}")
    };
    assert!(announced.only_in_tunnel().eq(["VNC"]));
    assert!(announced.only_in_session().map(ServiceId::as_str).eq(["SSH"]));
    assert_eq!(rig.receive(&service_ids(&[])), [] as [Seen; 0]);
}

#[test]
fn a_tunnel_without_names_differs_from_no_session_that_has_one_service() {
    for (names, differs) in [(&["SSH"][..], 0), (&["SSH", "RDP"], 2)] {
        let mut rig = Rig::with(Side::Source, names, Subprotocol::V3, 512);
        rig.token("first", &Binding::Fresh);
        rig.accept(Subprotocol::V3);
        let nothing = service_ids(&[]);
        let event = rig.session.handle_bytes(rig.now, &mut &nothing[..]).unwrap();
        let Some(Event::Open(announced)) = event else {
            panic!("{event:?}")
        };
        assert_eq!(announced.only_in_session().count(), differs);
        assert_eq!(announced.only_in_tunnel().count(), 0);
    }
}

/// Pinned, so that nobody grows it unawares. README has the figure; smaller is welcome.
#[test]
#[cfg(target_pointer_width = "64")]
fn the_state_of_a_session_has_this_size() {
    let state = size_of::<Session<&mut [u8]>>() - size_of::<AccessToken>();
    assert_eq!(state, 1_662, "bytes beside the token and the two buffers");
}
