//! No token in any log line, at any level: through opening, rotating, connecting, every refusal, and tokens pasted
//! where they do not belong.

use std::io;
use std::sync::{Arc, Mutex};

use iot_tunnel_core::Side;
use serde_json::{Value, json};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::rig::{Rig, client_token};

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("no panic while writing").clone();
        String::from_utf8(bytes).expect("text")
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("no panic while writing")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_token_and_no_client_token_is_logged_or_shown_in_a_refusal() {
    let log = Log::default();
    // Everything but the libraries that the program keeps quiet because they print what goes over the wire.
    let quiet = ["hyper", "hyper_util", "mqtt5"].map(|library| (library, LevelFilter::WARN));
    let filter = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_targets(quiet);
    let layer = fmt::layer().with_ansi(false).with_writer(log.clone());
    let subscriber = tracing_subscriber::registry().with(filter).with(layer);
    // For this thread, on which the whole service runs.
    let _logging = tracing::subscriber::set_default(subscriber);

    let rig = Rig::start().await;
    let mut secrets = Vec::new();
    let mut shown = String::new();
    let config = json!({ "thingName": "pump-1", "services": ["SSH"] });
    let tunnel = rig.open(json!({ "destinationConfig": config })).await;
    let client = client_token(7);
    rig.connect(&tunnel.source, Side::Source, Some(&client))
        .await
        .expect("accepted");
    let rotated = rig.rotate(&tunnel.id, "ALL").await.success();
    for member in ["sourceAccessToken", "destinationAccessToken"] {
        secrets.push(rotated[member].as_str().expect("a token").to_owned());
    }
    secrets.extend([tunnel.source, tunnel.destination]);

    for token in &secrets {
        for side in [Side::Source, Side::Destination] {
            for presented in [None, Some(&*client)] {
                let outcome = rig.connect(token, side, presented).await;
                shown.push_str(&format!("{outcome:?}\n"));
            }
        }
        for (operation, body) in misplaced(token, &tunnel.arn) {
            let answer = rig.call(operation, body).await;
            assert!(!answer.status.is_success(), "{operation}");
            shown.push_str(&format!("{:?} {:?}\n", answer.headers, answer.body));
        }
    }
    rig.service.stop().await;
    secrets.push(client);

    let log = log.text();
    assert!(
        log.lines().filter(|line| line.contains("refused")).count() >= 50,
        "the refusals were logged"
    );
    for (n, secret) in secrets.iter().enumerate() {
        let held = |text: &str| text.lines().position(|line| line.contains(secret.as_str()));
        assert_eq!(held(&log), None, "token {n} is in that line of the log");
        assert_eq!(held(&shown), None, "token {n} is in that answer");
    }
}

/// Requests that are refused, each with the token where something else belongs.
fn misplaced(token: &str, arn: &str) -> Vec<(&'static str, Value)> {
    let rotate = "RotateTunnelAccessToken";
    let inside = format!("token: {token}!");
    vec![
        (rotate, json!({ "tunnelId": token, "clientMode": "ALL" })),
        (rotate, json!({ "tunnelId": inside, "clientMode": "ALL" })),
        (rotate, json!({ "tunnelId": "t-1", "clientMode": token })),
        (
            rotate,
            json!({ "tunnelId": "t-1", "clientMode": { token: token } }),
        ),
        (
            rotate,
            json!({ "tunnelId": "t-1", "clientMode": "ALL", "destinationConfig": { "thingName": inside, "services": [token] } }),
        ),
        (
            rotate,
            json!({ "tunnelId": "t-1", "clientMode": "ALL", "destinationConfig": { "services": [inside] } }),
        ),
        (rotate, json!(token)),
        ("OpenTunnel", json!({ "description": format!("{token}\u{0}") })),
        ("OpenTunnel", json!({ "description": { token: token } })),
        (
            "OpenTunnel",
            json!({ "destinationConfig": { "thingName": inside, "services": [] } }),
        ),
        (
            "OpenTunnel",
            json!({ "timeoutConfig": { "maxLifetimeTimeoutMinutes": token } }),
        ),
        ("OpenTunnel", json!({ "tags": token })),
        (
            "OpenTunnel",
            json!({ "tags": [{ "key": inside, "value": inside }] }),
        ),
        ("DescribeTunnel", json!({ "tunnelId": token })),
        ("DescribeTunnel", json!({ "tunnelId": inside })),
        ("DescribeTunnel", json!({ "tunnelId": [token] })),
        ("CloseTunnel", json!({ "tunnelId": token, "delete": token })),
        ("CloseTunnel", json!({ "tunnelId": token })),
        ("ListTunnels", json!({ "thingName": inside })),
        ("ListTunnels", json!({ "nextToken": token })),
        ("ListTunnels", json!({ "nextToken": inside })),
        ("ListTagsForResource", json!({ "resourceArn": token })),
        (
            "ListTagsForResource",
            json!({ "resourceArn": format!("arn:aws:iot:us-east-1:000000000000:tunnel/{token}") }),
        ),
        (
            "TagResource",
            json!({ "resourceArn": arn, "tags": [{ "key": "a", "value": inside }] }),
        ),
        (
            "UntagResource",
            json!({ "resourceArn": arn, "tagKeys": [inside] }),
        ),
    ]
}
