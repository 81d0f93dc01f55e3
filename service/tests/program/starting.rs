//! Flags, variables, the ready line, and where tunnels are kept.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use clap::Command as Arguments;
use iot_tunnel::Settings;
use serde_json::json;

use crate::running::{Program, call, serve, serve_in_memory};

#[test]
fn the_ready_line_tells_where_everything_listens() {
    let (program, ready) = Program::start(serve_in_memory(&[]));
    let members: Vec<_> = ready.as_object().expect("an object").keys().collect();
    assert_eq!(
        members,
        ["control", "mqtt", "region"],
        "no store: it is in memory"
    );
    assert_eq!(ready["region"], "us-east-1");
    for (member, scheme) in [("control", "http://127.0.0.1:"), ("mqtt", "mqtt://127.0.0.1:")] {
        let port = ready[member]
            .as_str()
            .and_then(|url| url.strip_prefix(scheme))
            .expect(scheme);
        let port: u16 = port.parse().expect("a port");
        assert_ne!(port, 0, "port 0 takes a free one, and the line says which");
        std::net::TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    }
    assert_eq!(
        call(&ready["control"], "ListTunnels", &json!({})),
        (200, json!({ "tunnelSummaries": [] }))
    );
    program.stop();
}

#[test]
fn the_ready_line_names_no_broker_where_there_is_none() {
    let (program, ready) = Program::start(serve_in_memory(&["--mqtt", "off"]));
    assert!(ready.get("mqtt").is_none());
    program.stop();
}

/// Every flag of `serve`, by its long name, and its variable.
fn flags() -> Vec<(String, Option<String>)> {
    let arguments = <Settings as clap::Args>::augment_args(Arguments::new("serve"));
    let variable = |arg: &clap::Arg| Some(arg.get_env()?.to_string_lossy().into_owned());
    let flag = |arg: &clap::Arg| (arg.get_long().expect("a long name").to_owned(), variable(arg));
    arguments.get_arguments().map(flag).collect()
}

#[test]
fn every_flag_has_a_variable_named_after_it() {
    let flags = flags();
    assert!(flags.len() >= 17, "{flags:?}");
    for (flag, variable) in flags {
        let expected = format!("IOT_TUNNEL_{}", flag.to_uppercase().replace('-', "_"));
        assert_eq!(variable, Some(expected), "--{flag}");
    }
}

#[test]
fn every_variable_does_what_its_flag_does() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_str().expect("text").to_owned();
    let key = "[[key]]\naccess_key_id = \"AKIDTEST\"\nsecret_access_key = \"sixteen-or-more-characters\"\nactions = [\"iot:*\"]\n";
    fs::write(path("credentials.toml"), key).expect("a file");
    // Others may read it: the one thing that this run warns of.
    let everybody = fs::Permissions::from_mode(0o644);
    fs::set_permissions(path("credentials.toml"), everybody).expect("to change its mode");
    let own = rcgen::generate_simple_self_signed(["tunnel.example".to_owned()]).expect("a certificate");
    fs::write(path("cert.pem"), own.cert.pem()).expect("a file");
    fs::write(path("key.pem"), own.signing_key.serialize_pem()).expect("a file");
    let variables = [
        ("CONTROL", "127.0.0.1:0".to_owned()),
        ("DATA", "127.0.0.1:0".to_owned()),
        ("DATA_PLAIN", "127.0.0.1:0".to_owned()),
        ("CONSOLE", "127.0.0.1:0".to_owned()),
        ("TLS_CERT", path("cert.pem")),
        ("TLS_KEY", path("key.pem")),
        // Of no use beside a certificate of the operator's.
        ("TLS_DIR", path("tls")),
        ("TLS_NAME", "tunnel.example,192.0.2.1".to_owned()),
        ("MQTT", "off".to_owned()),
        // An address that nothing listens on: the service starts and keeps trying.
        ("MQTT_BROKER", "mqtt://127.0.0.1:9".to_owned()),
        ("STORE", path("kept.redb")),
        ("CREDENTIALS", path("credentials.toml")),
        ("REGION", "eu-north-1".to_owned()),
        ("ACCOUNT", "123456789012".to_owned()),
        ("MAX_OPEN_TUNNELS", "0".to_owned()),
        ("READY", "true".to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
        ("LOG", "warn".to_owned()),
    ];
    let mut named: Vec<_> = variables
        .iter()
        .map(|(name, _)| format!("IOT_TUNNEL_{name}"))
        .collect();
    let mut known: Vec<_> = flags().into_iter().filter_map(|(_, variable)| variable).collect();
    named.sort();
    known.sort();
    assert_eq!(named, known, "this test knows every variable");

    let mut command = serve(&[]);
    command.envs(
        variables
            .iter()
            .map(|(name, value)| (format!("IOT_TUNNEL_{name}"), value)),
    );
    let (program, ready) = Program::start(command);
    assert_eq!(ready["region"], "eu-north-1");
    assert_eq!(ready["store"], path("kept.redb").as_str());
    assert_eq!(ready["mqtt"], "mqtt://127.0.0.1:9");
    let url = |name: &str| ready[name].as_str().expect("a URL").to_owned();
    assert!(url("data").starts_with("wss://127.0.0.1:"));
    assert!(url("data_plain").starts_with("ws://127.0.0.1:"));
    assert!(url("console").contains("/console/?key="));
    assert!(ready.get("ca").is_none() && !fs::exists(path("tls")).expect("a look"));
    let (status, refusal) = call(&ready["control"], "OpenTunnel", &json!({}));
    assert_eq!(
        (status, &refusal["__type"]),
        (403, &json!("MissingAuthenticationTokenException"))
    );
    let log = program.stop();
    assert!(!log.is_empty());
    for line in &log {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(line["level"], "WARN", "{line}");
    }
    assert!(fs::exists(path("kept.redb")).expect("a look"));
}

