//! What the program refuses to start with: it says what is wrong and what is allowed, on stderr, with a code that is
//! not 0, and says nothing on stdout.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use serde_json::json;

use crate::running::{Program, call, run, serve, serve_in_memory};

/// Fails unless the program ends with that code and that text somewhere on stderr.
fn is_refused(what: &str, command: Command, code: i32, text: &str) {
    let ended = run(command);
    assert_eq!(ended.code, Some(code), "{what}: {}", ended.stderr);
    assert_eq!(ended.stdout, "", "{what}");
    assert!(
        ended.stderr.contains(text),
        "{what}: {text:?} in {}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("panicked"), "{what}: {}", ended.stderr);
}

#[test]
fn an_address_that_others_reach_needs_credentials() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8460"] {
        is_refused(
            address,
            serve_in_memory(&["--control", address]),
            1,
            &format!(
                "error: --control {address} is reachable from other machines, and without --credentials anybody could \
                 open and rotate tunnels there; name a credentials file, or a loopback address such as 127.0.0.1:8460"
            ),
        );
        is_refused(
            address,
            serve_in_memory(&["--mqtt", address]),
            1,
            &format!(
                "error: --mqtt {address} is reachable from other machines, and the embedded broker would give"
            ),
        );
        is_refused(
            address,
            serve_in_memory(&["--data-plain", address]),
            1,
            &format!(
                "error: --data-plain {address} is reachable from other machines, and tokens and bytes would be readable \
                 on the way; use a loopback address, or --data for TLS"
            ),
        );
        is_refused(
            address,
            serve_in_memory(&["--console", address]),
            1,
            &format!(
                "error: --console {address} is reachable from other machines, and without --credentials it is for this \
                 machine only; use a loopback address, or name a credentials file"
            ),
        );
    }
}

#[test]
fn with_credentials_any_address_will_do_and_unsigned_requests_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("credentials.toml");
    let key = "[[key]]\naccess_key_id = \"AKIDTEST\"\nsecret_access_key = \"sixteen-or-more-characters\"\nactions = [\"iot:*\"]\n";
    fs::write(&file, key).expect("a file");
    let flags = [
        "--control",
        "0.0.0.0:0",
        "--console",
        "0.0.0.0:0",
        "--credentials",
        file.to_str().expect("text"),
    ];
    let (program, ready) = Program::start(serve_in_memory(&flags));
    let control = ready["control"]
        .as_str()
        .expect("a URL")
        .replace("0.0.0.0", "127.0.0.1");
    let (status, refusal) = call(&json!(control), "OpenTunnel", &json!({}));
    assert_eq!(
        (status, &refusal["__type"]),
        (403, &json!("MissingAuthenticationTokenException"))
    );
    program.stop();
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    is_refused(
        "the API",
        serve_in_memory(&["--control", &address]),
        1,
        &format!("error: the API cannot listen on {address}: "),
    );
    let ended = run(serve_in_memory(&["--mqtt", &address]));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let said = ended
        .stderr
        .lines()
        .any(|line| line.starts_with("error: ") && line.contains(&address));
    assert!(said, "{}", ended.stderr);
}

#[test]
fn a_store_belongs_to_one_process_at_a_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("tunnels.redb");
    let store = store.to_str().expect("text");
    let (program, _) = Program::start(serve_in_memory(&["--store", store]));
    let message = format!("{store} is in use: a store belongs to one process at a time");
    is_refused(
        "a second process",
        serve_in_memory(&["--store", store]),
        1,
        &message,
    );
    program.stop();
    let (program, _) = Program::start(serve_in_memory(&["--store", store]));
    program.stop();
}

#[test]
fn a_file_that_is_no_store_is_left_as_it_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("notes.txt");
    fs::write(&file, "not a store").expect("a file");
    let path = file.to_str().expect("text");
    let message = format!("{path} is not a store of iot-tunnel; choose another path");
    is_refused("another file", serve_in_memory(&["--store", path]), 1, &message);
    assert_eq!(fs::read_to_string(&file).expect("the file"), "not a store");
}

#[test]
fn without_a_state_directory_a_store_must_be_named() {
    is_refused(
        "no HOME",
        serve(&["--control", "127.0.0.1:0", "--mqtt", "off"]),
        1,
        "there is no state directory: neither XDG_STATE_HOME nor HOME is set; name a file with --store",
    );
}

