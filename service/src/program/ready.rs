//! The line that says that a program is ready.

use std::io::{self, Write as _};

use serde::Serialize;

/// Prints one JSON line on stdout.
///
/// # Errors
/// Stdout cannot be written.
pub fn print_ready(line: &impl Serialize) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let line = serde_json::to_string(line)?;
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .map_err(|error| io::Error::new(error.kind(), format!("--ready cannot write to stdout: {error}")))
}
