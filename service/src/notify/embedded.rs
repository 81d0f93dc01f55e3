//! The broker inside this process.
//!
//! The `mqtt5` crate: it serves MQTT 3.1.1 and 5 on one port, tells the port it bound, keeps the sessions of offline
//! devices, asks before it lets a client publish, runs on the caller's runtime without threads of its own, and
//! stops on demand. (`rumqttd` 0.20 needs a port for each protocol version and can be neither stopped nor asked
//! for its port.)

use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use mqtt5::broker::MqttBroker;
use mqtt5::broker::auth::{AuthProvider, AuthResult};
use mqtt5::broker::config::{AuthConfig, BrokerConfig, StorageBackend, StorageConfig};
use mqtt5::packet::connect::ConnectPacket;
use tokio::net::TcpListener;
use tracing::{error, info, warn};

use super::route::{MESSAGE_EXPIRY_SECONDS, Route};
use super::{Background, NotifierError};

/// The largest MQTT packet a client may send: AWS IoT's documented quota for a message.
const MAX_PACKET_BYTES: usize = 128 * 1024;

/// How many notifications wait for a device that is offline. Ours; the oldest is dropped first, and its token is
/// the likeliest to be revoked.
const MAX_QUEUED_MESSAGES_PER_CLIENT: usize = 256;

/// How many bytes wait for a device that is offline. Ours.
const MAX_QUEUED_BYTES_PER_CLIENT: usize = 1024 * 1024;

/// How many retained messages devices may leave on topics of their own; without a bound, anybody could fill the
/// memory. Ours.
const MAX_RETAINED_MESSAGES: usize = 256;

/// Listens on `listen` and serves devices. Returns the address that was bound.
pub(super) async fn start(listen: SocketAddr) -> Result<(SocketAddr, Route, Background), NotifierError> {
    // The broker binds by itself, and flattens what goes wrong into prose. Binding here first keeps the
    // operating system's answer; what happens in between is still an error, only a wordier one.
    let probe = TcpListener::bind(listen).await;
    probe.map_err(|source| NotifierError::Listen {
        address: listen,
        source,
    })?;
    let broker = MqttBroker::with_config(config(listen))
        .await
        .map_err(NotifierError::Broker)?;
    let mut broker = broker.with_auth_provider(Arc::new(DevicesListen));
    let address = broker.local_addr().unwrap_or(listen);
    let route = Route::Embedded(broker.router());
    let handle = broker.shutdown_handle();
    let mut ready = broker.ready_receiver();

    let background = Background::spawn(|stopped| async move {
        let mut run = pin!(broker.run());
        let ended = tokio::select! {
            ended = &mut run => ended,
            _ = stopped => {
                handle.shutdown();
                run.await
            }
        };
        if let Err(error) = ended {
            error!(%error, "the embedded MQTT broker ended");
        }
    });
    // The broker accepts, and hears a shutdown, only from here on. An error means that it ended, and said why.
    let _ = ready.wait_for(|ready| *ready).await;
    if !address.ip().is_loopback() {
        warn!(%address, "the embedded MQTT broker is reachable from other machines and asks for no password");
    }
    info!(%address, "embedded MQTT broker listens");
    Ok((address, route, background))
}

fn config(listen: SocketAddr) -> BrokerConfig {
    BrokerConfig {
        bind_addresses: vec![listen],
        max_packet_size: MAX_PACKET_BYTES,
        // A session kept longer could only hold notifications that have expired.
        session_expiry_interval: Duration::from_secs(MESSAGE_EXPIRY_SECONDS.into()),
        max_retained_messages: MAX_RETAINED_MESSAGES,
        sys_topics_enabled: false,
        auth_config: AuthConfig {
            allow_anonymous: true,
            ..AuthConfig::default()
        },
        storage_config: StorageConfig {
            // Tokens are never stored: sessions and what waits in them end with the process.
            backend: StorageBackend::Memory,
            max_queued_messages_per_client: MAX_QUEUED_MESSAGES_PER_CLIENT,
            max_queued_bytes_per_client: MAX_QUEUED_BYTES_PER_CLIENT,
            ..StorageConfig::default()
        },
        ..BrokerConfig::default()
    }
}

/// Who may do what: anyone may connect and listen, nobody but the service publishes to a topic that begins with
/// `$` (MQTT reserves those for the server), so no client can forge a notification.
struct DevicesListen;

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl AuthProvider for DevicesListen {
    fn authenticate<'a>(
        &'a self,
        _: &'a ConnectPacket,
        _: SocketAddr,
    ) -> Answer<'a, mqtt5::Result<AuthResult>> {
        Box::pin(async { Ok(AuthResult::success()) })
    }

    fn authorize_publish<'a>(&'a self, _: &str, _: Option<&'a str>, topic: &'a str) -> Answer<'a, bool> {
        let allowed = !topic.starts_with('$');
        Box::pin(async move { allowed })
    }

    fn authorize_subscribe<'a>(&'a self, _: &str, _: Option<&'a str>, _: &'a str) -> Answer<'a, bool> {
        Box::pin(async { true })
    }
}
