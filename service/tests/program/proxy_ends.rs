//! How a proxy carries bytes, and how it ends.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::json;

use crate::proxying::{Rig, echoes, pattern, program};
use crate::running::{DEADLINE, Program, run};

#[test]
fn two_proxies_carry_bytes_and_end_with_0() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let (source, destination, listener) = rig.both(&tunnel);
    echoes(&listener, b"hello");
    echoes(&listener, &pattern(3_000_000));
    for program in [source, destination] {
        let log = program.stop().join("\n");
        for secret in [&tunnel.source, &tunnel.destination] {
            assert!(!log.contains(secret.as_str()), "{log}");
        }
    }
}

#[test]
fn a_source_without_the_services_name_takes_the_one_that_the_tunnel_has() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let server = crate::proxying::echo_server();
    let (mut destination, _) = Program::start(rig.proxy(&tunnel.destination, &["-d", &server]));
    let (mut source, ready) = Program::start(rig.proxy(&tunnel.source, &["-s", "0"]));
    destination.has_logged("the tunnel is open");
    source.has_logged("the tunnel is open");
    echoes(&crate::proxying::listener(&ready), b"no name");
}

#[test]
fn older_formats_are_spoken_where_the_destination_knows_no_newer() {
    for format in ["V1", "V2"] {
        let rig = Rig::start();
        let tunnel = rig.open();
        let server = format!("SSH={}", crate::proxying::echo_server());
        let (mut destination, _) = Program::start(rig.proxy(&tunnel.destination, &["-d", &server]));
        let (mut source, ready) = Program::start(rig.proxy(&tunnel.source, &["-s", "SSH=0", "-y", format]));
        source.has_logged("the tunnel is open");
        destination.has_logged("the tunnel is open");
        for _ in 0..2 {
            echoes(&crate::proxying::listener(&ready), format.as_bytes());
        }
    }
}

#[test]
fn a_destination_can_be_a_unix_socket() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.sock");
    let server = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        for mut stream in server.incoming().map_while(Result::ok) {
            let mut writer = stream.try_clone().expect("a socket");
            let _ = std::io::copy(&mut stream, &mut writer);
        }
    });
    let place = format!("SSH={}", path.display());
    let (mut destination, _) = Program::start(rig.proxy(&tunnel.destination, &["-d", &place]));
    let (mut source, ready) = Program::start(rig.proxy(&tunnel.source, &["-s", "SSH=0"]));
    destination.has_logged("the tunnel is open");
    source.has_logged("the tunnel is open");
    echoes(&crate::proxying::listener(&ready), &pattern(100_000));
    // It cannot be standard input and output.
    let ended = run(rig.proxy(&tunnel.destination, &["-d", "SSH=-"]));
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

#[test]
fn a_source_can_listen_on_a_unix_socket() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ssh.sock");
    let server = format!("SSH={}", crate::proxying::echo_server());
    let (_destination, _) = Program::start(rig.proxy(&tunnel.destination, &["-d", &server]));
    let place = format!("SSH={}", path.display());
    let (mut source, _) = Program::start(rig.proxy(&tunnel.source, &["-s", &place]));
    source.has_logged("the tunnel is open");
    for _ in 0..3 {
        let mut stream = std::os::unix::net::UnixStream::connect(&path).expect("a listener");
        stream.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        stream.write_all(b"by a path").expect("written");
        let mut back = [0; 9];
        stream.read_exact(&mut back).expect("an echo");
        assert_eq!(&back, b"by a path");
    }
    source.signal(Signal::TERM);
    assert_eq!(source.ended().code(), Some(0));
    assert!(!path.exists(), "the socket is removed");
}

/// A source for one connection, as `ssh -o ProxyCommand` starts it.
fn through_standard_streams(rig: &Rig, token: &str) -> Command {
    let mut command = program(&["proxy", "-e", rig.data(), "-s", "-"]);
    command.env("AWSIOT_TUNNEL_ACCESS_TOKEN", token);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

#[test]
fn a_source_can_be_standard_input_and_output() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let server = format!("SSH={}", crate::proxying::echo_server());
    let (mut destination, _) = Program::start(rig.proxy(&tunnel.destination, &["-d", &server]));
    destination.has_logged("the tunnel is open");
    let mut source = through_standard_streams(&rig, &tunnel.source)
        .spawn()
        .expect("started");
    let mut input = source.stdin.take().expect("piped");
    let sent = pattern(300_000);
    let expected = sent.clone();
    let writing = std::thread::spawn(move || {
        input.write_all(&sent).expect("written");
        input
    });
    let mut output = source.stdout.take().expect("piped");
    let mut back = vec![0; expected.len()];
    output.read_exact(&mut back).expect("an echo");
    assert!(back == expected, "the echo differs");
    // The end of the input is the end of the connection, once the other end has been silent.
    drop(writing.join().expect("written"));
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).expect("the end");
    assert!(rest.is_empty());
    assert_eq!(source.wait().expect("ended").code(), Some(0));
    // The output is the connection's alone.
    let ended = run(rig.proxy(&tunnel.source, &["-s", "-", "--ready"]));
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

