//! A key with conditions touches only tunnels whose destination is allowed, whatever destination the request brings: every
//! operation against every kind of destination, request and key.

use iot_tunnel_tests::api::{self, Answer};
use iot_tunnel_tests::signer::Signer;
use serde_json::{Value, json};

use crate::rig::{Rig, START};

const SECRET: &str = "the-same-secret-for-every-key";

/// What a destination may be touched by.
#[derive(Clone, Copy, Debug)]
struct Allowed {
    /// A key with `thing_names = ["pump-*"]`.
    things: bool,
    /// A key with `services = ["SSH", "VNC"]`.
    services: bool,
}

const fn allowed(things: bool, services: bool) -> Allowed {
    Allowed { things, services }
}

/// Key ids, what stands in the credentials file for them, and whether they ask for the thing and for the services.
const KEYS: [(&str, &str, bool, bool); 5] = [
    ("ANY", "", false, false),
    ("THINGS", r#"thing_names = ["pump-*"]"#, true, false),
    ("SERVICES", r#"services = ["SSH", "VNC"]"#, false, true),
    (
        "BOTH",
        "thing_names = [\"pump-*\"]\nservices = [\"SSH\", \"VNC\"]",
        true,
        true,
    ),
    ("MODES", r#"client_modes = ["DESTINATION"]"#, false, false),
];

/// The destination of a tunnel, and which keys may touch a tunnel that has it.
fn tunnels() -> [(&'static str, Value, Allowed); 6] {
    let config = |value| json!({ "destinationConfig": value });
    [
        ("no config", json!({}), allowed(false, false)),
        (
            "no thing",
            config(json!({ "services": ["SSH"] })),
            allowed(false, true),
        ),
        (
            "thing",
            config(json!({ "thingName": "pump-1", "services": ["SSH"] })),
            allowed(true, true),
        ),
        (
            "thing and services",
            config(json!({ "thingName": "pump-1", "services": ["SSH", "VNC"] })),
            allowed(true, true),
        ),
        (
            "other services",
            config(json!({ "thingName": "pump-1", "services": ["SSH", "HTTP"] })),
            allowed(true, false),
        ),
        (
            "other thing",
            config(json!({ "thingName": "valve-1", "services": ["SSH"] })),
            allowed(false, true),
        ),
    ]
}

/// The destination that a rotation or an OpenTunnel brings, and which keys may bring it.
fn brought() -> [(&'static str, Option<Value>, Allowed); 4] {
    [
        ("none", None, allowed(true, true)),
        (
            "without a thing",
            Some(json!({ "services": ["SSH"] })),
            allowed(false, true),
        ),
        (
            "allowed",
            Some(json!({ "thingName": "pump-2", "services": ["SSH"] })),
            allowed(true, true),
        ),
        (
            "not allowed",
            Some(json!({ "thingName": "valve-2", "services": ["HTTP"] })),
            allowed(false, false),
        ),
    ]
}

async fn start() -> Rig {
    let entry = |id: &str, rest: &str| {
        format!(
            "[[key]]\naccess_key_id = \"{id}\"\nsecret_access_key = \"{SECRET}\"\nactions = [\"iot:*\"]\n{rest}\n"
        )
    };
    let file: String = KEYS.iter().map(|(id, rest, ..)| entry(id, rest)).collect();
    Rig::with(|builder| builder.without_mqtt().credentials(&file).expect("credentials")).await
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

/// One row of the table.
struct Row<'a> {
    operation: &'static str,
    body: Value,
    /// The destinations that the key must be allowed to touch.
    touches: Vec<Allowed>,
    what: String,
    key: &'a (&'static str, &'static str, bool, bool),
}

impl Row<'_> {
    fn permitted(&self) -> bool {
        let (id, _, asks_thing, asks_services) = *self.key;
        let rotates = self.operation == "RotateTunnelAccessToken";
        let mode = !(id == "MODES" && rotates) || self.body["clientMode"] == "DESTINATION";
        let named = !self.touches.is_empty() || !(asks_thing || asks_services);
        let meets = |has: &Allowed| (has.things || !asks_thing) && (has.services || !asks_services);
        mode && named && self.touches.iter().all(meets)
    }

    /// Makes the call; a refused one says nothing but that the key may not.
    async fn check(&self, rig: &Rig) {
        let answer = call(rig, self.key.0, self.operation, &self.body).await;
        let row = format!("{} by {}: {}", self.operation, self.key.0, self.what);
        match self.permitted() {
            true => assert_eq!(
                answer.status,
                200,
                "{row}: {}",
                String::from_utf8_lossy(&answer.body)
            ),
            false => {
                assert_eq!(answer.status, 403, "{row}");
                let refusal = answer.refusal();
                assert_eq!(refusal.exception, "AccessDeniedException", "{row}");
            }
        }
    }
}

/// The operations on a tunnel that bring no destination.
fn plain(id: &str, arn: &str) -> [(&'static str, Value); 5] {
    [
        ("DescribeTunnel", json!({ "tunnelId": id })),
        (
            "TagResource",
            json!({ "resourceArn": arn, "tags": [{ "key": "a", "value": "b" }] }),
        ),
        ("ListTagsForResource", json!({ "resourceArn": arn })),
        ("UntagResource", json!({ "resourceArn": arn, "tagKeys": ["a"] })),
        ("CloseTunnel", json!({ "tunnelId": id, "delete": true })),
    ]
}

/// OpenTunnel by the key without conditions: the id and the ARN.
async fn open(rig: &Rig, body: &Value) -> (String, String) {
    let opened = call(rig, "ANY", "OpenTunnel", body).await.success();
    let member = |name: &str| opened[name].as_str().expect("a string").to_owned();
    (member("tunnelId"), member("tunnelArn"))
}

/// What the key without conditions sees of a tunnel.
async fn seen(rig: &Rig, id: &str) -> Value {
    let body = json!({ "tunnelId": id });
    let answer = call(rig, "ANY", "DescribeTunnel", &body).await;
    match answer.status.is_success() {
        true => answer.success(),
        false => Value::Null,
    }
}

#[tokio::test]
async fn the_tunnels_own_destination_counts_in_every_operation() {
    let rig = start().await;
    for (has, config, allows) in tunnels() {
        for key in &KEYS {
            for index in 0..plain("", "").len() {
                let (id, arn) = open(&rig, &config).await;
                let operation = plain(&id, &arn)[index].clone();
                let before = seen(&rig, &id).await;
                let row = Row {
                    operation: operation.0,
                    body: operation.1,
                    touches: vec![allows],
                    what: format!("a tunnel with {has}"),
                    key,
                };
                row.check(&rig).await;
                if !row.permitted() {
                    assert_eq!(seen(&rig, &id).await, before, "{} has changed it", row.what);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_rotation_needs_both_the_tunnels_destination_and_the_one_it_brings() {
    let rig = start().await;
    for (has, config, allows) in tunnels() {
        for (brings, destination, may_bring) in brought() {
            for client_mode in ["ALL", "DESTINATION"] {
                for key in &KEYS {
                    let (id, _) = open(&rig, &config).await;
                    let mut body = json!({ "tunnelId": id, "clientMode": client_mode });
                    if let Some(destination) = &destination {
                        body["destinationConfig"] = destination.clone();
                    }
                    let before = seen(&rig, &id).await;
                    let row = Row {
                        operation: "RotateTunnelAccessToken",
                        body,
                        touches: vec![allows, may_bring],
                        what: format!("{client_mode} of a tunnel with {has}, bringing {brings}"),
                        key,
                    };
                    row.check(&rig).await;
                    if !row.permitted() {
                        assert_eq!(seen(&rig, &id).await, before, "{} has changed it", row.what);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn open_and_list_need_the_destination_they_name() {
    let rig = start().await;
    for key in &KEYS {
        for (brings, destination, allows) in brought() {
            let named = destination.is_some();
            let row = Row {
                operation: "OpenTunnel",
                body: destination.map_or_else(|| json!({}), |config| json!({ "destinationConfig": config })),
                touches: if named { vec![allows] } else { vec![] },
                what: format!("bringing {brings}"),
                key,
            };
            row.check(&rig).await;
        }
        // A list of one thing's tunnels shows tunnels with any service.
        for (thing, touches) in [
            (None, vec![]),
            (Some("pump-1"), vec![allowed(true, false)]),
            (Some("valve-1"), vec![allowed(false, false)]),
        ] {
            let row = Row {
                operation: "ListTunnels",
                body: thing.map_or_else(|| json!({}), |thing| json!({ "thingName": thing })),
                touches,
                what: format!("of {thing:?}"),
                key,
            };
            row.check(&rig).await;
        }
    }
}

#[tokio::test]
async fn a_list_for_one_thing_shows_that_things_tunnels_only() {
    let rig = start().await;
    let mut own = Vec::new();
    for (_, config, allows) in tunnels() {
        let (id, _) = open(&rig, &config).await;
        if allows.things {
            own.push(id);
        }
    }
    own.reverse();
    let body = json!({ "thingName": "pump-1" });
    let page = call(&rig, "THINGS", "ListTunnels", &body).await.success();
    assert_eq!(crate::rig::ids(&page), own, "newest first");
}

#[tokio::test]
async fn a_tunnel_that_does_not_exist_is_refused_like_one_without_a_destination() {
    let rig = start().await;
    let (bare, bare_arn) = open(&rig, &json!({})).await;
    let (gone, gone_arn) = open(&rig, &json!({})).await;
    let delete = json!({ "tunnelId": gone, "delete": true });
    let _ = call(&rig, "ANY", "CloseTunnel", &delete).await.success();
    let all = |id: &str, arn: &str| {
        let config = json!({ "thingName": "pump-1", "services": ["SSH"] });
        let rotate = json!({ "tunnelId": id, "clientMode": "ALL", "destinationConfig": config });
        let mut all = plain(id, arn).to_vec();
        all.push(("RotateTunnelAccessToken", rotate));
        all
    };
    for key in ["THINGS", "SERVICES", "BOTH"] {
        for ((operation, there), (_, missing)) in all(&bare, &bare_arn).iter().zip(&all(&gone, &gone_arn)) {
            let there = call(&rig, key, operation, there).await.refusal();
            let missing = call(&rig, key, operation, missing).await.refusal();
            assert_eq!((there.status, &there), (403, &missing), "{operation} by {key}");
        }
    }
}