#[test]
fn credentials_that_cannot_be_used_are_refused_by_file_and_line_and_no_secret_is_shown() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("credentials.toml");
    let path = file.to_str().expect("text");
    let secret = "do-not-print-this-secret";
    let key = |rest: &str| {
        format!("[[key]]\naccess_key_id = \"AKIDTEST\"\nsecret_access_key = \"{secret}\"\n{rest}")
    };
    for (content, text) in [
        (
            key("actions = [\"iot:Everything\"]"),
            "line 4: `iot:Everything` in actions is not an action",
        ),
        (key("actions = []"), "line 4: an empty list allows nothing"),
        (
            key("actions = [\"iot:*\"]\nmodes = []"),
            "line 5: unknown field `modes`",
        ),
        (format!("[[key]]\nsecret_access_key = {secret}"), "line 2: "),
        (String::new(), "it holds no [[key]]"),
    ] {
        fs::write(&file, &content).expect("a file");
        let ended = run(serve_in_memory(&["--credentials", path]));
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(
            ended
                .stderr
                .contains(&format!("the credentials file {path} is refused: {text}")),
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains(secret), "{text}");
    }
    fs::remove_file(&file).expect("the file");
    is_refused(
        "no file",
        serve_in_memory(&["--credentials", path]),
        1,
        &format!("the credentials file {path} is refused: it cannot be read: "),
    );
}

#[test]
fn a_flag_with_a_wrong_value_is_refused_with_what_is_allowed() {
    for (flag, value, text) in [
        (
            "--control",
            "localhost",
            "invalid value 'localhost' for '--control <ADDRESS:PORT>'",
        ),
        (
            "--mqtt",
            "on",
            "is not an address with a port, such as 127.0.0.1:0, nor `off`",
        ),
        ("--mqtt-broker", "http://example.com", "mqtt"),
        ("--store", "", "name a file, or `memory`"),
        ("--region", "US_EAST", "allowed is [a-z0-9-]"),
        ("--account", "123", "an account number has 12 digits"),
        (
            "--max-open-tunnels",
            "many",
            "invalid value 'many' for '--max-open-tunnels <N>'",
        ),
        ("--log-format", "xml", "[possible values: text, json]"),
        (
            "--log",
            "iot_tunnel=loud",
            "a level (error, warn, info, debug, trace) or directives such as iot_tunnel=debug",
        ),
    ] {
        is_refused(flag, serve_in_memory(&[&format!("{flag}={value}")]), 2, text);
    }
    is_refused(
        "an unknown flag",
        serve_in_memory(&["--unknown"]),
        2,
        "unexpected argument '--unknown'",
    );
}

#[test]
fn the_password_of_a_broker_is_not_shown() {
    let secret = "do-not-print-this-password";
    for url in [
        format!("mqtt://user:{secret}@127.0.0.1:9/path?x"),
        format!("http://user:{secret}@127.0.0.1"),
    ] {
        let ended = run(serve_in_memory(&["--mqtt-broker", &url]));
        assert_eq!(
            ended.code,
            Some(2),
            "{}",
            ended.stderr.replace(secret, "(the password)")
        );
        assert!(!ended.stderr.contains(secret), "the password is in the error");
    }
    let mut command = serve(&["--help"]);
    command.env(
        "IOT_TUNNEL_MQTT_BROKER",
        format!("mqtt://user:{secret}@127.0.0.1:9"),
    );
    assert!(
        !run(command).stdout.contains(secret),
        "the password is in the help"
    );

    let url = format!("mqtt://user:{secret}@127.0.0.1:9");
    let (program, ready) = Program::start(serve_in_memory(&["--mqtt-broker", &url, "--log", "trace"]));
    assert!(
        !ready.to_string().contains(secret),
        "the password is in the ready line"
    );
    let config = json!({ "thingName": "pump-1", "services": ["SSH"] });
    assert_eq!(
        call(
            &ready["control"],
            "OpenTunnel",
            &json!({ "destinationConfig": config })
        )
        .0,
        200
    );
    assert!(
        program.stop().iter().all(|line| !line.contains(secret)),
        "the password is in the log"
    );
}
