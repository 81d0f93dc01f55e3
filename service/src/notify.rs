//! The device's notification: the new destination token, published over MQTT when a tunnel with a thing name
//! is opened and when its destination token is rotated (spec control-plane, "The device's notification").
//!
//! One [`Notifier`] serves both ways to reach a device: a broker inside this process ([`BrokerChoice::Embedded`])
//! or one that already exists ([`BrokerChoice::External`]).
//!
//! 1. [`Notifier::start`] returns as soon as the embedded broker listens; it never waits for an external one.
//! 2. [`Notifier::send`] returns at once. It holds at most one notification for each tunnel, the newest.
//! 3. Before each attempt the service is asked whether the token is still current ([`IsCurrent`]). If not, the
//!    notification is dropped and never sent.
//! 4. A failed attempt is repeated, with a capped and fully jittered pause that ends early when the broker comes
//!    back. Nothing is handed to a connection that is down, so no backlog is replayed after an outage.
//! 5. What became of it is told in [`Outcome`]s.
//!
//! Payloads hold tokens: they live in memory only, appear in no log line and no `Debug` print, and are wiped when
//! the last owner drops them. Not wiped are the copies that the MQTT library makes for itself: in the buffers of
//! its sockets, in the embedded broker for a device that is offline or has not acknowledged yet, and, towards an
//! external broker, in the packet of an attempt under way.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use mqtt5::MqttError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

mod broker_url;
mod embedded;
mod external;
mod outbox;
mod route;
#[cfg(test)]
mod tests;

pub use broker_url::{BrokerUrl, BrokerUrlError};
use outbox::Outbox;

/// Which MQTT broker carries the notifications.
#[derive(Clone, Debug)]
pub enum BrokerChoice {
    /// A broker inside this process. Port 0 takes any free port. It authenticates nobody: whoever can connect can
    /// read every device's tokens, so keep it on a loopback address.
    Embedded {
        /// The address to listen on.
        listen: SocketAddr,
    },
    /// A broker that already exists.
    External(BrokerUrl),
    /// No notifications: only the caller of OpenTunnel and RotateTunnelAccessToken gets the tokens.
    Off,
}

/// One notification for one device.
pub struct Notification {
    /// The tunnel whose destination token this is.
    pub tunnel_id: String,
    /// Which of the tunnel's destination tokens it is, counted up by each rotation.
    pub generation: u32,
    /// The device; [`Notification::topic`] is made of it. 1–128 of `[a-zA-Z0-9:_-]`.
    pub thing_name: String,
    /// The JSON document, token included.
    pub payload: Zeroizing<Vec<u8>>,
}

impl Notification {
    /// The MQTT topic that the device listens on (spec control-plane).
    #[must_use]
    pub fn topic(&self) -> String {
        format!("$aws/things/{}/tunnels/notify", self.thing_name)
    }
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("tunnel_id", &self.tunnel_id)
            .field("generation", &self.generation)
            .field("thing_name", &self.thing_name)
            .finish_non_exhaustive()
    }
}

/// Asks the service whether destination token `generation` of tunnel `tunnel_id` is still the one that admits.
pub type IsCurrent = Arc<dyn Fn(String, u32) -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// What became of a notification. Each one ends in `Delivered` or `Superseded`, unless the process stops first.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The external broker acknowledged it (PUBACK), or the embedded broker accepted it.
    Delivered {
        /// [`Notification::tunnel_id`].
        tunnel_id: String,
        /// [`Notification::generation`].
        generation: u32,
    },
    /// Given up: a newer notification took its place, or its token is no longer current.
    Superseded {
        /// [`Notification::tunnel_id`].
        tunnel_id: String,
        /// [`Notification::generation`].
        generation: u32,
    },
    /// An attempt failed; the next one follows.
    StillTrying {
        /// [`Notification::tunnel_id`].
        tunnel_id: String,
        /// [`Notification::generation`].
        generation: u32,
        /// How many attempts have failed, from 1.
        attempts: u32,
        /// Why the last one failed.
        why: DeliveryError,
    },
}

