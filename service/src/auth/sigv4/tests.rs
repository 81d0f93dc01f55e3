//! Promises of the verification, with AWS's own signer (`aws-sigv4`) as the oracle.

use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};

use super::*;

mod refusals;
mod suite;
mod tampering;

const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "us-east-1";

/// 2015-08-30T12:36:00Z, the moment of AWS's test suite.
const NOW: u64 = 1_440_938_160;

fn credentials() -> Credentials {
    format!(
        r#"
        [[key]]
        access_key_id = "{ACCESS_KEY_ID}"
        secret_access_key = "{SECRET}"
        actions = ["iot:*"]
        "#
    )
    .parse()
    .unwrap()
}

/// A request that can be signed, changed and verified.
#[derive(Debug, Clone)]
struct Sample {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Sample {
    /// A request as the SDKs send it, not yet signed.
    fn rotate() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("127.0.0.1:8443"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-amz-json-1.1"),
        );
        headers.insert(
            "x-amz-target",
            HeaderValue::from_static("IoTSecuredTunneling.RotateTunnelAccessToken"),
        );
        let body = br#"{"tunnelId":"01234567-89ab","clientMode":"ALL"}"#.to_vec();
        Self {
            method: Method::POST,
            uri: Uri::from_static("/"),
            headers,
            body,
        }
    }

    fn verify_at(&self, region: &str, now: u64) -> Result<(), AuthenticationError> {
        let request = SignedRequest {
            method: &self.method,
            uri: &self.uri,
            headers: &self.headers,
            body: &self.body,
        };
        let credentials = credentials();
        let key = credentials.authenticate(&request, region, now)?;
        assert_eq!(key.access_key_id().as_str(), ACCESS_KEY_ID);
        Ok(())
    }

    fn verify(&self) -> Result<(), AuthenticationError> {
        self.verify_at(REGION, NOW)
    }

    /// The request with another header value.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    /// The request with one more value of a header.
    fn with_another(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    fn authorization(&self) -> String {
        self.headers[AUTHORIZATION].to_str().unwrap().to_owned()
    }

    /// The request with another `Authorization` header, made of the present one.
    fn with_authorization(self, change: impl FnOnce(&str) -> String) -> Self {
        let changed = change(&self.authorization());
        self.with("authorization", &changed)
    }
}

/// AWS's own signer.
#[derive(Clone, Copy)]
struct Signer<'a> {
    access_key_id: &'a str,
    secret: &'a str,
    region: &'a str,
    service: &'a str,
    at: u64,
    unsigned: &'static [&'static str],
}

const SIGNER: Signer<'static> = Signer {
    access_key_id: ACCESS_KEY_ID,
    secret: SECRET,
    region: REGION,
    service: SIGNING_NAME,
    at: NOW,
    unsigned: &["authorization", "user-agent"],
};

impl Signer<'_> {
    fn sign(&self, sample: Sample) -> Sample {
        let identity =
            aws_credential_types::Credentials::new(self.access_key_id, self.secret, None, None, "test")
                .into();
        let mut settings = SigningSettings::default();
        settings.excluded_headers = Some(self.unsigned.iter().map(|name| (*name).into()).collect());
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(UNIX_EPOCH + Duration::from_secs(self.at))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = sample
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let (method, uri) = (sample.method.as_str(), sample.uri.to_string());
        let signable = SignableRequest::new(method, uri, headers, SignableBody::Bytes(&sample.body)).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();

        let mut request = http::Request::builder()
            .method(sample.method)
            .uri(sample.uri)
            .body(())
            .unwrap();
        *request.headers_mut() = sample.headers;
        instructions.apply_to_request_http1x(&mut request);
        let (parts, ()) = request.into_parts();
        Sample {
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body: sample.body,
        }
    }
}

#[test]
fn what_the_aws_signer_signs_is_accepted() {
    assert_eq!(SIGNER.sign(Sample::rotate()).verify(), Ok(()));
}

#[test]
fn a_matching_body_digest_header_is_accepted() {
    let sample = Sample::rotate();
    let digest = hex(&Sha256::digest(&sample.body));
    assert_eq!(
        SIGNER.sign(sample.with("x-amz-content-sha256", &digest)).verify(),
        Ok(())
    );
}

#[test]
fn over_http_2_the_authority_stands_in_for_the_host_header() {
    let mut sample = Sample::rotate().without("host");
    sample.uri = Uri::from_static("https://localhost:8443/");
    let mut signed = SIGNER.sign(sample);
    signed.headers.remove(HOST);
    assert_eq!(signed.verify(), Ok(()));
    signed.uri = Uri::from_static("https://elsewhere:8443/");
    assert_eq!(signed.verify(), Err(AuthenticationError::WrongSignature));
}

#[test]
fn the_clock_may_be_five_minutes_off_either_way_and_no_second_more() {
    let signed = SIGNER.sign(Sample::rotate());
    for now in [NOW - 300, NOW - 299, NOW, NOW + 299, NOW + 300] {
        assert_eq!(signed.verify_at(REGION, now), Ok(()), "at {now}");
    }
    for (now, seconds, ahead) in [(NOW + 301, 301, false), (NOW - 301, 301, true), (0, NOW, true)] {
        assert_eq!(
            signed.verify_at(REGION, now),
            Err(AuthenticationError::Expired { seconds, ahead })
        );
    }
    assert!(matches!(
        signed.verify_at(REGION, u64::MAX),
        Err(AuthenticationError::Expired { ahead: false, .. })
    ));
}

#[test]
fn a_user_agent_header_of_amazons_may_stay_unsigned() {
    let signer = Signer {
        unsigned: &["x-amz-user-agent"],
        ..SIGNER
    };
    assert_eq!(
        signer
            .sign(Sample::rotate().with("x-amz-user-agent", "aws-sdk-js/3"))
            .verify(),
        Ok(())
    );
}

#[test]
fn the_parts_of_the_authorization_header_may_stand_in_any_order_and_without_spaces() {
    let signed = SIGNER.sign(Sample::rotate());
    let reversed = signed.clone().with_authorization(|value| {
        let (scheme, parts) = value.split_once(' ').unwrap();
        let parts: Vec<&str> = parts.rsplit(", ").collect();
        format!("{scheme} {}", parts.join(","))
    });
    assert_ne!(reversed.authorization(), signed.authorization());
    assert_eq!(reversed.verify(), Ok(()));
}
