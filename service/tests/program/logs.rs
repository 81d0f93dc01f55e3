//! The log: on stderr, as lines of JSON where asked for, and never with a token or the console's key, whatever the filter.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
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

#[test]
fn no_filter_brings_the_consoles_key_into_the_log() {
    for filter in LOUD {
        let (program, ready) =
            Program::start(serve_in_memory(&["--console", "127.0.0.1:0", "--log", filter]));
        let link = ready["console"].as_str().expect("a link").to_owned();
        let (url, key) = link.split_once("/console/?key=").expect("a key");
        let host = url.strip_prefix("http://").expect("a URL");
        let port = host.rsplit(':').next().expect("a port");
        let cookie = format!("cookie: iot-tunnel-console-{port}={key}\r\n");
        let upgrade = "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        for (target, host, more, status) in [
            (format!("/console/?key={key}"), host, "", "200"),
            (format!("/console/?key={key}"), "console.example.com", "", "403"),
            (format!("/console/?key={key}0"), host, "", "401"),
            (format!("/?key={key}"), host, "", "404"),
            (format!("/console/none?key={key}"), host, &cookie, "404"),
            ("/console/none".to_owned(), "console.example.com", &cookie, "403"),
            (
                "/console/tunnel".to_owned(),
                host,
                &format!("{cookie}{upgrade}"),
                "400",
            ),
        ] {
            let head = get(url, &format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n{more}"));
            assert!(
                head.starts_with(&format!("HTTP/1.1 {status} ")),
                "{target}: {head}"
            );
        }
        let log = program.stop();
        assert!(!log.is_empty());
        let is_told = log.iter().any(|line| line.contains(key));
        assert!(!is_told, "the key is in the log with --log {filter}");
    }
}

#[test]
fn without_ready_the_log_says_who_prints_the_consoles_link_and_stdout_nothing() {
    let mut command = serve_in_memory(&["--console", "127.0.0.1:0"]);
    command.env_remove("IOT_TUNNEL_READY");
    let mut program = Program::spawn(command);
    program.has_logged("printed with --ready only");
    let log = program.stop();
    assert!(!log.iter().any(|line| line.contains("key=")), "{log:#?}");
}

/// The answer's head to a request whose own head lacks only its end.
fn get(url: &str, head: &str) -> String {
    let address = url.strip_prefix("http://").expect("a URL");
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
    write!(stream, "{head}connection: close\r\n\r\n").expect("to send");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
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

#[test]
fn one_request_puts_less_than_2_kib_and_no_control_character_into_the_log() {
    let (program, ready) = Program::start(serve_in_memory(&[]));
    let services = vec!["\u{1b}[31m\nINFO forged"; 1_000];
    let body = json!({ "destinationConfig": { "services": services } });
    assert_eq!(call(&ready["control"], "OpenTunnel", &body).0, 400);
    let log = program.stop();
    let refused: Vec<_> = log.iter().filter(|line| line.contains("refused")).collect();
    let [refused] = refused.as_slice() else {
        panic!("{log:#?}")
    };
    assert!(refused.len() < 2_048, "{} bytes", refused.len());
    assert!(refused.contains("more bytes)"), "{refused}");
    for line in &log {
        assert!(!line.starts_with("INFO forged"), "{line:?}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

#[test]
fn requests_without_a_target_are_logged_some_times_a_second_and_then_counted() {
    let (program, ready) = Program::start(serve_in_memory(&[]));
    for _ in 0..500 {
        assert_eq!(call(&ready["control"], "NoSuchOperation", &json!({})).0, 400);
    }
    let log = program.stop();
    let refused = log.iter().filter(|line| line.contains("refused")).count();
    // 20 in each second that it took.
    assert!(refused < 400, "{refused} lines");
}
