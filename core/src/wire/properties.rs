//! Properties over arbitrary input, with prost as the second opinion.

mod model;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use prost::Message as _;
use std::string::String;
use std::vec::Vec;

use self::model::Model;
use super::*;

/// Ours decodes what prost decodes, but for three rules of Google's.
fn agrees_with_prost(bytes: &[u8]) {
    let runs = |bytes: &[u8], length: usize| {
        bytes
            .windows(length)
            .any(|window| window.iter().all(|&byte| byte >= 0x80))
    };
    if let Some(message) = Message::decode_in_order(bytes) {
        assert_eq!(Message::decode_in_any_order(bytes), Ok(message), "{bytes:02x?}");
    }
    match (Message::decode(bytes), Model::decode(bytes)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(Model::from(ours), theirs, "{bytes:02x?}"),
        (Err(fault), Err(_)) => assert!(fault.position < bytes.len()),
        // prost takes groups, and tags and lengths of more than 5 bytes.
        (Err(fault), Ok(_)) => assert!(
            fault.kind == DecodeFaultKind::Group
                || fault.kind == DecodeFaultKind::VarintTooLong && runs(bytes, 5),
            "{fault}: {bytes:02x?}"
        ),
        // prost refuses bits of a varint above the 64th.
        (Ok(_), Err(error)) => assert!(runs(bytes, 9), "{error}: {bytes:02x?}"),
    }
}

fn int32() -> impl Strategy<Value = i32> {
    prop_oneof![0..9_i32, any::<i32>(), Just(i32::MIN), Just(-1)]
}

fn model() -> impl Strategy<Value = Model> {
    (
        int32(),
        int32(),
        any::<bool>(),
        prop_oneof![vec(any::<u8>(), 0..4), vec(any::<u8>(), 100..300)],
        ".{0,6}|[a-zA-Z0-9:_-]{120,130}",
        vec(".{0,6}", 0..6),
        prop_oneof![0..3_u32, any::<u32>()],
    )
        .prop_map(
            |(message_type, stream_id, ignorable, payload, service_id, ids, connection_id)| Model {
                message_type,
                stream_id,
                ignorable,
                payload,
                service_id,
                available_service_ids: ids,
                connection_id,
            },
        )
}

/// A varint of at least `least` bytes.
fn varint(value: u64, least: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..10).map(|index| (value >> (7 * index)) as u8 | 0x80).collect();
    let needed = (64 - (value | 1).leading_zeros()).div_ceil(7) as usize;
    bytes.truncate(least.max(needed));
    *bytes.last_mut().unwrap() &= 0x7f;
    bytes
}

/// A field of any number and wire type, mostly well made.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![9 => 1..9_u32, 1 => 0..1_u32 << 29];
    let value = prop_oneof![any::<u64>(), 0..4_u64, int32().prop_map(|n| n as u64)];
    let bytes = prop_oneof![
        9 => ".{0,5}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..6),
    ];
    (
        number,
        0..8_u32,
        1..4_usize,
        value,
        1..11_usize,
        bytes,
        0..20_usize,
    )
        .prop_map(|(number, wire_type, tag_bytes, value, value_bytes, bytes, cut)| {
            let mut field = varint(u64::from(number << 3 | wire_type), tag_bytes);
            match wire_type {
                0 => field.extend(varint(value, value_bytes)),
                1 => field.extend([7; 8]),
                5 => field.extend([7; 4]),
                _ => {
                    field.extend(varint(bytes.len() as u64, value_bytes.div_ceil(3)));
                    field.extend(bytes);
                }
            }
            if cut == 0 {
                field.pop();
            }
            field
        })
}

/// A message with one byte changed, left out or put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    (model(), any::<Index>(), any::<u8>(), 0..3).prop_map(|(model, index, byte, change)| {
        let mut bytes = model.encode_to_vec();
        bytes.push(0);
        let index = index.index(bytes.len());
        match change {
            0 => bytes[index] = byte,
            1 => drop(bytes.remove(index)),
            _ => bytes.insert(index, byte),
        }
        bytes
    })
}

