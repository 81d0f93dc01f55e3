//! What the service costs: the time of a rotation over HTTP, and the memory of an open tunnel.
//!
//! `cargo bench -p iot-tunnel-tests --bench service`. The service runs in a process of its own on two threads, with its
//! embedded MQTT broker and its log; this process is its only client. Every tunnel has a thing and two services, and
//! every rotation is of both sides, so each also sends a notification.

mod budget;
mod client;
mod server;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;

use self::budget::Budget;
use self::client::{Calls, Connection, Failure, Run};
use self::server::Server;

/// Connections of the client, unless one is enough.
const CONNECTIONS: usize = 64;
const FEW: usize = 10;
const MANY: usize = 100_000;
/// Rounds at [`CONNECTIONS`] connections. The round in the middle counts: what else the machine does at times is not
/// the service's doing.
const ROUNDS: usize = 9;
/// Rotations in a round, each of another tunnel.
const ROTATIONS: usize = 4_000;
/// How often few and many tunnels take turns, so that whatever else the machine does touches both.
const TURNS: usize = 20;
/// Rotations in a turn.
const TURN: usize = 150;
/// The most time that opening the tunnels of a server may take; then it has to do with fewer.
const OPENING: Duration = Duration::from_secs(20);
/// The most time of one round or turn.
const ROUND: Duration = Duration::from_secs(3);
/// The most time that notifications may take to be delivered once the last call is answered.
const DELIVERY: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let outcome = match server::store_to_serve() {
        Some(store) => server::serve(store)
            .map(|()| ExitCode::SUCCESS)
            .map_err(|error| error.to_string()),
        None if budget::is_measuring() => measure().map_err(|error| error.to_string()),
        None => Ok(ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

#[tokio::main(flavor = "current_thread")]
async fn measure() -> Result<ExitCode, Failure> {
    println!(
        "{:<44} {:>10} {:>10} {:>12}",
        "", "p50 in ms", "p99 in ms", "a second"
    );
    let few_server = Server::in_memory()?;
    let many_server = Server::in_memory()?;

    let empty = many_server.resident()?;
    let opened = open(&many_server, MANY).await?;
    row("OpenTunnel, 64 connections", &opened);
    let many = opened.kept;
    let each = (many_server.resident()? - empty) as f64 / many.len() as f64;

    let mut rounds = Vec::with_capacity(ROUNDS);
    for tunnels in many.chunks(ROTATIONS).take(ROUNDS) {
        rounds.push(rotate(&many_server, CONNECTIONS, tunnels.iter()).await?);
    }
    rounds.sort_by(|one, other| one.percentile(0.99).total_cmp(&other.percentile(0.99)));
    let [.., worst] = rounds.as_slice() else {
        return Err("no tunnel was opened".into());
    };
    let middle = &rounds[rounds.len() / 2];
    row("rotation, 64 connections, middle round", middle);
    row("rotation, 64 connections, worst round", worst);

    let few = open(&few_server, FEW).await?.kept;
    let (with_few, with_many) = take_turns(&few_server, &few, &many_server, &many).await?;
    println!(
        "{:<44} {with_few:>10.3}",
        format!("rotation, 1 connection, {FEW} open tunnels")
    );
    println!(
        "{:<44} {with_many:>10.3}",
        format!("rotation, 1 connection, {} open tunnels", many.len())
    );
    drop((few_server, many_server));

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let file_server = Server::in_file(&folder.path().join("tunnels.redb"))?;
    let in_file = open(&file_server, ROTATIONS).await?.kept;
    row(
        "rotation, 64 connections, store in a file",
        &rotate(&file_server, CONNECTIONS, in_file.iter()).await?,
    );

    Ok(budget::judge(&[
        Budget {
            what: "p99 of a rotation, 64 connections".to_owned(),
            measured: middle.percentile(0.99),
            allowed: 5.0,
            unit: "ms",
        },
        Budget {
            what: format!("median rotation, {} open tunnels to {FEW}", many.len()),
            measured: with_many / with_few,
            allowed: 2.0,
            unit: "×",
        },
        Budget {
            what: "resident memory of an open idle tunnel".to_owned(),
            measured: each / 1024.0,
            allowed: 4.0,
            unit: "KiB",
        },
    ]))
}

fn row<T>(what: &str, run: &Run<T>) {
    println!(
        "{what:<44} {:>10.2} {:>10.2} {:>12.0}",
        run.percentile(0.5),
        run.percentile(0.99),
        run.per_second()
    );
}

/// Opens tunnels and waits until their things have been notified; keeps their ids.
async fn open(server: &Server, count: usize) -> Result<Run<String>, Failure> {
    let body =
        |n| json!({"destinationConfig": {"thingName": format!("thing-{n}"), "services": ["SSH", "HTTP"]}});
    let calls = Calls {
        operation: "OpenTunnel",
        bodies: (0..count).map(|n| body(n).to_string()).collect(),
        within: OPENING,
    };
    let opened = client::run(server.url(), CONNECTIONS, calls, tunnel_id).await?;
    let mut connection = Connection::open(server.url()).await?;
    let deadline = Instant::now() + DELIVERY;
    while connection.metric(DELIVERED).await? < opened.kept.len() as u64 {
        if Instant::now() > deadline {
            return Err("the notifications of opened tunnels were not delivered in time".into());
        }
    }
    Ok(opened)
}

/// The metric that counts the notifications that have arrived.
const DELIVERED: &str = r#"iot_tunnel_notifications_total{outcome="delivered"}"#;

fn tunnel_id(answer: &[u8]) -> Result<String, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Opened {
        tunnel_id: String,
    }
    Ok(serde_json::from_slice::<Opened>(answer)?.tunnel_id)
}

async fn rotate(
    server: &Server,
    connections: usize,
    tunnels: impl Iterator<Item = &String>,
) -> Result<Run<()>, Failure> {
    let calls = Calls {
        operation: "RotateTunnelAccessToken",
        bodies: tunnels
            .map(|id| json!({"tunnelId": id, "clientMode": "ALL"}).to_string())
            .collect(),
        within: ROUND,
    };
    client::run(server.url(), connections, calls, |_| Ok(())).await
}

/// The median time of a rotation at one connection, of the few and of the many.
async fn take_turns(
    few_server: &Server,
    few: &[String],
    many_server: &Server,
    many: &[String],
) -> Result<(f64, f64), Failure> {
    let (mut with_few, mut with_many) = (Vec::new(), Vec::new());
    // From all over the many: neighbours were opened, and may lie, together.
    let stride = many.len() / (TURNS * TURN);
    for turn in 0..TURNS {
        let some_of_few = few.iter().cycle().take(TURN);
        with_few.append(&mut rotate(few_server, 1, some_of_few).await?.into_latencies());
        let some_of_many = many.iter().step_by(stride.max(1)).skip(turn * TURN).take(TURN);
        with_many.append(&mut rotate(many_server, 1, some_of_many).await?.into_latencies());
    }
    Ok((
        client::percentile(with_few, 0.5),
        client::percentile(with_many, 0.5),
    ))
}
