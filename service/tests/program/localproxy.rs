//! Called as `localproxy`, the program is the reference local proxy's command line.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::json;

use crate::proxying::{Rig, Tunnel, echo_server, echoes};
use crate::running::{Ended, Program, run};

/// A text that may be a token.
const TOKEN: &str = "AQGA0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const WAY: [&str; 2] = ["-e", "127.0.0.1:1"];

/// `localproxy`, with an environment of its own and in a directory without a folder of configuration files.
fn localproxy(flags: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iot-tunnel"));
    command.arg0("/usr/local/bin/localproxy").env_clear().args(flags);
    command
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn ended(flags: &[&str], token: Option<&str>) -> Ended {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = localproxy(flags, directory.path());
    if let Some(token) = token {
        command.env("AWSIOT_TUNNEL_ACCESS_TOKEN", token);
    }
    run(command)
}

/// A proxy that runs, with a token in its variable.
fn start(rig: &Rig, token: &str, flags: &[&str], directory: &Path) -> Program {
    let endpoint = ["-e", rig.data()];
    let mut command = localproxy(&[&endpoint, flags].concat(), directory);
    command.env("AWSIOT_TUNNEL_ACCESS_TOKEN", token);
    Program::spawn(command)
}

/// A tunnel with these services.
fn open(rig: &Rig, services: &[&str]) -> Tunnel {
    let config = json!({ "services": services, "thingName": "pump-7" });
    let opened = rig.done("OpenTunnel", &json!({ "destinationConfig": config }));
    let member = |name: &str| opened[name].as_str().expect("a string").to_owned();
    Tunnel {
        id: member("tunnelId"),
        source: member("sourceAccessToken"),
        destination: member("destinationAccessToken"),
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    listener.local_addr().expect("an address").port()
}

#[test]
fn help_and_version_end_with_0_and_without_an_error() {
    for flags in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["-V"],
        &["-V", "-t", "x"],
    ] {
        let ended = ended(flags, None);
        assert_eq!(ended.code, Some(0), "{flags:?}");
        assert!(
            ended
                .stdout
                .starts_with("Running AWS IoT Secure Tunneling Local Proxy version: 3."),
            "{}",
            ended.stdout
        );
        assert!(!ended.stderr.contains("Try 'localproxy"), "{}", ended.stderr);
    }
    let help = ended(&["-h"], None);
    assert!(help.stderr.contains("-h [ --help ]") && help.stderr.contains("Show help message"));
}

#[test]
fn a_call_that_is_wrong_ends_with_1_names_what_is_wrong_and_where_the_options_are() {
    let exclusive = "Must specify one and only one of --region/-r or --proxy-endpoint/-e options";
    for (flags, token, why) in [
        (
            &[][..],
            None,
            "the option '--access-token' is required but missing",
        ),
        (
            &["-s", "1"],
            None,
            "the option '--access-token' is required but missing",
        ),
        (&["-Z"], None, "unrecognised option '-Z'"),
        (
            &["-v"],
            None,
            "the required argument for option '--verbose' is missing",
        ),
        (
            &["-r", "us-east-1", "-e", "host", "-s", "5555"],
            Some(TOKEN),
            exclusive,
        ),
        (&["-s", "5555"], Some(TOKEN), exclusive),
        (
            &["-r", "us-east-1"],
            Some(TOKEN),
            "Must specify one of --source-listen-port/-s or --destination-app/-d or --mode",
        ),
        (
            &["-r", "us-east-1", "-s", "5555", "-d", "127.0.0.1:22"],
            Some(TOKEN),
            "Must specify one and only one of --source-listen-port/-s or --destination-app/-d",
        ),
        (
            &["-r", "us-east-1", "-m", "bogus"],
            Some(TOKEN),
            "Mode value is wrong! Allowed values are: src, dst, source, destination",
        ),
        (
            &["-r", "us-east-1", "-s", "5555", "-m", "dst"],
            Some(TOKEN),
            "-s and --mode have mismatched mode. Mode is set to destination!",
        ),
        (
            &["-r", "us-east-1", "-d", "22", "-m", "src"],
            Some(TOKEN),
            "-s and --mode have mismatched mode. Mode is set to source!",
        ),
        (&["--config", "/nonexistent"], Some(TOKEN), "/nonexistent"),
    ] {
        let ended = ended(flags, token);
        assert_eq!(ended.code, Some(1), "{flags:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(why), "{flags:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("Try 'localproxy --help'"),
            "{flags:?}: {}",
            ended.stderr
        );
        assert!(!ended.stderr.contains(TOKEN), "{flags:?}: {}", ended.stderr);
    }
}

#[test]
fn a_value_that_is_wrong_ends_with_1_and_is_named() {
    for (flags, why) in [
        (&["-s", "0"][..], "Port must be between 1 and 65535"),
        (
            &["-s", "SSH=1", "-i", "short"],
            "Client token must be between 32 and 128 characters",
        ),
        (
            &["-s", "1", "--config-dir", "/nonexistent"],
            "Invalid configuration directory: /nonexistent",
        ),
        (
            &["-s", "1", "--settings-json", "/nonexistent"],
            "--settings-json: /nonexistent",
        ),
        (&["-d", "SSH="], "Wrong format for the port mappings"),
        (
            &["-m", "dst"],
            "No port mapping exists. Fail to start local proxy in destination mode.",
        ),
    ] {
        let ended = ended(&[&WAY, flags].concat(), Some(TOKEN));
        assert_eq!(ended.code, Some(1), "{flags:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(why), "{flags:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains(TOKEN), "{flags:?}: {}", ended.stderr);
    }
}

#[test]
fn scripts_find_the_words_that_they_wait_for_and_bytes_flow() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let directory = tempfile::tempdir().expect("a directory");
    let server = echo_server();
    let port = free_port();
    let mapping = format!("SSH={server}");
    let mut destination = start(
        &rig,
        &tunnel.destination,
        &["-d", &mapping, "-y", "V1"],
        directory.path(),
    );
    let mut source = start(
        &rig,
        &tunnel.source,
        &["-s", &format!("SSH={port}")],
        directory.path(),
    );
    source.has_logged(&format!("Listening for new connection on port {port}"));
    for proxy in [&mut source, &mut destination] {
        proxy.has_logged("Successfully established websocket connection with proxy server: ws://127.0.0.1:");
    }
    echoes(&format!("127.0.0.1:{port}"), b"hello");
    destination.has_logged(&format!("Connected to {server}"));
    for mut proxy in [source, destination] {
        proxy.signal(Signal::TERM);
        assert_eq!(proxy.ended().code(), Some(0));
    }
}

#[test]
fn the_proxys_own_command_has_the_same_words() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let server = echo_server();
    let (mut destination, _) =
        Program::start(rig.proxy(&tunnel.destination, &["-d", &format!("SSH={server}")]));
    let (mut source, ready) = Program::start(rig.proxy(&tunnel.source, &["-s", "SSH=0"]));
    let listener = crate::proxying::listener(&ready);
    let port = listener.rsplit_once(':').expect("a port").1.to_owned();
    source.has_logged(&format!("Listening for new connection on port {port}"));
    source.has_logged("Successfully established websocket connection");
    destination.has_logged("Successfully established websocket connection");
    echoes(&listener, b"hello");
    destination.has_logged(&format!("Connected to {server}"));
}

#[test]
fn a_source_of_a_bare_mode_listens_on_a_free_port_for_every_service() {
    let rig = Rig::start();
    let tunnel = open(&rig, &["SSH", "HTTP"]);
    let directory = tempfile::tempdir().expect("a directory");
    let (ssh, http) = (echo_server(), echo_server());
    let mapping = format!("SSH={ssh},HTTP={http}");
    let mut destination = start(&rig, &tunnel.destination, &["-d", &mapping], directory.path());
    let mut source = start(&rig, &tunnel.source, &["-m", "src"], directory.path());
    destination.has_logged("Successfully established websocket connection");
    source.has_logged("Successfully established websocket connection");
    for (service, server) in [("SSH", ssh), ("HTTP", http)] {
        echoes(&source.listener_of(service), service.as_bytes());
        destination.has_logged(&format!("Connected to {server}"));
    }
}

#[test]
fn a_source_of_a_bare_mode_has_one_listener_for_a_tunnel_without_services() {
    let rig = Rig::start();
    let opened = rig.done("OpenTunnel", &json!({}));
    let token = |name: &str| opened[name].as_str().expect("a token").to_owned();
    let directory = tempfile::tempdir().expect("a directory");
    let server = echo_server();
    let (source, destination) = (token("sourceAccessToken"), token("destinationAccessToken"));
    let mut destination = start(&rig, &destination, &["-d", &server], directory.path());
    let mut source = start(&rig, &source, &["-m", "src"], directory.path());
    destination.has_logged("Successfully established websocket connection");
    source.has_logged("Successfully established websocket connection");
    echoes(&source.listener_of("(unnamed)"), b"unnamed");
}

#[test]
fn a_token_that_is_refused_while_the_services_are_found_out_is_code_3() {
    let rig = Rig::start();
    let tunnel = rig.open();
    rig.rotate(&tunnel, "SOURCE", "sourceAccessToken");
    let directory = tempfile::tempdir().expect("a directory");
    let mut source = start(&rig, &tunnel.source, &["-m", "src"], directory.path());
    assert_eq!(source.ended().code(), Some(3), "{:?}", source.log());
}

#[test]
fn both_ends_find_their_services_in_the_configuration_directory() {
    let rig = Rig::start();
    let tunnel = open(&rig, &["SSH", "HTTP"]);
    let port = free_port();
    // The folder `config` at one end, the flag at the other.
    let (here, there) = (tempfile::tempdir(), tempfile::tempdir());
    let (here, there) = (here.expect("a directory"), there.expect("a directory"));
    std::fs::create_dir(here.path().join("config")).expect("a folder");
    let (ssh, http) = (echo_server(), echo_server());
    let written = format!("SSH = {ssh}\n# a comment\nHTTP = {http}\nVNC = 5900\n");
    std::fs::write(here.path().join("config/services.ini"), written).expect("written");
    std::fs::write(there.path().join("ports"), format!("HTTP={port}\n")).expect("written");
    let folder = there.path().to_string_lossy().into_owned();
    let mut destination = start(&rig, &tunnel.destination, &["-m", "dst"], here.path());
    let mut source = start(
        &rig,
        &tunnel.source,
        &["-m", "source", "--config-dir", &folder],
        there.path(),
    );
    destination.has_logged("Successfully established websocket connection");
    source.has_logged("Successfully established websocket connection");
    echoes(&format!("127.0.0.1:{port}"), b"HTTP");
    destination.has_logged(&format!("Connected to {http}"));
    echoes(&source.listener_of("SSH"), b"SSH");
    destination.has_logged(&format!("Connected to {ssh}"));
}

#[test]
fn a_configuration_file_and_a_settings_file_are_read() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let port = free_port();
    std::fs::write(
        path("config.ini"),
        format!(
            "proxy-endpoint = {}\naccess-token = {}\nsource-listen-port = SSH={port}\nlocal-bind-address = ::1\n",
            rig.data(),
            tunnel.source
        ),
    )
    .expect("written");
    std::fs::write(
        path("settings.json"),
        r#"{"tunneling": {"proxy": {"websocket": {"ping_period_ms": "5000"}, "tcp": {"read_buffer_size": "4096"}}}}"#,
    )
    .expect("written");
    let flags = [
        "--config",
        &path("config.ini"),
        "--settings-json",
        &path("settings.json"),
    ];
    let flags = [
        &flags[..],
        &["-b", "127.0.0.1", "-i", "a client token of any characters: ü!"],
    ]
    .concat();
    let mut source = Program::spawn(localproxy(&flags, directory.path()));
    source.has_logged("these settings have no effect here: tcp.read_buffer_size, websocket.ping_period_ms");
    source.has_logged(&format!("address=\"127.0.0.1:{port}\""));
    source.has_logged("Successfully established websocket connection");
}

