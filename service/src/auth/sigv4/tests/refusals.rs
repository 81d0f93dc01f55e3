//! Every error, by what causes it.

use super::*;
use crate::auth::AuthorizationPart::{Credential, Signature, SignedHeaders};

const MISSING: &str = "MissingAuthenticationTokenException";
const UNRECOGNIZED: &str = "UnrecognizedClientException";
const INVALID: &str = "InvalidSignatureException";

fn signed() -> Sample {
    SIGNER.sign(Sample::rotate())
}

fn assert_refused(sample: &Sample, exception: &str, expected: &AuthenticationError) {
    let error = sample.verify().expect_err("the request is refused");
    assert_eq!(&error, expected);
    assert_eq!(error.exception(), exception);
    assert!(!error.to_string().contains(SECRET));
}

/// The request with `from` in its `Authorization` header replaced.
fn replaced(from: &str, to: &str) -> Sample {
    signed().with_authorization(|value| {
        assert!(value.contains(from), "{value} has no {from}");
        value.replace(from, to)
    })
}

#[test]
fn an_unsigned_request_and_another_scheme_are_told_what_is_allowed() {
    assert_refused(&Sample::rotate(), MISSING, &AuthenticationError::NoAuthorization);
    for value in [
        "Bearer secret",
        "Basic dTpw",
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-ECDSA-P256-SHA256 Credential=x",
    ] {
        let error = signed()
            .with("authorization", value)
            .verify()
            .expect_err("refused");
        match value {
            "AWS4-HMAC-SHA256" => assert_eq!(error, AuthenticationError::MalformedAuthorization),
            _ => assert_eq!(error, AuthenticationError::OtherScheme),
        }
        assert!(
            error.to_string().contains("AWS4-HMAC-SHA256") && !error.to_string().contains("Bearer"),
            "{error}"
        );
    }
}

#[test]
fn a_presigned_url_is_refused_with_and_without_a_header() {
    for target in [
        "/?X-Amz-Signature=00",
        "/?a=b&x-amz-algorithm=AWS4-HMAC-SHA256",
        "/?X%2DAmz-Credential=x",
    ] {
        let mut sample = signed();
        sample.uri = target.parse().unwrap();
        assert_refused(&sample, MISSING, &AuthenticationError::QueryAuthentication);
        assert_refused(
            &sample.without("authorization"),
            MISSING,
            &AuthenticationError::QueryAuthentication,
        );
    }
}

#[test]
fn a_session_token_is_refused_even_if_it_is_signed() {
    let sample = SIGNER.sign(Sample::rotate().with("x-amz-security-token", "token"));
    assert_refused(&sample, UNRECOGNIZED, &AuthenticationError::SessionToken);
}

#[test]
fn an_unknown_access_key_is_named() {
    let sample = Signer {
        access_key_id: "AKIDOTHER",
        ..SIGNER
    }
    .sign(Sample::rotate());
    let error = sample.verify().expect_err("refused");
    assert_eq!(error.exception(), UNRECOGNIZED);
    assert!(error.to_string().contains("`AKIDOTHER`"), "{error}");
}

#[test]
fn another_secret_makes_another_signature() {
    let sample = Signer {
        secret: "another secret of someone else",
        ..SIGNER
    }
    .sign(Sample::rotate());
    assert_refused(&sample, INVALID, &AuthenticationError::WrongSignature);
}

#[test]
fn a_signature_for_another_region_service_or_day_is_refused() {
    let elsewhere = Signer {
        region: "eu-west-1",
        ..SIGNER
    }
    .sign(Sample::rotate());
    let (region, allowed) = ("eu-west-1".to_owned(), REGION.to_owned());
    assert_refused(
        &elsewhere,
        INVALID,
        &AuthenticationError::WrongRegion { region, allowed },
    );

    let other_service = Signer {
        service: "iot",
        ..SIGNER
    }
    .sign(Sample::rotate());
    assert_refused(
        &other_service,
        INVALID,
        &AuthenticationError::WrongService {
            service: "iot".to_owned(),
        },
    );

    let other_day = replaced("/20150830/", "/20150831/");
    assert_refused(
        &other_day,
        INVALID,
        &AuthenticationError::WrongDay {
            date: "20150830".to_owned(),
        },
    );
}

#[test]
fn a_header_that_must_stand_alone_may_not_be_repeated() {
    let value = signed().authorization();
    for (name, value) in [
        ("authorization", value.as_str()),
        ("x-amz-date", "20150830T123600Z"),
    ] {
        let name_of = HeaderName::from_static(name);
        let expected = AuthenticationError::RepeatedHeader { name: name_of };
        assert_refused(&signed().with_another(name, value), INVALID, &expected);
    }
}

#[test]
fn each_part_of_the_authorization_header_stands_there_once() {
    for (part, name) in [
        (Credential, "Credential"),
        (SignedHeaders, "SignedHeaders"),
        (Signature, "Signature"),
    ] {
        let without = signed().with_authorization(|value| {
            let (scheme, parts) = value.split_once(' ').unwrap();
            let parts: Vec<&str> = parts.split(", ").filter(|part| !part.starts_with(name)).collect();
            format!("{scheme} {}", parts.join(", "))
        });
        assert_refused(&without, INVALID, &AuthenticationError::MissingPart { part });
        let twice = signed().with_authorization(|value| format!("{value}, {name}=x"));
        assert_refused(&twice, INVALID, &AuthenticationError::RepeatedPart { part });
    }
    for extra in [", ", ", Expires", ", Expires=1", ", signature=00"] {
        let sample = signed().with_authorization(|value| format!("{value}{extra}"));
        assert_refused(&sample, INVALID, &AuthenticationError::MalformedAuthorization);
    }
}

