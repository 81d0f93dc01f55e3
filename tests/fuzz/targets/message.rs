//! Any bytes as a message: ours reads what prost reads, and what was read can be written again, to the byte as prost
//! writes it.
#![no_main]

use iot_tunnel_core::Side;
use iot_tunnel_core::wire::{
    self, DecodeFaultKind, EncodeFault, MAX_MESSAGE, MAX_PAYLOAD, Message, Origin, PREFIX, Verdict,
};
use iot_tunnel_fuzz::input::expand;
use libfuzzer_sys::fuzz_target;
use prost::Message as _;

use model::Model;

/// The oracle of core's own tests.
#[expect(dead_code, reason = "those use the rest of it")]
#[path = "../../../core/src/wire/properties/model.rs"]
mod model;

fuzz_target!(|input: &[u8]| {
    let bytes = expand(input);
    match (Message::decode(&bytes), Model::decode(&*bytes)) {
        (Ok(message), theirs) => {
            let model = Model::from(message);
            match theirs {
                Ok(theirs) => assert_eq!(model, theirs),
                // prost refuses bits of a varint above the 64th, which Google's decoders drop.
                Err(error) => assert!(has_long_varint(&bytes, 10), "{error}"),
            }
            is_written_as_it_was_read(&message, &model);
            is_judged_by_its_sender(&message);
        }
        (Err(fault), theirs) => {
            // prost takes groups, and tags and lengths of more than 5 bytes, which Google's decoders refuse.
            assert!(
                theirs.is_err()
                    || fault.kind == DecodeFaultKind::Group
                    || fault.kind == DecodeFaultKind::VarintTooLong && has_long_varint(&bytes, 6),
                "{fault}"
            );
            let (before, field) = bytes.split_at(fault.position);
            assert!(Message::decode(before).is_ok(), "an earlier field is at fault");
            assert!(!field.is_empty() && fault.to_string().contains(fault.kind.text()));
        }
    }
});

/// Whether a varint of at least `length` bytes may stand in there.
fn has_long_varint(bytes: &[u8], length: usize) -> bool {
    let mut windows = bytes.windows(length - 1);
    windows.any(|window| window.iter().all(|byte| *byte >= 0x80))
}

fn is_written_as_it_was_read(message: &Message<'_>, model: &Model) {
    let expected = model.encode_to_vec();
    if let Err(fault) = message.encoded_len() {
        let (length, limit) = match fault {
            EncodeFault::PayloadTooLong { length } => (length, MAX_PAYLOAD),
            EncodeFault::MessageTooLong { length } => (length, MAX_MESSAGE),
            EncodeFault::Empty | EncodeFault::BufferTooSmall { .. } => panic!("{fault}"),
        };
        assert!(length > limit);
        assert_eq!(message.encode(&mut vec![0; expected.len()]), Err(fault));
        return;
    }
    let needed = expected.len();
    assert_eq!(message.encoded_len(), Ok(needed));
    let mut buffer = vec![0xaa; needed + 1];
    assert_eq!(message.encode(&mut buffer), Ok(needed));
    assert_eq!(buffer.pop(), Some(0xaa), "a byte too many was written");
    assert_eq!(buffer, expected);
    assert_eq!(Message::decode(&buffer).as_ref(), Ok(message));
    // The same from a caller's own list of ids.
    model.with(|message| {
        let mut again = vec![0; needed];
        assert_eq!(message.encode(&mut again), Ok(needed));
        assert_eq!(again, buffer);
    });

    let mut frame = vec![0xaa; PREFIX + needed];
    let Some(too_small) = needed.checked_sub(1) else {
        return assert_eq!(message.encode_frame(&mut frame), Err(EncodeFault::Empty));
    };
    let refused = message.encode(&mut frame[..too_small]);
    assert_eq!(refused, Err(EncodeFault::BufferTooSmall { needed }));
    assert!(frame.iter().all(|byte| *byte == 0xaa));

    assert_eq!(message.encode_frame(&mut frame), Ok(frame.len()));
    assert_eq!(frame[..PREFIX], (needed as u16).to_be_bytes());
    assert_eq!(frame[PREFIX..], buffer);
    let mut around = vec![0; frame.len() - message.payload.len()];
    let envelope = message.encode_envelope(&mut around).unwrap();
    assert_eq!([envelope.head, message.payload, envelope.tail].concat(), frame);
}

/// data-plane.md §3 and §4, from the side of who says it.
fn is_judged_by_its_sender(message: &Message<'_>) {
    const DATA: i32 = 1;
    const STREAM_RESET: i32 = 3;
    const CONNECTION_RESET: i32 = 7;
    const EITHER_SIDE: [i32; 3] = [DATA, STREAM_RESET, CONNECTION_RESET];
    const SOURCE: [i32; 2] = [2, 6];
    const SERVICE: [i32; 2] = [4, 5];

    let number = message.message_type.number();
    for side in Side::BOTH {
        for (origin, sender, passed_on) in [
            (Origin::Client(side), side, false),
            (Origin::ServiceTo(side), side.other(), true),
        ] {
            let may = EITHER_SIDE.contains(&number)
                || SOURCE.contains(&number) && sender == Side::Source
                || SERVICE.contains(&number) && passed_on;
            let complete = SERVICE.contains(&number) || message.stream_id != 0;
            let verdict = match number {
                1..=7 => (may && complete && message.payload.len() <= MAX_PAYLOAD).then_some(Verdict::Valid),
                0 => None,
                _ => message.ignorable.then_some(Verdict::Skip),
            };
            assert_eq!(message.check(origin).ok(), verdict, "{message:?} from {origin:?}");
        }
    }
}
