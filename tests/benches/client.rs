//! A client that keeps a number of connections busy and takes the time of every call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use iot_tunnel_tests::api;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Whatever can go wrong between two processes: it ends the benchmark.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Calls of one operation, to be made once each.
pub(crate) struct Calls {
    /// The operation.
    pub(crate) operation: &'static str,
    /// The body of each call.
    pub(crate) bodies: Vec<String>,
    /// After this long no more of them are made, so that the benchmark ends in time on a slow machine.
    pub(crate) within: Duration,
}

/// What calls have come to.
pub(crate) struct Run<T> {
    /// What was kept of each answer, in no order.
    pub(crate) kept: Vec<T>,
    latencies: Vec<Duration>,
    elapsed: Duration,
}

impl<T> Run<T> {
    /// The time that this share of the calls did not exceed, in milliseconds; 0.5 is the median.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        percentile(self.latencies.clone(), share)
    }

    /// The time of each call.
    pub(crate) fn into_latencies(self) -> Vec<Duration> {
        self.latencies
    }

    /// How many calls a second were answered.
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// The time that this share of the latencies does not exceed, in milliseconds.
pub(crate) fn percentile(mut latencies: Vec<Duration>, share: f64) -> f64 {
    latencies.sort_unstable();
    let rank = (latencies.len() as f64 * share).ceil() as usize;
    latencies
        .get(rank.saturating_sub(1))
        .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1000.0)
}

/// Makes the calls on so many connections, each of which makes its next call when it has the answer to the last.
/// `keep` is applied to each answer, outside the time that is taken.
///
/// # Errors
/// A connection that fails, or an answer that is not a success.
pub(crate) async fn run<T: Send + 'static>(
    url: &str,
    connections: usize,
    calls: Calls,
    keep: fn(&[u8]) -> Result<T, Failure>,
) -> Result<Run<T>, Failure> {
    let (calls, next) = (Arc::new(calls), Arc::new(AtomicUsize::new(0)));
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(url).await?);
    }
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for mut connection in open {
        let (calls, next) = (calls.clone(), next.clone());
        callers.spawn(async move {
            let mut answered = Vec::new();
            while started.elapsed() < calls.within
                && let Some(body) = calls.bodies.get(next.fetch_add(1, Ordering::Relaxed))
            {
                let called = Instant::now();
                let answer = connection.call(calls.operation, body.clone()).await?;
                answered.push((called.elapsed(), keep(&answer)?));
            }
            Ok::<_, Failure>(answered)
        });
    }
    let mut answered = Vec::with_capacity(calls.bodies.len());
    while let Some(caller) = callers.join_next().await {
        answered.append(&mut caller??);
    }
    let elapsed = started.elapsed();
    let (latencies, kept) = answered.into_iter().unzip();
    Ok(Run {
        kept,
        latencies,
        elapsed,
    })
}

/// A connection that is kept alive.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    url: String,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(url: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(api::authority(url)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            url: url.to_owned(),
        })
    }

    /// Calls an operation and returns the body of its success.
    async fn call(&mut self, operation: &str, body: String) -> Result<Bytes, Failure> {
        let request = api::request(&self.url, operation, body);
        self.exchange(request).await
    }

    /// The value of one line of the service's metrics; 0 until there is such a line.
    pub(crate) async fn metric(&mut self, name: &str) -> Result<u64, Failure> {
        let request = Request::get("/metrics")
            .header(http::header::HOST, api::authority(&self.url))
            .body(Bytes::new())?;
        let metrics = self.exchange(request).await?;
        let line = std::str::from_utf8(&metrics)?
            .lines()
            .find_map(|line| line.strip_prefix(name));
        Ok(line.map_or(Ok(0), |value| value.trim().parse())?)
    }

    async fn exchange(&mut self, request: Request<Bytes>) -> Result<Bytes, Failure> {
        self.sender.ready().await?;
        let response = self.sender.send_request(request.map(Full::new)).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        match status.is_success() {
            true => Ok(body),
            false => Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into()),
        }
    }
}