/// What a deframer makes of a stream that comes in parts: the messages, and how it ended.
fn deframe(stream: &[u8], cuts: &[Index], room: usize) -> (Vec<Vec<u8>>, Result<bool, FrameFault>) {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    cuts.push(0);
    cuts.push(stream.len());
    cuts.sort_unstable();
    let mut deframer = Deframer::new(std::vec![0; room]);
    let mut messages = Vec::new();
    for pair in cuts.windows(2) {
        let mut part = &stream[pair[0]..pair[1]];
        loop {
            match deframer.next(&mut part) {
                Ok(Some(message)) => messages.push(message.to_vec()),
                Ok(None) => break assert!(part.is_empty()),
                Err(fault) => return (messages, Err(fault)),
            }
        }
    }
    (messages, Ok(deframer.is_between_frames()))
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_as_prost_reads_them(bytes in vec(any::<u8>(), 0..60)) {
        agrees_with_prost(&bytes);
    }

    #[test]
    fn fields_in_any_order_and_number_are_read_as_prost_reads_them(fields in vec(field(), 0..8)) {
        agrees_with_prost(&fields.concat());
    }

    #[test]
    fn a_mutated_message_is_read_as_prost_reads_it(bytes in mutated()) {
        agrees_with_prost(&bytes);
    }

    #[test]
    fn a_message_comes_back_as_it_was_encoded_and_prost_encodes_the_same(model in model()) {
        let bytes = model.encode_to_vec();
        model.with(|message| {
            let mut encoded = std::vec![0xaa; bytes.len() + 3];
            assert_eq!(message.encoded_len(), Ok(bytes.len()));
            assert_eq!(message.encode(&mut encoded), Ok(bytes.len()));
            assert_eq!(encoded[..bytes.len()], bytes);
            assert_eq!(encoded[bytes.len()..], [0xaa; 3]);
        });
        let decoded = Message::decode(&bytes).unwrap();
        model.with(|message| assert_eq!(decoded, message));
        // What was decoded can be encoded again.
        let mut again = std::vec![0; bytes.len()];
        prop_assert_eq!(decoded.encode(&mut again), Ok(bytes.len()));
        prop_assert_eq!(again, bytes);
    }

    #[test]
    fn a_buffer_too_small_by_any_number_is_left_alone_and_told_what_is_needed(model in model()) {
        let length = model.encode_to_vec().len();
        prop_assume!(length > 0);
        let refused = |needed, encode: &dyn Fn(&mut [u8]) -> Option<EncodeFault>| {
            for room in 0..needed {
                let mut buffer = std::vec![0xaa; room];
                assert_eq!(encode(&mut buffer), Some(EncodeFault::BufferTooSmall { needed }));
                assert!(buffer.iter().all(|&byte| byte == 0xaa));
            }
            assert_eq!(encode(&mut std::vec![0; needed]), None);
        };
        model.with(|message| {
            refused(length, &|buffer| message.encode(buffer).err());
            refused(PREFIX + length, &|buffer| message.encode_frame(buffer).err());
            let around = PREFIX + length - message.payload.len();
            refused(around, &|buffer| message.encode_envelope(buffer).err());
        });
    }

    #[test]
    fn a_frame_is_its_envelope_around_the_payload(model in model()) {
        prop_assume!(model != Model::default());
        let frame = model.frame();
        let message = model.encode_to_vec();
        prop_assert_eq!(frame[..PREFIX].to_vec(), (message.len() as u16).to_be_bytes());
        prop_assert_eq!(&frame[PREFIX..], message);
        model.with(|message| {
            let mut buffer = [0; 1024];
            let envelope = message.encode_envelope(&mut buffer).unwrap();
            assert_eq!([envelope.head, message.payload, envelope.tail].concat(), frame);
        });
    }

    #[test]
    fn however_a_stream_is_split_it_gives_the_same_messages(
        models in vec(model().prop_filter("it has a byte", |model| *model != Model::default()), 0..5),
        cuts in vec(any::<Index>(), 0..40),
    ) {
        let stream: Vec<u8> = models.iter().flat_map(Model::frame).collect();
        let messages: Vec<_> = models.iter().map(prost::Message::encode_to_vec).collect();
        let room = messages.iter().map(Vec::len).max().unwrap_or(0);
        prop_assert_eq!(deframe(&stream, &cuts, room), (messages, Ok(true)));
    }

    #[test]
    fn however_arbitrary_bytes_are_split_they_come_to_the_same(
        bytes in vec(prop_oneof![3 => Just(0), 3 => 0..9_u8, 1 => any::<u8>()], 0..80),
        cuts in vec(any::<Index>(), 0..80),
        room in 0..9_usize,
    ) {
        prop_assert_eq!(deframe(&bytes, &cuts, room), deframe(&bytes, &[], room));
    }
}

