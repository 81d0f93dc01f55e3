//! The whole service, put together and running.

mod ready;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use axum::Router;
use iot_tunnel_core::{InvalidText, Region};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use ready::Ready;

use crate::api::Api;
use crate::auth::{Credentials, CredentialsFileError};
use crate::clock::{Clock, SystemClock};
use crate::console::{Console, ConsoleKey};
use crate::entropy::EntropySource;
use crate::logging::Pace;
use crate::metrics::Metrics;
use crate::notify::{BrokerChoice, IsCurrent, Notifier, NotifierError, Outcome};
use crate::relay::Relay;
use crate::server::{DRAIN_TIMEOUT, Server};
use crate::settings::{Listen, Settings, SettingsError, StoreChoice};
use crate::store::{MemoryStore, RedbStore, Store, StoreError};
use crate::tls::{Certificate, CertificateChoice, TlsError};
use crate::transport::Security;
use crate::tunnels::{Parts, Tunnels, TunnelsError};

/// The time that peers have to end their connections once the service is told to stop (ours).
const PEERS_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that a service is started from.
pub(crate) struct Blueprint {
    pub(crate) control: SocketAddr,
    pub(crate) data: Option<SocketAddr>,
    pub(crate) data_plain: Option<SocketAddr>,
    pub(crate) console: Option<SocketAddr>,
    pub(crate) certificate: CertificateChoice,
    pub(crate) broker: BrokerChoice,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: EntropySource,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) region: Region,
    pub(crate) account: String,
    pub(crate) max_open_tunnels: u64,
}

