//! The log: on stderr, and never with a token.
//!
//! It never waits for stderr, which may be a pipe that a supervisor does not read: lines wait in a bounded queue, and when
//! that is full they are dropped and counted. The number is logged when there is room again.

mod pace;
mod queue;
mod text;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) use self::pace::Pace;
use self::queue::Queue;
pub(crate) use self::text::Short;
use crate::settings::LogFormat;

/// How long the end of the program waits for the last lines to be written (ours): a stderr that is not read must not keep
/// it from ending.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// Libraries that may print what goes over the wire at their lower levels. Payloads hold tokens, so whatever the
/// user's filter says, these never speak below `warn`.
const QUIET: [&str; 6] = ["mqtt5", "hyper", "hyper_util", "rustls", "h2", "redb"];
/// What the names of AWS's libraries begin with. They handle credentials, and their warnings are pages of internals; what
/// fails in them is returned as an error, too.
const SILENT_PREFIX: &str = "aws_";

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A filter that cannot be read.
    #[error(
        "--log: {0}; a level (error, warn, info, debug, trace) or directives such as iot_tunnel=debug are allowed"
    )]
    Filter(String),
    /// The thread that writes.
    #[error("the thread that writes the log cannot start: {0}")]
    Thread(#[from] io::Error),
}

/// The log of the process, to be kept until its end: what still waits is written when it is dropped, as far as half a
/// second allows.
#[derive(Debug)]
#[must_use]
pub struct Log {
    queue: Arc<Queue>,
}

impl Log {
    /// Prints text that is no event, such as the error that ends the program, behind the events before it.
    pub fn print(&self, text: &str) {
        self.queue.push(format!("{text}\n").as_bytes());
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.queue.flush(FLUSH_TIMEOUT);
    }
}

/// Starts logging for the whole process.
///
/// # Errors
/// [`LogError`] if the filter cannot be read, or a thread cannot be started.
pub fn start(filter: &str, format: LogFormat) -> Result<Log, LogError> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(filter)
        .map_err(|error| LogError::Filter(error.to_string()))?;
    let queue = Queue::start(io::stderr(), |lines| {
        tracing::warn!(lines, "stderr took the log too slowly: lines of it were dropped");
    })?;
    // Not by directives: the user's own would win where they are more specific.
    let quiet = filter_fn(|event| *event.level() <= most_of(event.target()));
    let registry = tracing_subscriber::registry().with(filter).with(quiet);
    let colours = io::stderr().is_terminal();
    let lines = Lines {
        queue: queue.clone(),
        format,
        colours,
    };
    match format {
        LogFormat::Text => registry
            .with(fmt::layer().with_writer(lines).with_ansi(colours))
            .init(),
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(lines)).init(),
    }
    Ok(Log { queue })
}

/// Puts each event's line into the queue.
struct Lines {
    queue: Arc<Queue>,
    format: LogFormat,
    colours: bool,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &Lines {
    /// A whole line at a time: that is how the layers write.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.format {
            LogFormat::Text => {
                let text = String::from_utf8_lossy(bytes);
                self.queue.push(text::line(&text, self.colours).as_bytes());
            }
            // JSON has its own escapes.
            LogFormat::Json => self.queue.push(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lowest level that is logged of a target.
fn most_of(target: &str) -> Level {
    let library = target.split("::").next().unwrap_or(target);
    match library {
        library if library.starts_with(SILENT_PREFIX) => Level::ERROR,
        library if QUIET.contains(&library) => Level::WARN,
        _ => Level::TRACE,
    }
}
