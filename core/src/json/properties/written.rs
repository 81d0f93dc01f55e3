//! What is written is what serde-json-core writes, fills exactly the room it asks for, and comes back as it was.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::in_place::reads_alike;
use crate::json::*;
use crate::token::AccessToken;
use crate::{
    ClientMode, DestinationConfig, MAX_SERVICES, Region, ServiceId, Side, ThingName, TunnelArn, TunnelId,
};

/// The members of a request, for serde.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestMembers<'a> {
    tunnel_id: &'a str,
    client_mode: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_config: Option<&'a DestinationConfig>,
}

/// The members of an answer, for serde.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseMembers<'a> {
    tunnel_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_access_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_access_token: Option<&'a str>,
}

/// The members of a notification, for serde.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationMembers<'a> {
    client_access_token: &'a str,
    client_mode: &'a str,
    region: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    services: &'a [ServiceId],
}

/// The members of an error's body, for serde.
#[derive(Serialize)]
struct ErrorMembers<'a> {
    __type: &'a str,
    message: &'a str,
}

fn service() -> impl Strategy<Value = ServiceId> {
    "[a-zA-Z0-9:_-]{1,128}".prop_map(|text| ServiceId::parse(&text).unwrap())
}

fn request() -> impl Strategy<Value = RotateRequest> {
    let config = (
        proptest::option::of("[a-zA-Z0-9:_-]{1,128}"),
        vec(service(), 1..=MAX_SERVICES),
    )
        .prop_map(|(thing_name, services)| {
            let thing_name = thing_name.map(|name| ThingName::parse(&name).unwrap());
            DestinationConfig::new(thing_name, &services).unwrap()
        });
    (
        r"[a-zA-Z0-9_\-+=:]{1,128}",
        0..3_usize,
        proptest::option::of(config),
    )
        .prop_map(|(id, mode, config)| {
            let client_mode = ClientMode::EVERY[mode];
            RotateRequest {
                tunnel_id: TunnelId::parse(&id).unwrap(),
                client_mode,
                destination_config: config.filter(|_| client_mode != ClientMode::Source),
            }
        })
}

fn token() -> impl Strategy<Value = AccessToken<64>> {
    "[!-~]{1,64}".prop_map(|text| AccessToken::parse(&text).unwrap())
}

/// Every character of a JSON text's strings as a `\u` escape; of other escapes there are `\"` and `\\` at most.
fn escape_all(text: &str) -> String {
    let mut escaped = String::new();
    let (mut inside, mut characters) = (false, text.chars());
    while let Some(character) = characters.next() {
        inside ^= character == '"';
        match character {
            _ if !inside => escaped.push(character),
            '"' => escaped.push('"'),
            _ => {
                let character = if character == '\\' {
                    characters.next().unwrap()
                } else {
                    character
                };
                escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
        }
    }
    escaped
}

/// A writer writes what serde-json-core writes of the same members, fills exactly the length it says it needs, and clears
/// the buffer if there is less.
fn writes_exactly(
    write: impl Fn(&mut [u8]) -> Result<usize, BufferTooSmall>,
    members: &impl Serialize,
) -> Vec<u8> {
    let needed = write(&mut []).unwrap_err().needed;
    let mut buffer = std::vec![0xaa; needed - 1];
    assert_eq!(write(&mut buffer), Err(BufferTooSmall { needed }));
    assert!(buffer.iter().all(|byte| *byte == 0));
    buffer = std::vec![0xaa; needed + 9];
    assert_eq!(write(&mut buffer), Ok(needed));
    buffer.truncate(needed);
    let mut expected = std::vec![0; needed];
    assert_eq!(serde_json_core::to_slice(members, &mut expected), Ok(needed));
    assert_eq!(buffer, expected, "{}", buffer.escape_ascii());
    buffer
}

proptest! {
    #[test]
    fn a_request_comes_back_as_it_was_written(request in request()) {
        let members = RequestMembers {
            tunnel_id: request.tunnel_id.as_str(),
            client_mode: request.client_mode.as_str(),
            destination_config: request.destination_config.as_ref(),
        };
        let body = writes_exactly(|buffer| request.write(buffer), &members);
        prop_assert_eq!(RotateRequest::parse(&body), Ok(request.clone()));
        let escaped = escape_all(str::from_utf8(&body).unwrap());
        prop_assert_eq!(RotateRequest::parse(escaped.as_bytes()), Ok(request));
        reads_alike(&body);
        reads_alike(escaped.as_bytes());
    }

    #[test]
    fn a_response_comes_back_as_it_was_written(
        arn in "[!-~]{1,99}",
        source in proptest::option::of(token()),
        destination in proptest::option::of(token()),
    ) {
        let response = RotateResponse {
            tunnel_arn: TunnelArn::parse(&arn).unwrap(),
            source_access_token: source,
            destination_access_token: destination,
        };
        let members = ResponseMembers {
            tunnel_arn: response.tunnel_arn.as_str(),
            source_access_token: response.source_access_token.as_ref().map(AccessToken::expose),
            destination_access_token: response.destination_access_token.as_ref().map(AccessToken::expose),
        };
        let body = writes_exactly(|buffer| response.write(buffer), &members);
        prop_assert_eq!(RotateResponse::parse(&body), Ok(response.clone()));
        let escaped = escape_all(str::from_utf8(&body).unwrap());
        prop_assert_eq!(RotateResponse::parse(escaped.as_bytes()), Ok(response));
        reads_alike(&body);
        reads_alike(escaped.as_bytes());
    }

    #[test]
    fn a_notification_comes_back_as_it_was_written(
        token in token(),
        destination in any::<bool>(),
        region in "[a-z0-9-]{1,32}",
        services in vec(service(), 0..=MAX_SERVICES),
    ) {
        let notification = Notification {
            client_access_token: token,
            client_mode: Side::BOTH[usize::from(destination)],
            region: Region::parse(&region).unwrap(),
            services: services.into_iter().collect(),
        };
        let members = NotificationMembers {
            client_access_token: notification.client_access_token.expose(),
            client_mode: notification.client_mode.as_str(),
            region: notification.region.as_str(),
            services: &notification.services,
        };
        let body = writes_exactly(|buffer| notification.write(buffer), &members);
        prop_assert_eq!(Notification::parse(&body), Ok(notification.clone()));
        let escaped = escape_all(str::from_utf8(&body).unwrap());
        prop_assert_eq!(Notification::parse(escaped.as_bytes()), Ok(notification));
        reads_alike(&body);
        reads_alike(escaped.as_bytes());
    }

    #[test]
    fn an_error_body_comes_back_as_it_was_written(message in r#"(.|[\x00-\x1f"\\])*"#) {
        let error = ErrorBody { exception: "ValidationException".into(), message: &*message };
        let members = ErrorMembers { __type: "ValidationException", message: &message };
        let body = writes_exactly(|buffer| error.write(buffer), &members);
        let read = ErrorBody::parse(&body).unwrap();
        prop_assert!(read.exception == "ValidationException");
        prop_assert!(read.message == *message);
    }
}
