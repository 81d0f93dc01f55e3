//! What every answer has: status, `__type`, `x-amzn-ErrorType`, a request id of its own, the content type.
//! `api::send` checks the common part on every answer of every test; here are the ones that are easily forgotten.

use std::collections::HashSet;

use http::{Method, Request};
use hyper::body::Bytes;
use iot_tunnel_core::Side;
use iot_tunnel_tests::api::{self, JSON};
use serde_json::{Value, json};

use crate::rig::Rig;

#[tokio::test]
async fn every_request_id_is_unique_on_successes_and_refusals_alike() {
    let rig = Rig::start().await;
    let mut ids = HashSet::new();
    for _ in 0..25 {
        let opened = rig.call("OpenTunnel", json!({})).await;
        assert!(ids.insert(opened.request_id()));
        let refused = rig.rotate("t-1", "ALL").await;
        assert!(ids.insert(refused.request_id()));
        let unread = rig.call("RotateTunnelAccessToken", json!([])).await;
        assert!(ids.insert(unread.request_id()));
        let elsewhere = api::request(rig.url(), "OpenTunnel", "{}");
        let elsewhere = with_uri(elsewhere, "/elsewhere");
        assert!(ids.insert(api::send(rig.url(), elsewhere).await.request_id()));
    }
}

#[tokio::test]
async fn another_path_is_answered_in_the_apis_own_form() {
    let rig = Rig::start().await;
    for uri in ["/elsewhere", "/healthz/", "//", "/OpenTunnel"] {
        let request = with_uri(api::request(rig.url(), "OpenTunnel", "{}"), uri);
        let answer = api::send(rig.url(), request).await;
        let refusal = answer.refusal();
        assert_eq!(refusal.exception, "UnknownOperationException", "{uri}");
        assert_eq!(
            refusal.message,
            "the API is at the path /; beside it are /healthz and /metrics"
        );
        assert_eq!(refusal.status, 404, "{uri}");
    }
}

#[tokio::test]
async fn another_method_is_answered_in_the_apis_own_form_and_told_what_is_allowed() {
    let rig = Rig::start().await;
    for method in [
        Method::GET,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
    ] {
        let mut request = api::request(rig.url(), "OpenTunnel", "{}");
        *request.method_mut() = method.clone();
        let answer = api::send(rig.url(), request).await;
        answer.is_refused(405, "MethodNotAllowedException", "the API is called with POST");
        assert_eq!(
            answer.header("allow"),
            "POST",
            "RFC 9110: a 405 says what is allowed ({method})"
        );
    }
    assert_eq!(rig.list().await.len(), 0);
}

#[tokio::test]
async fn an_unknown_target_is_told_every_operation_there_is() {
    let rig = Rig::start().await;
    let message = "X-Amz-Target must be IoTSecuredTunneling. and one of RotateTunnelAccessToken, OpenTunnel, \
                   DescribeTunnel, ListTunnels, CloseTunnel, TagResource, UntagResource, ListTagsForResource";
    for target in [
        None,
        Some(""),
        Some("OpenTunnel"),
        Some("IoTSecuredTunneling.openTunnel"),
        Some("IoTSecuredTunneling.OpenTunnel "),
        Some("IoTSecuredTunneling.RotateToken"),
        Some("DynamoDB_20120810.OpenTunnel"),
    ] {
        let mut request = api::request(rig.url(), "OpenTunnel", "{}");
        match target {
            None => drop(request.headers_mut().remove("x-amz-target")),
            // A client trims what surrounds a value; a byte that is no text stays.
            Some(target) if target.ends_with(' ') => {
                let value =
                    http::HeaderValue::from_bytes(b"IoTSecuredTunneling.OpenTunnel\xff").expect("a value");
                request.headers_mut().insert("x-amz-target", value);
            }
            Some(target) => {
                request
                    .headers_mut()
                    .insert("x-amz-target", target.parse().expect("a value"));
            }
        }
        let answer = api::send(rig.url(), request).await;
        answer.is_refused(400, "UnknownOperationException", message);
    }
    // Two: what stands in front may have judged the other one.
    let mut request = api::request(rig.url(), "ListTunnels", "{}");
    let second = http::HeaderValue::from_static("IoTSecuredTunneling.OpenTunnel");
    request.headers_mut().append("x-amz-target", second);
    let answer = api::send(rig.url(), request).await;
    answer.is_refused(400, "UnknownOperationException", message);
}

