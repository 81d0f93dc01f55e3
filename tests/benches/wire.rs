//! What the codec costs on one thread: encoding frames, decoding messages, cutting a stream into frames.
//!
//! `cargo bench -p iot-tunnel-tests --bench wire`. Beside each time stands its ratio to a copy of the same payload,
//! measured in the same run. Allocations need no measuring: core has no allocator.

mod budget;
mod median;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use iot_tunnel_core::wire::{Deframer, MAX_ENVELOPE, MAX_MESSAGE, MAX_PAYLOAD, Message, MessageType, PREFIX};

use self::budget::Budget;
use self::median::median;

/// The payloads of the messages, by name: bytes, and what encoding a frame may take.
const PAYLOADS: [(&str, usize, Option<Allowed>); 3] = [
    ("64 B", 64, Some(Allowed::Nanoseconds(20.0))),
    ("1 KiB", 1024, None),
    ("63 KiB", MAX_PAYLOAD, Some(Allowed::Copies(1.3))),
];

/// The most that decoding a message may take, in nanoseconds.
const DECODING: f64 = 15.0;

/// What the reference proxy puts in one part of a fragmented WebSocket message, in bytes.
const PART: usize = 4096;

const COPY: &str = "copy the payload";
const ENCODE: &str = "encode the frame";
const ENVELOPE: &str = "encode its envelope";
const DECODE: &str = "decode the message";
const DEFRAME: &str = "deframe it whole";
const REASSEMBLE: &str = "deframe it in parts of 4 KiB";

/// The most that something may take.
#[derive(Clone, Copy)]
enum Allowed {
    Nanoseconds(f64),
    /// So many copies of the payload.
    Copies(f64),
}

fn main() -> ExitCode {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let payload: Vec<u8> = (0..MAX_PAYLOAD).map(|index| index as u8).collect();
    for (name, length, _) in PAYLOADS {
        measure(&mut criterion, name, &payload[..length]);
    }
    criterion.final_summary();
    match budget::is_measuring() {
        true => report(),
        false => ExitCode::SUCCESS,
    }
}

fn group_of(name: &str) -> String {
    format!("DATA, {name}")
}

fn measure(criterion: &mut Criterion, name: &str, payload: &[u8]) {
    let message = Message {
        message_type: MessageType::Data,
        stream_id: 1234,
        payload,
        service_id: "SSH",
        connection_id: 3,
        ..Message::default()
    };
    let mut frame = vec![0; PREFIX + MAX_MESSAGE];
    let length = message.encode_frame(&mut frame).expect("a frame");
    frame.truncate(length);
    let head = message
        .encode_envelope(&mut [0; MAX_ENVELOPE])
        .expect("an envelope")
        .head
        .len();

    let mut group = criterion.benchmark_group(group_of(name));
    group.throughput(Throughput::Bytes(payload.len() as u64));
    let mut buffer = vec![0; PREFIX + MAX_MESSAGE];
    group.bench_function(COPY, |b| {
        b.iter(|| {
            // To the place where the frame has it: a copy's time depends on how both ends are aligned.
            black_box(&mut buffer)[head..head + payload.len()].copy_from_slice(black_box(&message).payload);
        });
    });
    group.bench_function(ENCODE, |b| {
        b.iter(|| black_box(&message).encode_frame(black_box(&mut buffer)));
    });
    group.bench_function(ENVELOPE, |b| {
        let mut buffer = [0; MAX_ENVELOPE];
        b.iter(|| {
            black_box(&message)
                .encode_envelope(black_box(&mut buffer))
                .is_ok()
        });
    });
    group.bench_function(DECODE, |b| {
        // By reference: Criterion would copy the message out.
        b.iter(|| {
            black_box(&Message::decode(&black_box(&frame)[PREFIX..]));
        });
    });
    let mut deframer = Deframer::new(vec![0; MAX_MESSAGE]);
    group.bench_function(DEFRAME, |b| {
        b.iter(|| {
            deframer
                .next(&mut &**black_box(&frame))
                .is_ok_and(|message| message.is_some())
        });
    });
    if payload.len() > PART {
        group.bench_function(REASSEMBLE, |b| {
            b.iter(|| {
                let parts = black_box(&frame).chunks(PART);
                parts
                    .map(|mut part| deframer.next(&mut part).is_ok_and(|message| message.is_some()))
                    .last()
            });
        });
    }
    group.finish();
}

fn report() -> ExitCode {
    println!("\n{:<45} {:>8}   ratio to", "median of", "ns");
    let mut budgets = Vec::new();
    for (name, length, encoding) in PAYLOADS {
        let group = group_of(name);
        let copy = median(&group, COPY);
        let reassemble = (length > PART).then_some((REASSEMBLE, None));
        let rows = [
            (ENCODE, encoding),
            (ENVELOPE, None),
            (DECODE, Some(Allowed::Nanoseconds(DECODING))),
            (DEFRAME, None),
        ];
        for (what, allowed) in rows.into_iter().chain(reassemble) {
            let measured = median(&group, what);
            let what = format!("{group}: {what}");
            println!(
                "{what:<45} {measured:>8.1}   {:.2} × {COPY} ({copy:.1} ns)",
                measured / copy
            );
            budgets.extend(allowed.map(|allowed| match allowed {
                Allowed::Nanoseconds(allowed) => Budget {
                    what,
                    measured,
                    allowed,
                    unit: "ns",
                },
                Allowed::Copies(allowed) => Budget {
                    what,
                    measured: measured / copy,
                    allowed,
                    unit: "×",
                },
            }));
        }
    }
    budget::judge(&budgets)
}