#[test]
fn a_malformed_part_is_named() {
    let long = format!("{}/", "A".repeat(129));
    let long_region = format!("/{}/", "r".repeat(65));
    for (part, from, to) in [
        (Credential, "AKIDEXAMPLE/", "/"),
        (Credential, "AKIDEXAMPLE/", "AKID EXAMPLE/"),
        (Credential, "AKIDEXAMPLE/", &long),
        (Credential, "/us-east-1/", "/"),
        (Credential, "/us-east-1/", "//"),
        (Credential, "/us-east-1/", "/us east/"),
        (Credential, "/us-east-1/", &long_region),
        (Credential, "/aws4_request", ""),
        (Credential, "/aws4_request", "/aws4"),
        (Credential, "/aws4_request", "/aws4_request/"),
        (SignedHeaders, "content-type;host", "host;content-type"),
        (SignedHeaders, "content-type;host", "content-type;host;host"),
        (SignedHeaders, "content-type;host", "Content-Type;host"),
        (SignedHeaders, "content-type;host", "content-type;;host"),
        (SignedHeaders, "content-type;host", "content type;host"),
        (Signature, "Signature=", "Signature=0"),
        (Signature, "Signature=", "Signature=00"),
        (Signature, "Signature=", "Signature=g"),
    ] {
        assert_refused(
            &replaced(from, to),
            INVALID,
            &AuthenticationError::MalformedPart { part },
        );
    }
    let upper = signed().with_authorization(|value| {
        let (start, signature) = value.split_once("Signature=").unwrap();
        format!("{start}Signature={}", signature.to_uppercase())
    });
    let empty = signed()
        .with_authorization(|value| format!("{}Signature=", value.split_once("Signature=").unwrap().0));
    for sample in [upper, empty] {
        assert_refused(
            &sample,
            INVALID,
            &AuthenticationError::MalformedPart { part: Signature },
        );
    }
}

#[test]
fn what_decides_the_meaning_of_a_request_must_be_signed() {
    for (from, to, name) in [
        ("content-type;host;", "content-type;", "host"),
        (";x-amz-date", "", "x-amz-date"),
        (";x-amz-target", "", "x-amz-target"),
    ] {
        let name = HeaderName::from_static(name);
        assert_refused(
            &replaced(from, to),
            INVALID,
            &AuthenticationError::UnsignedHeader { name },
        );
    }
    let added = signed().with("x-amz-anything", "added on the way");
    let name = HeaderName::from_static("x-amz-anything");
    assert_refused(&added, INVALID, &AuthenticationError::UnsignedHeader { name });
}

#[test]
fn a_signed_header_must_be_in_the_request() {
    for name in ["content-type", "host", "x-amz-target"] {
        let expected = AuthenticationError::AbsentHeader {
            name: HeaderName::from_static(name),
        };
        assert_refused(&signed().without(name), INVALID, &expected);
    }
}

#[test]
fn a_request_has_a_date_that_is_one() {
    assert_refused(
        &signed().without("x-amz-date"),
        INVALID,
        &AuthenticationError::NoDate,
    );
    let texts = [
        "",
        "20150830",
        "20150830T123600",
        "20151330T123600Z",
        "20150230T123600Z",
        "20150830T246000Z",
        "2015-08-30T12:36:00Z",
        "20150830T123600Z ",
        "+20150830T123600Z",
        "20150830T123600Zx",
    ];
    for text in texts {
        let name = HeaderName::from_static("x-amz-date");
        let expected = AuthenticationError::MalformedDate { name };
        assert_refused(&signed().with("x-amz-date", text), INVALID, &expected);
    }
    for text in ["yesterday", "20150830T123600Z"] {
        let sample = signed().without("x-amz-date").with("date", text);
        assert_refused(
            &sample,
            INVALID,
            &AuthenticationError::MalformedDate {
                name: http::header::DATE,
            },
        );
    }
}

#[test]
fn a_body_digest_header_must_be_the_digest_of_the_body() {
    let zeros = "0".repeat(64);
    for claimed in [
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "",
        &zeros,
    ] {
        let sample = SIGNER.sign(Sample::rotate().with("x-amz-content-sha256", claimed));
        assert_refused(&sample, INVALID, &AuthenticationError::WrongBodyDigest);
    }
}

#[test]
fn a_date_too_far_from_the_clock_is_refused_before_the_signature_is_looked_at() {
    let late = Signer {
        at: NOW - 301,
        ..SIGNER
    }
    .sign(Sample::rotate());
    let expected = AuthenticationError::Expired {
        seconds: 301,
        ahead: false,
    };
    assert_refused(&late, "RequestExpired", &expected);
    assert!(expected.to_string().contains("301 seconds behind") && expected.to_string().contains("300"));
}
