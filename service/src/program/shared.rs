//! The flags that both programs have.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, value_parser};

use crate::client::{Client, Trust};
use crate::settings::LogFormat;

/// Ceiling of the waits between attempts of a tunnel for which a person waits (ours).
pub(crate) const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// Flags about certificates, the log and readiness.
#[derive(Args, Clone, Debug)]
pub struct Shared {
    /// Root certificates to trust for the tunnel, and no others: a PEM file, or a directory of PEM files
    #[arg(short, long, value_name = "PATH", env = "IOT_TUNNEL_CAPATH")]
    pub capath: Option<PathBuf>,

    /// Whether `capath` adds to the system's root certificates.
    #[arg(skip)]
    pub(crate) capath_adds: bool,

    /// Take any certificate of any host for the tunnel: whoever is on the way can read everything
    #[arg(short = 'k', long, env = "IOT_TUNNEL_NO_SSL_HOST_VERIFY", value_parser = BoolishValueParser::new())]
    pub no_ssl_host_verify: bool,

    /// Local connections.
    #[command(flatten)]
    pub connections: Connections,

    /// Print one JSON line on stdout when everything is ready
    #[arg(long, env = "IOT_TUNNEL_READY", value_parser = BoolishValueParser::new())]
    pub ready: bool,

    /// How much is logged, as the reference proxy counts: 0 nothing, 1 and 2 errors, 3 warnings, 4 what happens, 5 more, 6 everything
    #[arg(short, long, value_name = "LEVEL", num_args = 0..=1, default_missing_value = "5")]
    pub verbose: Option<u8>,

    /// How the log on stderr is written
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "IOT_TUNNEL_LOG_FORMAT")]
    pub log_format: LogFormat,

    /// What is logged, where --verbose does not say: a level, or tracing directives such as iot_tunnel=debug
    #[arg(long, value_name = "FILTER", default_value = "info", env = "IOT_TUNNEL_LOG")]
    pub log: String,
}

/// Flags about local connections.
#[derive(Args, Clone, Copy, Debug)]
pub struct Connections {
    /// When a local application has ended what it sends, how long its connection stays open for an answer after the last byte of the other end, in seconds. A server that answers only when it sees the end of the request answers too late
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = value_parser!(u16).range(1..=3600), env = "IOT_TUNNEL_HALF_CLOSE_SILENCE")]
    pub half_close_silence: u16,

    /// How long a local application may read nothing while other connections of the tunnel wait behind it, before its connection is reset, in seconds; 0 means no limit
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = value_parser!(u16).range(0..=3600), env = "IOT_TUNNEL_STALL_LIMIT")]
    pub stall_limit: u16,
}

impl Connections {
    /// Makes the settings those of a client.
    pub(crate) fn apply(self, client: Client) -> Client {
        let stall = Some(self.stall_limit).filter(|seconds| *seconds > 0);
        client
            .half_close_silence(Duration::from_secs(self.half_close_silence.into()))
            .stall_limit(stall.map(|seconds| Duration::from_secs(seconds.into())))
    }
}

impl Shared {
    /// The log's filter.
    #[must_use]
    pub fn filter(&self) -> &str {
        match self.verbose {
            None => &self.log,
            Some(0) => "off",
            Some(1 | 2) => "error",
            Some(3) => "warn",
            Some(4) => "info",
            Some(5) => "debug",
            Some(6..) => "trace",
        }
    }

    /// Whom TLS trusts on the way to the tunnel's service. Says so, once, if that is anybody.
    pub(crate) fn trust(&self) -> Trust {
        match &self.capath {
            _ if self.no_ssl_host_verify => {
                tracing::warn!(
                    "--no-ssl-host-verify: whoever is on the way can read the token and everything else"
                );
                Trust::Anybody
            }
            Some(path) if self.capath_adds => Trust::SystemAnd(path.clone()),
            Some(path) => Trust::Roots(path.clone()),
            None => Trust::System,
        }
    }
}
