//! The embedded broker.

use std::io;

use rumqttc::{Incoming, QoS};
use tokio::sync::mpsc;

use super::super::{BrokerChoice, Notifier, NotifierError, Outcome};
use super::harness::{ANY_PORT, Device, Service, always, at_least_once, notification, notify_topic, within};

#[tokio::test]
async fn a_device_gets_exactly_its_notification_at_qos_1_from_the_embedded_broker() {
    let mut service = Service::embedded(0).await;
    assert_ne!(service.port(), 0, "the bound port is reported");
    let mut device = Device::listening(service.port(), "lamp", &notify_topic("lamp")).await;
    let mut other = Device::listening(service.port(), "door", &notify_topic("door")).await;

    service
        .notifier
        .send(notification("lamp", 1, r#"{"clientAccessToken":"x"}"#));
    assert!(matches!(
        service.verdict().await,
        Outcome::Delivered { generation: 1, .. }
    ));
    assert_eq!(
        device.message().await,
        at_least_once("lamp", r#"{"clientAccessToken":"x"}"#)
    );

    service.notifier.send(notification("door", 1, "for the door"));
    assert_eq!(other.message().await, at_least_once("door", "for the door"));
    service.shutdown().await;
}

#[tokio::test]
async fn a_wildcard_subscriber_sees_no_notification() {
    let service = Service::embedded(0).await;
    let mut spy = Device::listening(service.port(), "spy", "#").await;
    spy.subscribe("+/things/lamp/tunnels/notify").await;
    let mut device = Device::listening(service.port(), "lamp", &notify_topic("lamp")).await;

    service.notifier.send(notification("lamp", 1, "secret"));
    device.message().await;
    spy.client
        .publish("end", QoS::AtLeastOnce, false, "end")
        .await
        .expect("publishes");
    assert_eq!(spy.message().await.0, "end");
    service.shutdown().await;
}

#[tokio::test]
async fn an_offline_device_with_a_persistent_session_gets_its_notification_later() {
    let mut service = Service::embedded(0).await;
    let (mut device, present) = Device::connect(service.port(), "lamp", false).await;
    assert!(!present);
    device.subscribe(&notify_topic("lamp")).await;
    device.client.disconnect().await.expect("disconnects");
    while within("the end", device.events.poll()).await.is_ok() {}

    service.notifier.send(notification("lamp", 1, "while you slept"));
    assert!(matches!(service.verdict().await, Outcome::Delivered { .. }));

    let (mut device, present) = Device::connect(service.port(), "lamp", false).await;
    assert!(present, "the broker kept the session");
    assert_eq!(device.message().await, at_least_once("lamp", "while you slept"));
    service.shutdown().await;
}

#[tokio::test]
async fn a_client_cannot_forge_a_notification() {
    let service = Service::embedded(0).await;
    let mut device = Device::listening(service.port(), "lamp", &notify_topic("lamp")).await;
    let (mut forger, _) = Device::connect(service.port(), "forger", true).await;
    forger
        .client
        .publish(notify_topic("lamp"), QoS::AtLeastOnce, false, "forged")
        .await
        .expect("queued");
    while !matches!(forger.incoming().await, Incoming::PubAck(_)) {}

    service.notifier.send(notification("lamp", 1, "genuine"));
    assert_eq!(device.message().await, at_least_once("lamp", "genuine"));
    service.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let taken = tokio::net::TcpListener::bind(ANY_PORT)
        .await
        .expect("a free port");
    let address = taken.local_addr().expect("bound");
    let (outcomes, _) = mpsc::channel(1);
    let started = Notifier::start(BrokerChoice::Embedded { listen: address }, always(), outcomes).await;
    let error = started.err().expect("the port is taken");
    assert!(
        matches!(&error, NotifierError::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse)
    );
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn a_shut_down_embedded_broker_frees_its_port_and_sends_no_more() {
    let service = Service::embedded(0).await;
    let (port, notifier) = (service.port(), service.notifier.clone());
    let mut device = Device::listening(port, "lamp", &notify_topic("lamp")).await;
    service.shutdown().await;
    while within("the end", device.events.poll()).await.is_ok() {}
    notifier.send(notification("lamp", 1, "too late"));
    assert_eq!(notifier.pending(), 0);
    Service::embedded(port).await.shutdown().await;
}

#[tokio::test]
async fn an_embedded_broker_ends_with_the_last_handle_on_it() {
    let service = Service::embedded(0).await;
    let mut device = Device::listening(service.port(), "lamp", &notify_topic("lamp")).await;
    drop(service);
    while within("the end", device.events.poll()).await.is_ok() {}
}
