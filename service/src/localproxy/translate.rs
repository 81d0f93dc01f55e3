//! The reference's options as settings of the proxy.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use iot_tunnel_core::{AccessToken, Region, Side};

use super::arguments::Arguments;
use super::client_token;
use super::fault::{Fault, shown};
use super::fine_grained::{BIND_ADDRESS, CONNECT_RETRIES, FineGrained, MAX_PAYLOAD};
use super::ports;
use crate::client::Target;
use crate::proxy::{Assignment, ClientFormat, Settings};

/// The name for this machine that the reference listens on by default; the proxy's own default is the address behind it.
const LOCALHOST: &str = "localhost";

/// Adds the configuration file and the environment to a command line, and says what all of it comes to.
pub(super) fn settings(
    mut arguments: Arguments,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Settings, Fault> {
    if let Some(path) = arguments.value("config").map(str::to_owned) {
        arguments.add_file(&path)?;
    }
    arguments.add_environment(variable);
    let arguments = &arguments;
    let fine_grained = match arguments.value("settings-json") {
        Some(path) => {
            tracing::info!("Using settings specified in file: {path}");
            FineGrained::read(path)?
        }
        None => FineGrained::default(),
    };
    if !arguments.has("access-token") {
        return usage("the option '--access-token' is required but missing");
    }
    if arguments.has("region") == arguments.has("proxy-endpoint") {
        return usage("Must specify one and only one of --region/-r or --proxy-endpoint/-e options");
    }
    if arguments.shows_token {
        tracing::warn!(
            "Found access token supplied via CLI arg. Consider using environment variable \
             AWSIOT_TUNNEL_ACCESS_TOKEN instead"
        );
    }
    let mut settings = Settings::bare().map_err(|error| Fault::Usage(error.to_string()))?;
    // What there is to say of it has just been said.
    settings.token_is_warned_of = true;
    settings.access_token = arguments.value("access-token").map(access_token).transpose()?;
    settings.client_token = match arguments.value("client-token") {
        None | Some("") => None,
        Some(text) => Some(client_token::read(text)?),
    };
    settings.proxy_endpoint = Some(endpoint(arguments, &fine_grained)?);
    let side = side(arguments)?;
    services(arguments, side, &mut settings)?;
    settings.destination_client_type = client_type(arguments, side);
    if let Some(address) = bind_address(arguments, &fine_grained) {
        settings.local_bind_address = address;
    }
    if let Some(text) = fine_grained.get(MAX_PAYLOAD) {
        settings.max_payload = text
            .parse()
            .ok()
            .filter(|length| (1..=settings.max_payload).contains(length))
            .ok_or_else(|| Fault::Fatal(format!("{MAX_PAYLOAD} is 1 to {}", settings.max_payload)))?;
    }
    if let Some(text) = fine_grained.get(CONNECT_RETRIES) {
        let retries: i32 = text
            .parse()
            .map_err(|_| Fault::Fatal(format!("{CONNECT_RETRIES} is a number, or -1 for no limit")))?;
        settings.connect_retries = u32::try_from(retries).ok();
    }
    settings.shared.capath = arguments.value("capath").map(PathBuf::from);
    settings.shared.capath_adds = true;
    settings.shared.no_ssl_host_verify = arguments.has("no-ssl-host-verify");
    warn_of_what_has_no_meaning(arguments, side, &fine_grained);
    Ok(settings)
}

fn usage<T>(text: &str) -> Result<T, Fault> {
    Err(Fault::Usage(text.to_owned()))
}

fn access_token(text: &str) -> Result<AccessToken, Fault> {
    if text.is_empty() {
        return Err(Fault::Fatal("Access token cannot be empty".to_owned()));
    }
    crate::program::access_token(text).map_err(|error| Fault::Fatal(format!("the access token: {error}")))
}

fn endpoint(arguments: &Arguments, fine_grained: &FineGrained) -> Result<Target, Fault> {
    let text = match (arguments.value("proxy-endpoint"), arguments.value("region")) {
        (Some(endpoint), _) => endpoint.to_owned(),
        (None, region) => {
            let region = region.unwrap_or_default();
            let parsed = Region::parse(region);
            let parsed = parsed.map_err(|error| Fault::Fatal(format!("--region: {error}")))?;
            match fine_grained.endpoint(region) {
                Some(endpoint) => endpoint,
                None => return Ok(Target::aws(&parsed)),
            }
        }
    };
    text.to_ascii_lowercase()
        .parse()
        .map_err(|error| Fault::Fatal(format!("Invalid endpoint specified: {}: {error}", shown(&text))))
}

fn side(arguments: &Arguments) -> Result<Side, Fault> {
    let (source, destination) = (
        arguments.has("source-listen-port"),
        arguments.has("destination-app"),
    );
    let mode = match arguments.value("mode") {
        None => None,
        Some("src" | "source") => Some(Side::Source),
        Some("dst" | "destination") => Some(Side::Destination),
        Some(_) => return usage("Mode value is wrong! Allowed values are: src, dst, source, destination"),
    };
    match (source, destination, mode) {
        (true, true, _) => {
            usage("Must specify one and only one of --source-listen-port/-s or --destination-app/-d")
        }
        (false, false, None) => {
            usage("Must specify one of --source-listen-port/-s or --destination-app/-d or --mode")
        }
        (true, _, Some(Side::Destination)) => {
            usage("-s and --mode have mismatched mode. Mode is set to destination!")
        }
        (_, true, Some(Side::Source)) => {
            // The reference says -s here, too, and scripts look for its words.
            usage("-s and --mode have mismatched mode. Mode is set to source!")
        }
        (true, ..) | (_, _, Some(Side::Source)) => Ok(Side::Source),
        (_, true, _) | (_, _, Some(Side::Destination)) => Ok(Side::Destination),
    }
}

/// Where the services are: as the command line says, else as the configuration directory says once the tunnel has named
/// its services.
fn services(arguments: &Arguments, side: Side, settings: &mut Settings) -> Result<(), Fault> {
    let directory = match arguments.value("config-dir") {
        Some(path) if !ports::has_files(Path::new(path)) => {
            return Err(Fault::Fatal(format!("Invalid configuration directory: {path}")));
        }
        Some(path) => Some(PathBuf::from(path)),
        None => Some(PathBuf::from(ports::FOLDER)).filter(|path| ports::has_files(path)),
    };
    for (option, place) in [
        ("source-listen-port", &mut settings.source_listen_port),
        ("destination-app", &mut settings.destination_app),
    ] {
        if let Some(text) = arguments.value(option) {
            *place = Some(ports::mappings(option, text)?);
            return Ok(());
        }
    }
    let places = directory.map_or_else(BTreeMap::new, |path| ports::of_directory(&path));
    settings.assignment = Some(Assignment { side, places });
    Ok(())
}

fn client_type(arguments: &Arguments, side: Side) -> Option<ClientFormat> {
    let format = match arguments.value("destination-client-type")? {
        "V1" => ClientFormat::V1,
        "V2" => ClientFormat::V2,
        _ => {
            tracing::warn!("unknown value for destination-client-type, assuming default protocol V3.");
            return None;
        }
    };
    // A destination answers in the format that each stream of its source has.
    (side == Side::Source).then_some(format)
}

fn bind_address(arguments: &Arguments, fine_grained: &FineGrained) -> Option<String> {
    let given = arguments
        .value("local-bind-address")
        .filter(|address| !address.is_empty());
    let address = given.or_else(|| fine_grained.get(BIND_ADDRESS))?;
    (address != LOCALHOST || given.is_some()).then(|| address.to_owned())
}

/// Names what was given and changes nothing here, in one warning.
fn warn_of_what_has_no_meaning(arguments: &Arguments, side: Side, fine_grained: &FineGrained) {
    let mut named = fine_grained.without_meaning();
    if side == Side::Destination {
        for option in ["local-bind-address", "destination-client-type"] {
            if arguments.has(option) {
                named.push(option);
            }
        }
    }
    if !named.is_empty() {
        tracing::warn!("these settings have no effect here: {}", named.join(", "));
    }
}
