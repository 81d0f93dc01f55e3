//! Where a proxy gets its tokens from while it runs.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Command;

use serde_json::json;

use crate::proxying::{Rig, Tunnel, echo_server, echoes, listener, program};
use crate::running::{Program, run};

/// A source that gets its own tokens.
fn healing(rig: &Rig, tunnel: &Tunnel, key: &str) -> Command {
    let mut command = program(&[
        "proxy",
        "-e",
        rig.data(),
        "--ready",
        "-s",
        "SSH=0",
        "--tunnel-id",
        &tunnel.id,
    ]);
    command
        .env("AWS_ENDPOINT_URL", rig.control())
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", key)
        .env("AWS_SECRET_ACCESS_KEY", "a-secret-of-16-to-128-characters");
    command
}

#[test]
fn with_a_tunnel_id_a_proxy_gets_its_own_tokens_and_its_listener_stays() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let server = format!("SSH={}", echo_server());
    let (mut destination, _) = Program::start(rig.proxy(&tunnel.destination, &["-d", &server]));
    let (mut source, ready) = Program::start(healing(&rig, &tunnel, "AKIDOPERATOR"));
    destination.has_logged("the tunnel is open");
    source.has_logged("the tunnel is open");
    echoes(&listener(&ready), b"before");
    // Somebody else takes the token from it; whoever connects meanwhile waits in the listener.
    let theirs = rig.rotate(&tunnel, "SOURCE", "sourceAccessToken");
    source.has_logged("revoked by a rotation");
    echoes(&listener(&ready), b"after");
    let log = source.stop().join("\n");
    assert!(!log.contains(&theirs) && !log.contains("a-secret-of-16"), "{log}");
}

#[test]
fn a_tunnel_that_is_gone_is_code_4() {
    let rig = Rig::start();
    let tunnel = rig.open();
    rig.done("CloseTunnel", &json!({ "tunnelId": tunnel.id, "delete": true }));
    let ended = run(healing(&rig, &tunnel, "AKIDOPERATOR"));
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("ResourceNotFoundException"),
        "{}",
        ended.stderr
    );
}

#[test]
fn credentials_that_are_unknown_or_may_not_are_code_3_and_a_signature_of_ours_is_right() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("credentials");
    let key = |id: &str, actions: &str| {
        format!(
            "[[key]]\naccess_key_id = \"{id}\"\nsecret_access_key = \"a-secret-of-16-to-128-characters\"\n\
             actions = [{actions}]\n"
        )
    };
    let keys = [
        key("AKIDOPERATOR", "\"iot:*\""),
        key("AKIDREADER", "\"iot:DescribeTunnel\""),
    ]
    .concat();
    fs::write(&file, keys).expect("a file");
    let rig = Rig::with(&["--credentials", file.to_str().expect("text")]);
    let tunnel = Tunnel {
        id: "unknown".into(),
        source: String::new(),
        destination: String::new(),
    };
    for (key, code, exception) in [
        ("AKIDOPERATOR", 4, "ResourceNotFoundException"),
        ("AKIDREADER", 3, "AccessDeniedException"),
        ("AKIDNOBODY", 3, "UnrecognizedClientException"),
    ] {
        let ended = run(healing(&rig, &tunnel, key));
        assert_eq!(ended.code, Some(code), "{key}: {}", ended.stderr);
        assert!(ended.stderr.contains(exception), "{key}: {}", ended.stderr);
    }
}

