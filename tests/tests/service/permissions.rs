//! What a key may do, after AWS's condition keys: checked against what a request names *and* what the tunnel has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use iot_tunnel::record::Record;
use iot_tunnel::store::{Change, CommitError, Holder, MemoryStore, Query, Store, StoreError, Versioned};
use iot_tunnel_core::{
    ClientMode, DestinationConfig, Entropy, Millis, ServiceId, Side, ThingName, TokenDigest, TunnelId,
};
use iot_tunnel_tests::api::{self, Answer};
use iot_tunnel_tests::signer::Signer;
use serde_json::{Value, json};

use crate::rig::{Rig, START, Tunnel};

const SECRET: &str = "the-same-secret-for-every-key";

/// Key ids and what stands in the credentials file for them.
const KEYS: [(&str, &str); 5] = [
    ("ADMIN", r#"actions = ["iot:*"]"#),
    ("READER", r#"actions = ["iot:Describe*", "iot:List*"]"#),
    (
        "ROTATOR",
        r#"actions = ["iot:RotateTunnelAccessToken"]
                   client_modes = ["SOURCE", "DESTINATION"]"#,
    ),
    (
        "PUMPS",
        r#"actions = ["iot:*"]
                 thing_names = ["pump-*"]"#,
    ),
    (
        "SHELL",
        r#"actions = ["iot:*"]
                 services = ["SSH", "VNC"]"#,
    ),
];

async fn start() -> Rig {
    start_on(Arc::new(MemoryStore::new())).await
}

async fn start_on(store: Arc<dyn Store>) -> Rig {
    let key = |(id, rest): &(&str, &str)| {
        format!("[[key]]\naccess_key_id = \"{id}\"\nsecret_access_key = \"{SECRET}\"\n{rest}\n")
    };
    let file: String = KEYS.iter().map(key).collect();
    Rig::with(|builder| {
        builder
            .store(store)
            .without_mqtt()
            .credentials(&file)
            .expect("credentials")
    })
    .await
}

async fn call(rig: &Rig, key: &str, operation: &str, body: &Value) -> Answer {
    let signer = Signer {
        access_key_id: key,
        secret: SECRET,
        region: "us-east-1",
        at: START,
    };
    let request = signer.sign(api::request(rig.url(), operation, body.to_string()));
    api::send(rig.url(), request).await
}

/// A tunnel of the administrator's.
async fn open(rig: &Rig, config: Value) -> Tunnel {
    let opened = call(
        rig,
        "ADMIN",
        "OpenTunnel",
        &json!({ "destinationConfig": config }),
    )
    .await
    .success();
    let member = |name: &str| opened[name].as_str().expect("a string").to_owned();
    Tunnel {
        id: member("tunnelId"),
        arn: member("tunnelArn"),
        source: member("sourceAccessToken"),
        destination: member("destinationAccessToken"),
    }
}

fn denied(answer: &Answer, message: &str) {
    answer.is_refused(403, "AccessDeniedException", message);
}

#[tokio::test]
async fn a_key_may_do_only_its_actions() {
    let rig = start().await;
    let tunnel = open(&rig, Value::Null).await;
    let (id, arn) = (&tunnel.id, &tunnel.arn);
    for (operation, body, permitted) in [
        ("DescribeTunnel", json!({ "tunnelId": id }), true),
        ("ListTunnels", json!({}), true),
        ("ListTagsForResource", json!({ "resourceArn": arn }), true),
        ("OpenTunnel", json!({}), false),
        (
            "RotateTunnelAccessToken",
            json!({ "tunnelId": id, "clientMode": "ALL" }),
            false,
        ),
        ("CloseTunnel", json!({ "tunnelId": id }), false),
        (
            "TagResource",
            json!({ "resourceArn": arn, "tags": [{ "key": "a", "value": "b" }] }),
            false,
        ),
        (
            "UntagResource",
            json!({ "resourceArn": arn, "tagKeys": ["a"] }),
            false,
        ),
    ] {
        let answer = call(&rig, "READER", operation, &body).await;
        match permitted {
            true => drop(answer.success()),
            false => denied(
                &answer,
                &format!(
                    "User: READER is not authorized to perform: iot:{operation} because its credentials allow only the \
                     actions iot:Describe*, iot:List*"
                ),
            ),
        }
    }
    assert_eq!(
        rig.refusal(&tunnel.source, Side::Source, None).await,
        None,
        "nothing was rotated or closed"
    );
}

#[tokio::test]
async fn client_modes_are_compared_as_names_so_two_sides_do_not_add_up_to_all() {
    let rig = start().await;
    let tunnel = open(&rig, Value::Null).await;
    for (client_mode, permitted) in [("SOURCE", true), ("DESTINATION", true), ("ALL", false)] {
        let body = json!({ "tunnelId": tunnel.id, "clientMode": client_mode });
        let answer = call(&rig, "ROTATOR", "RotateTunnelAccessToken", &body).await;
        match permitted {
            true => drop(answer.success()),
            false => denied(
                &answer,
                "User: ROTATOR is not authorized to perform: iot:RotateTunnelAccessToken because the condition \
                 iot:ClientMode (client_modes) allows only SOURCE, DESTINATION",
            ),
        }
    }
}

#[tokio::test]
async fn a_key_for_some_things_cannot_touch_another_things_tunnel_by_naming_one_of_its_own() {
    let rig = start().await;
    let thing = |name: &str| json!({ "thingName": name, "services": ["SSH"] });
    let own = open(&rig, thing("pump-1")).await;
    let other = open(&rig, thing("valve-1")).await;
    let nameless = open(&rig, json!({ "services": ["SSH"] })).await;
    let rotate = |tunnel: &Tunnel, config: Value| json!({ "tunnelId": tunnel.id, "clientMode": "ALL", "destinationConfig": config });
    let refused = |operation: &str| {
        format!(
            "User: PUMPS is not authorized to perform: iot:{operation} because the condition iot:ThingGroupArn \
             (thing_names) allows only the things pump-*"
        )
    };

    for (tunnel, config) in [
        (&other, Value::Null),
        (&other, thing("pump-1")),
        (&nameless, Value::Null),
        (&nameless, thing("pump-1")),
        // Nor can it give a tunnel of its own away.
        (&own, thing("valve-1")),
        (&own, json!({ "services": ["SSH"] })),
    ] {
        let answer = call(&rig, "PUMPS", "RotateTunnelAccessToken", &rotate(tunnel, config)).await;
        denied(&answer, &refused("RotateTunnelAccessToken"));
    }
    for (operation, body) in [
        ("DescribeTunnel", json!({ "tunnelId": other.id })),
        ("CloseTunnel", json!({ "tunnelId": other.id, "delete": true })),
        (
            "TagResource",
            json!({ "resourceArn": other.arn, "tags": [{ "key": "a", "value": "b" }] }),
        ),
        (
            "UntagResource",
            json!({ "resourceArn": other.arn, "tagKeys": ["a"] }),
        ),
        ("ListTagsForResource", json!({ "resourceArn": other.arn })),
        ("ListTunnels", json!({})),
        ("ListTunnels", json!({ "thingName": "valve-1" })),
        ("OpenTunnel", json!({})),
        ("OpenTunnel", json!({ "destinationConfig": thing("valve-1") })),
    ] {
        denied(&call(&rig, "PUMPS", operation, &body).await, &refused(operation));
    }
    for tunnel in [&own, &other, &nameless] {
        for (token, side) in [
            (&tunnel.source, Side::Source),
            (&tunnel.destination, Side::Destination),
        ] {
            assert_eq!(
                rig.refusal(token, side, None).await,
                None,
                "no refused rotation has revoked a token"
            );
        }
    }

    for (operation, body) in [
        ("RotateTunnelAccessToken", rotate(&own, Value::Null)),
        ("RotateTunnelAccessToken", rotate(&own, thing("pump-2"))),
        ("DescribeTunnel", json!({ "tunnelId": own.id })),
        ("ListTunnels", json!({ "thingName": "pump-2" })),
        ("OpenTunnel", json!({ "destinationConfig": thing("pump-3") })),
        ("CloseTunnel", json!({ "tunnelId": own.id })),
    ] {
        let _ = call(&rig, "PUMPS", operation, &body).await.success();
    }
}

#[tokio::test]
async fn a_key_for_some_services_cannot_reach_others() {
    let rig = start().await;
    let services = |names: &[&str]| json!({ "services": names });
    let own = open(&rig, services(&["SSH"])).await;
    let mixed = open(&rig, services(&["SSH", "HTTP"])).await;
    let none = open(&rig, Value::Null).await;
    let rotate = |tunnel: &Tunnel, config: Value| json!({ "tunnelId": tunnel.id, "clientMode": "DESTINATION", "destinationConfig": config });
    for (tunnel, config, permitted) in [
        (&own, Value::Null, true),
        (&own, services(&["VNC", "SSH"]), true),
        (&own, services(&["HTTP"]), false),
        (&own, services(&["SSH", "HTTP"]), false),
        (&mixed, Value::Null, false),
        (&mixed, services(&["SSH"]), false),
        (&none, Value::Null, false),
        (&none, services(&["SSH"]), false),
    ] {
        let answer = call(
            &rig,
            "SHELL",
            "RotateTunnelAccessToken",
            &rotate(tunnel, config.clone()),
        )
        .await;
        match permitted {
            true => drop(answer.success()),
            false => denied(
                &answer,
                "User: SHELL is not authorized to perform: iot:RotateTunnelAccessToken because the condition \
                 iot:TunnelDestinationService (services) allows only the services SSH, VNC",
            ),
        }
    }
}

#[tokio::test]
async fn whether_another_things_tunnel_is_open_is_not_told_to_a_key_that_may_not_see_it() {
    let rig = start().await;
    let config = json!({ "thingName": "valve-1", "services": ["SSH"] });
    let tunnel = open(&rig, config).await;
    let rotate = json!({ "tunnelId": tunnel.id, "clientMode": "ALL" });
    let open = call(&rig, "PUMPS", "RotateTunnelAccessToken", &rotate)
        .await
        .refusal();
    let _ = call(&rig, "ADMIN", "CloseTunnel", &json!({ "tunnelId": tunnel.id }))
        .await
        .success();
    assert_eq!(
        call(&rig, "PUMPS", "RotateTunnelAccessToken", &rotate)
            .await
            .refusal(),
        open
    );
}

/// A store in which somebody else gives a tunnel to the door as soon as one more reader has seen it, once armed.
#[derive(Default)]
struct ContestedStore {
    inner: MemoryStore,
    armed: AtomicBool,
}

impl ContestedStore {
    async fn give_to_the_door(&self, read: &Versioned) {
        let mut record = read.record.clone();
        let service = ServiceId::parse("SSH").expect("a service");
        let door = ThingName::parse("door-1").expect("a thing");
        let config = DestinationConfig::new(Some(door), &[service]).expect("a config");
        let entropy = Entropy::new(std::array::from_fn(|at| at as u8)).expect("entropy");
        let now = record.tunnel.created_at();
        record
            .tunnel
            .rotate(ClientMode::Destination, Some(config), now, &entropy)
            .expect("rotated");
        let change = Change {
            id: record.tunnel.id().clone(),
            expected: Some(read.version),
            record: Some(record),
            binds: None,
            max_open: None,
        };
        self.inner.commit(change).await.expect("nobody was faster");
    }
}

#[async_trait]
impl Store for ContestedStore {
    async fn get(&self, id: &TunnelId) -> Result<Option<Versioned>, StoreError> {
        let read = self.inner.get(id).await?;
        if let Some(read) = &read
            && self.armed.swap(false, Ordering::SeqCst)
        {
            self.give_to_the_door(read).await;
        }
        Ok(read)
    }

    async fn commit(&self, change: Change) -> Result<(), CommitError> {
        self.inner.commit(change).await
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

#[tokio::test]
async fn a_tunnel_that_becomes_another_things_under_way_is_judged_as_that_things() {
    let store = Arc::new(ContestedStore::default());
    let rig = start_on(store.clone()).await;
    let only_pumps = "User: PUMPS is not authorized to perform: iot:RotateTunnelAccessToken because the condition \
                      iot:ThingGroupArn (thing_names) allows only the things pump-*";
    let tunnel = open(&rig, json!({ "thingName": "pump-7", "services": ["SSH"] })).await;
    let body = json!({ "tunnelId": tunnel.id, "clientMode": "DESTINATION" });
    store.armed.store(true, Ordering::SeqCst);
    denied(
        &call(&rig, "PUMPS", "RotateTunnelAccessToken", &body).await,
        only_pumps,
    );
}