#[test]
fn a_service_that_is_not_reached_is_tried_again_as_often_as_the_settings_say() {
    let directory = tempfile::tempdir().expect("a directory");
    let settings = r#"{"tunneling": {"proxy": {"websocket": {"connect_retry_count": "1"}}}}"#;
    std::fs::write(directory.path().join("settings.json"), settings).expect("written");
    let port = free_port().to_string();
    for end in [["-s", port.as_str()], ["-m", "src"]] {
        let flags = [
            &["-e", "ws://127.0.0.1:1", "--settings-json", "settings.json"],
            &end[..],
        ]
        .concat();
        let mut command = localproxy(&flags, directory.path());
        command.env("AWSIOT_TUNNEL_ACCESS_TOKEN", TOKEN);
        let ended = run(command);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert_eq!(
            ended.stderr.matches("not connected").count(),
            2,
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("no effect"), "{}", ended.stderr);
    }
}

#[test]
fn the_default_settings_are_exported_and_taken_again_without_a_warning() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = ["--export-default-settings", "settings.json"];
    assert_eq!(run(localproxy(&flags, directory.path())).code, Some(0));
    let text = std::fs::read_to_string(directory.path().join("settings.json")).expect("a file");
    let settings: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        settings["tunneling"]["proxy"]["websocket"]["ping_period_ms"],
        "20000"
    );
    let flags = [&WAY[..], &["-m", "dst", "--settings-json", "settings.json"]].concat();
    let mut command = localproxy(&flags, directory.path());
    command.env("AWSIOT_TUNNEL_ACCESS_TOKEN", TOKEN);
    let ended = run(command);
    assert!(!ended.stderr.contains("no effect"), "{}", ended.stderr);
}

