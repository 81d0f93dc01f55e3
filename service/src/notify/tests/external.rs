//! An external broker, and its outages.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::super::{DeliveryError, Outcome};
use super::harness::{
    Device, Gate, OpenBroker, Service, always, at_least_once, external, notification, notify_topic,
    unused_port, within,
};

#[tokio::test]
async fn a_notification_sent_before_the_external_broker_is_up_arrives_once_it_is() {
    let (port, gate) = (unused_port().await, Gate::default());
    let mut service = Service::start(external(port), gate.is_current(1)).await;
    service.notifier.send(notification("lamp", 1, "patience"));
    let first = service.outcome().await;
    assert!(matches!(
        first,
        Outcome::StillTrying {
            attempts: 1,
            why: DeliveryError::Unreachable(_),
            ..
        }
    ));

    let held = gate.hold().await;
    let broker = OpenBroker::start(port).await;
    let mut device = Device::listening(port, "lamp", &notify_topic("lamp")).await;
    drop(held);
    assert_eq!(device.message().await, at_least_once("lamp", "patience"));
    assert!(matches!(
        service.verdict().await,
        Outcome::Delivered { generation: 1, .. }
    ));
    assert_eq!(service.notifier.pending(), 0);
    service.shutdown().await;
    broker.stop().await;
}

#[tokio::test]
async fn a_connection_that_broke_is_made_again() {
    let (port, gate) = (unused_port().await, Gate::default());
    let broker = OpenBroker::start(port).await;
    let mut service = Service::start(external(port), gate.is_current(1)).await;
    service.notifier.send(notification("lamp", 1, "before"));
    assert!(matches!(service.verdict().await, Outcome::Delivered { .. }));
    broker.stop().await;
    service.notifier.send(notification("lamp", 1, "after"));
    assert!(matches!(service.outcome().await, Outcome::StillTrying { .. }));

    let held = gate.hold().await;
    let broker = OpenBroker::start(port).await;
    let mut device = Device::listening(port, "lamp", &notify_topic("lamp")).await;
    drop(held);
    assert_eq!(device.message().await, at_least_once("lamp", "after"));
    service.shutdown().await;
    broker.stop().await;
}

#[tokio::test]
async fn after_an_outage_only_the_newest_notification_of_a_tunnel_is_delivered() {
    let port = unused_port().await;
    let mut service = Service::start(external(port), always()).await;
    service.notifier.send(notification("lamp", 1, "old"));
    assert!(matches!(
        service.outcome().await,
        Outcome::StillTrying { generation: 1, .. }
    ));
    service.notifier.send(notification("lamp", 2, "new"));
    assert!(matches!(
        service.verdict().await,
        Outcome::Superseded { generation: 1, .. }
    ));
    service.notifier.send(notification("lamp", 1, "old"));
    assert!(matches!(
        service.verdict().await,
        Outcome::Superseded { generation: 1, .. }
    ));
    assert_eq!(service.notifier.pending(), 1);

    let broker = OpenBroker::start(port).await;
    assert!(matches!(
        service.verdict().await,
        Outcome::Delivered { generation: 2, .. }
    ));
    let mut device = Device::listening(port, "lamp", &notify_topic("lamp")).await;
    service.notifier.send(notification("lamp", 3, "newest"));
    assert_eq!(device.message().await, at_least_once("lamp", "newest"));
    assert!(matches!(
        service.verdict().await,
        Outcome::Delivered { generation: 3, .. }
    ));
    service.shutdown().await;
    broker.stop().await;
}

#[tokio::test]
async fn a_token_revoked_during_an_outage_is_never_sent() {
    let (port, gate) = (unused_port().await, Gate::default());
    let mut service = Service::start(external(port), gate.is_current(1)).await;
    service.notifier.send(notification("lamp", 1, "revoked"));
    assert!(matches!(service.outcome().await, Outcome::StillTrying { .. }));

    gate.current.store(2, Ordering::SeqCst);
    let held = gate.hold().await;
    let broker = OpenBroker::start(port).await;
    let mut device = Device::listening(port, "lamp", &notify_topic("lamp")).await;
    drop(held);
    assert!(matches!(
        service.verdict().await,
        Outcome::Superseded { generation: 1, .. }
    ));
    service.notifier.send(notification("lamp", 2, "current"));
    assert_eq!(device.message().await, at_least_once("lamp", "current"));
    service.shutdown().await;
    broker.stop().await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_broker_that_is_down() {
    let mut service = Service::start(external(unused_port().await), always()).await;
    service.notifier.send(notification("lamp", 1, "lost"));
    assert!(matches!(service.outcome().await, Outcome::StillTrying { .. }));
    let an_hour = Instant::now() + Duration::from_secs(3600);
    within("the shutdown", service.notifier.shutdown(an_hour)).await;
}

#[tokio::test]
async fn a_shutdown_delivers_what_can_be_delivered() {
    let port = unused_port().await;
    let broker = OpenBroker::start(port).await;
    let mut service = Service::start(external(port), always()).await;
    service.notifier.send(notification("door", 1, "first"));
    assert!(matches!(service.verdict().await, Outcome::Delivered { .. }));
    let mut device = Device::listening(port, "lamp", &notify_topic("lamp")).await;
    service.notifier.send(notification("lamp", 1, "last words"));
    service.shutdown().await;
    assert_eq!(device.message().await, at_least_once("lamp", "last words"));
    broker.stop().await;
}
