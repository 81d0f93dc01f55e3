//! What `iot-tunnel serve` can be told: flags, and an `IOT_TUNNEL_…` variable for each.

use std::ffi::OsStr;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{BoolishValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, ValueEnum};
use iot_tunnel_core::Region;
use iot_tunnel_core::handshake::Endpoint;

use crate::notify::{BrokerChoice, BrokerUrl};
use crate::tls::CertificateChoice;

/// The flags of `iot-tunnel serve`.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// Where the API listens; port 0 takes a free one. Without --credentials it must be a loopback address
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8460",
        env = "IOT_TUNNEL_CONTROL"
    )]
    pub control: SocketAddr,

    /// Where the data plane listens for wss:// clients (port 0 takes a free one), or `off`
    #[arg(
        long,
        value_name = "ADDRESS:PORT|off",
        default_value = "127.0.0.1:8443",
        env = "IOT_TUNNEL_DATA"
    )]
    pub data: Listen,

    /// Where the data plane also listens for ws:// clients, without TLS: a loopback address, or `off`
    #[arg(
        long,
        value_name = "ADDRESS:PORT|off",
        default_value = "off",
        env = "IOT_TUNNEL_DATA_PLAIN"
    )]
    pub data_plain: Listen,

    /// Where the console listens, a web page to watch and rotate tunnels (port 0 takes a free one), or `off`. --ready prints its link. Without --credentials it must be a loopback address
    #[arg(
        long,
        value_name = "ADDRESS:PORT|off",
        default_value = "off",
        env = "IOT_TUNNEL_CONSOLE"
    )]
    pub console: Listen,

    /// The certificate that --data shows: a chain in PEM. Without it the service makes one, signed by an authority of its own
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "IOT_TUNNEL_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,

    /// The key of --tls-cert, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "IOT_TUNNEL_TLS_KEY")]
    pub tls_key: Option<PathBuf>,

    /// Where the service's own authority is kept: ca.pem, for clients to trust, and its key. The default is `tls` in the user's state directory
    #[arg(long, value_name = "DIR", env = "IOT_TUNNEL_TLS_DIR")]
    pub tls_dir: Option<PathBuf>,

    /// A host name or address that clients know this machine by, for the certificate that the service makes; can be given several times
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = host_name, env = "IOT_TUNNEL_TLS_NAME")]
    pub tls_name: Vec<String>,

    /// Where the embedded MQTT broker listens (port 0 takes a free one; loopback only: it asks nobody who they are), or `off`
    #[arg(
        long,
        value_name = "ADDRESS:PORT|off",
        default_value = "127.0.0.1:1883",
        env = "IOT_TUNNEL_MQTT"
    )]
    pub mqtt: Listen,

    /// An existing MQTT broker instead: `mqtt://host:port` or `mqtts://host:port`, with `user:password@` before the host where it asks for them
    #[arg(
        long,
        value_name = "URL",
        env = "IOT_TUNNEL_MQTT_BROKER",
        hide_env_values = true,
        value_parser = BrokerUrlParser
    )]
    pub mqtt_broker: Option<BrokerUrl>,

    /// Where tunnels are kept: a file, or `memory`. The default is tunnels.redb in the user's state directory
    #[arg(long, value_name = "PATH|memory", env = "IOT_TUNNEL_STORE")]
    pub store: Option<StoreChoice>,

    /// A TOML file of access keys; with it every request must be signed by one of them
    #[arg(long, value_name = "FILE", env = "IOT_TUNNEL_CREDENTIALS")]
    pub credentials: Option<PathBuf>,

    /// The region, in ARNs, signatures and notifications
    #[arg(long, default_value = "us-east-1", env = "IOT_TUNNEL_REGION")]
    pub region: Region,

    /// The account number, in ARNs: 12 digits
    #[arg(long, default_value = "000000000000", env = "IOT_TUNNEL_ACCOUNT", value_parser = account)]
    pub account: String,

    /// How many tunnels may be open at a time
    #[arg(
        long,
        value_name = "N",
        default_value_t = 100_000,
        env = "IOT_TUNNEL_MAX_OPEN_TUNNELS"
    )]
    pub max_open_tunnels: u64,

    /// Print one JSON line on stdout when everything listens
    #[arg(long, env = "IOT_TUNNEL_READY", value_parser = BoolishValueParser::new())]
    pub ready: bool,

    /// How the log on stderr is written
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "IOT_TUNNEL_LOG_FORMAT")]
    pub log_format: LogFormat,

    /// What is logged: a level (error, warn, info, debug, trace), or tracing directives such as iot_tunnel=debug
    #[arg(long, value_name = "FILTER", default_value = "info", env = "IOT_TUNNEL_LOG")]
    pub log: String,
}

/// Reads a broker's URL. clap's own parsers repeat a value that they refuse, and this one may hold a password.
#[derive(Clone)]
struct BrokerUrlParser;

impl TypedValueParser for BrokerUrlParser {
    type Value = BrokerUrl;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<BrokerUrl, clap::Error> {
        let refused = |why: &dyn std::fmt::Display| {
            let text = format!("invalid value for '--mqtt-broker <URL>': {why}\n");
            clap::Error::raw(ErrorKind::ValueValidation, text).with_cmd(command)
        };
        let text = value.to_str().ok_or_else(|| refused(&"it is not UTF-8"))?;
        text.parse().map_err(|error| refused(&error))
    }
}

/// Where something listens, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On this address.
    On(SocketAddr),
    /// Nowhere.
    Off,
}

