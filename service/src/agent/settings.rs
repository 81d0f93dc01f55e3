//! What `iot-tunnel agent` can be told.

use std::path::PathBuf;

use clap::Args;
use iot_tunnel_core::ThingName;

use super::running::Plan;
use super::subscription::{Identity, Subscription};
use crate::client::{Target, Trust, TrustError};
use crate::notify::BrokerUrl;
use crate::program::{Exit, Failure, Mapping, Mappings, Quiet, Shared};

/// The flags of `iot-tunnel agent`.
#[derive(Args, Clone, Debug)]
#[command(after_help = Exit::help())]
pub struct Settings {
    /// The name of this thing: it hears of its tunnels at $aws/things/NAME/tunnels/notify
    #[arg(long, value_name = "NAME", env = "IOT_TUNNEL_THING")]
    pub thing: ThingName,

    /// The MQTT broker: mqtt://host:port or mqtts://host:port, with user:password@ before the host where it asks for them. It must speak MQTT 5
    #[arg(
        long = "mqtt",
        value_name = "URL",
        env = "IOT_TUNNEL_MQTT_BROKER",
        hide_env_values = true,
        value_parser = Quiet(broker)
    )]
    pub broker: BrokerUrl,

    /// Root certificates to trust for the broker, and no others: a PEM file
    #[arg(long, value_name = "FILE", env = "IOT_TUNNEL_MQTT_CA")]
    pub mqtt_ca: Option<PathBuf>,

    /// This thing's certificate, which the broker asks for: a PEM file with its chain
    #[arg(
        long,
        value_name = "FILE",
        env = "IOT_TUNNEL_MQTT_CERT",
        requires = "mqtt_key"
    )]
    pub mqtt_cert: Option<PathBuf>,

    /// The private key of --mqtt-cert: a PEM file
    #[arg(
        long,
        value_name = "FILE",
        env = "IOT_TUNNEL_MQTT_KEY",
        requires = "mqtt_cert"
    )]
    pub mqtt_key: Option<PathBuf>,

    /// The MQTT client id, which nobody else may use at the same time. The default is NAME-tunnel-agent
    #[arg(long, value_name = "ID", env = "IOT_TUNNEL_MQTT_CLIENT_ID")]
    pub mqtt_client_id: Option<String>,

    /// The tunnels' service: host:port (with TLS), or a URL of wss or ws. The default is AWS's in the region that a notification names
    #[arg(
        short = 'e',
        long,
        value_name = "HOST:PORT|URL",
        env = "AWSIOT_TUNNEL_ENDPOINT"
    )]
    pub proxy_endpoint: Option<Target>,

    /// Where the services are that this thing offers, separated by commas, an absolute path in place of `[HOST:]PORT` being a Unix socket: up to 32, of which a tunnel asks for up to 3. Names are case-sensitive
    #[arg(short = 'd', long, value_name = "[SERVICE=][HOST:]PORT,...", value_parser = Mappings::offered)]
    pub destination_app: Mappings,

    /// How many tunnels may be connected at a time
    #[arg(
        long,
        value_name = "N",
        default_value_t = 4,
        value_parser = clap::value_parser!(u8).range(1..=64),
        env = "IOT_TUNNEL_MAX_TUNNELS"
    )]
    pub max_tunnels: u8,

    /// Certificates, log, readiness.
    #[command(flatten)]
    pub shared: Shared,
}

fn broker(text: &str) -> Result<BrokerUrl, String> {
    text.parse()
        .map_err(|error: crate::notify::BrokerUrlError| error.to_string())
}

impl Settings {
    /// Checks what no flag alone can tell, and reads the files.
    pub(super) fn plan(&self) -> Result<(Plan, Subscription), Failure> {
        let usage = |text: &str| Failure::new(Exit::Usage, text);
        let unreadable = |error: TrustError| Failure::new(Exit::Failed, error);
        let has_files = self.mqtt_ca.is_some() || self.mqtt_cert.is_some();
        if has_files && !self.broker.tls() {
            return Err(usage(
                "--mqtt-ca, --mqtt-cert and --mqtt-key are for a broker behind mqtts://",
            ));
        }
        if self.destination_app.0.iter().any(Mapping::takes_free_port) {
            return Err(usage("--destination-app: the port of a service is 1 to 65535"));
        }
        if self
            .destination_app
            .0
            .iter()
            .any(|mapping| mapping.is_standard_streams)
        {
            return Err(usage(
                "--destination-app: - is standard input and output, and only for a source",
            ));
        }
        let roots = match self.broker.tls() {
            true => self.mqtt_ca.clone().map_or(Trust::System, Trust::Roots).roots(),
            false => Ok(Vec::new()),
        };
        let identity = match (&self.mqtt_cert, &self.mqtt_key) {
            (Some(certificate), Some(key)) => Some(Identity::read(certificate, key).map_err(unreadable)?),
            _ => None,
        };
        let client_id = self.mqtt_client_id.clone();
        let subscription = Subscription {
            broker: self.broker.clone(),
            roots: roots.map_err(unreadable)?,
            identity,
            client_id: client_id.unwrap_or_else(|| format!("{}-tunnel-agent", self.thing)),
            topic: format!("$aws/things/{}/tunnels/notify", self.thing),
        };
        let plan = Plan {
            target: self.proxy_endpoint.clone(),
            trust: self.shared.trust(),
            mappings: self.destination_app.0.clone(),
            max_tunnels: usize::from(self.max_tunnels),
            connections: self.shared.connections,
            prints_ready: self.shared.ready,
        };
        Ok((plan, subscription))
    }
}
