use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::*;
use crate::token::{ISSUED_PREFIX, MAX_ISSUED};

fn refusal(body: &str) -> String {
    let error = RotateRequest::parse(body.as_bytes()).unwrap_err();
    format!("{}: {error}", error.exception())
}

/// The members that a body is refused for.
fn refused_members(body: &str) -> Vec<String> {
    let Err(RotateRequestError::Validation(violations)) = RotateRequest::parse(body.as_bytes()) else {
        panic!("{body} was not judged invalid");
    };
    let mut members = Vec::new();
    violations.for_each(|violation| members.push(violation.member.to_string()));
    assert_eq!(violations.count(), members.len());
    members
}

#[test]
fn a_wrong_shape_is_named_by_its_member() {
    for (body, message) in [
        ("null", "the body must be a JSON object"),
        ("[]", "the body must be a JSON object"),
        (r#"{"tunnelId":1}"#, "tunnelId must be a string"),
        (r#"{"clientMode":["ALL"]}"#, "clientMode must be a string"),
        (
            r#"{"destinationConfig":[]}"#,
            "destinationConfig must be a JSON object",
        ),
        (
            r#"{"destinationConfig":{"thingName":{}}}"#,
            "destinationConfig.thingName must be a string",
        ),
        (
            r#"{"destinationConfig":{"services":"SSH"}}"#,
            "destinationConfig.services must be an array",
        ),
        (
            r#"{"destinationConfig":{"services":["SSH",2]}}"#,
            "destinationConfig.services.2.member must be a string",
        ),
        ("{", "the JSON text ends early (at byte 1)"),
    ] {
        assert_eq!(refusal(body), format!("SerializationException: {message}"));
    }
}

#[test]
fn a_known_member_given_twice_is_refused_however_it_is_written() {
    for (body, member) in [
        (r#"{"tunnelId":"a","tunnelId":"a"}"#, "tunnelId"),
        (r#"{"tunnelId":null,"tunnelId":"a"}"#, "tunnelId"),
        (r#"{"clientMode":"ALL","client\u004dode":"ALL"}"#, "clientMode"),
        (
            r#"{"destinationConfig":null,"destinationConfig":{}}"#,
            "destinationConfig",
        ),
        (
            r#"{"destinationConfig":{"thingName":"a","thingN\u0061me":"a"}}"#,
            "destinationConfig.thingName",
        ),
        (
            r#"{"destinationConfig":{"services":[],"services":null}}"#,
            "destinationConfig.services",
        ),
    ] {
        assert_eq!(
            refusal(body),
            format!("SerializationException: {member} is given twice")
        );
    }
    let unknown_twice = br#"{"x":1,"x":2,"tunnelId":"t","clientMode":"ALL"}"#;
    assert!(RotateRequest::parse(unknown_twice).is_ok());
}

#[test]
fn every_broken_constraint_is_reported_in_one_message() {
    let body = r#"{"tunnelId":"a b","clientMode":"x",
        "destinationConfig":{"thingName":"é","services":["ok",null,"","SSH","n o"]}}"#;
    assert_eq!(
        refusal(body),
        "ValidationException: 6 validation errors detected: \
         Value 'x' at 'clientMode' failed to satisfy constraint: \
         Member must satisfy enum value set: [SOURCE, DESTINATION, ALL]; \
         Value at 'destinationConfig.services.2.member' failed to satisfy constraint: Member must not be null; \
         Value '' at 'destinationConfig.services.3.member' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]{1,128} (it has 0 characters); \
         Value 'n o' at 'destinationConfig.services.5.member' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]{1,128} (it has ' ' at position 1); \
         Value 'é' at 'destinationConfig.thingName' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]{1,128} (it has 'é' at position 0); \
         Value 'a b' at 'tunnelId' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-zA-Z0-9_\\-+=:]{1,128} (it has ' ' at position 1)"
    );
}

#[test]
fn a_source_has_no_destination_config() {
    assert_eq!(
        refusal(r#"{"tunnelId":"t","clientMode":"SOURCE","destinationConfig":{"services":["SSH"]}}"#),
        "ValidationException: 1 validation error detected: Value at 'destinationConfig' failed to satisfy \
         constraint: Member must be null when clientMode is SOURCE"
    );
    let body = r#"{"tunnelId":"t","clientMode":"SOURCE","destinationConfig":{"thingName":""}}"#;
    assert_eq!(
        refused_members(body),
        [
            "destinationConfig",
            "destinationConfig.services",
            "destinationConfig.thingName"
        ]
    );
}

#[test]
fn a_destination_config_needs_a_service() {
    for config in [
        "{}",
        r#"{"services":null}"#,
        r#"{"services":[]}"#,
        r#"{"Services":["SSH"]}"#,
    ] {
        let body = format!(r#"{{"tunnelId":"t","clientMode":"ALL","destinationConfig":{config}}}"#);
        assert_eq!(refused_members(&body), ["destinationConfig.services"], "{config}");
    }
}

#[test]
fn too_many_services_are_a_limit_once_all_constraints_hold() {
    let body = |mode: &str, services: &str| {
        format!(r#"{{"tunnelId":"t","clientMode":"{mode}","destinationConfig":{{"services":[{services}]}}}}"#)
    };
    assert_eq!(
        refusal(&body("ALL", r#""a","b","c","d""#)),
        "LimitExceededException: destinationConfig.services has 4 services; a tunnel can have at most 3"
    );
    assert_eq!(
        refused_members(&body("ALL", r#""a","b","c","d e",null"#)),
        [
            "destinationConfig.services.4.member",
            "destinationConfig.services.5.member"
        ]
    );
    assert_eq!(
        refused_members(&body("SOURCE", r#""a","b","c","d""#)),
        ["destinationConfig"]
    );
}

#[test]
fn a_token_in_the_wrong_place_is_not_repeated() {
    let token = format!("{ISSUED_PREFIX}{}", "A".repeat(MAX_ISSUED - ISSUED_PREFIX.len()));
    let escaped: String = token
        .chars()
        .map(|c| format!("\\u{:04x}", u32::from(c)))
        .collect();
    for place in [&token, &format!("Bearer {token}"), &format!("{token};"), &escaped] {
        let refusal = refusal(&format!(r#"{{"tunnelId":"{place}","clientMode":"ALL"}}"#));
        assert!(refusal.contains("Value at 'tunnelId' failed"), "{refusal}");
        assert!(!refusal.contains("AAAA"), "{refusal}");
    }
}

#[test]
fn what_is_put_together_keeps_the_rules() {
    let number = |made: Result<RotateRequestRef<'_>, Error>| made.err().map(Error::code);
    let config = DestinationConfigRef::new(Some("thing"), &["a", "b", "c"]).unwrap();
    assert_eq!(
        number(RotateRequestRef::new("t", ClientMode::All, Some(config))),
        None
    );
    assert_eq!(
        number(RotateRequestRef::new("", ClientMode::All, None)),
        Some(110)
    );
    assert_eq!(
        number(RotateRequestRef::new("t", ClientMode::Source, Some(config))),
        Some(101)
    );
    for (thing_name, services, expected) in [
        (Some(""), &["a"][..], 111),
        (None, &["a", "b c"], 112),
        (None, &[], 103),
        (None, &["a", "b", "c", "d"], 403),
    ] {
        let error = DestinationConfigRef::new(thing_name, services).unwrap_err();
        assert_eq!(error.code(), expected);
    }
}
