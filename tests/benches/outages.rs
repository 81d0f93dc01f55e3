//! How soon bytes come again after the network was away: `cargo bench -p iot-tunnel-tests --bench outages`.
//!
//! A service and both ends of a tunnel in this process, as `iot-tunnel proxy` sets them, each end over a link of its own that can be cut. AWS's
//! reference local proxy needs 55 ms (source) and 7 ms (destination) after a drop, and .1 to .3 s after an outage.

#[path = "budget.rs"]
mod budget;
#[path = "outages/link.rs"]
mod link;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use iot_tunnel::LocalService;
use iot_tunnel::client::{Client, Dialer, Events, Listener, Server, Services, Target, Trust, Tunnel};
use iot_tunnel_core::{AccessToken, ServiceId};
use iot_tunnel_tests::api;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use self::budget::Budget;
use self::link::Link;

/// Whatever can go wrong: it ends the benchmark.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Drops of each end's link.
const DROPS: usize = 30;
/// Outages of each end's link.
const OUTAGES: usize = 3;
/// How long each of them lasts.
const OUTAGE: Duration = Duration::from_secs(20);
/// The ceiling of the waits, as in `iot-tunnel proxy`.
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// A measurement that takes longer has failed.
const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    if !budget::is_measuring() {
        return ExitCode::SUCCESS;
    }
    measure().await.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

async fn measure() -> Result<ExitCode, Failure> {
    let service = LocalService::builder().without_mqtt().start().await?;
    let data = service.data_plain_url().trim_start_matches("ws://").parse()?;
    let (near, far) = (Link::to(data).await?, Link::to(data).await?);
    let config = json!({ "destinationConfig": { "services": ["ECHO"] } });
    let opened = api::call(service.control_url(), "OpenTunnel", &config)
        .await
        .success();
    let echo = Some(ServiceId::parse("ECHO")?);
    let server = Server {
        service: echo.clone(),
        address: echo_server().await?.to_string(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?;
    let listener = Listener {
        service: echo,
        listener: listener.into(),
    };
    let _destination = end(
        &far,
        Services::Destination(vec![server]),
        &opened["destinationAccessToken"],
    )
    .await?;
    let _source = end(
        &near,
        Services::Source(vec![listener]),
        &opened["sourceAccessToken"],
    )
    .await?;
    bytes_through(at).await?;

    let mut budgets = Vec::new();
    for (name, link) in [("source", &near), ("destination", &far)] {
        let drops = after_cuts(link, at, DROPS, Duration::ZERO).await?;
        budgets.push(Budget {
            what: format!("bytes again after a drop of the {name}'s link, median of {DROPS}"),
            measured: median(drops) * 1_000.0,
            allowed: 100.0,
            unit: "ms",
        });
        let outages = after_cuts(link, at, OUTAGES, OUTAGE).await?;
        budgets.push(Budget {
            what: format!("bytes again after {OUTAGE:?} without the {name}'s link, worst of {OUTAGES}"),
            measured: outages.into_iter().fold(0.0, f64::max),
            allowed: 5.0,
            unit: "s",
        });
    }
    service.stop().await;
    Ok(budget::judge(&budgets))
}

/// Cuts a link so often, each time for so long; the seconds from its return until bytes come through the tunnel.
async fn after_cuts(link: &Link, at: SocketAddr, times: usize, away: Duration) -> Result<Vec<f64>, Failure> {
    let mut seconds = Vec::new();
    for _ in 0..times {
        link.cut();
        // A drop alone leaves no moment in which the first attempt could fail.
        if !away.is_zero() {
            tokio::time::sleep(away).await;
        }
        link.restore();
        let begin = Instant::now();
        bytes_through(at).await?;
        seconds.push(begin.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

/// Waits until a byte comes back through a new connection.
async fn bytes_through(at: SocketAddr) -> Result<(), Failure> {
    let trying = async { while round_trip(at).await.is_err() {} };
    Ok(tokio::time::timeout(DEADLINE, trying).await?)
}

async fn round_trip(at: SocketAddr) -> std::io::Result<()> {
    let mut socket = TcpStream::connect(at).await?;
    socket.write_all(b"?").await?;
    socket.read_exact(&mut [0]).await?;
    Ok(())
}

/// One end of a tunnel, over a link.
async fn end(link: &Link, services: Services, token: &Value) -> Result<(Tunnel, Events), Failure> {
    let target: Target = format!("ws://{}", link.at).parse()?;
    let dialer = Dialer::new(target, &Trust::System, None)?;
    let (tunnel, events) = Client::new(dialer, services).max_backoff(MAX_BACKOFF).start()?;
    let token = AccessToken::parse(token.as_str().ok_or("a token")?)?;
    tunnel.replace_token(token, None).await?;
    Ok((tunnel, events))
}

async fn echo_server() -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = socket.split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            });
        }
    });
    Ok(at)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
