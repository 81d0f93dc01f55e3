//! All or nothing: what fails or is refused leaves every token, state and timestamp as it was (rule 4).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use iot_tunnel::entropy::EntropySource;
use iot_tunnel::record::Record;
use iot_tunnel::store::{Change, CommitError, Holder, MemoryStore, Query, Store, StoreError, Versioned};
use iot_tunnel_core::{Millis, Side, TokenDigest, TunnelId};
use iot_tunnel_tests::api::Answer;
use serde_json::{Value, json};

use crate::rig::{HOUR, Rig, Tunnel, client_token};

/// What an answer says of a fault of ours: nothing of the fault.
const FAILED: &str = "this service failed; its log says why, under the request's id";

/// What the failing parts say; it must not reach a caller.
const DETAIL: &str = "the disk at sda7 is on fire";

/// Whether a part of the service fails now.
#[derive(Clone, Default)]
struct Switch(Arc<AtomicBool>);

impl Switch {
    fn set(&self, fails: bool) {
        self.0.store(fails, Ordering::SeqCst);
    }

    fn fails(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A store whose commits fail while its switch is on.
struct FailingStore {
    inner: MemoryStore,
    switch: Switch,
}

#[async_trait]
impl Store for FailingStore {
    async fn get(&self, id: &TunnelId) -> Result<Option<Versioned>, StoreError> {
        self.inner.get(id).await
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        match self.switch.fails() {
            true => Err(CommitError::Store(StoreError {
                doing: "writing the store",
                source: DETAIL.into(),
            })),
            false => self.inner.commit(change).await,
        }
    }

    async fn list(&self, query: Query) -> Result<Vec<Record>, StoreError> {
        self.inner.list(query).await
    }

    async fn holder(&self, client_token: &TokenDigest) -> Result<Option<Holder>, StoreError> {
        self.inner.holder(client_token).await
    }

    async fn due(&self, now: Millis, limit: usize) -> Result<Vec<TunnelId>, StoreError> {
        self.inner.due(now, limit).await
    }

    async fn next_deadline(&self) -> Result<Option<Millis>, StoreError> {
        self.inner.next_deadline().await
    }

    async fn count_open(&self, now: Millis) -> Result<u64, StoreError> {
        self.inner.count_open(now).await
    }
}

fn failing_store(switch: &Switch) -> Arc<dyn Store> {
    Arc::new(FailingStore {
        inner: MemoryStore::default(),
        switch: switch.clone(),
    })
}

/// A source of entropy that is out of order while its switch is on, in the way that `fault` says.
fn failing_entropy(
    switch: &Switch,
    fault: impl Fn(&mut [u8; 64]) -> Result<(), String> + Send + Sync + 'static,
) -> EntropySource {
    let switch = switch.clone();
    EntropySource::from_fn(move |bytes| {
        if switch.fails() {
            return fault(bytes);
        }
        for chunk in bytes.chunks_exact_mut(16) {
            chunk.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
        }
        Ok(())
    })
}

/// A tunnel with everything that a change could touch: a bound and connected source, a fresh destination.
async fn open(rig: &Rig) -> Tunnel {
    let config = json!({ "thingName": "pump-1", "services": ["SSH"] });
    let tags = json!([{ "key": "site", "value": "north" }]);
    let tunnel = rig
        .open(json!({ "description": "kept", "destinationConfig": config, "tags": tags }))
        .await;
    rig.connect(&tunnel.source, Side::Source, Some(&client_token(1)))
        .await
        .expect("accepted");
    tunnel
}

/// Fails unless the tunnel is as it was opened and its tokens still do what they did.
async fn is_untouched(rig: &Rig, tunnel: &Tunnel, before: &Value) {
    assert_eq!(rig.describe(&tunnel.id).await, *before);
    let back = rig
        .refusal(&tunnel.source, Side::Source, Some(&client_token(1)))
        .await;
    assert_eq!(back, None, "the source's token and its client token still admit");
    let other = rig.refusal(&tunnel.destination, Side::Destination, None).await;
    assert_eq!(other, None, "the destination's token is still fresh");
}

fn failed(answer: &Answer) {
    answer.is_refused(500, "InternalServerError", FAILED);
    let shown = format!("{:?} {:?}", answer.headers, answer.body);
    assert!(!shown.contains(DETAIL) && !shown.contains("store") && !shown.contains("random"));
}

#[tokio::test]
async fn a_failed_random_source_changes_nothing_and_says_nothing_of_itself() {
    let switch = Switch::default();
    let rig =
        Rig::with(|builder| builder.entropy(failing_entropy(&switch, |_| Err(DETAIL.to_owned())))).await;
    let tunnel = open(&rig).await;
    let before = rig.describe(&tunnel.id).await;

    rig.clock.advance(HOUR);
    switch.set(true);
    for client_mode in ["SOURCE", "DESTINATION", "ALL"] {
        failed(&rig.rotate(&tunnel.id, client_mode).await);
    }
    failed(&rig.call("OpenTunnel", json!({})).await);
    assert_eq!(rig.list().await, [tunnel.id.as_str()], "no tunnel was opened");
    is_untouched(&rig, &tunnel, &before).await;

    switch.set(false);
    let _ = rig.rotate(&tunnel.id, "ALL").await.success();
}

#[tokio::test]
async fn a_stuck_random_source_is_noticed_and_changes_nothing() {
    let switch = Switch::default();
    let stuck = failing_entropy(&switch, |bytes| {
        bytes.fill(0);
        Ok(())
    });
    let rig = Rig::with(|builder| builder.entropy(stuck)).await;
    let tunnel = open(&rig).await;
    let before = rig.describe(&tunnel.id).await;
    switch.set(true);
    failed(&rig.rotate(&tunnel.id, "ALL").await);
    is_untouched(&rig, &tunnel, &before).await;
}

#[tokio::test]
async fn a_failed_write_changes_nothing_and_says_nothing_of_itself() {
    let switch = Switch::default();
    let rig = Rig::with(|builder| builder.store(failing_store(&switch))).await;
    let tunnel = open(&rig).await;
    let before = rig.describe(&tunnel.id).await;

    rig.clock.advance(HOUR);
    switch.set(true);
    for client_mode in ["SOURCE", "DESTINATION", "ALL"] {
        failed(&rig.rotate(&tunnel.id, client_mode).await);
    }
    let (id, arn) = (&tunnel.id, &tunnel.arn);
    for (operation, body) in [
        ("OpenTunnel", json!({})),
        ("CloseTunnel", json!({ "tunnelId": id })),
        ("CloseTunnel", json!({ "tunnelId": id, "delete": true })),
        (
            "TagResource",
            json!({ "resourceArn": arn, "tags": [{ "key": "a", "value": "b" }] }),
        ),
        (
            "UntagResource",
            json!({ "resourceArn": arn, "tagKeys": ["site"] }),
        ),
    ] {
        failed(&rig.call(operation, body).await);
    }
    switch.set(false);
    assert_eq!(
        rig.list().await,
        [tunnel.id.as_str()],
        "no tunnel was opened, none deleted"
    );
    is_untouched(&rig, &tunnel, &before).await;
}

#[tokio::test]
async fn a_handshake_whose_use_could_not_be_stored_has_not_used_the_token() {
    let switch = Switch::default();
    let rig = Rig::with(|builder| builder.store(failing_store(&switch))).await;
    let tunnel = rig.open(json!({})).await;
    switch.set(true);
    let refused = rig
        .service
        .tunnels()
        .connect(&tunnel.source, Side::Source, None)
        .await;
    assert!(matches!(
        refused,
        Err(iot_tunnel::tunnels::TunnelsError::Store(_))
    ));
    switch.set(false);
    assert_eq!(
        rig.describe(&tunnel.id).await["sourceConnectionState"]["status"],
        "DISCONNECTED"
    );
    assert_eq!(rig.refusal(&tunnel.source, Side::Source, None).await, None);
}

#[tokio::test]
async fn a_refused_request_changes_nothing() {
    let rig = Rig::start().await;
    let tunnel = open(&rig).await;
    let before = rig.describe(&tunnel.id).await;
    let (id, arn) = (&tunnel.id, &tunnel.arn);
    let config = |services: Value| json!({ "thingName": "pump-2", "services": services });
    rig.clock.advance(HOUR);
    for (operation, exception, body) in [
        (
            "RotateTunnelAccessToken",
            "SerializationException",
            json!({ "tunnelId": id, "clientMode": 1 }),
        ),
        (
            "RotateTunnelAccessToken",
            "ValidationException",
            json!({ "tunnelId": id, "clientMode": "all" }),
        ),
        (
            "RotateTunnelAccessToken",
            "ValidationException",
            json!({ "tunnelId": id }),
        ),
        (
            "RotateTunnelAccessToken",
            "ValidationException",
            json!({ "tunnelId": id, "clientMode": "ALL", "destinationConfig": config(json!([])) }),
        ),
        (
            "RotateTunnelAccessToken",
            "LimitExceededException",
            json!({ "tunnelId": id, "clientMode": "ALL", "destinationConfig": config(json!(["a", "b", "c", "d"])) }),
        ),
        (
            "CloseTunnel",
            "SerializationException",
            json!({ "tunnelId": id, "delete": "true" }),
        ),
        (
            "TagResource",
            "ValidationException",
            json!({ "resourceArn": arn, "tags": [] }),
        ),
        (
            "TagResource",
            "ValidationException",
            json!({ "resourceArn": arn, "tags": [{ "key": "new", "value": "tag" }, { "key": "" }] }),
        ),
        (
            "UntagResource",
            "ValidationException",
            json!({ "resourceArn": arn, "tagKeys": ["site", "!"] }),
        ),
    ] {
        rig.call(operation, body).await.is_refused_as(400, exception);
    }
    is_untouched(&rig, &tunnel, &before).await;
}

#[tokio::test]
async fn more_tags_than_a_tunnel_can_have_are_refused_as_a_whole() {
    let rig = Rig::start().await;
    let tag = |n: u32| json!({ "key": format!("key-{n}"), "value": "" });
    let tunnel = rig
        .open(json!({ "tags": (0..150).map(tag).collect::<Vec<_>>() }))
        .await;
    let before = rig.describe(&tunnel.id).await;
    let more: Vec<_> = (100..201).map(tag).collect();
    rig.call("TagResource", json!({ "resourceArn": tunnel.arn, "tags": more }))
        .await
        .is_refused(
            400,
            "LimitExceededException",
            "a tunnel has at most 200 tags; it would have 201",
        );
    assert_eq!(rig.describe(&tunnel.id).await, before);
    let more: Vec<_> = (100..200).map(tag).collect();
    let _ = rig
        .done("TagResource", json!({ "resourceArn": tunnel.arn, "tags": more }))
        .await;
}
