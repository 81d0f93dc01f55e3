//! The order of the checks (control-plane.md, "Errors outside the declared ones"): one request breaks a rule of every
//! kind; mending the one that is reported brings up the next.

use http::Request;
use hyper::body::Bytes;
use iot_tunnel_core::Millis;
use iot_tunnel_tests::api;
use iot_tunnel_tests::signer::Signer;
use serde_json::json;

use crate::rig::{Rig, START};

const KEY: &str = r#"
    [[key]]
    access_key_id = "AKIDSOURCEONLY"
    secret_access_key = "a-secret-of-the-source"
    actions = ["iot:RotateTunnelAccessToken"]
    client_modes = ["SOURCE"]
"#;

fn sign(request: Request<Bytes>) -> Request<Bytes> {
    Signer {
        access_key_id: "AKIDSOURCEONLY",
        secret: "a-secret-of-the-source",
        region: "us-east-1",
        at: START,
    }
    .sign(request)
}

#[tokio::test]
async fn authentication_then_target_then_types_then_constraints_then_permission_then_state() {
    let rig = Rig::with(|builder| builder.credentials(KEY).expect("credentials")).await;
    let url = rig.url();
    let refused = |request| async { api::send(url, request).await.refusal() };

    // Not signed, no operation, no JSON.
    let unsigned = api::request(url, "NoSuchOperation", "{");
    assert_eq!(
        refused(unsigned.clone()).await.exception,
        "MissingAuthenticationTokenException"
    );
    // Signed.
    assert_eq!(
        refused(sign(unsigned)).await.exception,
        "UnknownOperationException"
    );
    // Of an operation.
    let request = |body: &str| sign(api::request(url, "RotateTunnelAccessToken", body.to_owned()));
    assert_eq!(refused(request("{")).await.exception, "SerializationException");
    // JSON, with one member of the wrong type, one that breaks its constraint, and one missing.
    let types = refused(request(r#"{"clientMode":"all","destinationConfig":[]}"#)).await;
    assert_eq!(types.exception, "SerializationException");
    assert_eq!(types.message, "destinationConfig must be a JSON object");
    // Of the right types; the mode would not be permitted, the tunnel does not exist.
    let constraints = refused(request(r#"{"clientMode":"all"}"#)).await;
    assert_eq!(constraints.exception, "ValidationException");
    assert_eq!(
        constraints.message,
        "2 validation errors detected: Value 'all' at 'clientMode' failed to satisfy constraint: Member must satisfy \
         enum value set: [SOURCE, DESTINATION, ALL]; Value at 'tunnelId' failed to satisfy constraint: Member must \
         not be null"
    );
    // Valid, and not permitted.
    let permission = refused(request(r#"{"tunnelId":"t-1","clientMode":"ALL"}"#)).await;
    assert_eq!(
        (permission.status, permission.exception.as_str()),
        (403, "AccessDeniedException")
    );
    // Permitted: the state of the tunnel is what is left.
    let state = refused(request(r#"{"tunnelId":"t-1","clientMode":"SOURCE"}"#)).await;
    assert_eq!(state.exception, "ResourceNotFoundException");
    assert_eq!(state.message, "Tunnel t-1 does not exist, or has been deleted");
}

#[tokio::test]
async fn permission_comes_before_every_declared_error() {
    let rig = Rig::with(|builder| builder.credentials(KEY).expect("credentials")).await;
    let foreign = "arn:aws:iot:eu-west-1:123456789012:tunnel/t-1";
    let four = json!({ "services": ["a", "b", "c", "d"] });
    for (operation, body) in [
        ("OpenTunnel", json!({ "destinationConfig": four })),
        ("ListTagsForResource", json!({ "resourceArn": foreign })),
        (
            "UntagResource",
            json!({ "resourceArn": foreign, "tagKeys": ["a"] }),
        ),
    ] {
        let request = sign(api::request(rig.url(), operation, body.to_string()));
        let refusal = api::send(rig.url(), request).await.refusal();
        assert_eq!(refusal.exception, "AccessDeniedException", "{operation}");
    }
    // Of an operation that the key has.
    let body = json!({ "tunnelId": "t-1", "clientMode": "ALL", "destinationConfig": four });
    let request = sign(api::request(
        rig.url(),
        "RotateTunnelAccessToken",
        body.to_string(),
    ));
    let refusal = api::send(rig.url(), request).await.refusal();
    assert_eq!(refusal.exception, "LimitExceededException");
}

#[tokio::test]
async fn constraints_come_before_the_quota_on_services_and_that_before_the_state() {
    let rig = Rig::start().await;
    let four = json!(["a", "b", "c", "d"]);
    let body = json!({ "tunnelId": "!", "clientMode": "ALL", "destinationConfig": { "services": four } });
    rig.call("RotateTunnelAccessToken", body)
        .await
        .is_refused_as(400, "ValidationException");
    let body = json!({ "tunnelId": "t-1", "clientMode": "ALL", "destinationConfig": { "services": four } });
    rig.call("RotateTunnelAccessToken", body).await.is_refused(
        400,
        "LimitExceededException",
        "destinationConfig.services has 4 services; a tunnel can have at most 3",
    );
    rig.call(
        "OpenTunnel",
        json!({ "description": "", "destinationConfig": { "services": four } }),
    )
    .await
    .is_refused_as(400, "ValidationException");
    rig.call("OpenTunnel", json!({ "destinationConfig": { "services": four } }))
        .await
        .is_refused(
            400,
            "LimitExceededException",
            "destinationConfig.services has 4 services; a tunnel can have at most 3",
        );
}

#[tokio::test]
async fn types_come_before_constraints_in_every_operation() {
    let rig = Rig::start().await;
    for (operation, types, constraints) in [
        (
            "RotateTunnelAccessToken",
            json!({ "tunnelId": "", "clientMode": 3 }),
            json!({ "tunnelId": "" }),
        ),
        (
            "OpenTunnel",
            json!({ "description": "", "tags": {} }),
            json!({ "description": "" }),
        ),
        ("DescribeTunnel", json!({ "tunnelId": 1 }), json!({})),
        (
            "ListTunnels",
            json!({ "maxResults": 0, "thingName": [] }),
            json!({ "maxResults": 0 }),
        ),
        (
            "CloseTunnel",
            json!({ "tunnelId": "", "delete": 1 }),
            json!({ "tunnelId": "" }),
        ),
        (
            "TagResource",
            json!({ "resourceArn": "", "tags": 1 }),
            json!({ "resourceArn": "", "tags": [] }),
        ),
        (
            "UntagResource",
            json!({ "resourceArn": "", "tagKeys": 1 }),
            json!({ "resourceArn": "" }),
        ),
        ("ListTagsForResource", json!({ "resourceArn": 1 }), json!({})),
    ] {
        rig.call(operation, types)
            .await
            .is_refused_as(400, "SerializationException");
        rig.call(operation, constraints)
            .await
            .is_refused_as(400, "ValidationException");
    }
}

#[tokio::test]
async fn every_violation_of_a_request_is_in_one_message() {
    let rig = Rig::start().await;
    let long = "x".repeat(129);
    let body = json!({
        "description": "a\u{7}b",
        "tags": [{ "key": "a", "value": "1" }, { "key": "a", "value": "2" }, { "value": "3" }, null],
        "destinationConfig": { "thingName": "pump 1", "services": [long, null] },
        "timeoutConfig": { "maxLifetimeTimeoutMinutes": 721 },
    });
    let refusal = rig.call("OpenTunnel", body).await.refusal();
    assert_eq!(
        (refusal.status, refusal.exception.as_str()),
        (400, "ValidationException")
    );
    let (count, violations) = refusal
        .message
        .split_once(" validation errors detected: ")
        .expect("the form");
    let violations: Vec<_> = violations.split("; ").collect();
    assert_eq!(count, violations.len().to_string());
    for member in [
        "description",
        "tags.2.member.key",
        "tags.3.member.key",
        "tags.4.member",
        "destinationConfig.thingName",
        "destinationConfig.services.1.member",
        "destinationConfig.services.2.member",
        "timeoutConfig.maxLifetimeTimeoutMinutes",
    ] {
        let at = format!("at '{member}' failed to satisfy constraint: Member must ");
        assert_eq!(
            violations.iter().filter(|text| text.contains(&at)).count(),
            1,
            "{member} in {refusal:#?}"
        );
    }
    assert_eq!(violations.len(), 8);
}

#[tokio::test]
async fn the_clock_of_a_signature_is_judged_before_the_target() {
    let rig = Rig::with(|builder| builder.credentials(KEY).expect("credentials")).await;
    let late = Signer {
        access_key_id: "AKIDSOURCEONLY",
        secret: "a-secret-of-the-source",
        region: "us-east-1",
        at: Millis(START.0 - 301_000),
    };
    let request = late.sign(api::request(rig.url(), "NoSuchOperation", "{"));
    api::send(rig.url(), request)
        .await
        .is_refused_as(403, "RequestExpired");
}
