//! A session whose one service has no name of its own takes over the tunnel's, and never guesses.

use std::string::String;
use std::vec::Vec;

use super::rig::{Rig, Seen, data, frame, sent, service_ids};
use crate::error::Misuse;
use crate::handshake::Subprotocol;
use crate::id::ServiceId;
use crate::mode::Side;
use crate::session::{Binding, Config, Event, Progress, Status};
use crate::wire::MessageType::{StreamReset, StreamStart};

fn unnamed(side: Side) -> Rig {
    let mut rig = Rig::of(&Config::unnamed(side), 4096);
    rig.token("first", &Binding::Fresh);
    rig
}

fn names(rig: &Rig) -> Vec<&str> {
    rig.session.services().iter().map(ServiceId::as_str).collect()
}

/// The service id and the connection id of the STREAM_START by which a source opens a connection.
fn opened(rig: &mut Rig) -> (String, u32) {
    let Progress::Done(connection) = rig.session.open(0).unwrap() else {
        panic!("no room")
    };
    assert_eq!(connection.service(), 0);
    let start = rig.poll().remove(0);
    assert_eq!(start.message_type, StreamStart);
    (start.service, start.connection)
}

#[test]
fn the_one_name_of_the_tunnel_is_spoken_and_accepted() {
    for ids in [&["SSH"][..], &["SSH", "SSH"]] {
        let mut rig = unnamed(Side::Source);
        assert_eq!(names(&rig), [""; 0]);
        rig.go_open(ids);
        assert_eq!(names(&rig), ["SSH"]);
        assert_eq!(opened(&mut rig), ("SSH".into(), 1));

        let mut rig = unnamed(Side::Destination);
        rig.go_open(ids);
        let connection = rig.start(1, "SSH", 1);
        assert_eq!(rig.session.send(connection, b"x"), Ok(Progress::Done(1)));
        assert_eq!(rig.poll()[0].service, "SSH");
        // V1 format means the one service too, and another name means another service.
        assert_eq!(rig.start(2, "", 0).service(), 0);
        assert_eq!(rig.receive(&frame(StreamStart, 3, "RDP", 1)), []);
        assert_eq!(rig.poll(), [sent(StreamReset, 3, "RDP", 0)]);
    }
}

#[test]
fn in_a_tunnel_without_names_it_goes_without() {
    for accepted in Subprotocol::EVERY {
        let mut ends = Side::BOTH.map(unnamed);
        for rig in &mut ends {
            rig.accept(accepted);
            if accepted != Subprotocol::V1 {
                assert_eq!(rig.receive(&service_ids(&[])), [Seen::Open]);
            }
            assert_eq!((names(rig), rig.session.status()), (Vec::new(), Status::Open));
        }
        let [mut source, mut destination] = ends;
        let connection_id = u32::from(accepted == Subprotocol::V3);
        assert_eq!(opened(&mut source), (String::new(), connection_id));
        let connection = destination.start(1, "", connection_id);
        let seen = destination.receive(&data(1, "", connection_id, b"x"));
        assert_eq!(seen, [Seen::Data(connection, b"x".into())]);
        assert_eq!(destination.receive(&frame(StreamStart, 2, "SSH", 1)), []);
        assert_eq!(destination.poll(), [sent(StreamReset, 2, "SSH", 0)]);
    }
}

#[test]
fn among_several_names_it_opens_nothing_and_says_that_one_is_needed() {
    let long = "x".repeat(129);
    for ids in [&["SSH", "RDP"][..], &["not a name"], &[&long]] {
        for side in Side::BOTH {
            let mut rig = unnamed(side);
            rig.accept(Subprotocol::V3);
            let announcement = service_ids(ids);
            let event = rig.session.handle_bytes(rig.now, &mut &announcement[..]).unwrap();
            let Some(Event::Open(announced)) = event else {
                panic!("{event:?}")
            };
            assert!(announced.needs_name());
            assert!(announced.services().iter().eq(ids.iter().copied()));
            assert!(announced.only_in_tunnel().eq(ids.iter().copied()));
            assert_eq!(announced.only_in_session().count(), 0);
            assert_eq!((names(&rig), rig.session.status()), (Vec::new(), Status::Open));
            match side {
                Side::Source => assert_eq!(rig.session.open(0), Err(Misuse::ServiceNotChosen.into())),
                Side::Destination => {
                    for service in ["SSH", ""] {
                        assert_eq!(rig.receive(&frame(StreamStart, 1, service, 1)), []);
                        assert_eq!(rig.poll(), [sent(StreamReset, 1, service, 0)]);
                    }
                }
            }
        }
    }
}

#[test]
fn the_name_is_learned_again_on_every_connection() {
    let mut rig = unnamed(Side::Source);
    for (ids, expected) in [
        (&["SSH"][..], "SSH"),
        (&["RDP"], "RDP"),
        (&[], ""),
        (&["SSH"], "SSH"),
    ] {
        rig.go_open(ids);
        assert_eq!(opened(&mut rig).0, expected);
        rig.lose();
        rig.wait();
    }
    // A rotation may have changed the tunnel's services; V1 says none.
    rig.token("rotated", &Binding::Fresh);
    rig.accept(Subprotocol::V1);
    assert_eq!(names(&rig), [""; 0]);
    assert_eq!(opened(&mut rig), (String::new(), 0));
}

#[test]
fn a_session_with_names_never_needs_one() {
    let mut rig = Rig::new(Side::Source);
    assert_eq!(names(&rig), ["SSH", "RDP"]);
    rig.token("first", &Binding::Fresh);
    rig.accept(Subprotocol::V3);
    let announcement = service_ids(&["A", "B"]);
    let event = rig.session.handle_bytes(rig.now, &mut &announcement[..]).unwrap();
    assert!(matches!(event, Some(Event::Open(announced)) if !announced.needs_name()));
    assert_eq!(names(&rig), ["SSH", "RDP"]);
}
