//! The log: on stderr, and never with a token.

use std::io::{self, IsTerminal};

use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::LogFormat;

/// Libraries that may print what goes over the wire at their lower levels. Payloads hold tokens, so whatever the
/// user's filter says, these never speak below `warn`.
const QUIET: [&str; 7] = [
    "mqtt5",
    "hyper",
    "hyper_util",
    "rustls",
    "h2",
    "redb",
    "aws_sigv4",
];

/// A filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "--log: {0}; a level (error, warn, info, debug, trace) or directives such as iot_tunnel=debug are allowed"
)]
pub struct FilterError(String);

/// Starts logging for the whole process.
///
/// # Errors
/// [`FilterError`] if the filter cannot be read.
pub fn start(filter: &str, format: LogFormat) -> Result<(), FilterError> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(filter)
        .map_err(|error| FilterError(error.to_string()))?;
    // Not by directives: the user's own would win where they are more specific.
    let quiet = filter_fn(|event| *event.level() <= Level::WARN || !is_quiet(event.target()));
    let registry = tracing_subscriber::registry().with(filter).with(quiet);
    match format {
        LogFormat::Text => {
            let colours = io::stderr().is_terminal();
            registry
                .with(fmt::layer().with_writer(io::stderr).with_ansi(colours))
                .init();
        }
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(io::stderr)).init(),
    }
    Ok(())
}

/// Whether a target belongs to one of the [`QUIET`] libraries.
fn is_quiet(target: &str) -> bool {
    let library = target.split("::").next().unwrap_or(target);
    QUIET.contains(&library)
}
