//! `localproxy`: the command line of the reference local proxy (aws-samples, 3.3), for scripts that were written for it.
//!
//! The program behaves this way when it is called by that name, through a link. Flags, variables, configuration files,
//! refusals and exit code 1 for usage errors are the reference's; what carries the bytes is [`proxy`].
//!
//! | the reference's | here |
//! |---|---|
//! | `-s`, `-d`, `-m`, `--config-dir`, `./config` | [`proxy::Settings`]: listeners and servers |
//! | `-r` with the settings `endpoint_format` and `region_endpoint_overrides`; `-e` | `proxy_endpoint` |
//! | `-t`, `-i` | `access_token`, `client_token`: the digest of a text that the service would not take |
//! | `-b`, the setting `default_bind_address` | `local_bind_address` of a source |
//! | `-c` | roots in addition to the system's |
//! | `-k`, `-v`, `-y` | `no_ssl_host_verify`, `verbose`, `destination_client_type` of a source |
//! | the settings `max_payload_size`, `connect_retry_count` | `max_payload`, `connect_retries` |
//! | every other fine-grained setting | nothing: those that a file changes are named in one warning |

mod arguments;
mod client_token;
mod fault;
mod fine_grained;
mod ini;
mod ports;
mod translate;
mod usage;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::program::{Exit, Failure};
use crate::proxy;
use arguments::Arguments;
use fault::Fault;

/// The release of the reference whose command line this is; scripts look for it in the first line.
const REFERENCE: &str = "3.3.1";

/// The link's name, and the beginning of the names under which the reference's releases are published.
const NAME: &str = "localproxy";

/// What the command line asks for.
#[derive(Debug)]
pub enum Call {
    /// Everything that was asked for is done, such as printing the help.
    Done,
    /// Run a proxy with these settings.
    Run(Box<proxy::Settings>),
}

/// Whether a program that was started by this name, its first argument, is to behave as the reference: `localproxy`, or
/// the name of a release such as `localproxy-linux-x86_64`, with or without a path.
#[must_use]
pub fn is_called(program: &OsStr) -> bool {
    let name = Path::new(program).file_name().and_then(OsStr::to_str);
    let rest = name.and_then(|name| name.strip_prefix(NAME));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// A command line that was read, with the log's level, and not yet what it comes to: that may write to the log.
#[derive(Debug)]
pub struct CommandLine(Arguments);

impl CommandLine {
    /// Reads the arguments behind the program's name. Prints the version, as the reference does at every start.
    ///
    /// # Errors
    /// The exit code, after the reason was printed.
    pub fn read(arguments: impl Iterator<Item = OsString>) -> Result<Self, u8> {
        println!(
            "Running AWS IoT Secure Tunneling Local Proxy version: {REFERENCE} (iot-tunnel {})",
            env!("CARGO_PKG_VERSION")
        );
        Arguments::parse(arguments).map(Self).map_err(report)
    }

    /// The log's filter.
    #[must_use]
    pub fn filter(&self) -> &'static str {
        self.0.filter()
    }

    /// Does what is asked for at once, or says what is to be run.
    ///
    /// # Errors
    /// The exit code, after the reason was printed.
    pub fn call(self) -> Result<Call, u8> {
        self.carry_out().map_err(report)
    }

    fn carry_out(self) -> Result<Call, Fault> {
        let Self(arguments) = self;
        if arguments.has("version") {
            return Ok(Call::Done);
        }
        if arguments.has("help") {
            eprintln!("{}", usage::text());
            return Ok(Call::Done);
        }
        if let Some(path) = arguments.value("export-default-settings") {
            let written = std::fs::write(path, fine_grained::defaults());
            written.map_err(|error| Fault::Fatal(format!("cannot write {path}: {error}")))?;
            return Ok(Call::Done);
        }
        let variable = |name: &str| std::env::var(name).ok();
        translate::settings(arguments, variable).map(|settings| Call::Run(Box::new(settings)))
    }
}

/// The exit code of a proxy that has ended: the reference has no other code than 1 for wrong flags.
#[must_use]
pub fn exit_code(failure: &Failure) -> u8 {
    match failure.exit {
        Exit::Usage => Exit::Failed.code(),
        other => other.code(),
    }
}

/// Prints a fault as the reference does; the exit code.
fn report(fault: Fault) -> u8 {
    match fault {
        Fault::Usage(reason) => {
            eprintln!("{reason}\nTry 'localproxy --help' for a list of options.");
        }
        Fault::Fatal(reason) => eprintln!("[fatal] {reason}"),
    }
    Exit::Failed.code()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_links_name_makes_it_the_reference() {
        for (name, expected) in [
            ("localproxy", true),
            ("/usr/local/bin/localproxy", true),
            ("./localproxy-linux-x86_64", true),
            ("iot-tunnel", false),
            ("/opt/localproxy/iot-tunnel", false),
            ("localproxyd", false),
            ("", false),
        ] {
            assert_eq!(is_called(OsStr::new(name)), expected, "{name}");
        }
    }
}
