//! The two ends of a notification: the service under test, a broker, and a device.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mqtt5::broker::config::{AuthConfig, BrokerConfig, StorageBackend, StorageConfig};
use mqtt5::broker::{BrokerShutdownHandle, MqttBroker};
use rumqttc::{AsyncClient, Event, EventLoop, Incoming, MqttOptions, QoS};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::super::{BrokerChoice, BrokerUrl, IsCurrent, Notification, Notifier, Outcome};

/// Everything here happens within milliseconds; a test that waits this long has failed.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

pub(super) const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub(super) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {DEADLINE:?} for {what}"),
    }
}

pub(super) fn always() -> IsCurrent {
    Arc::new(|_, _| Box::pin(async { true }))
}

/// The service's answer to [`IsCurrent`], which a test can hold back until its device has subscribed.
#[derive(Clone, Default)]
pub(super) struct Gate {
    pub(super) current: Arc<AtomicU32>,
    held: Arc<tokio::sync::Mutex<()>>,
}

impl Gate {
    /// Says that only `generation`, or what is stored in `current` later, is current.
    pub(super) fn is_current(&self, generation: u32) -> IsCurrent {
        self.current.store(generation, Ordering::SeqCst);
        let gate = self.clone();
        Arc::new(move |_, generation| {
            let gate = gate.clone();
            Box::pin(async move {
                let _passed = gate.held.lock().await;
                gate.current.load(Ordering::SeqCst) == generation
            })
        })
    }

    /// No attempt starts until the guard is dropped.
    pub(super) async fn hold(&self) -> tokio::sync::OwnedMutexGuard<()> {
        self.held.clone().lock_owned().await
    }
}

/// An external broker that, unlike ours, lets its clients publish anywhere.
pub(super) struct OpenBroker {
    handle: BrokerShutdownHandle,
    task: JoinHandle<()>,
}

impl OpenBroker {
    pub(super) async fn start(port: u16) -> OpenBroker {
        let config = BrokerConfig {
            bind_addresses: vec![SocketAddr::new(ANY_PORT.ip(), port)],
            storage_config: StorageConfig {
                backend: StorageBackend::Memory,
                ..StorageConfig::default()
            },
            auth_config: AuthConfig {
                allow_anonymous: true,
                ..AuthConfig::default()
            },
            ..BrokerConfig::default()
        };
        let mut broker = MqttBroker::with_config(config).await.expect("the port is free");
        let (handle, mut ready) = (broker.shutdown_handle(), broker.ready_receiver());
        let task = tokio::spawn(async move { broker.run().await.expect("the broker runs") });
        within("the broker", ready.wait_for(|ready| *ready))
            .await
            .expect("the broker runs");
        OpenBroker { handle, task }
    }

    pub(super) async fn stop(self) {
        self.handle.shutdown();
        within("the broker's end", self.task)
            .await
            .expect("the broker ends well");
    }
}

/// All that was logged.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("not poisoned")).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn notification(thing: &str, generation: u32, payload: &str) -> Notification {
    Notification {
        tunnel_id: format!("tunnel-of-{thing}"),
        generation,
        thing_name: thing.to_owned(),
        payload: Zeroizing::new(payload.as_bytes().to_vec()),
    }
}

pub(super) struct Service {
    pub(super) notifier: Notifier,
    pub(super) outcomes: mpsc::Receiver<Outcome>,
}

impl Service {
    pub(super) async fn start(choice: BrokerChoice, is_current: IsCurrent) -> Service {
        let (sender, outcomes) = mpsc::channel(100);
        let notifier = within("the start", Notifier::start(choice, is_current, sender))
            .await
            .expect("starts");
        Service { notifier, outcomes }
    }

    pub(super) async fn embedded(port: u16) -> Service {
        let listen = SocketAddr::new(ANY_PORT.ip(), port);
        Service::start(BrokerChoice::Embedded { listen }, always()).await
    }

    pub(super) fn port(&self) -> u16 {
        let url = self.notifier.url().expect("a broker");
        url.parse::<BrokerUrl>().expect("its own URL").port()
    }

    pub(super) async fn outcome(&mut self) -> Outcome {
        within("an outcome", self.outcomes.recv())
            .await
            .expect("the notifier lives")
    }

    /// The next outcome that is not `StillTrying`.
    pub(super) async fn verdict(&mut self) -> Outcome {
        loop {
            match self.outcome().await {
                Outcome::StillTrying { .. } => {}
                verdict => return verdict,
            }
        }
    }

    pub(super) async fn shutdown(self) {
        within("the shutdown", self.notifier.shutdown(Instant::now() + DEADLINE)).await;
    }
}

/// A port that nobody listens on now.
pub(super) async fn unused_port() -> u16 {
    let listener = tokio::net::TcpListener::bind(ANY_PORT)
        .await
        .expect("a free port");
    listener.local_addr().expect("bound").port()
}

pub(super) fn external(port: u16) -> BrokerChoice {
    BrokerChoice::External(format!("mqtt://127.0.0.1:{port}").parse().expect("a broker URL"))
}

pub(super) struct Device {
    pub(super) client: AsyncClient,
    pub(super) events: EventLoop,
}

impl Device {
    /// Connects; says whether the broker still had its session.
    pub(super) async fn connect(port: u16, name: &str, clean_session: bool) -> (Device, bool) {
        let mut options = MqttOptions::new(name, "127.0.0.1", port);
        options.set_clean_session(clean_session);
        let (client, events) = AsyncClient::new(options, 10);
        let mut device = Device { client, events };
        loop {
            if let Incoming::ConnAck(answer) = device.incoming().await {
                return (device, answer.session_present);
            }
        }
    }

    pub(super) async fn listening(port: u16, name: &str, filter: &str) -> Device {
        let (mut device, _) = Device::connect(port, name, true).await;
        device.subscribe(filter).await;
        device
    }

    pub(super) async fn subscribe(&mut self, filter: &str) {
        self.client
            .subscribe(filter, QoS::AtLeastOnce)
            .await
            .expect("subscribes");
        while !matches!(self.incoming().await, Incoming::SubAck(_)) {}
    }

    pub(super) async fn incoming(&mut self) -> Incoming {
        loop {
            let event = within("an MQTT packet", self.events.poll())
                .await
                .expect("the broker answers");
            if let Event::Incoming(packet) = event {
                return packet;
            }
        }
    }

    /// The next message: topic, payload, QoS.
    pub(super) async fn message(&mut self) -> (String, String, QoS) {
        loop {
            if let Incoming::Publish(message) = self.incoming().await {
                let payload = String::from_utf8(message.payload.to_vec()).expect("UTF-8");
                return (message.topic, payload, message.qos);
            }
        }
    }
}

pub(super) fn notify_topic(thing: &str) -> String {
    format!("$aws/things/{thing}/tunnels/notify")
}

pub(super) fn at_least_once(thing: &str, payload: &str) -> (String, String, QoS) {
    (notify_topic(thing), payload.to_owned(), QoS::AtLeastOnce)
}
