//! What the notifier promises, seen by an independent MQTT client (`rumqttc`) on the device's side.

use super::{BrokerChoice, Outcome};

mod embedded;
mod external;
mod harness;

use harness::{Device, Log, OpenBroker, Service, always, notification, notify_topic, unused_port};

#[tokio::test]
async fn with_notifications_off_nothing_happens() {
    let service = Service::start(BrokerChoice::Off, always()).await;
    assert_eq!(service.notifier.url(), None);
    service.notifier.send(notification("lamp", 1, "nobody"));
    assert_eq!(service.notifier.pending(), 0);
    service.shutdown().await;
}

#[tokio::test]
async fn no_log_line_at_any_level_holds_a_payload_or_a_password() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let mut embedded = Service::embedded(0).await;
    let mut device = Device::listening(embedded.port(), "lamp", &notify_topic("lamp")).await;
    embedded.notifier.send(notification("lamp", 1, "the-token"));
    assert!(matches!(embedded.verdict().await, Outcome::Delivered { .. }));
    device.message().await;
    embedded.shutdown().await;

    let port = unused_port().await;
    let url = format!("mqtt://gardener:the-password@127.0.0.1:{port}")
        .parse()
        .expect("a broker URL");
    let mut service = Service::start(BrokerChoice::External(url), always()).await;
    service.notifier.send(notification("door", 1, "the-token"));
    assert!(matches!(service.outcome().await, Outcome::StillTrying { .. }));
    let broker = OpenBroker::start(port).await;
    assert!(matches!(service.verdict().await, Outcome::Delivered { .. }));
    service.shutdown().await;
    broker.stop().await;

    let text = log.text();
    assert!(
        text.contains("TRACE") && text.contains("lamp") && text.contains("tunnel-of-door"),
        "{text}"
    );
    let bytes_of_the_token = format!("{:?}", b"the-token");
    let bytes_of_the_token = bytes_of_the_token.trim_matches(['[', ']']);
    for secret in ["the-token", "the-password", bytes_of_the_token] {
        assert!(!text.contains(secret), "a log line shows {secret}:\n{text}");
    }
}