/// Why a service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings that do not go together.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The credentials file.
    #[error(transparent)]
    Credentials(#[from] CredentialsFileError),
    /// The region and the account number.
    #[error("the region and the account do not make an ARN: {0}")]
    Arn(#[from] InvalidText),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store could be opened, but not read.
    #[error("reading what the last run left: {0}")]
    Recovery(#[from] TunnelsError),
    /// MQTT.
    #[error(transparent)]
    Notifier(#[from] NotifierError),
    /// The data plane's certificate.
    #[error("the data plane's certificate: {0}")]
    Tls(#[from] TlsError),
    /// An address.
    #[error(
        "{what} cannot listen on {address}: {source}; choose another address, or port 0 for any free port"
    )]
    Listen {
        /// What was to listen there.
        what: &'static str,
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The console's key could not be drawn.
    #[error("the random source failed: {0}")]
    Random(getrandom::Error),
    /// The metrics could not be set up.
    #[error("the metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// A running service. It ends with [`stop`](Self::stop), or at once when dropped.
pub struct Service {
    tunnels: Arc<Tunnels>,
    notifier: Notifier,
    server: Server,
    relay: Arc<Relay>,
    data_servers: Vec<Server>,
    console: Option<Server>,
    /// Ends the console's streams of events.
    end_of_events: CancellationToken,
    ca_pem: Option<String>,
    /// Ends the peers' connections when dropped.
    _end_of_peers: DropGuard,
    /// Aborted when dropped.
    background: JoinSet<()>,
    /// Its end asks the background tasks for theirs.
    end: watch::Sender<()>,
    ready: Ready,
}

impl Service {
    /// Starts what the settings describe. When this returns, everything listens.
    ///
    /// # Errors
    /// [`StartError`]: what was wrong and what to do.
    pub async fn start(settings: &Settings) -> Result<Self, StartError> {
        settings.check()?;
        let credentials = match &settings.credentials {
            Some(path) => {
                let loaded = Credentials::load(path)?;
                if let Some(exposed) = loaded.exposed {
                    tracing::warn!("{exposed}");
                }
                Some(loaded.credentials)
            }
            None => {
                tracing::warn!(
                    "without --credentials signatures are not checked: the API is on loopback only"
                );
                None
            }
        };
        let (store, file): (Arc<dyn Store>, _) = match settings.store()? {
            StoreChoice::Memory => (Arc::new(MemoryStore::default()), None),
            StoreChoice::File(path) => (Arc::new(open_store(path.clone()).await?), Some(path)),
        };
        let blueprint = Blueprint {
            control: settings.control,
            data: settings.data.address(),
            data_plain: settings.data_plain.address(),
            console: settings.console.address(),
            certificate: match settings.data {
                Listen::On(_) => settings.certificate()?,
                Listen::Off => CertificateChoice::Forgotten,
            },
            broker: settings.broker(),
            store,
            clock: Arc::new(SystemClock),
            entropy: EntropySource::system(),
            credentials,
            region: settings.region.clone(),
            account: settings.account.clone(),
            max_open_tunnels: settings.max_open_tunnels,
        };
        let mut service = Self::build(blueprint).await?;
        service.ready.store = file;
        Ok(service)
    }

    pub(crate) async fn build(blueprint: Blueprint) -> Result<Self, StartError> {
        let metrics = Arc::new(Metrics::new()?);
        let (outcomes, results) = mpsc::channel(256);
        // The notifier asks about tunnels, and the tunnels hold the notifier: the weak half of the circle is here.
        let asked: Arc<OnceLock<Weak<Tunnels>>> = Arc::default();
        let notifier = Notifier::start(blueprint.broker, is_current(asked.clone()), outcomes).await?;
        let tunnels = Arc::new(Tunnels::new(Parts {
            store: blueprint.store,
            clock: blueprint.clock,
            entropy: blueprint.entropy,
            notifier: notifier.clone(),
            lines: Arc::default(),
            history: Arc::default(),
            metrics: metrics.clone(),
            region: blueprint.region,
            account: blueprint.account,
            max_open_tunnels: blueprint.max_open_tunnels,
        })?);
        // Set once, a line after it was made.
        let _ = asked.set(Arc::downgrade(&tunnels));
        tunnels.recover().await?;
        let relay = Arc::new(Relay::new(tunnels.clone(), metrics.clone()));
        let api = Api {
            tunnels: tunnels.clone(),
            credentials: blueprint.credentials,
            metrics: metrics.clone(),
            refusals: Pace::default(),
        };
        let server = listen("the API", blueprint.control, Security::Plain, api.router()).await?;
        let mut data_servers = Vec::new();
        let (mut data, mut data_plain, mut ca, mut ca_pem) = (None, None, None, None);
        if let Some(address) = blueprint.data {
            let certificate = Certificate::obtain(&blueprint.certificate, address.ip())?;
            (ca, ca_pem) = (certificate.ca_file, certificate.ca_pem);
            let security = Security::Tls(certificate.config);
            let listening = listen("the data plane", address, security, relay.router()).await?;
            data = Some(format!("wss://{}", listening.address()));
            data_servers.push(listening);
        }
        if let Some(address) = blueprint.data_plain {
            let what = "the data plane without TLS";
            let listening = listen(what, address, Security::Plain, relay.router()).await?;
            data_plain = Some(format!("ws://{}", listening.address()));
            data_servers.push(listening);
        }
        let end_of_events = CancellationToken::new();
        let (mut console, mut link) = (None, None);
        if let Some(address) = blueprint.console {
            let key = ConsoleKey::draw().map_err(StartError::Random)?;
            let page = Console {
                key: key.clone(),
                api: Api {
                    tunnels: tunnels.clone(),
                    credentials: None,
                    metrics,
                    refusals: Pace::default(),
                },
                relay: relay.router(),
                history: tunnels.history().clone(),
                ended: end_of_events.clone(),
            };
            let listening = listen("the console", address, Security::Plain, page.router()).await?;
            link = Some(format!(
                "http://{}/console/?key={}",
                listening.address(),
                key.expose()
            ));
            console = Some(listening);
        }
        let ready = Ready {
            control: format!("http://{}", server.address()),
            data,
            data_plain,
            ca,
            console: link,
            mqtt: notifier.url(),
            region: tunnels.region().to_string(),
            store: None,
        };
        let mut background = JoinSet::new();
        let (end, ended) = watch::channel(());
        background.spawn(sweep(tunnels.clone(), ended.clone()));
        background.spawn(note(tunnels.clone(), results, ended));
        Ok(Self {
            tunnels,
            notifier,
            server,
            _end_of_peers: relay.guard(),
            relay,
            data_servers,
            console,
            end_of_events,
            ca_pem,
            background,
            end,
            ready,
        })
    }

    /// Where it can be reached.
    #[must_use]
    pub const fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Its tunnels, for whoever wants to look past the API.
    #[must_use]
    pub const fn tunnels(&self) -> &Arc<Tunnels> {
        &self.tunnels
    }

    /// The certificate that clients of the data plane are to trust, in PEM, where the service made its own.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Stops: answers what is under way, ends the peers' connections, sends the notifications that can still be
    /// sent, and returns.
    pub async fn stop(mut self) {
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        self.server.stop().await;
        self.end_of_events.cancel();
        for server in self.data_servers.drain(..).chain(self.console.take()) {
            server.stop().await;
        }
        self.relay.stop(PEERS_TIMEOUT).await;
        self.notifier.shutdown(deadline).await;
        // Waited for, so that what was delivered is noted, and the store is closed when this returns.
        drop(self.end);
        while self.background.join_next().await.is_some() {}
    }
}

/// Starts a server, or says what could not listen where.
async fn listen(
    what: &'static str,
    address: SocketAddr,
    security: Security,
    router: Router,
) -> Result<Server, StartError> {
    Server::start(address, security, router)
        .await
        .map_err(|source| StartError::Listen {
            what,
            address,
            source,
        })
}

/// Opens a store's file, which reads all of it, beside the runtime's own threads.
pub(crate) async fn open_store(path: PathBuf) -> Result<RedbStore, StoreError> {
    let opened = tokio::task::spawn_blocking(move || RedbStore::open(&path)).await;
    opened.unwrap_or_else(|error| {
        Err(StoreError {
            doing: "opening the store",
            source: error.into(),
        })
    })
}

fn is_current(tunnels: Arc<OnceLock<Weak<Tunnels>>>) -> IsCurrent {
    Arc::new(move |tunnel_id, generation| {
        let tunnels = tunnels.get().and_then(Weak::upgrade);
        Box::pin(async move {
            match tunnels {
                Some(tunnels) => tunnels.is_current(&tunnel_id, generation).await,
                None => false,
            }
        })
    })
}

async fn sweep(tunnels: Arc<Tunnels>, mut ended: watch::Receiver<()>) {
    tokio::select! {
        () = tunnels.sweep_by_the_clock() => {}
        _ = ended.changed() => {}
    }
}

/// Notes what becomes of notifications; once it is to end, what has come until then.
async fn note(tunnels: Arc<Tunnels>, mut results: mpsc::Receiver<Outcome>, mut ended: watch::Receiver<()>) {
    loop {
        tokio::select! {
            biased;
            Some(outcome) = results.recv() => tunnels.note(outcome).await,
            _ = ended.changed() => return,
        }
    }
}
