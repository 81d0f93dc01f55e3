//! What `iot-tunnel proxy` can be told: the flags and variables of the reference local proxy, and some of our own.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Command, FromArgMatches as _, ValueEnum, value_parser};
use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::{AccessToken, ClientToken, Region, Side, TunnelId};

use super::assignment::Assignment;
use super::credentials::Environment;
use super::rotation::Rotator;
use super::token_file::TokenFile;
use crate::client::{Dialer, HttpProxy, Target};
use crate::program::{Exit, Failure, Mapping, Mappings, Quiet, Shared, access_token, client_token, region};

/// The protocol's longest payload, as clap reads it.
const MAX_PAYLOAD: u16 = 64_512;
const _: () = assert!(MAX_PAYLOAD as usize == iot_tunnel_core::wire::MAX_PAYLOAD);

/// The flags of `iot-tunnel proxy`.
#[derive(Args, Clone, Debug)]
#[command(
    group(ArgGroup::new("end").required(true).args(["source_listen_port", "destination_app"])),
    after_help = Exit::help()
)]
pub struct Settings {
    /// The tunnel's service: host:port (with TLS), or a URL of wss or ws. Instead of --region
    #[arg(
        short = 'e',
        long,
        value_name = "HOST:PORT|URL",
        env = "AWSIOT_TUNNEL_ENDPOINT",
        conflicts_with = "region"
    )]
    pub proxy_endpoint: Option<Target>,

    /// The AWS region of the tunnel. Instead of --proxy-endpoint
    #[arg(short, long, env = "AWSIOT_TUNNEL_REGION", value_parser = region)]
    pub region: Option<Region>,

    /// The client access token. On the command line every user of this machine can read it: prefer the variable
    #[arg(
        short = 't',
        long,
        value_name = "TOKEN",
        env = "AWSIOT_TUNNEL_ACCESS_TOKEN",
        hide_env_values = true,
        value_parser = Quiet(access_token)
    )]
    pub access_token: Option<AccessToken>,

    /// The client token to use the access token with: 32 to 128 of [a-zA-Z0-9-]. Without one, a fresh one is made
    #[arg(
        short = 'i',
        long,
        value_name = "TOKEN",
        env = "AWSIOT_TUNNEL_CLIENT_TOKEN",
        hide_env_values = true,
        value_parser = Quiet(client_token)
    )]
    pub client_token: Option<ClientToken>,

    /// A file with the client access token in it; a rotated token that is written there is taken at once, without a restart
    #[arg(long, value_name = "FILE", env = "IOT_TUNNEL_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,

    /// Get source access tokens of this tunnel by RotateTunnelAccessToken, with AWS credentials: the first, unless one is given, and another whenever the last one is refused
    #[arg(
        long,
        value_name = "ID",
        env = "IOT_TUNNEL_TUNNEL_ID",
        conflicts_with = "destination_app",
        long_help = "Get source access tokens of this tunnel by RotateTunnelAccessToken: the first, unless one is \
                     given, and another whenever the last one is refused. Local listeners stay up meanwhile.\n\n\
                     The credentials and the region are looked for where AWS's tools look: AWS_ACCESS_KEY_ID, \
                     AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; AWS_REGION or AWS_DEFAULT_REGION, unless --region is given; \
                     the profile of AWS_PROFILE in ~/.aws/config and ~/.aws/credentials, with SSO, assumed roles and \
                     credential_process; web identities; the roles of containers and instances. For another service than \
                     AWS's, AWS_ENDPOINT_URL_IOTSECURETUNNELING or AWS_ENDPOINT_URL (https, if it names no scheme), or \
                     endpoint_url in the profile. AWS_CA_BUNDLE names root certificates for that service."
    )]
    pub tunnel_id: Option<TunnelId>,

    /// Be the source: listen for one or more services, separated by commas; port 0 takes a free one
    ///
    /// In place of `[HOST:]PORT` an absolute path is a Unix socket, and - is standard input and output: one connection, as for ssh's
    /// ProxyCommand, with whose end the program ends.
    #[arg(
        short = 's',
        long,
        value_name = "[SERVICE=][HOST:]PORT,...",
        allow_hyphen_values = true
    )]
    pub source_listen_port: Option<Mappings>,

    /// Be the destination: where the services are, separated by commas; an absolute path in place of `[HOST:]PORT` is a Unix socket
    #[arg(short = 'd', long, value_name = "[SERVICE=][HOST:]PORT,...")]
    pub destination_app: Option<Mappings>,

    /// Where a source listens for services that name no host
    #[arg(short = 'b', long, value_name = "HOST", default_value = "127.0.0.1")]
    pub local_bind_address: String,

    /// The format that the destination speaks, if it is older than V3; for a source
    #[arg(
        short = 'y',
        long,
        value_name = "FORMAT",
        value_enum,
        conflicts_with = "destination_app"
    )]
    pub destination_client_type: Option<ClientFormat>,

    /// The longest payload of a message that is sent, in bytes. A device must have room for a whole message: say less for one with little memory
    #[arg(
        long,
        value_name = "BYTES",
        default_value_t = MAX_PAYLOAD,
        value_parser = value_parser!(u16).range(1..=i64::from(MAX_PAYLOAD)),
        env = "IOT_TUNNEL_MAX_PAYLOAD"
    )]
    pub max_payload: u16,

    /// Certificates, log, readiness.
    #[command(flatten)]
    pub shared: Shared,

    /// Where the services are, in place of `-s` and `-d`, once the tunnel has named them.
    #[arg(skip)]
    pub(crate) assignment: Option<Assignment>,

    /// How often in a row a connection may fail and be tried again, before the program ends; for ever, if none is given.
    #[arg(skip)]
    pub(crate) connect_retries: Option<u32>,

    /// Whether everything that there is to say of a token on the command line has been said.
    #[arg(skip)]
    pub(crate) token_is_warned_of: bool,
}

