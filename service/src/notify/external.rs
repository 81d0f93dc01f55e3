//! The connection to a broker that already exists.
//!
//! Every connection is a fresh client with a clean session. So whatever was under way when a connection ended is
//! forgotten with it, and the only thing that sends a notification again is its delivery, which asks first
//! whether the token is still current.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mqtt5::transport::tls::TlsConfig;
use mqtt5::{ConnectOptions, ConnectionEvent, MqttClient, MqttError, ProtocolVersion, PublishResult};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::broker_url::BrokerUrl;
use super::outbox::{PAUSE_CAP, jittered_pause};
use super::route::Route;
use super::{Background, DeliveryError, NotifierError};

/// How long a connection may take, from the name lookup to the CONNACK. Ours.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a silent connection is checked. Ours; below the idle limits of common NATs and load balancers.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The state of the connection.
#[derive(Clone)]
pub(super) enum Link {
    /// No connection, and why.
    Down(MqttError),
    /// Connected and accepted.
    Up(Connection),
}

/// One connection, from its CONNACK to its end.
#[derive(Clone)]
pub(super) struct Connection {
    client: MqttClient,
    /// Rung when the connection has ended or is not to be trusted any more.
    unusable: Arc<Notify>,
}

/// Starts to connect in the background, and stays connected.
pub(super) fn start(url: BrokerUrl) -> Result<(Route, Background), NotifierError> {
    let roots = if url.tls() {
        trusted_roots(&url)?
    } else {
        Vec::new()
    };
    let dialer = Dialer {
        url,
        roots,
        client_id: format!("iot-tunnel-{:012x}", fastrand::u64(..1 << 48)),
    };
    let (link, route) = watch::channel(Link::Down(MqttError::NotConnected));
    let background = Background::spawn(|stopped| stay_connected(dialer, link, stopped));
    Ok((Route::External(route), background))
}

/// The system's root certificates, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
fn trusted_roots(url: &BrokerUrl) -> Result<Vec<CertificateDer<'static>>, NotifierError> {
    // The client asks rustls for the process's provider, and rustls refuses to guess when a program that embeds
    // this library also links another one. An error means that one is set already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // One unreadable certificate among the system's would fail every connection.
    let mut readable = RootCertStore::empty();
    let mut roots = rustls_native_certs::load_native_certs().certs;
    roots.retain(|certificate| readable.add(certificate.clone()).is_ok());
    if roots.is_empty() {
        return Err(NotifierError::NoRootCertificates { url: url.clone() });
    }
    Ok(roots)
}

/// One attempt, over the connection that is up now.
pub(super) async fn publish(
    link: &mut watch::Receiver<Link>,
    topic: &str,
    payload: &Bytes,
) -> Result<(), DeliveryError> {
    let link = link.borrow_and_update().clone();
    let connection = match link {
        Link::Up(connection) => connection,
        Link::Down(why) => return Err(DeliveryError::Unreachable(why)),
    };
    match connection.client.publish_qos1(topic, payload.as_ref()).await {
        Ok(PublishResult::Sent(_)) => Ok(()),
        Ok(PublishResult::Queued(_)) => {
            // The client would send it again by itself; a new connection starts with a new client.
            connection.unusable.notify_one();
            Err(DeliveryError::Unacknowledged)
        }
        Err(why) => Err(DeliveryError::Failed(why)),
    }
}

/// Resolves when a connection has come up since the last [`publish`].
pub(super) async fn recovered(link: &mut watch::Receiver<Link>) {
    while link.changed().await.is_ok() {
        if matches!(*link.borrow_and_update(), Link::Up(_)) {
            return;
        }
    }
    // The notifier is gone, and this delivery with it.
    std::future::pending::<()>().await;
}

async fn stay_connected(dialer: Dialer, link: watch::Sender<Link>, mut stopped: oneshot::Receiver<()>) {
    let mut failures = 0;
    loop {
        let dialed = tokio::select! {
            dialed = dialer.dial() => dialed,
            _ = &mut stopped => return,
        };
        match dialed {
            Ok(connection) => {
                info!(broker = %dialer.url, "connected to the MQTT broker");
                let since = Instant::now();
                link.send_replace(Link::Up(connection.clone()));
                tokio::select! {
                    () = connection.unusable.notified() => {}
                    _ = &mut stopped => {
                        let _ = connection.client.disconnect().await;
                        return;
                    }
                }
                link.send_replace(Link::Down(MqttError::ConnectionClosedByPeer));
                let _ = connection.client.disconnect_abnormally().await;
                // A broker that accepts and then throws us out must not be asked again without a pause.
                failures = if since.elapsed() < PAUSE_CAP {
                    failures + 1
                } else {
                    1
                };
                warn!(broker = %dialer.url, "the connection to the MQTT broker ended");
            }
            Err(error) => {
                failures += 1;
                warn!(broker = %dialer.url, attempt = failures, %error, "cannot reach the MQTT broker");
                link.send_replace(Link::Down(error));
            }
        }
        tokio::select! {
            () = sleep(jittered_pause(failures)) => {}
            _ = &mut stopped => return,
        }
    }
}

/// What is needed to connect.
struct Dialer {
    url: BrokerUrl,
    roots: Vec<CertificateDer<'static>>,
    /// The same for every connection, so that a broker that has not noticed the end of the last one replaces it.
    client_id: String,
}

impl Dialer {
    async fn dial(&self) -> Result<Connection, MqttError> {
        let client = MqttClient::with_options(self.options());
        let unusable = Arc::new(Notify::new());
        let ended = unusable.clone();
        client
            .on_connection_event(move |event| {
                if matches!(event, ConnectionEvent::Disconnected { .. }) {
                    ended.notify_one();
                }
            })
            .await?;
        timeout(CONNECT_TIMEOUT, self.connect(&client))
            .await
            .map_err(|_| MqttError::Timeout)??;
        Ok(Connection { client, unusable })
    }

    fn options(&self) -> ConnectOptions {
        // 3.1.1, because every broker speaks it. It also knows no redirects, which would carry the credentials
        // and tokens to a host that nobody chose.
        let options = ConnectOptions::new(self.client_id.as_str())
            .with_protocol_version(ProtocolVersion::V311)
            .with_clean_start(true)
            .with_keep_alive(KEEP_ALIVE)
            .with_automatic_reconnect(false);
        match self.url.credentials() {
            Some((user, password)) => options.with_credentials(user, password),
            None => options,
        }
    }

    async fn connect(&self, client: &MqttClient) -> Result<(), MqttError> {
        let (host, port) = (self.url.host(), self.url.port());
        if !self.url.tls() {
            let address = self.url.authority();
            return client
                .connect_with_options(&address, self.options())
                .await
                .map(|_| ());
        }
        let mut last = MqttError::ConnectionError(format!("{host} has no address"));
        let addresses = tokio::net::lookup_host((host, port)).await;
        for address in addresses.map_err(|error| MqttError::ConnectionError(error.to_string()))? {
            let tls = TlsConfig::new(address, host)
                .with_system_roots(false)
                .with_root_certs(self.roots.clone());
            match client.connect_with_tls_and_options(tls, self.options()).await {
                Ok(_) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}
