//! What a tunnel carries bytes between: local listeners at a source, local servers at a destination.

use std::time::Duration;

use iot_tunnel_core::{ServiceId, Side};

use super::incoming::Incoming;

/// Longest wait for a local server to take a connection (ours).
pub(super) const LOCAL_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One end of a tunnel, by its services: 1 to 3, each with a name of its own. A name may be left out where there is only
/// one service; it then stands for the one that the tunnel has.
#[derive(Debug)]
pub enum Services {
    /// A source: whoever connects to a listener is connected to the other end's server.
    ///
    /// A listener stays for the whole life of the tunnel. While there is no open connection to the service, whoever
    /// connects waits in the listener's backlog and is served once there is: on a flaky link that is the next moment.
    Source(Vec<Listener>),
    /// A destination: what the other end asks for is connected to a server.
    Destination(Vec<Server>),
}

/// Where a source listens for a service.
#[derive(Debug)]
pub struct Listener {
    /// The service.
    pub service: Option<ServiceId>,
    /// Where its connections come from: by `into()` from a [`TcpListener`](tokio::net::TcpListener), for example.
    pub listener: Incoming,
}

/// Where a destination finds a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The service.
    pub service: Option<ServiceId>,
    /// `host:port`, resolved for each connection; or, on Unix, the absolute path of a Unix socket.
    pub address: String,
}

impl Services {
    /// The side of the tunnel.
    #[must_use]
    pub const fn side(&self) -> Side {
        match self {
            Self::Source(_) => Side::Source,
            Self::Destination(_) => Side::Destination,
        }
    }

    /// The names, in the order given.
    pub(super) fn names(&self) -> Vec<Option<ServiceId>> {
        match self {
            Self::Source(listeners) => listeners
                .iter()
                .map(|listener| listener.service.clone())
                .collect(),
            Self::Destination(servers) => servers.iter().map(|server| server.service.clone()).collect(),
        }
    }
}
