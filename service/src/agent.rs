//! `iot-tunnel agent`: a device's agent. It hears of tunnels over MQTT, connects to them as their destination, and takes
//! every rotated token without a restart.
//!
//! A notification says for which services a token is, but not for which tunnel, and not whether it is a rotation, late or
//! a redelivery (control-plane.md, "The device's notification"). What is done with it is therefore a policy of its own: a
//! token proves itself before anything that works is given up for it.
//!
//! ```text
//!   MQTT ──▶ subscription ──▶ notice (judges a payload) ──▶ policy (decides) ──▶ running (tunnels, by client)
//! ```

mod notice;
mod policy;
mod running;
mod settings;
mod subscription;

pub use settings::Settings;

use crate::program::{Exit, Failure, Signals};

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// [`Failure`]: why it cannot start.
pub async fn run(settings: &Settings) -> Result<(), Failure> {
    // Before anything is begun: a signal from then on is an orderly stop.
    let signals = Signals::catch().map_err(|error| Failure::new(Exit::Failed, error))?;
    let (plan, subscription) = settings.plan()?;
    running::run(plan, subscription, signals).await
}
