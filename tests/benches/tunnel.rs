//! What a tunnel costs: bytes through it, small round trips, idle tunnels, and the time to live again after a rotation.
//!
//! `cargo bench -p iot-tunnel-tests --bench tunnel`. The service, the source and the destination are processes of their
//! own, as in the field; so are the plain TCP forwarders that they are compared with, in the same run: application –
//! forwarder – server are two TCP hops, with a second forwarder three. Every measurement takes turns with its comparison,
//! and medians count.

#[path = "budget.rs"]
mod budget;
#[path = "tunnel/idle.rs"]
mod idle;
#[path = "tunnel/load.rs"]
mod load;
#[path = "tunnel/process.rs"]
mod process;
#[path = "tunnel/roles.rs"]
mod roles;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use iot_tunnel_core::Side;
use iot_tunnel_tests::api;
use serde_json::{Value, json};

use self::budget::Budget;
use self::process::{Listens, Process};
use self::roles::{End, Ready, SERVICE};

/// Whatever can go wrong between processes: it ends the benchmark.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Turns of each measurement and its comparison.
const TURNS: usize = 7;
/// Bytes of one stream.
const STREAM: u64 = 256 << 20;
/// Round trips in a turn.
const TRIPS: usize = 1_000;
/// Idle tunnels.
const IDLE: usize = 1_000;
/// Rotations.
const ROTATIONS: usize = 30;

