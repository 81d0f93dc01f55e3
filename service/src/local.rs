//! [`LocalService`]: a real service on free ports, for tests of agents, consoles and clients.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use iot_tunnel_core::Region;

use crate::auth::{Credentials, CredentialsError};
use crate::clock::{Clock, SystemClock};
use crate::entropy::EntropySource;
use crate::notify::{BrokerChoice, BrokerUrl};
use crate::service::{Blueprint, Service, StartError, open_store};
use crate::store::{MemoryStore, Store};
use crate::tls::CertificateChoice;
use crate::tunnels::Tunnels;

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A real service on loopback, with free ports and a clock of your choice. It ends when dropped.
///
/// ```
/// use std::time::Duration;
/// use iot_tunnel::LocalService;
/// use iot_tunnel::clock::ManualClock;
/// use iot_tunnel_core::Millis;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let clock = ManualClock::at(Millis(1_700_000_000_000));
/// let service = LocalService::builder().clock(clock.clone()).start().await?;
/// // Point any AWS SDK at it: endpoint_url = service.control_url().
/// assert!(service.control_url().starts_with("http://127.0.0.1:"));
/// // A tunnel opened now is closed 13 hours later.
/// clock.advance(Duration::from_secs(13 * 3600));
/// service.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct LocalService(Service);

impl LocalService {
    /// A service to be: in memory, on loopback, with an embedded MQTT broker, the system's clock, and no signatures
    /// checked.
    pub fn builder() -> LocalServiceBuilder {
        LocalServiceBuilder {
            store: Storage::Memory,
            clock: Arc::new(SystemClock),
            entropy: EntropySource::system(),
            broker: BrokerChoice::Embedded { listen: ANY_PORT },
            credentials: None,
            region: None,
            max_open_tunnels: 100_000,
        }
    }

    /// The API, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.0.ready().control
    }

    /// The data plane with TLS, such as `wss://127.0.0.1:40125`, for clients that trust [`ca_pem`](Self::ca_pem).
    #[must_use]
    pub fn data_url(&self) -> &str {
        self.0.ready().data.as_deref().unwrap_or_default()
    }

    /// The data plane without TLS, such as `ws://127.0.0.1:40126`.
    #[must_use]
    pub fn data_plain_url(&self) -> &str {
        self.0.ready().data_plain.as_deref().unwrap_or_default()
    }

    /// The certificate authority of [`data_url`](Self::data_url), in PEM. It is this service's alone and ends with it.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.0.ca_pem().unwrap_or_default()
    }

    /// The link to the console, with its key.
    #[must_use]
    pub fn console_url(&self) -> &str {
        self.0.ready().console.as_deref().unwrap_or_default()
    }

    /// The MQTT broker, such as `mqtt://127.0.0.1:40124`; `None` if it was switched off.
    #[must_use]
    pub fn mqtt_url(&self) -> Option<&str> {
        self.0.ready().mqtt.as_deref()
    }

    /// The tunnels behind the API: for handshakes, which have no API call, and for sweeping at once.
    #[must_use]
    pub fn tunnels(&self) -> &Arc<Tunnels> {
        self.0.tunnels()
    }

    /// Stops in order: what is under way is answered first.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

enum Storage {
    Memory,
    File(PathBuf),
    Other(Arc<dyn Store>),
}

/// Settings of a [`LocalService`].
#[must_use = "a builder starts nothing before `start`"]
pub struct LocalServiceBuilder {
    store: Storage,
    clock: Arc<dyn Clock>,
    entropy: EntropySource,
    broker: BrokerChoice,
    credentials: Option<Credentials>,
    region: Option<Region>,
    max_open_tunnels: u64,
}

impl LocalServiceBuilder {
    /// The clock that the service lives by, such as a [`ManualClock`](crate::clock::ManualClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Keeps tunnels in a file, so that a later service can find them.
    pub fn store_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.store = Storage::File(path.into());
        self
    }

    /// Keeps tunnels in a store of your own.
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Storage::Other(store);
        self
    }

    /// Another source of entropy, such as one that fails.
    pub fn entropy(mut self, entropy: EntropySource) -> Self {
        self.entropy = entropy;
        self
    }

    /// Publishes to an existing broker instead of an embedded one.
    pub fn mqtt_broker(mut self, url: BrokerUrl) -> Self {
        self.broker = BrokerChoice::External(url);
        self
    }

    /// Notifies nobody.
    pub fn without_mqtt(mut self) -> Self {
        self.broker = BrokerChoice::Off;
        self
    }

    /// Checks signatures, by a credentials file's text (TOML).
    ///
    /// # Errors
    /// [`CredentialsError`] with the line and what is allowed.
    pub fn credentials(mut self, toml: &str) -> Result<Self, CredentialsError> {
        self.credentials = Some(toml.parse()?);
        Ok(self)
    }

    /// The region; `us-east-1` otherwise.
    pub fn region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// How many tunnels may be open at a time; 100,000 otherwise.
    pub fn max_open_tunnels(mut self, max: u64) -> Self {
        self.max_open_tunnels = max;
        self
    }

    /// Starts it. When this returns, everything listens.
    ///
    /// # Errors
    /// [`StartError`]: what was wrong and what to do.
    pub async fn start(self) -> Result<LocalService, StartError> {
        let store: Arc<dyn Store> = match self.store {
            Storage::Memory => Arc::new(MemoryStore::default()),
            Storage::File(path) => Arc::new(open_store(path).await?),
            Storage::Other(store) => store,
        };
        let region = match self.region {
            Some(region) => region,
            None => Region::parse("us-east-1")?,
        };
        let service = Service::build(Blueprint {
            control: ANY_PORT,
            data: Some(ANY_PORT),
            data_plain: Some(ANY_PORT),
            console: Some(ANY_PORT),
            certificate: CertificateChoice::Forgotten,
            broker: self.broker,
            store,
            clock: self.clock,
            entropy: self.entropy,
            credentials: self.credentials,
            region,
            account: "000000000000".to_owned(),
            max_open_tunnels: self.max_open_tunnels,
        });
        Ok(LocalService(service.await?))
    }
}