/// A format that is older than V3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClientFormat {
    /// One service, one connection.
    #[value(name = "V1")]
    V1,
    /// Several services, each with one connection.
    #[value(name = "V2")]
    V2,
}

/// What the flags come to.
pub(super) struct Plan {
    pub(super) end: End,
    pub(super) dialer: Dialer,
    pub(super) format: Subprotocol,
    pub(super) access_token: Option<AccessToken>,
    pub(super) client_token: Option<ClientToken>,
    pub(super) token_file: Option<TokenFile>,
    pub(super) rotator: Option<Rotator>,
    pub(super) connect_retries: Option<u32>,
}

/// Which end, and its services.
pub(super) enum End {
    Source(Vec<Mapping>),
    Destination(Vec<Mapping>),
}

impl End {
    pub(super) const fn side(&self) -> Side {
        match self {
            Self::Source(_) => Side::Source,
            Self::Destination(_) => Side::Destination,
        }
    }
}

impl Settings {
    /// The defaults, without an end and without what the variables of the reference local proxy say.
    pub(crate) fn bare() -> Result<Self, clap::Error> {
        let is_the_references = |arg: &clap::Arg| {
            let variable = arg.get_env().and_then(|name| name.to_str());
            variable.is_some_and(|name| name.starts_with("AWSIOT_TUNNEL_"))
        };
        let command =
            Self::augment_args(Command::new("localproxy")).mut_args(|arg| match is_the_references(&arg) {
                true => arg.env(None::<&str>),
                false => arg,
            });
        // One end must be there, and is taken out again.
        let matches = command.try_get_matches_from(["localproxy", "--source-listen-port", "0"])?;
        let mut settings = Self::from_arg_matches(&matches)?;
        settings.source_listen_port = None;
        Ok(settings)
    }

