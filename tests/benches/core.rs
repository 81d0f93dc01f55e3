//! What core costs on one thread: reading a rotate request, rotating, keeping a record.
//!
//! `cargo bench -p iot-tunnel-tests --bench core`. Beside each time stands its ratio to work of the same kind that was
//! measured in the same run, because a ratio means the same on another machine.

mod budget;
mod median;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use iot_tunnel_core::json::RotateRequest;
use iot_tunnel_core::session::Session;
use iot_tunnel_core::{
    AccessToken, ClientMode, DestinationConfig, Entropy, Lifetime, Millis, ServiceId, ThingName, TokenDigest,
    Tunnel, TunnelId,
};

use self::budget::Budget;
use self::median::median;

/// The most that reading a request, and rotating, may take, in nanoseconds.
const ALLOWED: f64 = 3_000.0;

const OPENED: Millis = Millis(1_700_000_000_000);
const ROTATED: Millis = OPENED.after(Millis::MINUTE);

/// The requests that are read, by name.
const REQUESTS: [(&str, &str); 2] = [
    (
        "2 members",
        r#"{"tunnelId":"5f0b3e0a-6a8e-4a0f-9f0c-2f1d8e7c4b3a","clientMode":"ALL"}"#,
    ),
    (
        "destinationConfig, 3 services",
        r#"{"tunnelId":"5f0b3e0a-6a8e-4a0f-9f0c-2f1d8e7c4b3a","clientMode":"DESTINATION","destinationConfig":{"thingName":"pump-station-17:north","services":["SSH","HTTP-console","RDP"]}}"#,
    ),
];

fn main() -> ExitCode {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    read_requests(&mut criterion);
    rotate(&mut criterion);
    criterion.final_summary();
    match budget::is_measuring() {
        true => report(),
        false => ExitCode::SUCCESS,
    }
}

fn read_requests(criterion: &mut Criterion) {
    for (name, body) in REQUESTS {
        let body = body.as_bytes();
        assert!(
            RotateRequest::parse(body).is_ok(),
            "{name}: a valid request is refused"
        );
        let mut group = criterion.benchmark_group(format!("read a request, {name}"));
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("parse and validate", |b| {
            b.iter(|| RotateRequest::parse(black_box(body)).is_ok());
        });
        group.bench_function("serde_json Value", |b| {
            b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(body)));
        });
        group.finish();
    }
}

fn rotate(criterion: &mut Criterion) {
    let entropy = Entropy::new(std::array::from_fn(|i| i as u8)).expect("it varies");
    let config = config("pump-station-17:north", &["SSH", "HTTP-console", "RDP"]);
    let id = TunnelId::parse("5f0b3e0a-6a8e-4a0f-9f0c-2f1d8e7c4b3a").expect("an id");
    let (tunnel, _) = Tunnel::open(id, Some(config.clone()), Lifetime::default(), OPENED, &entropy)
        .expect("an opened tunnel");

    let mut group = criterion.benchmark_group("rotate");
    for (name, config) in [("ALL", None), ("ALL with destinationConfig", Some(config))] {
        let mut tunnel = tunnel.clone();
        group.bench_function(name, |b| {
            b.iter(|| {
                tunnel.rotate(
                    ClientMode::All,
                    black_box(config.clone()),
                    ROTATED,
                    black_box(&entropy),
                )
            });
        });
    }
    let hundred = "x".repeat(100);
    group.bench_function("2 SHA-256 of 100 bytes", |b| {
        b.iter(|| {
            [
                TokenDigest::of(black_box(&hundred)),
                TokenDigest::of(black_box(&hundred)),
            ]
        });
    });
    group.finish();
}

fn config(thing: &str, services: &[&str]) -> DestinationConfig {
    let thing = ThingName::parse(thing).expect("a thing's name");
    let services: Vec<_> = services
        .iter()
        .map(|id| ServiceId::parse(id).expect("a service"))
        .collect();
    DestinationConfig::new(Some(thing), &services).expect("a config")
}

fn report() -> ExitCode {
    println!("\n{:<62} {:>8}   ratio to", "median of", "ns");
    let mut budgets = Vec::new();
    let mut row = |group: &str, name: &str, reference: &str| {
        let (measured, compared) = (median(group, name), median(group, reference));
        println!(
            "{:<62} {measured:>8.0}   {:.2} × {reference} ({compared:.0} ns)",
            format!("{group}: {name}"),
            measured / compared
        );
        budgets.push(Budget {
            what: format!("{group}: {name}"),
            measured,
            allowed: ALLOWED,
            unit: "ns",
        });
    };
    for (name, _) in REQUESTS {
        row(
            &format!("read a request, {name}"),
            "parse and validate",
            "serde_json Value",
        );
    }
    row("rotate", "ALL", "2 SHA-256 of 100 bytes");
    row("rotate", "ALL with destinationConfig", "2 SHA-256 of 100 bytes");
    budgets.push(Budget {
        what: "a record (size of Tunnel)".to_owned(),
        measured: size_of::<Tunnel>() as f64,
        allowed: 1024.0,
        unit: "bytes",
    });
    budgets.push(Budget {
        what: "a session without its buffers and access token".to_owned(),
        measured: (size_of::<Session<&mut [u8]>>() - size_of::<AccessToken>()) as f64,
        allowed: 4096.0,
        unit: "bytes",
    });
    budget::judge(&budgets)
}