#[test]
fn credentials_are_found_where_awss_tools_find_them() {
    let home = tempfile::tempdir().expect("a directory");
    let aws = home.path().join(".aws");
    fs::create_dir(&aws).expect("a folder");
    let secret = "a-secret-of-16-to-128-characters";
    let key = format!(
        "[[key]]\naccess_key_id = \"AKIDOPERATOR\"\nsecret_access_key = \"{secret}\"\nactions = [\"iot:*\"]\n"
    );
    let keys = home.path().join("keys.toml");
    fs::write(&keys, key).expect("written");
    let rig = Rig::with(&["--credentials", keys.to_str().expect("text")]);
    fs::write(
        aws.join("credentials"),
        format!("[default]\naws_access_key_id = AKIDOPERATOR\naws_secret_access_key = {secret}\n"),
    )
    .expect("written");
    // What a program prints, and what a container's agent answers.
    let printed =
        format!(r#"{{"Version": 1, "AccessKeyId": "AKIDOPERATOR", "SecretAccessKey": "{secret}"}}"#);
    let file = home.path().join("printed.json");
    fs::write(&file, printed).expect("written");
    fs::write(
        aws.join("config"),
        format!(
            "[default]\nregion = us-east-1\n\n[profile work]\nregion = us-east-1\ncredential_process = /bin/cat {}\n",
            file.display()
        ),
    )
    .expect("written");
    let answered = format!(
        r#"{{"AccessKeyId": "AKIDOPERATOR", "SecretAccessKey": "{secret}", "Token": "t", "Expiration": "2100-01-01T00:00:00Z"}}"#
    );
    let agent = container_agent(answered);
    let nowhere = home.path().join("nowhere");
    let nowhere = nowhere.to_str().expect("text");
    let container = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", agent.as_str()),
        ("AWS_CONFIG_FILE", nowhere),
        ("AWS_SHARED_CREDENTIALS_FILE", nowhere),
        ("AWS_REGION", "us-east-1"),
    ];
    // The signature is right, and there is no such tunnel; a session token is none that this service has given.
    for (variables, answer) in [
        (&[][..], "ResourceNotFoundException"),
        (&[("AWS_PROFILE", "work")], "ResourceNotFoundException"),
        (&container, "UnrecognizedClientException"),
    ] {
        let tunnel = Tunnel {
            id: "unknown".into(),
            source: String::new(),
            destination: String::new(),
        };
        let mut command = healing(&rig, &tunnel, "");
        for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            command.env_remove(name);
        }
        command.env("HOME", home.path());
        command.envs(variables.iter().copied());
        let ended = run(command);
        assert!(ended.stderr.contains(answer), "{variables:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
    }
}

/// What answers a container's question for credentials.
fn container_agent(body: String) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).unwrap_or(0) == 0 {
                    break;
                }
                head.extend(byte);
            }
            let length = body.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    format!("http://{address}/credentials")
}

#[test]
fn without_credentials_it_is_said_where_they_were_looked_for() {
    let rig = Rig::start();
    let tunnel = rig.open();
    for (missing, text) in [
        (
            "AWS_ACCESS_KEY_ID",
            "or have a profile (AWS_PROFILE) in ~/.aws/config",
        ),
        ("AWS_REGION", "the region is not known"),
    ] {
        let mut command = healing(&rig, &tunnel, "AKID");
        command.env_remove(missing);
        let ended = run(command);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(text), "{}", ended.stderr);
    }
}

#[test]
fn an_endpoint_without_a_scheme_is_taken_as_https_and_that_is_said() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let mut command = healing(&rig, &tunnel, "AKID");
    command.env("AWS_ENDPOINT_URL", "127.0.0.1:1");
    let mut proxy = Program::spawn(command);
    proxy.has_logged("AWS_ENDPOINT_URL has no scheme: https is assumed");
    proxy.has_logged("RotateTunnelAccessToken failed; it is tried again");
}

#[test]
fn a_token_file_is_read_whenever_it_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("token");
    let rig = Rig::start();
    let tunnel = rig.open();
    fs::write(&file, format!("{}\n", tunnel.source)).expect("a file");
    let path = file.to_str().expect("text");
    let flags = [
        "proxy",
        "-e",
        rig.data(),
        "--ready",
        "-s",
        "SSH=0",
        "--token-file",
        path,
    ];
    let (mut source, _) = Program::start(program(&flags));
    source.has_logged("the tunnel is open");
    // The token is refused before the next one is there.
    let second = rig.rotate(&tunnel, "SOURCE", "sourceAccessToken");
    source.has_logged("waiting for another access token");
    // As an editor of another system leaves it, quoted.
    fs::write(&file, format!("\u{feff}\"{second}\"\r\n")).expect("a file");
    rig.until_state(&tunnel, "source", "CONNECTED");
    // And a token that is there before the old one is refused is taken at once.
    let other = rig.open();
    fs::write(&file, &other.source).expect("a file");
    rig.until_state(&other, "source", "CONNECTED");
    let log = source.stop().join("\n");
    assert!(
        [&tunnel.source, &second, &other.source]
            .iter()
            .all(|token| !log.contains(token.as_str()))
    );
}