    /// Checks what no flag alone can tell, and reads the environment.
    pub(super) async fn plan(&self) -> Result<Plan, Failure> {
        let usage = |text: &str| Failure::new(Exit::Usage, text);
        if self.access_token.is_none() && self.token_file.is_none() && self.tunnel_id.is_none() {
            return Err(usage(
                "there is no access token: set AWSIOT_TUNNEL_ACCESS_TOKEN, or give --token-file or --tunnel-id",
            ));
        }
        let end = match (&self.source_listen_port, &self.destination_app, &self.assignment) {
            (Some(mappings), None, _) => End::Source(mappings.0.clone()),
            (None, Some(mappings), _) => End::Destination(mappings.0.clone()),
            // The services are to be found out.
            (None, None, Some(assignment)) => match assignment.side {
                Side::Source => End::Source(Vec::new()),
                Side::Destination => End::Destination(Vec::new()),
            },
            _ => return Err(usage("give either --source-listen-port or --destination-app")),
        };
        if let End::Destination(mappings) = &end
            && mappings.iter().any(Mapping::takes_free_port)
        {
            return Err(usage("--destination-app: the port of a service is 1 to 65535"));
        }
        let standard_streams = |mappings: &[Mapping]| {
            mappings
                .iter()
                .filter(|mapping| mapping.is_standard_streams)
                .count()
        };
        match &end {
            End::Destination(mappings) if standard_streams(mappings) > 0 => {
                return Err(usage(
                    "--destination-app: - is standard input and output, and only for a source",
                ));
            }
            End::Source(mappings) if standard_streams(mappings) > 1 => {
                return Err(usage(
                    "--source-listen-port: - is standard input and output, and only for one service",
                ));
            }
            End::Source(mappings) if standard_streams(mappings) > 0 && self.shared.ready => {
                return Err(usage(
                    "--ready writes to standard output, which --source-listen-port - is about to use",
                ));
            }
            End::Source(_) | End::Destination(_) => {}
        }
        if self.destination_client_type == Some(ClientFormat::V1)
            && matches!(&end, End::Source(mappings) if mappings.len() > 1)
        {
            return Err(usage("a destination of type V1 has one service: give one"));
        }
        self.warn_of_visible_token();
        let environment = Environment::read();
        let region = self.region.clone().or_else(|| environment.region.clone());
        let target = match (&self.proxy_endpoint, &region) {
            (Some(target), _) => target.clone(),
            (None, Some(region)) => Target::aws(region),
            (None, None) => {
                return Err(usage(
                    "the service is not known: give --proxy-endpoint or --region",
                ));
            }
        };
        if !target.tls() {
            tracing::warn!(to = %target, "without TLS, whoever is on the way can read the token and everything else");
        }
        let proxy = HttpProxy::from_environment(target.endpoint())
            .map_err(|error| Failure::new(Exit::Usage, format!("HTTPS_PROXY: {error}")))?;
        if let Some(proxy) = &proxy {
            tracing::info!(%proxy, "connecting through a proxy");
        }
        let dialer = Dialer::new(target, &self.shared.trust(), proxy)
            .map_err(|error| Failure::new(Exit::Failed, error))?;
        let rotator = match &self.tunnel_id {
            Some(tunnel_id) => Some(environment.rotator(tunnel_id.clone(), region).await?),
            None => None,
        };
        Ok(Plan {
            end,
            dialer,
            format: match self.destination_client_type {
                Some(ClientFormat::V1) => Subprotocol::V1,
                Some(ClientFormat::V2) => Subprotocol::V2,
                None => Subprotocol::V3,
            },
            access_token: self.access_token.clone(),
            client_token: self.client_token.clone(),
            token_file: self.token_file.clone().map(TokenFile::new),
            rotator,
            connect_retries: self.connect_retries,
        })
    }

    /// A token that is not the variable's was on the command line.
    fn warn_of_visible_token(&self) {
        let Some(token) = self.access_token.as_ref().filter(|_| !self.token_is_warned_of) else {
            return;
        };
        let variable = std::env::var("AWSIOT_TUNNEL_ACCESS_TOKEN").ok();
        let variable = variable.and_then(|value| access_token(&value).ok());
        if variable.as_ref() != Some(token) {
            tracing::warn!(
                "the access token stands on the command line, where every user of this machine can read it; \
                 AWSIOT_TUNNEL_ACCESS_TOKEN or --token-file keep it from them"
            );
        }
    }
}