/// Why one attempt to deliver failed. None of them is final.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DeliveryError {
    /// There is no connection to the broker.
    #[error("not connected to the broker: {0}")]
    Unreachable(#[source] MqttError),
    /// The broker, or the connection to it, failed the publish.
    #[error("the publish failed: {0}")]
    Failed(#[source] MqttError),
    /// The connection ended, or ten seconds passed, without a PUBACK. The device may have got it.
    #[error("the broker did not acknowledge the publish")]
    Unacknowledged,
}

/// Why a [`Notifier`] could not start.
#[derive(Debug, thiserror::Error)]
pub enum NotifierError {
    /// The address is taken, not ours, or not permitted.
    #[error(
        "the embedded MQTT broker cannot listen on {address}: {source}; \
         choose another address, or port 0 for any free port"
    )]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The embedded broker failed for another reason than its address.
    #[error("the embedded MQTT broker did not start: {0}")]
    Broker(#[source] MqttError),
    /// `mqtts` needs certificates to trust, and this machine has none.
    #[error(
        "no root certificate to trust for {url}: install the system's CA certificates, \
         or set SSL_CERT_FILE to a PEM file"
    )]
    NoRootCertificates {
        /// The broker's address.
        url: BrokerUrl,
    },
}

/// The handle to publish notifications with. Cheap to clone; the broker or the connection to it ends with
/// [`Notifier::shutdown`], or when the last clone is dropped.
#[derive(Clone)]
pub struct Notifier {
    inner: Arc<Inner>,
}

struct Inner {
    url: Option<String>,
    /// `None` when notifications are off.
    outbox: Option<Outbox>,
    background: Mutex<Option<Background>>,
}

impl Notifier {
    /// Starts the embedded broker, or the connection to an external one, on the current tokio runtime.
    ///
    /// `outcomes` receives what becomes of every notification. A full channel holds back deliveries, never
    /// [`Notifier::send`]; when its receiver is gone, outcomes are discarded.
    ///
    /// # Errors
    /// [`NotifierError::Listen`] and [`NotifierError::Broker`] for an embedded broker;
    /// [`NotifierError::NoRootCertificates`] for an external one. That an external broker is down is no error.
    pub async fn start(
        choice: BrokerChoice,
        is_current: IsCurrent,
        outcomes: mpsc::Sender<Outcome>,
    ) -> Result<Notifier, NotifierError> {
        let (url, route, background) = match choice {
            BrokerChoice::Embedded { listen } => {
                let (address, route, background) = embedded::start(listen).await?;
                (format!("mqtt://{address}"), route, background)
            }
            BrokerChoice::External(url) => {
                let shown = url.to_string();
                let (route, background) = external::start(url)?;
                (shown, route, background)
            }
            BrokerChoice::Off => {
                let inner = Inner {
                    url: None,
                    outbox: None,
                    background: Mutex::new(None),
                };
                return Ok(Notifier {
                    inner: Arc::new(inner),
                });
            }
        };
        let inner = Inner {
            url: Some(url),
            outbox: Some(Outbox::new(route, is_current, outcomes)),
            background: Mutex::new(Some(background)),
        };
        Ok(Notifier {
            inner: Arc::new(inner),
        })
    }

    /// The broker's address without credentials, such as `mqtt://127.0.0.1:1883`; `None` when notifications are off.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        self.inner.url.clone()
    }

    /// Takes charge of a notification and returns at once.
    ///
    /// An undelivered one of the same tunnel and of the same or an older generation is replaced; one of a newer
    /// generation stays, and this one is superseded. Call it after the change is durable: it is delivered only
    /// while [`IsCurrent`] says true.
    pub fn send(&self, notification: Notification) {
        if let Some(outbox) = &self.inner.outbox {
            outbox.send(notification);
        }
    }

    /// How many notifications are not delivered yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.inner.outbox.as_ref().map_or(0, Outbox::pending)
    }

    /// Stops: waits until `deadline` for what can still be delivered, drops the rest, then closes the broker or the
    /// connection. Later calls of [`Notifier::send`], on any clone, do nothing.
    pub async fn shutdown(self, deadline: Instant) {
        if let Some(outbox) = &self.inner.outbox {
            outbox.close(deadline).await;
        }
        let background = self
            .inner
            .background
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(background) = background {
            background.end(deadline).await;
        }
    }
}

/// The task that runs the broker or holds the connection to it. It ends when this is dropped.
struct Background {
    /// Never carries a value: its end is the signal.
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Background {
    /// Spawns `run`, which has to return soon after the receiver it is given resolves.
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        run: impl FnOnce(oneshot::Receiver<()>) -> F,
    ) -> Background {
        let (stop, stopped) = oneshot::channel();
        Background {
            stop,
            task: tokio::spawn(run(stopped)),
        }
    }

    async fn end(mut self, deadline: Instant) {
        drop(self.stop);
        if timeout_at(deadline, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}
