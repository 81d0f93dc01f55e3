//! Properties over arbitrary input, with serde_json as the second opinion.

mod in_place;
mod written;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value as Json;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use self::in_place::reads_alike;
use super::object::Value;
use super::text::Quoted;
use super::*;

/// How deep a checked text is nested.
fn depth(json: &Json) -> usize {
    match json {
        Json::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Json::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The guard takes what serde_json takes, but for the depth and for numbers that fit no double; and what it takes
/// is read as serde_json reads it.
fn agrees_with_serde_json(body: &[u8]) {
    let ours = check(body);
    match serde_json::from_slice::<Json>(body) {
        Ok(json) if depth(&json) <= MAX_DEPTH as usize => {
            assert_eq!(ours.map(str::as_bytes), Ok(body), "{}", body.escape_ascii());
            reads_as(Value::of(ours.unwrap()), &json);
        }
        Ok(_) => assert_eq!(ours.unwrap_err().kind, JsonFaultKind::TooDeep),
        Err(error) if error.to_string().starts_with("number out of range") => {}
        Err(error) => assert!(ours.is_err(), "{}: {error}", body.escape_ascii()),
    }
}

/// What the reader finds in a value is what serde_json found in it; of a name given twice it keeps the last.
fn reads_as(value: Value<'_>, json: &Json) {
    assert_eq!(value.is_null(), json.is_null());
    assert_eq!(value.text().is_some(), json.is_string());
    assert_eq!(value.elements().is_some(), json.is_array());
    assert_eq!(value.members().is_some(), json.is_object());
    match json {
        Json::String(expected) => assert!(Text::from(value.text().unwrap()) == **expected),
        Json::Array(expected) => {
            let mut elements = value.elements().unwrap();
            for expected in expected {
                reads_as(elements.next().unwrap(), expected);
            }
            assert!(elements.next().is_none());
        }
        Json::Object(expected) => {
            let members: Vec<_> = value.members().unwrap().collect();
            for (name, expected) in expected {
                let last = members.iter().rev().find(|member| member.0 == **name).unwrap();
                reads_as(last.1, expected);
            }
            assert!(
                members
                    .iter()
                    .all(|member| expected.contains_key(&member.0.to_string()))
            );
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {
            assert_eq!(&serde_json::from_str::<Json>(value.0).unwrap(), json);
        }
    }
}

fn parse_everything(body: &[u8]) {
    reads_alike(body);
    for error in [
        RotateRequest::parse(body)
            .err()
            .map(|error| format!("{error} {error:?}")),
        RotateResponse::<8>::parse(body)
            .err()
            .map(|error| format!("{error} {error:?}")),
        ErrorBody::parse(body)
            .err()
            .map(|error| format!("{error} {error:?}")),
        Notification::<8>::parse(body)
            .err()
            .map(|error| format!("{error} {error:?}")),
    ]
    .into_iter()
    .flatten()
    {
        assert!(!error.is_empty());
    }
}

/// JSON texts whose members are those of the messages, in every shape.
fn text() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_string()),
        Just("true".to_string()),
        Just("-0.5e+3".to_string()),
        Just("12345678901234567890123".to_string()),
        ".*".prop_map(|text| Json::from(text).to_string()),
        "(SOURCE|ALL|t-1|SSH|destination|eu-west-1)".prop_map(|text| format!("\"{text}\"")),
        r#"(\\u00[0-7][0-9a-f]|\\ud83d\\ude00|\\ud[8-f]00|\\[nrtbf"\\/x]|[ -~])*"#
            .prop_map(|text| format!("\"{text}\"")),
    ];
    let name = prop_oneof![
        "(tunnelId|clientMode|destinationConfig|services|thingName|region|clientAccessToken|__type|message)",
        r#"(tunnel\\u0049d|\\u0063lientMode|x|\\ud83d\\ude00)"#,
    ];
    scalar.prop_recursive(6, 64, 5, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(|elements| format!("[{}]", elements.join(" ,"))),
            vec((name.clone(), inner), 0..5).prop_map(|members| {
                let members: Vec<_> = members
                    .into_iter()
                    .map(|(name, value)| format!("\"{name}\" : {value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// A text with one byte changed, left out or put in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    (text(), any::<prop::sample::Index>(), any::<u8>(), 0..3).prop_map(|(text, index, byte, change)| {
        let mut bytes = text.into_bytes();
        let index = index.index(bytes.len());
        match change {
            0 => bytes[index] = byte,
            1 => drop(bytes.remove(index)),
            _ => bytes.insert(index, byte),
        }
        bytes
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_judged_as_serde_json_judges_them(bytes in vec(any::<u8>(), 0..40)) {
        agrees_with_serde_json(&bytes);
        parse_everything(&bytes);
    }

    #[test]
    fn bytes_of_json_alone_are_judged_as_serde_json_judges_them(
        text in r#"([\[\]{},: ]|"[a\\]"|"\\u[0-9a-fd][0-9a-f]{2}"|-|0|1|\.|e|\+|true|fals|null){0,12}"#,
    ) {
        agrees_with_serde_json(text.as_bytes());
        parse_everything(text.as_bytes());
    }

    #[test]
    fn mended_and_broken_json_is_judged_as_serde_json_judges_it(text in text(), mutated in mutated()) {
        for body in [text.as_bytes(), &mutated] {
            agrees_with_serde_json(body);
            parse_everything(body);
        }
    }

    #[test]
    fn strings_decode_as_serde_json_decodes_them(
        raw in r#"(\\u[0-9a-fA-F]{4}|\\u[dD]8[0-9a-f]{2}\\u[dD][c-f][0-9a-f]{2}|\\[nrtbf"\\/]|[^"\\\x00-\x1f])*"#,
    ) {
        let quoted = format!("\"{raw}\"");
        let expected = serde_json::from_str::<String>(&quoted);
        prop_assert_eq!(check(quoted.as_bytes()).is_ok(), expected.is_ok());
        if let Ok(expected) = expected {
            let text = Text::from(Quoted(&raw));
            prop_assert_eq!(text.to_string(), &*expected);
            prop_assert!(text == *expected);
            let mut buffer = std::vec![0; expected.len()];
            prop_assert_eq!(text.decode(&mut buffer), Some(&*expected));
        }
    }
}
