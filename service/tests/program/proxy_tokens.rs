//! Where a proxy gets its tokens from while it runs.

use std::fs;
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
    fs::write(&file, &second).expect("a file");
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