fn main() -> ExitCode {
    let outcome = match process::role() {
        Some(role) => roles::play(&role).map(|()| ExitCode::SUCCESS),
        None if budget::is_measuring() => measure(),
        None => Ok(ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

/// The service, and the runtime for calls of it.
struct Bench {
    runtime: tokio::runtime::Runtime,
    service: Process,
    ready: Ready,
}

/// A tunnel with both ends connected.
struct Tunnel {
    id: String,
    source: Process,
    destination: Process,
    /// Where the source listens.
    at: SocketAddr,
}

fn measure() -> Result<ExitCode, Failure> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (service, ready) = Process::start("service", &folder.path())?;
    let bench = Bench {
        runtime: tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?,
        service,
        ready,
    };
    let server = load::server()?;
    let (_one, hops) = Process::start::<Listens>("forward", &server)?;
    let (_two, three_hops) = Process::start::<Listens>("forward", &hops.at)?;
    let mut budgets = Vec::new();

    let idle = bench.idle()?;
    budgets.push(Budget {
        what: format!("resident memory of each of {IDLE} idle tunnels over wss, both peers"),
        measured: idle / 1024.0,
        allowed: 40.0,
        unit: "KiB",
    });
    for target in [&bench.ready.data_plain, &bench.ready.data] {
        let scheme = target.split(':').next().unwrap_or_default();
        let mut tunnel = bench.tunnel(target, server)?;
        let [carried, plain, more_hops] = take_turns([tunnel.at, hops.at, three_hops.at], |at| {
            Ok(load::stream(at, STREAM)? / 1e6)
        })?;
        println!(
            "one stream of 256 MiB over {scheme}: {carried:.0} MB/s; two plain TCP hops {plain:.0} MB/s, three {more_hops:.0} MB/s"
        );
        let (of_two, of_three) = (100.0 * carried / plain, 100.0 * carried / more_hops);
        println!("  {of_two:.0} % of two hops, {of_three:.0} % of three");
        budgets.push(Budget {
            what: format!("two plain TCP hops to one stream over {scheme}"),
            measured: plain / carried,
            allowed: 2.5,
            unit: "×",
        });
        let [through, beside] = take_turns([tunnel.at, hops.at], |at| {
            Ok(median(milliseconds(load::round_trips(at, TRIPS)?)))
        })?;
        println!("64 bytes there and back over {scheme}: {through:.3} ms; two plain TCP hops {beside:.3} ms");
        budgets.push(Budget {
            what: format!("what the tunnel adds to 64 bytes there and back over {scheme}"),
            measured: through - beside,
            allowed: 0.5,
            unit: "ms",
        });
        if target == &bench.ready.data {
            budgets.push(Budget {
                what: "a rotation's answer to bytes through both new connections".to_owned(),
                measured: bench.rotations(&mut tunnel)?,
                allowed: 200.0,
                unit: "ms",
            });
        }
    }
    Ok(budget::judge(&budgets))
}

/// Measures each of the places in turn; the medians.
fn take_turns<const N: usize>(
    places: [SocketAddr; N],
    measure: impl Fn(SocketAddr) -> Result<f64, Failure>,
) -> Result<[f64; N], Failure> {
    let mut measured = [const { Vec::new() }; N];
    for _ in 0..TURNS {
        for (at, measured) in places.iter().zip(&mut measured) {
            measured.push(measure(*at)?);
        }
    }
    Ok(measured.map(median))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn milliseconds(times: Vec<Duration>) -> Vec<f64> {
    times
        .into_iter()
        .map(|time| time.as_secs_f64() * 1_000.0)
        .collect()
}

impl Bench {
    fn call(&self, operation: &str, body: &Value) -> Value {
        let answer = self
            .runtime
            .block_on(api::call(&self.ready.control, operation, body));
        answer.success()
    }

    /// Opens a tunnel: its id and its source's and destination's tokens.
    fn open(&self) -> [String; 3] {
        let opened = self.call(
            "OpenTunnel",
            &json!({ "destinationConfig": { "services": [SERVICE] } }),
        );
        ["tunnelId", "sourceAccessToken", "destinationAccessToken"]
            .map(|member| opened[member].as_str().unwrap_or_default().to_owned())
    }

    /// A tunnel to that server, carrying bytes.
    fn tunnel(&self, target: &str, server: SocketAddr) -> Result<Tunnel, Failure> {
        let [id, source, destination] = self.open();
        let end = |token, server| End {
            target: target.to_owned(),
            ca: self.ready.ca.clone(),
            server,
            token,
        };
        let (destination, _) = Process::start::<Listens>("end", &end(destination, Some(server)))?;
        let (source, listens) = Process::start::<Listens>("end", &end(source, None))?;
        load::until_it_answers(listens.at)?;
        Ok(Tunnel {
            id,
            source,
            destination,
            at: listens.at,
        })
    }

    /// The median time, in milliseconds, from a rotation's answer until a byte has come back through both connections
    /// that were made with the new tokens.
    fn rotations(&self, tunnel: &mut Tunnel) -> Result<f64, Failure> {
        let mut times = Vec::new();
        for _ in 0..ROTATIONS {
            let rotated = self.call(
                "RotateTunnelAccessToken",
                &json!({ "tunnelId": tunnel.id, "clientMode": "ALL" }),
            );
            let answered = Instant::now();
            tunnel.destination.tell(&rotated["destinationAccessToken"])?;
            tunnel.source.tell(&rotated["sourceAccessToken"])?;
            load::until_it_answers(tunnel.at)?;
            times.push(answered.elapsed());
        }
        let times = milliseconds(times);
        let worst = times.iter().copied().fold(0.0, f64::max);
        println!(
            "{ROTATIONS} rotations of ALL: bytes again after {:.1} ms, worst {worst:.1} ms",
            median(times.clone())
        );
        Ok(median(times))
    }

    /// The resident memory, in bytes, that an idle tunnel costs the service.
    fn idle(&self) -> Result<f64, Failure> {
        let tunnels: Vec<_> = (0..IDLE).map(|_| self.open()).collect();
        let peers = idle::Peers::new(&self.ready.data, &self.ready.ca)?;
        // What the first connection costs, such as the threads' own buffers, is not an idle tunnel's.
        let before = self.runtime.block_on(async {
            let [_, source, _] = &tunnels[0];
            drop(peers.connect(Side::Source, source).await?);
            Ok::<_, Failure>(self.service.resident()?)
        })?;
        self.runtime.block_on(async {
            let mut connected = Vec::new();
            for [_, source, destination] in &tunnels[1..] {
                connected.push(peers.connect(Side::Source, source).await?);
                connected.push(peers.connect(Side::Destination, destination).await?);
            }
            let after = self.service.resident()?;
            println!(
                "{} idle peers: {:.1} MiB resident",
                connected.len(),
                after as f64 / (1 << 20) as f64
            );
            Ok(after.saturating_sub(before) as f64 / (IDLE - 1) as f64)
        })
    }
}