#[test]
fn a_token_on_the_command_line_is_warned_of_once_and_an_unknown_format_is_v3() {
    let flags = [
        &WAY[..],
        &["-s", "1", "-y", "V3", "-m", "src", "-v", "4", "-t", TOKEN],
    ]
    .concat();
    let directory = tempfile::tempdir().expect("a directory");
    let mut proxy = Program::spawn(localproxy(&flags, directory.path()));
    // Port 1 is not to be had without privileges, or the endpoint refuses: either way it has said everything.
    proxy.has_logged("unknown value for destination-client-type, assuming default protocol V3.");
    proxy.signal(Signal::KILL);
    proxy.ended();
    let log = proxy.log().join("\n");
    assert_eq!(
        log.matches("Found access token supplied via CLI arg").count(),
        1,
        "{log}"
    );
    assert!(!log.contains(TOKEN), "{log}");
}

#[test]
fn make_installs_the_program_and_the_link_that_is_all_it_takes() {
    let directory = tempfile::tempdir().expect("a directory");
    let made = Command::new("make")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .arg("install-localproxy")
        .arg(format!("PREFIX={}", directory.path().display()))
        .arg(concat!("PROGRAM=", env!("CARGO_BIN_EXE_iot-tunnel")))
        .output()
        .expect("make");
    assert!(made.status.success(), "{made:?}");
    let mut command = Command::new(directory.path().join("bin/localproxy"));
    command.arg("-h").stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = run(command);
    assert!(ended.stderr.contains("Show help message"), "{}", ended.stderr);
}
