//! What no client should send, byte by byte over TCP: a clear refusal, and nothing has changed.

use iot_tunnel_tests::api::JSON;
use iot_tunnel_tests::raw::{Raw, head, request};
use serde_json::json;

use crate::rig::{Rig, ids};

/// The longest body that is read, in bytes.
const MAX_BODY: usize = 1 << 20;

const TOO_LONG: &str = "the body is longer than 1048576 bytes, the most that is read";

/// Sends one body to an operation and fails unless it is refused as SerializationException with that message.
fn is_unreadable(url: &str, operation: &str, body: &[u8], message: &str) {
    let mut raw = Raw::connect(url);
    raw.send(format!(
        "{}content-length: {}\r\n\r\n",
        head(operation),
        body.len()
    ));
    raw.send(body);
    let answer = raw.answer();
    answer.is_refused(400, "SerializationException", message);
    assert_eq!(answer.header("content-type"), JSON);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn bodies_that_are_not_json_are_refused_with_what_and_where() {
    let rig = Rig::start().await;
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    let bottomless = "[".repeat(MAX_BODY);
    for operation in ["RotateTunnelAccessToken", "OpenTunnel", "TagResource"] {
        for (body, message) in [
            (&b""[..], "the JSON text ends early (at byte 0)"),
            (b"{", "the JSON text ends early (at byte 1)"),
            (
                b"{} {}",
                "more text follows the end of the JSON value (at byte 3)",
            ),
            (
                b"{'a':1}",
                "expected a member's name in double quotes (at byte 1)",
            ),
            (
                b"{\"a\":01}",
                "the number is not written as JSON allows (at byte 6)",
            ),
            (b"{\"a\":\"\xff\"}", "the bytes are not UTF-8 (at byte 6)"),
            (
                b"\xef\xbb\xbf{}",
                "JSON must not start with a byte order mark (at byte 0)",
            ),
            (
                b"{\"a\":\"\\ud800\"}",
                "a surrogate escape needs its other half (at byte 6)",
            ),
            (
                b"{\"a\":\"\x01\"}",
                "a control character in a string must be escaped (at byte 6)",
            ),
            (
                deep.as_bytes(),
                "too many arrays and objects stand inside each other: allowed are 32 (at byte 36)",
            ),
            (
                bottomless.as_bytes(),
                "too many arrays and objects stand inside each other: allowed are 32 (at byte 32)",
            ),
            (b"[]", "the body must be a JSON object"),
            (b"null", "the body must be a JSON object"),
        ] {
            is_unreadable(rig.url(), operation, body, message);
        }
    }
    assert!(rig.list().await.is_empty());
}

#[tokio::test]
async fn a_member_of_another_type_is_refused_with_its_place_and_its_type_in_json() {
    let rig = Rig::start().await;
    for (operation, body, message) in [
        (
            "RotateTunnelAccessToken",
            json!({ "tunnelId": 1 }),
            "tunnelId must be a string",
        ),
        (
            "RotateTunnelAccessToken",
            json!({ "destinationConfig": [] }),
            "destinationConfig must be a JSON object",
        ),
        (
            "OpenTunnel",
            json!({ "description": 1 }),
            "description must be a string",
        ),
        (
            "OpenTunnel",
            json!({ "destinationConfig": "pump-1" }),
            "destinationConfig must be a JSON object",
        ),
        // The members' values in their order are no object.
        (
            "OpenTunnel",
            json!({ "destinationConfig": ["pump-1", ["SSH"]] }),
            "destinationConfig must be a JSON object",
        ),
        (
            "OpenTunnel",
            json!({ "timeoutConfig": [5] }),
            "timeoutConfig must be a JSON object",
        ),
        (
            "OpenTunnel",
            json!({ "tags": [["key", "value"]] }),
            "tags.1.member must be a JSON object",
        ),
        ("OpenTunnel", json!({ "tags": {} }), "tags must be an array"),
        (
            "OpenTunnel",
            json!({ "tags": [{ "key": 1 }] }),
            "tags.1.member.key must be a string",
        ),
        (
            "OpenTunnel",
            json!({ "destinationConfig": { "services": "SSH" } }),
            "destinationConfig.services must be an array",
        ),
        (
            "OpenTunnel",
            json!({ "timeoutConfig": { "maxLifetimeTimeoutMinutes": 5.5 } }),
            "timeoutConfig.maxLifetimeTimeoutMinutes must be an integer",
        ),
        (
            "ListTunnels",
            json!({ "maxResults": "5" }),
            "maxResults must be an integer",
        ),
        (
            "CloseTunnel",
            json!({ "tunnelId": "t-1", "delete": 1 }),
            "delete must be a boolean",
        ),
        (
            "UntagResource",
            json!({ "tagKeys": [[]] }),
            "tagKeys.1.member must be a string",
        ),
    ] {
        rig.call(operation, body)
            .await
            .is_refused(400, "SerializationException", message);
    }
    assert!(rig.list().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_known_member_twice_is_refused_in_every_operation() {
    let rig = Rig::start().await;
    let rotate: &[u8] = br#"{"tunnelId":"a","clientMode":"ALL","tunnelId":"b"}"#;
    is_unreadable(
        rig.url(),
        "RotateTunnelAccessToken",
        rotate,
        "tunnelId is given twice",
    );
    for (operation, member, value) in [
        ("OpenTunnel", "description", r#""a""#),
        ("DescribeTunnel", "tunnelId", r#""a""#),
        ("ListTunnels", "maxResults", "1"),
        ("CloseTunnel", "delete", "true"),
        ("TagResource", "tags", "[]"),
    ] {
        let body = format!(r#"{{"{member}":{value},"{member}":{value}}}"#);
        let message = format!("{member} is given twice");
        is_unreadable(rig.url(), operation, body.as_bytes(), &message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_of_one_mebibyte_is_read_and_one_byte_more_is_not() {
    let rig = Rig::start().await;
    let body = |length: usize| format!("{{{}}}", " ".repeat(length - 2));
    let mut raw = Raw::connect(rig.url());
    raw.send(format!(
        "{}content-length: {MAX_BODY}\r\n\r\n",
        head("ListTunnels")
    ));
    raw.send(body(MAX_BODY));
    assert_eq!(raw.answer().success(), json!({ "tunnelSummaries": [] }));

    let mut raw = Raw::connect(rig.url());
    raw.send(format!(
        "{}content-length: {}\r\n\r\n",
        head("OpenTunnel"),
        MAX_BODY + 1
    ));
    // The answer may come before the body has been taken.
    raw.offer(body(MAX_BODY + 1));
    raw.answer()
        .is_refused(413, "RequestEntityTooLargeException", TOO_LONG);

    // Chunks announce no length: the limit holds all the same.
    let mut raw = Raw::connect(rig.url());
    raw.send(format!(
        "{}transfer-encoding: chunked\r\n\r\n",
        head("OpenTunnel")
    ));
    for _ in 0..=16 {
        raw.offer(format!("10000\r\n{}\r\n", " ".repeat(0x10000)));
    }
    raw.answer()
        .is_refused(413, "RequestEntityTooLargeException", TOO_LONG);
    assert!(rig.list().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_in_chunks_is_the_same_body() {
    let rig = Rig::start().await;
    let mut raw = Raw::connect(rig.url());
    raw.send(format!(
        "{}transfer-encoding: chunked\r\n\r\n",
        head("OpenTunnel")
    ));
    let body = json!({ "description": "in chunks" }).to_string();
    for byte in body.chars() {
        raw.send(format!("1\r\n{byte}\r\n"));
    }
    raw.send("0\r\n\r\n");
    let opened = raw.answer().success();
    let id = opened["tunnelId"].as_str().expect("an id");
    assert_eq!(rig.describe(id).await["description"], "in chunks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn pipelined_requests_are_answered_in_their_order_and_a_bad_one_does_not_spoil_the_next() {
    let rig = Rig::start().await;
    let mut raw = Raw::connect(rig.url());
    let open = |description: &str| request("OpenTunnel", &json!({ "description": description }));
    raw.send(
        [
            open("first"),
            request("OpenTunnel", &json!([])),
            open("second"),
            request("ListTunnels", &json!({})),
        ]
        .concat(),
    );
    let first = raw.answer().success();
    raw.answer()
        .is_refused(400, "SerializationException", "the body must be a JSON object");
    let second = raw.answer().success();
    let listed = ids(&raw.answer().success());
    let mut opened = [first["tunnelId"].as_str(), second["tunnelId"].as_str()].map(|id| id.expect("an id"));
    // Of the same millisecond the greater id comes first.
    opened.sort_unstable();
    opened.reverse();
    assert_eq!(listed, opened);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_is_not_http_is_turned_away_and_the_service_goes_on() {
    let rig = Rig::start().await;
    let long = "x".repeat(1 << 20);
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ten\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} ",
        b"POST / HTTP/1.1\r\nbad header\r\n\r\n",
    ] {
        let mut raw = Raw::connect(rig.url());
        raw.send(bytes);
        assert!(raw.head().starts_with("HTTP/1.1 400 "), "{bytes:?}");
    }
    let mut raw = Raw::connect(rig.url());
    raw.offer(format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nx-long: {long}\r\n\r\n"
    ));
    assert!(raw.head().starts_with("HTTP/1.1 431 "));
    assert!(rig.list().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_request_that_breaks_off_opens_nothing() {
    let rig = Rig::start().await;
    let whole = request("OpenTunnel", &json!({ "description": "cut" }));
    for length in [1, whole.len() / 2, whole.len() - 1] {
        let mut raw = Raw::connect(rig.url());
        raw.send(&whole[..length]);
        raw.finish();
        // Whatever it says, it says no success, and ends.
        assert!(!String::from_utf8_lossy(&raw.rest()).contains("200 OK"));
    }
    assert!(rig.list().await.is_empty());
}
