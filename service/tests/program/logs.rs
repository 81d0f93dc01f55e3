//! The log: on stderr, as lines of JSON where asked for, and never with a token, whatever the filter.

use std::time::Duration;

use rumqttc::{Client, Connection, Event, Incoming, MqttOptions, QoS};
use serde_json::{Value, json};

use crate::running::{DEADLINE, Program, call, serve_in_memory};

/// Filters that ask for as much as there is, and try to wake what must stay quiet.
const LOUD: [&str; 3] = [
    "trace",
    "trace,mqtt5=trace,hyper=trace,hyper_util=trace,redb=trace,rustls=trace",
    "trace,mqtt5::broker=trace,mqtt5::transport=trace,mqtt5::codec=trace,mqtt5::client=trace,hyper::proto=trace,\
     hyper_util::client=trace",
];

#[test]
fn with_log_format_json_every_line_is_a_json_object_with_time_level_and_target() {
    let (program, ready) = Program::start(serve_in_memory(&["--log-format", "json"]));
    assert_eq!(call(&ready["control"], "OpenTunnel", &json!({})).0, 200);
    assert_eq!(call(&ready["control"], "OpenTunnel", &json!([])).0, 400);
    let log = program.stop();
    assert!(log.len() >= 4, "{log:#?}");
    for line in log {
        let line: Value = serde_json::from_str(&line).expect("a line of JSON");
        for member in ["timestamp", "level", "target"] {
            assert!(line[member].is_string(), "{member} in {line}");
        }
    }
}

#[test]
fn without_credentials_the_log_says_that_signatures_are_not_checked() {
    let (program, _) = Program::start(serve_in_memory(&[]));
    let log = program.stop();
    assert!(
        log.iter().any(|line| line.contains("signatures are not checked")),
        "{log:#?}"
    );
}

#[test]
fn no_filter_brings_a_token_into_the_log() {
    for filter in LOUD {
        let (program, ready) = Program::start(serve_in_memory(&["--log-format", "json", "--log", filter]));
        let tokens = live(&ready);
        let log = program.stop();
        for line in &log {
            for (n, token) in tokens.iter().enumerate() {
                assert!(
                    !line.contains(token.as_str()),
                    "token {n} is in the log with --log {filter}"
                );
            }
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            let (target, level) = (
                line["target"].as_str().expect("text"),
                line["level"].as_str().expect("text"),
            );
            let quiet = ["mqtt5", "hyper", "hyper_util", "rustls", "h2", "redb"];
            let library = target.split("::").next().expect("a crate");
            assert!(
                !quiet.contains(&library) || ["WARN", "ERROR"].contains(&level),
                "{target} speaks at {level} with --log {filter}"
            );
        }
    }
}

/// A tunnel's life with a device on MQTT: every token that was issued.
fn live(ready: &Value) -> Vec<String> {
    let control = &ready["control"];
    let mut device = Device::subscribe(&ready["mqtt"], "pump-1");
    let config = json!({ "thingName": "pump-1", "services": ["SSH"] });
    let (_, opened) = call(control, "OpenTunnel", &json!({ "destinationConfig": config }));
    let rotate = |client_mode: &str| json!({ "tunnelId": opened["tunnelId"], "clientMode": client_mode });
    // A rotation that follows at once may overtake this one.
    assert!(device.notified()["clientAccessToken"] == opened["destinationAccessToken"]);
    let (_, rotated) = call(control, "RotateTunnelAccessToken", &rotate("ALL"));
    assert!(device.notified()["clientAccessToken"] == rotated["destinationAccessToken"]);
    let mut tokens = Vec::new();
    for answer in [&opened, &rotated] {
        for member in ["sourceAccessToken", "destinationAccessToken"] {
            tokens.push(answer[member].as_str().expect("a token").to_owned());
        }
    }
    for token in &tokens {
        for (operation, body) in [
            (
                "RotateTunnelAccessToken",
                json!({ "tunnelId": token, "clientMode": "ALL" }),
            ),
            (
                "RotateTunnelAccessToken",
                json!({ "tunnelId": "t-1", "clientMode": token }),
            ),
            ("DescribeTunnel", json!({ "tunnelId": [token] })),
            ("ListTunnels", json!({ "thingName": format!("{token}!") })),
        ] {
            assert_eq!(call(control, operation, &body).0, 400, "{operation}");
        }
    }
    tokens
}

/// A device that listens for its notifications.
struct Device {
    connection: Connection,
    /// The connection ends with it.
    _client: Client,
}

impl Device {
    fn subscribe(mqtt: &Value, thing: &str) -> Self {
        let url = mqtt
            .as_str()
            .and_then(|url| url.strip_prefix("mqtt://"))
            .expect("a URL");
        let (host, port) = url.rsplit_once(':').expect("a port");
        let mut options = MqttOptions::new(thing, host, port.parse().expect("a port"));
        options.set_keep_alive(Duration::from_secs(60));
        let (client, connection) = Client::new(options, 16);
        let topic = format!("$aws/things/{thing}/tunnels/notify");
        client.subscribe(topic, QoS::AtLeastOnce).expect("to subscribe");
        let mut device = Self {
            connection,
            _client: client,
        };
        device.next(|packet| matches!(packet, Incoming::SubAck(_)).then_some(()));
        device
    }

    fn notified(&mut self) -> Value {
        self.next(|packet| match packet {
            Incoming::Publish(message) => serde_json::from_slice(&message.payload).ok(),
            _ => None,
        })
    }

    /// Waits for the packet that `wanted` takes.
    fn next<T>(&mut self, wanted: impl Fn(Incoming) -> Option<T>) -> T {
        loop {
            let event = self.connection.recv_timeout(DEADLINE).expect("an event in time");
            if let Event::Incoming(packet) = event.expect("a connection")
                && let Some(found) = wanted(packet)
            {
                return found;
            }
        }
    }
}