#[test]
fn what_a_frame_cannot_hold_is_refused_with_its_length() {
    let mut buffer = std::vec![0; MAX_MESSAGE + PREFIX];
    let mut model = Model {
        message_type: 1,
        payload: std::vec![7; MAX_PAYLOAD],
        ..Model::default()
    };
    assert_eq!(model.frame().len(), PREFIX + 2 + 4 + MAX_PAYLOAD);
    // The service id fills the message to its last byte.
    model.service_id = "s".repeat(MAX_MESSAGE - 2 - 4 - MAX_PAYLOAD - 3);
    model.with(|message| {
        assert_eq!(message.encode_frame(&mut buffer), Ok(PREFIX + MAX_MESSAGE));
        assert_eq!(buffer[..PREFIX], [0xff; PREFIX]);
        assert_eq!(Message::decode(&buffer[PREFIX..]), Ok(message));
    });
    model.service_id.push('s');
    let length = MAX_MESSAGE + 1;
    let fault = EncodeFault::MessageTooLong { length };
    model.with(|message| {
        assert_eq!(message.encode(&mut buffer), Err(fault));
        assert_eq!(message.encode_frame(&mut buffer), Err(fault));
        assert_eq!(message.encode_envelope(&mut buffer), Err(fault));
    });
    model.payload.push(7);
    let length = MAX_PAYLOAD + 1;
    let fault = EncodeFault::PayloadTooLong { length };
    model.with(|message| assert_eq!(message.encode(&mut []), Err(fault)));
    let nothing = Message::default();
    assert_eq!(nothing.encode(&mut []), Ok(0));
    assert_eq!(nothing.encode_frame(&mut buffer), Err(EncodeFault::Empty));
}

#[test]
fn an_envelope_has_a_largest_size() {
    let largest = Model {
        message_type: i32::MIN,
        stream_id: -1,
        ignorable: true,
        payload: std::vec![7; MAX_PAYLOAD],
        service_id: "s".repeat(128),
        connection_id: u32::MAX,
        ..Model::default()
    };
    largest.with(|message| {
        let mut buffer = [0; MAX_ENVELOPE];
        let envelope = message.encode_envelope(&mut buffer).unwrap();
        assert_eq!(envelope.head.len() + envelope.tail.len(), MAX_ENVELOPE);
    });
}

#[test]
fn ids_are_read_as_many_as_there_are() {
    let ids: Vec<String> = (0..1000).map(|n| std::format!("service-{n}")).collect();
    let model = Model {
        message_type: 5,
        available_service_ids: ids.clone(),
        ..Model::default()
    };
    // Other fields between and around the ids.
    let bytes = [
        &[0x10, 1, 0x32, 0, 0x38, 1][..],
        &model.encode_to_vec(),
        &[0x32, 0, 0x20, 1],
    ]
    .concat();
    let message = Message::decode(&bytes).unwrap();
    let expected = ["".into()].into_iter().chain(ids).chain(["".into()]);
    assert!(message.available_service_ids.iter().eq(expected));
    assert_eq!((message.stream_id, message.connection_id), (1, 1));
}