#[test]
fn a_connection_of_standard_input_and_output_that_is_cut_is_a_failure() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let server = format!("SSH={}", crate::proxying::echo_server());
    let (mut destination, _) = Program::start(rig.proxy(&tunnel.destination, &["-d", &server]));
    destination.has_logged("the tunnel is open");
    let mut source = through_standard_streams(&rig, &tunnel.source)
        .spawn()
        .expect("started");
    let mut input = source.stdin.take().expect("piped");
    input.write_all(b"hello").expect("written");
    let mut output = source.stdout.take().expect("piped");
    let mut back = [0; 5];
    output.read_exact(&mut back).expect("an echo");
    rig.rotate(&tunnel, "DESTINATION", "destinationAccessToken");
    assert_eq!(source.wait().expect("ended").code(), Some(1));
}

#[test]
fn sigint_is_an_orderly_end_too() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let (mut program, _) = Program::start(rig.proxy(&tunnel.source, &["-s", "0"]));
    program.signal(Signal::INT);
    assert_eq!(program.ended().code(), Some(0));
}

#[test]
fn a_refused_token_is_code_3_with_the_services_reason_and_what_to_do() {
    let rig = Rig::start();
    let tunnel = rig.open();
    rig.rotate(&tunnel, "SOURCE", "sourceAccessToken");
    let ended = run(rig.proxy(&tunnel.source, &["-s", "0"]));
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("revoked by a rotation"), "{}", ended.stderr);
    assert!(ended.stderr.contains("next: get a new token"), "{}", ended.stderr);
    // The other side's is refused too.
    let ended = run(rig.proxy(&tunnel.destination, &["-s", "0"]));
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("belongs to the other side"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_closed_tunnel_is_code_4_whether_it_closes_before_or_meanwhile() {
    let rig = Rig::start();
    for delete in [false, true] {
        let tunnel = rig.open();
        let (mut source, _) = Program::start(rig.proxy(&tunnel.source, &["-s", "0"]));
        source.has_logged("the tunnel is open");
        rig.done("CloseTunnel", &json!({ "tunnelId": tunnel.id, "delete": delete }));
        assert_eq!(source.ended().code(), Some(4), "delete: {delete}");
        let ended = run(rig.proxy(&tunnel.destination, &["-d", "1"]));
        assert_eq!(ended.code, Some(4), "delete: {delete}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("next: open another tunnel"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_tunnel_that_is_deleted_is_code_4_at_either_end_like_one_that_is_closed() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let (mut source, _) = Program::start(rig.proxy(&tunnel.source, &["-s", "0"]));
    let (mut destination, _) = Program::start(rig.proxy(&tunnel.destination, &["-d", "1"]));
    source.has_logged("the tunnel is open");
    destination.has_logged("the tunnel is open");
    rig.done("CloseTunnel", &json!({ "tunnelId": tunnel.id, "delete": true }));
    for mut proxy in [source, destination] {
        assert_eq!(proxy.ended().code(), Some(4), "{:?}", proxy.log());
    }
}

#[test]
fn a_client_of_a_service_that_the_tunnel_lacks_gets_its_end_at_once_and_the_log_has_one_line() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let (mut source, ready) = Program::start(rig.proxy(&tunnel.source, &["-s", "HTTP=0,SSH=0"]));
    source.has_logged("the tunnel is open");
    for _ in 0..5 {
        let address = crate::proxying::listener(&ready);
        let mut client = std::net::TcpStream::connect(address).expect("a listener");
        client.set_read_timeout(Some(DEADLINE)).expect("a deadline");
        // The end, clean or not, long before the deadline.
        match client.read(&mut [0]) {
            Ok(count) => assert_eq!(count, 0),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
        }
    }
    source.has_logged("connections are closed at once");
    let log = source.stop().join("\n");
    assert_eq!(log.matches("closed at once").count(), 1, "{log}");
}

#[test]
fn a_port_that_is_taken_is_code_1_and_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = taken.local_addr().expect("an address").port().to_string();
    let mut command = program(&["proxy", "-e", "ws://127.0.0.1:1", "-s", &format!("SSH={port}")]);
    command.env("AWSIOT_TUNNEL_ACCESS_TOKEN", "token");
    let ended = run(command);
    assert_eq!(ended.code, Some(1));
    let text = format!("cannot listen on 127.0.0.1:{port} for SSH");
    assert!(ended.stderr.contains(&text), "{}", ended.stderr);
}
