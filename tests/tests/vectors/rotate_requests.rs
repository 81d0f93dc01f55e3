//! `rotate_requests.json`: core's parser, and the whole service over HTTP, read every body the same way.

use std::collections::BTreeSet;

use iot_tunnel_core::json::{RotateRequest, RotateRequestError};
use iot_tunnel_tests::vectors;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    body_base64: String,
    why: String,
    ok: Option<Value>,
    error: Option<String>,
    #[serde(default)]
    members: BTreeSet<String>,
}

fn as_json(request: &RotateRequest) -> Value {
    let config = request.destination_config.as_ref().map(|config| {
        let services: Vec<_> = config.services().iter().map(ToString::to_string).collect();
        json!({ "thingName": config.thing_name().map(ToString::to_string), "services": services })
    });
    json!({
        "tunnelId": request.tunnel_id.as_str(),
        "clientMode": request.client_mode.as_str(),
        "destinationConfig": config,
    })
}

/// The members that an error names.
fn members(error: &RotateRequestError<'_>) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    if let RotateRequestError::Validation(violations) = error {
        violations.for_each(|violation| {
            named.insert(violation.member.to_string());
        });
    }
    named
}

#[test]
fn every_rotate_request_is_read_as_the_vectors_say() {
    let file: File = vectors::read("rotate_requests.json");
    vectors::run("rotate_requests.json", &file.cases, |case| {
        let body = vectors::body(&case.body_base64);
        match (RotateRequest::parse(&body), &case.ok, &case.error) {
            (Ok(request), Some(expected), None) if as_json(&request) == *expected => Ok(()),
            (Err(error), None, Some(exception))
                if error.exception() == exception && members(&error) == case.members =>
            {
                let message = error.to_string();
                match case
                    .members
                    .iter()
                    .find(|member| !message.contains(&format!("'{member}'")))
                {
                    None => Ok(()),
                    Some(member) => Err(format!(
                        "{}: {member} is not in the message {message:?}",
                        case.why
                    )),
                }
            }
            (outcome, ..) => Err(format!("{}: {outcome:?}", case.why)),
        }
    });
}
