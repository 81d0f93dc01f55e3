//! The thing's notifications, over MQTT: subscribed as long as the agent runs.
//!
//! The broker keeps the session of a thing that is away, with the notifications that come meanwhile, and a notification
//! is acknowledged once the agent has taken it (MQTT 5; QoS 1). So a thing on a flaky link hears of a tunnel late, but
//! hears of it; and it may hear of it twice.

mod failure;

use std::path::Path;
use std::time::Duration;

use mqtt5::transport::tls::TlsConfig;
use mqtt5::{
    AckToken, ConnectOptions, ConnectionEvent, DisconnectReason, MqttClient, MqttError, QoS, SubscribeOptions,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use crate::client::{TrustError, certificates};
use crate::notify::BrokerUrl;
use crate::program::Backoff;
use failure::SubscribeError;

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
/// Waits after the broker has said no (ours): until somebody changes its policy the next answer is the same, and an
/// account may be locked for asking often.
const FIRST_WAIT_DENIED: Duration = Duration::from_secs(10);
const MAX_WAIT_DENIED: Duration = Duration::from_secs(15 * 60);

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
        let mut pace_denied = Backoff::new(FIRST_WAIT_DENIED, MAX_WAIT_DENIED);
        loop {
            let attempt = timeout(CONNECT_TIMEOUT, self.connect(&heard)).await;
            let wait = match attempt.unwrap_or(Err(SubscribeError::Timeout(CONNECT_TIMEOUT))) {
                Ok(connection) => {
                    tracing::info!(broker = %self.broker, topic = self.topic, "subscribed");
                    pace_denied.forget();
                    let since = Instant::now();
                    if heard.send(Heard::Subscribed).await.is_err() {
                        return;
                    }
                    let Connection { client, mut ended } = connection;
                    let reason = tokio::select! {
                        reason = until_end(&mut ended) => reason,
                        () = heard.closed() => {
                            let _ = client.disconnect().await;
                            return;
                        }
                    };
                    let why = reason.map_or_else(
                        || "it is lost".to_owned(),
                        |reason| failure::ended(&reason, &self.topic, &self.client_id),
                    );
                    let _ = client.disconnect_abnormally().await;
                    // A broker that accepts and then throws us out must not be asked again without a pause.
                    if since.elapsed() >= MAX_WAIT {
                        pace.forget();
                    }
                    tracing::warn!(broker = %self.broker, "the connection to the MQTT broker ended: {why}");
                    pace.next_wait()
                }
                Err(error) => {
                    let wait = match error.is_denial() {
                        true => pace_denied.next_even_wait(),
                        false => pace.next_wait(),
                    };
                    let retry_in = format!("{:.1}s", wait.as_secs_f32());
                    tracing::warn!(broker = %self.broker, retry_in, "cannot subscribe: {error}");
                    wait
                }
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = heard.closed() => return,
            }
        }
    }

    async fn connect(&self, heard: &mpsc::Sender<Heard>) -> Result<Connection, SubscribeError> {
        let client = MqttClient::with_options(self.options());
        let (ring, ended) = watch::channel(None);
        client
            .on_connection_event(move |event| {
                if let ConnectionEvent::Disconnected { reason } = event {
                    ring.send_replace(Some(reason));
                }
            })
            .await
            .map_err(SubscribeError::Broken)?;
        // Before the connection: what the broker has kept comes right behind its answer.
        client
            .register_ack_callback(&self.topic, deliver(heard.clone()))
            .await
            .map_err(SubscribeError::Broken)?;
        self.reach(&client)
            .await
            .map_err(|error| SubscribeError::of_connect(error, &self.client_id))?;
        let options = SubscribeOptions {
            qos: QoS::AtLeastOnce,
            ..SubscribeOptions::default()
        };
        let mut gone = ended.clone();
        let subscribing = client.subscribe_with_ack(&self.topic, options, deliver(heard.clone()));
        let granted = tokio::select! {
            granted = subscribing => granted,
            _ = until_end(&mut gone) => Err(MqttError::ConnectionClosedByPeer),
        };
        let (_, granted) = granted.map_err(|error| SubscribeError::of_subscribe(&error, &self.topic))?;
        if granted == QoS::AtMostOnce {
            tracing::warn!(
                broker = %self.broker,
                topic = self.topic,
                "the MQTT broker grants QoS 0 only: notifications that come while this thing is away are lost"
            );
        }
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
    /// Why it ended, once it has.
    ended: watch::Receiver<Option<DisconnectReason>>,
}

/// Waits for the end of a connection: its reason, if there is one.
async fn until_end(ended: &mut watch::Receiver<Option<DisconnectReason>>) -> Option<DisconnectReason> {
    ended
        .wait_for(Option::is_some)
        .await
        .ok()
        .and_then(|reason| reason.clone())
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
