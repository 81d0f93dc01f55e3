//! The end of a service in this process: what is under way is answered, then nobody is served and the store is free.

use std::time::Duration;

use iot_tunnel::LocalService;
use iot_tunnel::record::Notification;
use iot_tunnel::store::{RedbStore, Store as _};
use iot_tunnel_core::TunnelId;
use iot_tunnel_tests::api;
use iot_tunnel_tests::raw::{Raw, request};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::advance;

use crate::rig::Rig;
use crate::slow_senders::{StandingTime, blocking, connected, waiting_for_a_body};

/// The time that requests under way have to finish.
const DRAIN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_stop_returns() {
    let rig = Rig::start().await;
    let url = rig.url().to_owned();
    let mut raw = waiting_for_a_body(&rig).await;
    let stop = tokio::spawn(rig.service.stop());
    nobody_listens(&url).await;
    assert!(!stop.is_finished());
    let answer = blocking(move || {
        raw.send("{}");
        (raw.answer(), raw.rest())
    });
    let (answer, rest) = answer.await;
    let _ = answer.success();
    assert_eq!(rest, b"", "the connection takes no further request");
    stop.await.expect("stopped");
}

#[tokio::test]
async fn a_request_that_is_never_finished_ends_with_the_stop() {
    let rig = Rig::start().await;
    let url = rig.url().to_owned();
    let _standing = StandingTime::begin();
    let raw = waiting_for_a_body(&rig).await;
    let tunnels = rig.service.tunnels().clone();
    let stop = tokio::spawn(rig.service.stop());
    nobody_listens(&url).await;
    advance(DRAIN + Duration::from_millis(1)).await;
    stop.await.expect("stopped");
    // It comes too late for a service that has stopped.
    is_not_served(raw, "{}").await;
    assert_eq!(tunnels.count_open().await.expect("the store"), 0);
}

#[tokio::test]
async fn a_dropped_service_serves_no_connection_that_it_had() {
    let rig = Rig::start().await;
    let raw = connected(&rig).await;
    let tunnels = rig.service.tunnels().clone();
    drop(rig);
    is_not_served(raw, &request("OpenTunnel", &json!({}))).await;
    assert_eq!(tunnels.count_open().await.expect("the store"), 0);
}

#[tokio::test]
async fn the_store_is_free_once_the_service_has_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("tunnels.redb");
    for _ in 0..5 {
        let rig = Rig::with(|builder| builder.store_file(&store)).await;
        let kept_alive = connected(&rig).await;
        let _ = rig.open(json!({})).await;
        rig.service.stop().await;
        drop(
            RedbStore::open(&store)
                .map_err(|error| error.to_string())
                .expect("the store is free"),
        );
        drop(kept_alive);
    }
}

#[tokio::test]
async fn a_notification_that_was_delivered_is_known_to_be_so_after_a_stop_and_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("tunnels.redb");
    for n in 0..10 {
        let service = LocalService::builder()
            .store_file(&store)
            .start()
            .await
            .expect("a service");
        let config = json!({ "thingName": "pump-1", "services": ["SSH"] });
        let body = json!({ "destinationConfig": config });
        let opened = api::call(service.control_url(), "OpenTunnel", &body)
            .await
            .success();
        service.stop().await;

        let store = RedbStore::open(&store).expect("the store is free");
        let id = TunnelId::parse(opened["tunnelId"].as_str().expect("an id")).expect("an id");
        let read = store.get(&id).await.expect("the store").expect("a record");
        // Otherwise the next start warns that the thing was not told its token.
        assert_eq!(read.record.notification, Notification::Delivered, "run {n}");
    }
}

/// Waits until nothing listens any more.
async fn nobody_listens(url: &str) {
    while TcpStream::connect(api::authority(url)).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

/// Fails if there is an answer.
async fn is_not_served(mut raw: Raw, bytes: &str) {
    let bytes = bytes.to_owned();
    let rest = blocking(move || {
        raw.offer(bytes);
        raw.rest()
    });
    let rest = rest.await;
    assert_eq!(String::from_utf8_lossy(&rest), "", "a stopped service answered");
}