#[tokio::test]
async fn another_content_type_is_refused_and_parameters_of_the_right_one_are_not() {
    let rig = Rig::start().await;
    let message = "Content-Type must be application/x-amz-json-1.1";
    for (content_type, refused) in [
        (None, true),
        (Some("application/json"), true),
        (Some("application/x-amz-json-1.0"), true),
        (Some("text/plain"), true),
        (Some("application/x-www-form-urlencoded"), true),
        (Some("application/x-amz-json-1.1-and-more"), true),
        (Some("application/x-amz-json-1.1"), false),
        (Some("Application/X-Amz-Json-1.1; charset=utf-8"), false),
    ] {
        let mut request = api::request(rig.url(), "ListTunnels", "{}");
        request.headers_mut().remove("content-type");
        if let Some(content_type) = content_type {
            request
                .headers_mut()
                .insert("content-type", content_type.parse().expect("a value"));
        }
        let answer = api::send(rig.url(), request).await;
        match refused {
            true => answer.is_refused(400, "SerializationException", message),
            false => assert_eq!(answer.success(), json!({ "tunnelSummaries": [] })),
        }
    }
}

#[tokio::test]
async fn a_request_from_a_web_page_is_refused_while_nobody_signs() {
    let rig = Rig::start().await;
    let mut request = api::request(rig.url(), "OpenTunnel", "{}");
    request
        .headers_mut()
        .insert("origin", "https://example.com".parse().expect("a value"));
    api::send(rig.url(), request).await.is_refused(
        403,
        "AccessDeniedException",
        "requests from web pages are refused while signatures are not checked; start the service with --credentials",
    );
    assert_eq!(rig.list().await.len(), 0);
}

#[tokio::test]
async fn a_declared_type_is_in_the_answer_to_the_letter() {
    let rig = Rig::start().await;
    let body = json!({
        "description": "line 1 — čerpadlo",
        "tags": [{ "key": "site", "value": "" }],
        "destinationConfig": { "services": ["SSH"] },
        "timeoutConfig": { "maxLifetimeTimeoutMinutes": 1 },
    });
    let tunnel = rig.open(body).await;
    assert_eq!(
        tunnel.arn,
        format!("arn:aws:iot:us-east-1:000000000000:tunnel/{}", tunnel.id)
    );
    let at = crate::rig::START_SECONDS;
    assert_eq!(
        rig.describe(&tunnel.id).await,
        json!({
            "tunnelId": tunnel.id,
            "tunnelArn": tunnel.arn,
            "status": "OPEN",
            "sourceConnectionState": { "status": "DISCONNECTED" },
            "destinationConnectionState": { "status": "DISCONNECTED" },
            "description": "line 1 — čerpadlo",
            "destinationConfig": { "services": ["SSH"] },
            "timeoutConfig": { "maxLifetimeTimeoutMinutes": 1 },
            "tags": [{ "key": "site", "value": "" }],
            "createdAt": at,
            "lastUpdatedAt": at,
        })
    );
    assert_eq!(
        rig.done("ListTunnels", json!({})).await,
        json!({ "tunnelSummaries": [{
            "tunnelId": tunnel.id,
            "tunnelArn": tunnel.arn,
            "status": "OPEN",
            "description": "line 1 — čerpadlo",
            "createdAt": at,
            "lastUpdatedAt": at,
        }] })
    );
    for (operation, body, answer) in [
        (
            "ListTagsForResource",
            json!({ "resourceArn": tunnel.arn }),
            json!({ "tags": [{ "key": "site", "value": "" }] }),
        ),
        (
            "UntagResource",
            json!({ "resourceArn": tunnel.arn, "tagKeys": ["site", "absent"] }),
            json!({}),
        ),
        (
            "TagResource",
            json!({ "resourceArn": tunnel.arn, "tags": [{ "key": "a", "value": "b" }] }),
            json!({}),
        ),
        ("CloseTunnel", json!({ "tunnelId": tunnel.id }), json!({})),
    ] {
        assert_eq!(rig.done(operation, body).await, answer, "{operation}");
    }
}

