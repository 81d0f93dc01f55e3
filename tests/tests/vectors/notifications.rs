//! `notifications.json`: a device reads a notification whole, or refuses it whole.

use iot_tunnel_core::json::Notification;
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
    error: Option<bool>,
}

fn as_json(notification: &Notification) -> Value {
    let services: Vec<_> = notification.services.iter().map(ToString::to_string).collect();
    json!({
        "clientAccessToken": notification.client_access_token.expose(),
        "clientMode": notification.client_mode.as_str(),
        "region": notification.region.as_str(),
        "services": services,
    })
}

#[test]
fn every_notification_is_read_as_the_vectors_say() {
    let file: File = vectors::read("notifications.json");
    vectors::run("notifications.json", &file.cases, |case| {
        let body = vectors::body(&case.body_base64);
        match (Notification::parse(&body), &case.ok, case.error) {
            (Ok(read), Some(expected), None) if as_json(&read) == *expected => {
                let mut written = vec![0; body.len() + 64];
                let length = read.write(&mut written).map_err(|error| error.to_string())?;
                match Notification::parse(&written[..length]) {
                    Ok(again) if as_json(&again) == *expected => Ok(()),
                    outcome => Err(format!("{}: written and read again: {outcome:?}", case.why)),
                }
            }
            (Err(_), None, Some(true)) => Ok(()),
            (outcome, ..) => Err(format!("{}: {outcome:?}", case.why)),
        }
    });
}
