//! The thing's notifications, over MQTT: subscribed as long as the agent runs.
//!
//! The broker keeps the session of a thing that is away, with the notifications that come meanwhile, and a notification
//! is acknowledged once the agent has taken it (MQTT 5; QoS 1). So a thing on a flaky link hears of a tunnel late, but
//! hears of it; and it may hear of it twice.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mqtt5::transport::tls::TlsConfig;
use mqtt5::{AckToken, ConnectOptions, ConnectionEvent, MqttClient, MqttError, QoS, SubscribeOptions};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use crate::client::{TrustError, certificates};
use crate::notify::BrokerUrl;
use crate::program::Backoff;

/// How long a connection may take, from the name lookup to the SUBACK (ours).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a silent connection is checked (ours; below the idle limits of common NATs).
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long the broker keeps what comes for a thing that is away, in seconds: as long as a tunnel can live.
const SESSION_EXPIRY: u32 = 12 * 3600;
/// Notifications that are not acknowledged yet, at most (ours).
const RECEIVE_MAXIMUM: u16 = 16;
/// Notifications that wait for the agent: those of two connections.
pub(super) const WAITING: usize = 2 * RECEIVE_MAXIMUM as usize;
/// The port at which AWS IoT Core tells MQTT by ALPN.
const HTTPS_PORT: u16 = 443;
/// Waits between connections (ours).
const FIRST_WAIT: Duration = Duration::from_secs(1);
const MAX_WAIT: Duration = Duration::from_secs(60);

/// What is needed to subscribe.
pub(super) struct Subscription {
    pub(super) broker: BrokerUrl,
    pub(super) roots: Vec<CertificateDer<'static>>,
    pub(super) identity: Option<Identity>,
    /// The same for every connection: the broker knows the thing's session by it.
    pub(super) client_id: String,
    pub(super) topic: String,
}

/// What the thing shows to a broker that asks who it is.
pub(super) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// What the agent hears.
pub(super) enum Heard {
    /// It is subscribed.
    Subscribed,
    /// A notification.
    Notification(Letter),
}

/// A notification's payload, with the token in it.
pub(super) struct Letter {
    pub(super) payload: Zeroizing<Vec<u8>>,
    receipt: AckToken,
}

impl Letter {
    /// Tells the broker that the notification has been dealt with.
    pub(super) fn acknowledge(self) {
        self.receipt.ack();
    }
}

impl Identity {
    /// Reads a certificate with its chain, and its key.
    pub(super) fn read(certificate: &Path, key: &Path) -> Result<Self, TrustError> {
        let chain = certificates(certificate)?;
        if chain.is_empty() {
            return Err(TrustError::NoRoots {
                path: certificate.to_owned(),
            });
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|source| TrustError::NotPem {
            path: key.to_owned(),
            source,
        })?;
        Ok(Self { chain, key })
    }
}

impl Subscription {
    /// Stays subscribed, until nobody hears what comes any more.
    pub(super) async fn stay(self, heard: mpsc::Sender<Heard>) {
        // The client asks rustls for the process's provider. An error means that one is set already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut pace = Backoff::new(FIRST_WAIT, MAX_WAIT);
        loop {
            match timeout(CONNECT_TIMEOUT, self.connect(&heard)).await {
                Ok(Ok(connection)) => {
                    tracing::info!(broker = %self.broker, topic = self.topic, "subscribed");
                    let since = Instant::now();
                    if heard.send(Heard::Subscribed).await.is_err() {
                        return;
                    }
                    tokio::select! {
                        () = connection.ended.notified() => {}
                        () = heard.closed() => {
                            let _ = connection.client.disconnect().await;
                            return;
                        }
                    }
                    let _ = connection.client.disconnect_abnormally().await;
                    // A broker that accepts and then throws us out must not be asked again without a pause.
                    if since.elapsed() >= MAX_WAIT {
                        pace.forget();
                    }
                    tracing::warn!(broker = %self.broker, "the connection to the MQTT broker ended");
                }
                Ok(Err(error)) => tracing::warn!(broker = %self.broker, %error, "cannot subscribe"),
                Err(_) => tracing::warn!(broker = %self.broker, "the MQTT broker does not answer"),
            }
            tokio::select! {
                () = sleep(pace.next_wait()) => {}
                () = heard.closed() => return,
            }
        }
    }

    async fn connect(&self, heard: &mpsc::Sender<Heard>) -> Result<Connection, MqttError> {
        let client = MqttClient::with_options(self.options());
        let ended = Arc::new(Notify::new());
        let ring = ended.clone();
        client
            .on_connection_event(move |event| {
                if matches!(event, ConnectionEvent::Disconnected { .. }) {
                    ring.notify_one();
                }
            })
            .await?;
        // Before the connection: what the broker has kept comes right behind its answer.
        client
            .register_ack_callback(&self.topic, deliver(heard.clone()))
            .await?;
        self.reach(&client).await?;
        let options = SubscribeOptions {
            qos: QoS::AtLeastOnce,
            ..SubscribeOptions::default()
        };
        client
            .subscribe_with_ack(&self.topic, options, deliver(heard.clone()))
            .await?;
        Ok(Connection { client, ended })
    }

    fn options(&self) -> ConnectOptions {
        let options = ConnectOptions::new(self.client_id.as_str())
            .with_clean_start(false)
            .with_resume_existing_session(true)
            .with_session_expiry_interval(SESSION_EXPIRY)
            .with_receive_maximum(RECEIVE_MAXIMUM)
            .with_deferred_ack(true)
            .with_keep_alive(KEEP_ALIVE)
            .with_automatic_reconnect(false);
        match self.broker.credentials() {
            Some((user, password)) => options.with_credentials(user, password),
            None => options,
        }
    }

    async fn reach(&self, client: &MqttClient) -> Result<(), MqttError> {
        let (host, port) = (self.broker.host(), self.broker.port());
        if !self.broker.tls() {
            let address = self.broker.authority();
            let connected = client.connect_with_options(&address, self.options()).await;
            return connected.map(|_| ());
        }
        let mut last = MqttError::ConnectionError(format!("{host} has no address"));
        let addresses = tokio::net::lookup_host((host, port)).await;
        for address in addresses.map_err(|error| MqttError::ConnectionError(error.to_string()))? {
            let mut tls = TlsConfig::new(address, host)
                .with_system_roots(false)
                .with_root_certs(self.roots.clone());
            if let Some(identity) = &self.identity {
                tls = tls.with_client_auth(identity.chain.clone(), identity.key.clone_key());
            }
            if port == HTTPS_PORT {
                tls = tls.with_aws_iot_alpn();
            }
            match client.connect_with_tls_and_options(tls, self.options()).await {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// One connection, from its SUBACK to its end.
struct Connection {
    client: MqttClient,
    ended: Arc<Notify>,
}

/// Hands notifications to the agent.
fn deliver(
    heard: mpsc::Sender<Heard>,
) -> impl Fn(mqtt5::packet::publish::PublishPacket, AckToken) + Send + Sync + 'static {
    move |packet, receipt| {
        let payload = Zeroizing::new(packet.payload.to_vec());
        // The broker sends no more than have room, until they are acknowledged.
        let _ = heard.try_send(Heard::Notification(Letter { payload, receipt }));
    }
}

#[cfg(test)]
mod tests;