impl Listen {
    /// The address, if there is one.
    #[must_use]
    pub const fn address(self) -> Option<SocketAddr> {
        match self {
            Self::On(address) => Some(address),
            Self::Off => None,
        }
    }
}

impl FromStr for Listen {
    type Err = String;
    fn from_str(value: &str) -> Result<Self, String> {
        match value {
            "off" => Ok(Self::Off),
            address => address.parse().map(Self::On).map_err(|_| {
                format!("{address:?} is not an address with a port, such as 127.0.0.1:0, nor `off`")
            }),
        }
    }
}

/// Where tunnels are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// In this process; they end with it.
    Memory,
    /// In a file.
    File(PathBuf),
}

impl FromStr for StoreChoice {
    type Err = String;
    fn from_str(value: &str) -> Result<Self, String> {
        Ok(match value {
            "" => return Err("name a file, or `memory`".to_owned()),
            "memory" => Self::Memory,
            path => Self::File(path.into()),
        })
    }
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

fn account(value: &str) -> Result<String, String> {
    match value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(value.to_owned()),
        false => Err("an account number has 12 digits".to_owned()),
    }
}

/// A name that a certificate can have: what may stand in a client's endpoint.
fn host_name(value: &str) -> Result<String, String> {
    match value.parse::<IpAddr>() {
        Ok(_) => Ok(value.to_owned()),
        Err(_) if value.contains([':', '[']) => {
            Err("give a host name or an address, without a port".to_owned())
        }
        Err(_) => Endpoint::parse(value)
            .map(|_| value.to_owned())
            .map_err(|error| error.to_string()),
    }
}

/// A combination of settings that is not allowed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Nobody's signature is checked on an address that others can reach.
    #[error(
        "--control {0} is reachable from other machines, and without --credentials anybody could open and rotate \
         tunnels there; name a credentials file, or a loopback address such as 127.0.0.1:8460"
    )]
    OpenToOthers(SocketAddr),
    /// The embedded broker asks nobody who they are.
    #[error(
        "--mqtt {0} is reachable from other machines, and the embedded broker would give tokens to anybody there; \
         use a loopback address, or an existing broker with --mqtt-broker"
    )]
    BrokerOpenToOthers(SocketAddr),
    /// The console speaks HTTP without TLS, and its link may do everything.
    #[error(
        "--console {0} is reachable from other machines, and without --credentials it is for this machine only; use a \
         loopback address, or name a credentials file"
    )]
    ConsoleOpenToOthers(SocketAddr),
    /// Tokens would go over a network in clear.
    #[error(
        "--data-plain {0} is reachable from other machines, and tokens and bytes would be readable on the way; use a \
         loopback address, or --data for TLS"
    )]
    PlainOpenToOthers(SocketAddr),
    /// The state directory is unknown.
    #[error(
        "there is no state directory: neither XDG_STATE_HOME nor HOME is set; name a file with --store and a folder with \
         --tls-dir"
    )]
    NoStateDirectory,
}

impl Settings {
    /// Checks what no flag alone can tell.
    ///
    /// # Errors
    /// [`SettingsError`] with what to do instead.
    pub fn check(&self) -> Result<(), SettingsError> {
        let loopback = |address: IpAddr| address.to_canonical().is_loopback();
        if self.credentials.is_none() && !loopback(self.control.ip()) {
            return Err(SettingsError::OpenToOthers(self.control));
        }
        if let Listen::On(address) = self.console
            && self.credentials.is_none()
            && !loopback(address.ip())
        {
            return Err(SettingsError::ConsoleOpenToOthers(address));
        }
        if let Listen::On(address) = self.data_plain
            && !loopback(address.ip())
        {
            return Err(SettingsError::PlainOpenToOthers(address));
        }
        match (&self.mqtt_broker, self.mqtt) {
            (None, Listen::On(address)) if !loopback(address.ip()) => {
                Err(SettingsError::BrokerOpenToOthers(address))
            }
            _ => Ok(()),
        }
    }

    /// The certificate that these settings ask for.
    ///
    /// # Errors
    /// [`SettingsError::NoStateDirectory`].
    pub fn certificate(&self) -> Result<CertificateChoice, SettingsError> {
        Ok(match (&self.tls_cert, &self.tls_key, &self.tls_dir) {
            (Some(certificate), Some(key), _) => CertificateChoice::Files {
                certificate: certificate.clone(),
                key: key.clone(),
            },
            (_, _, folder) => CertificateChoice::Kept {
                folder: match folder {
                    Some(folder) => folder.clone(),
                    None => state_directory()?.join("tls"),
                },
                names: self.tls_name.clone(),
            },
        })
    }

    /// The broker that these settings ask for.
    #[must_use]
    pub fn broker(&self) -> BrokerChoice {
        match (&self.mqtt_broker, self.mqtt) {
            (Some(url), _) => BrokerChoice::External(url.clone()),
            (None, Listen::On(listen)) => BrokerChoice::Embedded { listen },
            (None, Listen::Off) => BrokerChoice::Off,
        }
    }

    /// Where tunnels are kept; by default in the user's state directory (XDG: `~/.local/state`).
    ///
    /// # Errors
    /// [`SettingsError::NoStateDirectory`].
    pub fn store(&self) -> Result<StoreChoice, SettingsError> {
        match &self.store {
            Some(choice) => Ok(choice.clone()),
            None => Ok(StoreChoice::File(state_directory()?.join("tunnels.redb"))),
        }
    }
}

/// This program's part of the user's state directory (XDG: `~/.local/state`).
fn state_directory() -> Result<PathBuf, SettingsError> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Ok(state.ok_or(SettingsError::NoStateDirectory)?.join("iot-tunnel"))
}
