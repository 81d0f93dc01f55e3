//! What the service counts, for Prometheus.

use std::time::Duration;

use iot_tunnel_core::Side;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// Upper bounds of the latency histogram's buckets, in seconds.
const LATENCY_BUCKETS: [f64; 12] = [
    0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0,
];

/// The service's metrics. Each service has its own registry, so that several can live in one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    tunnels_open: IntGauge,
    rotations: IntCounterVec,
    refusals: IntCounterVec,
    notifications: IntCounterVec,
    connections: IntGaugeVec,
    relayed: IntCounterVec,
    latency: HistogramVec,
}

impl Metrics {
    /// Fresh metrics, all zero.
    ///
    /// # Errors
    /// None in practice: the names are fixed and unique.
    pub fn new() -> prometheus::Result<Self> {
        let counter =
            |name: &str, help: &str, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        let latency = HistogramOpts::new("iot_tunnel_request_seconds", "Time from a request to its answer.");
        let metrics = Self {
            registry: Registry::new(),
            tunnels_open: IntGauge::new("iot_tunnel_tunnels_open", "Tunnels that are open.")?,
            rotations: counter(
                "iot_tunnel_rotations_total",
                "RotateTunnelAccessToken requests by clientMode and outcome (`rotated`, or the exception).",
                &["client_mode", "outcome"],
            )?,
            refusals: counter(
                "iot_tunnel_refusals_total",
                "What was refused, by reason: an exception of the API, or a refusal of a handshake.",
                &["reason"],
            )?,
            notifications: counter(
                "iot_tunnel_notifications_total",
                "Notifications of things by outcome (`delivered`, `superseded`, `failed_attempt`).",
                &["outcome"],
            )?,
            connections: IntGaugeVec::new(
                Opts::new(
                    "iot_tunnel_connections",
                    "Peers that are connected to the relay, by side.",
                ),
                &["side"],
            )?,
            relayed: counter(
                "iot_tunnel_relayed_bytes_total",
                "Bytes of messages that the relay passed on, by the side that sent them.",
                &["from"],
            )?,
            latency: HistogramVec::new(latency.buckets(LATENCY_BUCKETS.to_vec()), &["operation"])?,
        };
        metrics
            .registry
            .register(Box::new(metrics.tunnels_open.clone()))?;
        metrics.registry.register(Box::new(metrics.rotations.clone()))?;
        metrics.registry.register(Box::new(metrics.refusals.clone()))?;
        metrics
            .registry
            .register(Box::new(metrics.notifications.clone()))?;
        metrics.registry.register(Box::new(metrics.connections.clone()))?;
        metrics.registry.register(Box::new(metrics.relayed.clone()))?;
        metrics.registry.register(Box::new(metrics.latency.clone()))?;
        Ok(metrics)
    }

    /// A rotation was asked for. `client_mode` is a mode of the API, or `unread` where the request was refused before.
    pub fn rotated(&self, client_mode: &str, outcome: &str) {
        self.rotations.with_label_values(&[client_mode, outcome]).inc();
    }

    /// Something was refused.
    pub fn refused(&self, reason: &str) {
        self.refusals.with_label_values(&[reason]).inc();
    }

    /// A notification came to something.
    pub fn notified(&self, outcome: &str) {
        self.notifications.with_label_values(&[outcome]).inc();
    }

    /// Counts the bytes that the relay passes on for a side.
    #[must_use]
    pub fn relayed(&self, from: Side) -> IntCounter {
        self.relayed.with_label_values(&[from.as_str()])
    }

    /// A request was answered.
    pub fn answered(&self, operation: &str, after: Duration) {
        self.latency
            .with_label_values(&[operation])
            .observe(after.as_secs_f64());
    }

    /// Everything in Prometheus's text format, with the number of open tunnels and of peers on a side as given.
    ///
    /// # Errors
    /// None in practice: writing into memory does not fail.
    pub fn render(&self, tunnels_open: u64, connected: impl Fn(Side) -> usize) -> prometheus::Result<String> {
        for side in Side::BOTH {
            let count = i64::try_from(connected(side)).unwrap_or(i64::MAX);
            self.connections.with_label_values(&[side.as_str()]).set(count);
        }
        self.tunnels_open
            .set(i64::try_from(tunnels_open).unwrap_or(i64::MAX));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
