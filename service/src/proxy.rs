//! `iot-tunnel proxy`: in place of the reference local proxy, on either side of a tunnel.
//!
//! The client is [`client`](crate::client); this module gives it flags, tokens, a log and an end:
//!
//! | where the token comes from | what happens when it is refused |
//! |---|---|
//! | `--access-token` or its variable | the program ends with code 3 |
//! | `--token-file`, read at the start and whenever it is written | the program waits for another token in it |
//! | `--tunnel-id` and AWS credentials | RotateTunnelAccessToken (SOURCE) gives a new one; the listeners stay up |
//!
//! They can be combined: the token that is given comes first, then the file's, then that of a rotation.

mod assignment;
mod chain;
mod credentials;
mod local_place;
mod rotation;
mod running;
mod settings;
#[cfg(test)]
mod tests;
mod token_file;

pub(crate) use assignment::Assignment;
pub use settings::{ClientFormat, Settings};

use std::io;

use serde::Serialize;
use tokio::net::TcpListener;

use crate::client::{Client, Listener, Server, Services};
use crate::program::{Exit, Failure, MAX_BACKOFF, Mapping, Signals, print_ready};
use local_place::{SocketFiles, StandardStreams};
use running::Running;
use settings::End;

/// What `--ready` prints.
#[derive(Debug, Serialize)]
struct Ready {
    side: &'static str,
    /// Of a source: where it listens.
    listeners: Vec<Listening>,
}

#[derive(Debug, Serialize)]
struct Listening {
    /// None if it was given no name.
    service: Option<String>,
    address: String,
}

/// Runs until SIGINT or SIGTERM, or until there is no way on.
///
/// # Errors
/// [`Failure`]: why there is none.
pub async fn run(settings: &Settings) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::new(Exit::Failed, error);
    // Before anything listens: a signal from then on is an orderly stop.
    let mut signals = Signals::catch().map_err(failed)?;
    let mut plan = settings.plan().await?;
    if let Some(assignment) = &settings.assignment
        && !assignment.apply(&mut plan, &mut signals).await?
    {
        return Ok(());
    }
    // Removed when this function ends.
    let mut files = SocketFiles::default();
    let mut standard_streams = None;
    let (services, ready) = match &plan.end {
        End::Source(mappings) => {
            let host = &settings.local_bind_address;
            listen(mappings, host, &mut files, &mut standard_streams).await?
        }
        End::Destination(mappings) => (serve(mappings), Ready::destination()),
    };
    let client = settings
        .shared
        .connections
        .apply(Client::new(plan.dialer.clone(), services));
    let client = client
        .max_backoff(MAX_BACKOFF)
        .format(plan.format)
        .max_payload(settings.max_payload.into());
    let (tunnel, events) = client.start().map_err(|error| Failure::new(Exit::Usage, error))?;
    tracing::info!(to = %plan.dialer.target(), side = ready.side, "started");
    for listening in &ready.listeners {
        let service = listening.service.as_deref().unwrap_or("(unnamed)");
        // Scripts that were written for the reference local proxy wait for these words.
        let port = listening
            .address
            .rsplit_once(':')
            .map_or(&*listening.address, |(_, port)| port);
        tracing::info!(
            service,
            address = listening.address,
            "Listening for new connection on port {port}"
        );
    }
    if settings.shared.ready {
        print_ready(&ready).map_err(failed)?;
    }
    Running::new(plan, tunnel, events, standard_streams)
        .run(signals)
        .await
}

/// Listens for every service.
async fn listen(
    mappings: &[Mapping],
    default_host: &str,
    files: &mut SocketFiles,
    standard_streams: &mut Option<StandardStreams>,
) -> Result<(Services, Ready), Failure> {
    let (mut listeners, mut listening) = (Vec::new(), Vec::new());
    for mapping in mappings {
        let address = mapping.address(default_host);
        let cannot = |error: io::Error| {
            let hint = match mapping.path {
                Some(_) => "",
                None => "; port 0 takes any free one",
            };
            let text = format!("cannot listen on {address} for {mapping}: {error}{hint}");
            Failure::new(Exit::Failed, text)
        };
        let (listener, address) = if mapping.is_standard_streams {
            let (incoming, streams) = StandardStreams::start().map_err(cannot)?;
            *standard_streams = Some(streams);
            (incoming, "-".to_owned())
        } else if mapping.path.is_some() {
            (files.listen(&address).map_err(cannot)?, address)
        } else {
            let listener = TcpListener::bind(&address).await.map_err(cannot)?;
            let address = listener.local_addr().map_err(cannot)?.to_string();
            (listener.into(), address)
        };
        let service = mapping.service.clone();
        listening.push(Listening {
            service: service.as_ref().map(ToString::to_string),
            address,
        });
        listeners.push(Listener { service, listener });
    }
    let ready = Ready {
        side: "source",
        listeners: listening,
    };
    Ok((Services::Source(listeners), ready))
}

/// Where every service is. A place without a host is this machine.
pub(crate) fn serve(mappings: &[Mapping]) -> Services {
    let servers = mappings.iter().map(|mapping| Server {
        service: mapping.service.clone(),
        address: mapping.address("localhost"),
    });
    Services::Destination(servers.collect())
}

impl Ready {
    const fn destination() -> Self {
        Self {
            side: "destination",
            listeners: Vec::new(),
        }
    }
}
