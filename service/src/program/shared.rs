//! The flags that both programs have.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::client::Trust;
use crate::settings::LogFormat;

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
