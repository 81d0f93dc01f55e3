//! SigV4 over HTTP: what AWS's signer signs is served; anything else is refused and changes nothing.

use http::{HeaderValue, Request};
use hyper::body::Bytes;
use iot_tunnel::LocalServiceBuilder;
use iot_tunnel_core::Millis;
use iot_tunnel_tests::api::{self, Answer, Refused};
use iot_tunnel_tests::signer::Signer;
use serde_json::json;

use crate::rig::{Rig, START};

const ADMIN: Signer<'static> = Signer {
    access_key_id: "AKIDADMIN",
    secret: "the-secret-of-the-admin",
    region: "us-east-1",
    at: START,
};

fn with_credentials(builder: LocalServiceBuilder) -> LocalServiceBuilder {
    let key = format!(
        "[[key]]\naccess_key_id = \"{}\"\nsecret_access_key = \"{}\"\nactions = [\"iot:*\"]\n",
        ADMIN.access_key_id, ADMIN.secret
    );
    builder.credentials(&key).expect("credentials")
}

async fn send(rig: &Rig, request: Request<Bytes>) -> Answer {
    api::send(rig.url(), request).await
}

fn open(rig: &Rig) -> Request<Bytes> {
    api::request(rig.url(), "OpenTunnel", "{}")
}

fn changed(mut request: Request<Bytes>, name: &'static str, value: &str) -> Request<Bytes> {
    request
        .headers_mut()
        .insert(name, HeaderValue::from_str(value).expect("a value"));
    request
}

/// Fails unless the service has no tunnel.
async fn has_no_tunnel(rig: &Rig) {
    let request = ADMIN.sign(api::request(rig.url(), "ListTunnels", "{}"));
    assert_eq!(
        send(rig, request).await.success(),
        json!({ "tunnelSummaries": [] })
    );
}

#[tokio::test]
async fn signed_requests_are_served() {
    let rig = Rig::with(with_credentials).await;
    let opened = send(&rig, ADMIN.sign(open(&rig))).await.success();
    let body = json!({ "tunnelId": opened["tunnelId"], "clientMode": "ALL" }).to_string();
    let rotate = ADMIN.sign(api::request(rig.url(), "RotateTunnelAccessToken", body));
    assert_eq!(
        send(&rig, rotate).await.success()["tunnelArn"],
        opened["tunnelArn"]
    );
}

#[tokio::test]
async fn a_signed_request_from_a_web_page_is_served_where_signatures_are_checked() {
    let rig = Rig::with(with_credentials).await;
    let request = changed(open(&rig), "origin", "https://console.example.com");
    let _ = send(&rig, ADMIN.sign(request)).await.success();
}

#[tokio::test]
async fn every_wrong_signature_is_refused_by_name_and_changes_nothing() {
    let rig = Rig::with(with_credentials).await;
    let signed = || ADMIN.sign(open(&rig));
    let mismatch = "the signature does not match the one computed for this request; check the secret access key, and \
                    that nothing changed the request on its way";
    let wrong = |message: &str| Refused::with(403, "InvalidSignatureException", message);
    let missing = |message: &str| Refused::with(403, "MissingAuthenticationTokenException", message);
    let tampered_body = {
        let mut request = ADMIN.sign(open(&rig));
        *request.body_mut() = Bytes::from_static(br#"{"description":"other"}"#);
        request
    };
    let unsigned_amazon_header = changed(signed(), "x-amz-new", "1");
    let session = changed(open(&rig), "x-amz-security-token", "FwoGZXIvYXdzEXAMPLE");
    for (what, request, refused) in [
        (
            "no signature",
            open(&rig),
            missing("the request is not signed: it needs an Authorization header, AWS4-HMAC-SHA256"),
        ),
        (
            "another scheme",
            changed(open(&rig), "authorization", "Bearer secret"),
            missing("the Authorization header is of another scheme; allowed is AWS4-HMAC-SHA256"),
        ),
        (
            "a presigned URL",
            ADMIN.presign(open(&rig)),
            missing("the request is signed in its query string; allowed is only the Authorization header"),
        ),
        (
            "an unknown key",
            Signer {
                access_key_id: "AKIDNOBODY",
                ..ADMIN
            }
            .sign(open(&rig)),
            Refused::with(
                403,
                "UnrecognizedClientException",
                "the access key id `AKIDNOBODY` is unknown; allowed are those of the service's credentials",
            ),
        ),
        (
            "a session token",
            ADMIN.sign(session),
            Refused::with(
                403,
                "UnrecognizedClientException",
                "the header x-amz-security-token is not allowed: there are no temporary credentials, only access keys",
            ),
        ),
        (
            "a wrong secret",
            Signer {
                secret: "not-the-secret-of-admin",
                ..ADMIN
            }
            .sign(open(&rig)),
            wrong(mismatch),
        ),
        (
            "another region",
            Signer {
                region: "eu-west-1",
                ..ADMIN
            }
            .sign(open(&rig)),
            wrong("the Credential is scoped to the region `eu-west-1`; this service is in `us-east-1`"),
        ),
        ("a tampered body", tampered_body, wrong(mismatch)),
        (
            "a tampered target",
            changed(signed(), "x-amz-target", "IoTSecuredTunneling.CloseTunnel"),
            wrong(mismatch),
        ),
        (
            "a tampered content type",
            changed(signed(), "content-type", "text/plain"),
            wrong(mismatch),
        ),
        (
            "a tampered host",
            changed(signed(), "host", "elsewhere:1"),
            wrong(mismatch),
        ),
        (
            "an x-amz header that is not signed",
            unsigned_amazon_header,
            wrong(
                "the header x-amz-new is not in SignedHeaders; host, the date and every x-amz-* header must be signed",
            ),
        ),
        (
            "a digest of another body",
            ADMIN.sign(changed(open(&rig), "x-amz-content-sha256", &"0".repeat(64))),
            wrong(
                "the header x-amz-content-sha256 is not the SHA-256 of the body, in lower-case hexadecimal",
            ),
        ),
    ] {
        assert_eq!(send(&rig, request).await.refusal(), refused, "{what}");
    }
    has_no_tunnel(&rig).await;
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes_either_way_by_the_services_clock_and_no_second_more() {
    let rig = Rig::with(with_credentials).await;
    let at = |seconds: i64| {
        let at = Millis(START.0.saturating_add_signed(seconds * 1000));
        Signer { at, ..ADMIN }.sign(api::request(rig.url(), "ListTunnels", "{}"))
    };
    for seconds in [-300, 300] {
        let _ = send(&rig, at(seconds)).await.success();
    }
    for (seconds, message) in [
        (
            -301,
            "the request's date is 301 seconds behind the service's clock; allowed are 300 either way",
        ),
        (
            301,
            "the request's date is 301 seconds ahead of the service's clock; allowed are 300 either way",
        ),
    ] {
        send(&rig, at(seconds))
            .await
            .is_refused(403, "RequestExpired", message);
    }
    // The service's clock decides, wherever it stands.
    rig.clock.advance(std::time::Duration::from_secs(301));
    send(&rig, at(0)).await.is_refused_as(403, "RequestExpired");
    let _ = send(&rig, at(301)).await.success();
}
