//! However the bytes come, they mean the same.

use std::vec::Vec;

use proptest::prelude::*;

use super::rig::{Rig, Seen, Sent, bytes, data, frame, own, service_ids};
use crate::handshake::Subprotocol;
use crate::mode::Side;
use crate::session::{Binding, Status};
use crate::wire::{Message, MessageType};

/// Part of a stream: mostly messages, most of which mean something, now and then anything.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let ids = (
        1..4_i32,
        prop::sample::select(&["SSH", "RDP", "VNC", ""][..]),
        0..4_u32,
    );
    let payload = prop::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        20 => (ids.clone(), payload).prop_map(|((stream, service, id), payload)| data(stream, service, id, &payload)),
        20 => (ids, prop::sample::select(&MessageType::KNOWN[..]))
            .prop_map(|((stream, service, id), message_type)| frame(message_type, stream, service, id)),
        2 => (1..4_usize).prop_map(|count| service_ids(&["SSH", "RDP", "VNC"][..count])),
        2 => any::<bool>().prop_map(|ignorable| bytes(&Message {
            message_type: MessageType::from_number(9),
            ignorable,
            ..Message::default()
        })),
        1 => prop::collection::vec(any::<u8>(), 0..9),
    ]
}

/// What a session makes of a stream that comes in these pieces. Its application sends back what it can and ends every
/// third connection.
fn meaning(side: Side, pieces: &[&[u8]]) -> (Vec<Seen>, Vec<Sent>, Status) {
    let mut rig = Rig::with(side, &["SSH", "RDP"], Subprotocol::V3, 65_535);
    rig.token("first", &Binding::Fresh);
    rig.accept(Subprotocol::V3);
    let mut seen = Vec::new();
    for piece in pieces {
        let mut input = *piece;
        while let Ok(Some(event)) = rig.session.handle_bytes(rig.now, &mut input) {
            let event = own(&event);
            match &event {
                Some(Seen::Started(connection, _)) if seen.len() % 3 == 0 => {
                    rig.session.reset(*connection).unwrap();
                }
                Some(Seen::Data(connection, data)) => {
                    let _ = rig.session.send(*connection, data).unwrap();
                }
                _ => {}
            }
            seen.extend(event);
        }
    }
    (seen, rig.poll(), rig.session.status())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_split_of_the_stream_gives_the_same_events_and_answers(
        source in any::<bool>(),
        parts in prop::collection::vec(part(), 0..25),
        lengths in prop::collection::vec(prop_oneof![0..4_usize, 0..400_usize], 0..60),
    ) {
        let side = if source { Side::Source } else { Side::Destination };
        let stream = [service_ids(&["SSH", "RDP"]), parts.concat()].concat();
        let (mut pieces, mut rest) = (Vec::new(), &stream[..]);
        for length in lengths {
            let (piece, after) = rest.split_at(length.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let whole = meaning(side, &[&stream]);
        prop_assert_eq!(&whole, &meaning(side, &pieces));
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        prop_assert_eq!(&whole, &meaning(side, &bytes));
    }
}