#[tokio::test]
async fn health_and_metrics_answer_plainly() {
    let rig = Rig::start().await;
    let _ = rig.open(json!({})).await;
    let health = api::exchange(rig.url(), get("/healthz")).await;
    assert_eq!((health.status.as_u16(), &health.body[..]), (200, &b"ok\n"[..]));
    rig.rotate("t-1", "ALL")
        .await
        .is_refused_as(400, "ResourceNotFoundException");
    let metrics = api::exchange(rig.url(), get("/metrics")).await;
    let text = String::from_utf8(metrics.body.to_vec()).expect("text");
    for line in [
        "iot_tunnel_tunnels_open 1",
        r#"iot_tunnel_rotations_total{client_mode="ALL",outcome="ResourceNotFoundException"} 1"#,
        r#"iot_tunnel_refusals_total{reason="ResourceNotFoundException"} 1"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
}

#[tokio::test]
async fn a_null_member_is_the_same_as_an_absent_one_and_unknown_members_are_ignored() {
    let rig = Rig::start().await;
    let tunnel = rig
        .open(json!({ "description": null, "tags": null, "destinationConfig": null, "timeoutConfig": null, "new": [1] }))
        .await;
    let described = rig.describe(&tunnel.id).await;
    assert_eq!(described["timeoutConfig"]["maxLifetimeTimeoutMinutes"], 720);
    assert_eq!(described.get("description"), None::<&Value>);
    let body = json!({ "tunnelId": tunnel.id, "clientMode": "SOURCE", "destinationConfig": null, "x": { "y": null } });
    let _ = rig.done("RotateTunnelAccessToken", body).await;
}

fn with_uri(mut request: Request<Bytes>, uri: &str) -> Request<Bytes> {
    *request.uri_mut() = uri.parse().expect("a path");
    request
}

fn get(path: &str) -> Request<Bytes> {
    let request = Request::get(path)
        .header("host", "localhost")
        .header("accept", JSON);
    request.body(Bytes::new()).expect("a valid request")
}

#[tokio::test]
async fn a_side_says_when_its_connection_changed_once_it_has() {
    let rig = Rig::start().await;
    let tunnel = rig.open(json!({})).await;
    rig.clock.advance(crate::rig::HOUR);
    let _ = rig.rotate(&tunnel.id, "DESTINATION").await.success();
    let never = json!({ "status": "DISCONNECTED" });
    assert_eq!(rig.describe(&tunnel.id).await["sourceConnectionState"], never);
    assert_eq!(
        rig.describe(&tunnel.id).await["destinationConnectionState"],
        never,
        "a rotation changes no connection that is not there"
    );
    let at = crate::rig::START_SECONDS + 3600.0;
    rig.connect(&tunnel.source, Side::Source, None)
        .await
        .expect("accepted");
    assert_eq!(
        rig.describe(&tunnel.id).await["sourceConnectionState"],
        json!({ "status": "CONNECTED", "lastUpdatedAt": at })
    );
    rig.clock.advance(crate::rig::HOUR);
    let _ = rig.rotate(&tunnel.id, "SOURCE").await.success();
    assert_eq!(
        rig.describe(&tunnel.id).await["sourceConnectionState"],
        json!({ "status": "DISCONNECTED", "lastUpdatedAt": at + 3600.0 })
    );
}