#[test]
fn the_account_and_the_limit_are_taken_from_their_variables_and_a_flag_wins_over_its_variable() {
    let mut command = serve_in_memory(&["--region", "eu-west-1"]);
    command
        .env("IOT_TUNNEL_ACCOUNT", "123456789012")
        .env("IOT_TUNNEL_MAX_OPEN_TUNNELS", "1");
    command.env("IOT_TUNNEL_REGION", "us-west-2");
    let (program, ready) = Program::start(command);
    let (_, opened) = call(&ready["control"], "OpenTunnel", &json!({}));
    let id = opened["tunnelId"].as_str().expect("an id");
    assert_eq!(
        opened["tunnelArn"],
        format!("arn:aws:iot:eu-west-1:123456789012:tunnel/{id}")
    );
    let (status, refusal) = call(&ready["control"], "OpenTunnel", &json!({}));
    assert_eq!(
        (status, &refusal["__type"]),
        (400, &json!("LimitExceededException"))
    );
    program.stop();
}

#[test]
fn tunnels_are_kept_in_the_users_state_directory_unless_told_otherwise() {
    let directory = tempfile::tempdir().expect("a directory");
    let home = directory.path().to_str().expect("text").to_owned();
    let state = format!("{home}/state");
    for (variables, expected) in [
        (
            vec![("XDG_STATE_HOME", &*state), ("HOME", &*home)],
            format!("{state}/iot-tunnel/tunnels.redb"),
        ),
        (
            vec![("HOME", &*home)],
            format!("{home}/.local/state/iot-tunnel/tunnels.redb"),
        ),
        // XDG: a path that is not absolute is to be ignored.
        (
            vec![("XDG_STATE_HOME", "state"), ("HOME", &*home)],
            format!("{home}/.local/state/iot-tunnel/tunnels.redb"),
        ),
    ] {
        let mut command = serve(&["--control", "127.0.0.1:0", "--mqtt", "off", "--ready"]);
        command.current_dir(directory.path()).envs(variables);
        let (program, ready) = Program::start(command);
        assert_eq!(ready["store"], expected.as_str());
        program.stop();
        assert!(fs::exists(&expected).expect("a look"));
    }
}

#[test]
fn a_second_run_finds_what_the_first_has_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("tunnels.redb");
    let flags = ["--store", store.to_str().expect("text")];
    let (program, ready) = Program::start(serve_in_memory(&flags));
    let (_, opened) = call(&ready["control"], "OpenTunnel", &json!({ "description": "kept" }));
    program.stop();
    let (program, ready) = Program::start(serve_in_memory(&flags));
    let (status, described) = call(
        &ready["control"],
        "DescribeTunnel",
        &json!({ "tunnelId": opened["tunnelId"] }),
    );
    assert_eq!(
        (status, &described["tunnel"]["description"]),
        (200, &json!("kept"))
    );
    program.stop();
}
