//! The ways to a service: TLS, and an HTTP proxy in between.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::proxying::{Rig, echo_server, echoes, listener, program};
use crate::running::{DEADLINE, Program, run};

/// A proxy that connects wherever it is asked to, and tells what it was asked; with a password, it wants that.
fn connect_proxy(authorization: Option<&'static str>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address").to_string();
    let (asked, requests) = channel();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let asked = asked.clone();
            thread::spawn(move || serve_connect(client, authorization, &asked));
        }
    });
    (address, requests)
}

fn serve_connect(
    mut client: TcpStream,
    authorization: Option<&str>,
    asked: &std::sync::mpsc::Sender<String>,
) {
    let mut head = String::new();
    let mut reader = BufReader::new(client.try_clone().expect("a socket"));
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let _ = asked.send(target.clone());
    if authorization.is_some_and(|wanted| !head.contains(wanted)) {
        let _ = client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
        return;
    }
    let mut upstream = TcpStream::connect(target).expect("the service");
    client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .expect("written");
    let (mut from, mut to) = (
        upstream.try_clone().expect("a socket"),
        client.try_clone().expect("a socket"),
    );
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    let _ = std::io::copy(&mut reader.take(u64::MAX), &mut upstream);
}

/// A service with TLS, its certificate authority's file, and a source's flags for it.
fn with_tls() -> (tempfile::TempDir, Rig, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path().join("tls").to_str().expect("text").to_owned();
    let rig = Rig::with(&["--data", "127.0.0.1:0", "--tls-dir", &folder]);
    let ca = rig.ready["ca"].as_str().expect("a path").to_owned();
    (directory, rig, ca)
}

fn source(to: &str, token: &str, flags: &[&str]) -> Command {
    let mut command = program(&[&["proxy", "-e", to, "--ready", "-s", "SSH=0"], flags].concat());
    command.env("AWSIOT_TUNNEL_ACCESS_TOKEN", token);
    command
}

#[test]
fn over_tls_only_a_trusted_certificate_is_taken_unless_told_otherwise() {
    let (directory, rig, ca) = with_tls();
    let data = rig.ready["data"].as_str().expect("a URL");
    // As the reference takes it: without a scheme.
    let data = data.strip_prefix("wss://").expect("TLS");
    let folder = directory.path().join("authorities");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::copy(&ca, folder.join("ca.pem")).expect("a copy");
    std::fs::write(folder.join("README"), "no certificate").expect("a file");
    let folder = folder.to_str().expect("text");
    for flags in [["-c", ca.as_str()], ["-c", folder], ["-k", "--log=info"]] {
        let tunnel = rig.open();
        let server = format!("SSH={}", echo_server());
        let (mut destination, _) = Program::start(rig.proxy(&tunnel.destination, &["-d", &server]));
        let (mut source, ready) = Program::start(source(data, &tunnel.source, &flags));
        if flags[0] == "-k" {
            source.has_logged("whoever is on the way can read the token");
        }
        destination.has_logged("the tunnel is open");
        source.has_logged("the tunnel is open");
        echoes(&listener(&ready), &crate::proxying::pattern(500_000));
        source.stop();
    }
    let tunnel = rig.open();
    let mut untrusting = source(data, &tunnel.source, &[]);
    untrusting.env("SSL_CERT_FILE", other_authority(directory.path()));
    let (mut program, _) = Program::start(untrusting);
    program.has_logged("TLS with 127.0.0.1 fails: the certificate of 127.0.0.1 was issued by");
    program.has_logged("pass the root certificate of that authority to --capath (-c)");
    assert!(retry_in(&program) >= 60.0, "{:?}", program.log());
    program.stop();
    // A file that was cut off, and no TLS at all.
    let whole = std::fs::read_to_string(&ca).expect("a file");
    let cut = directory.path().join("cut.pem");
    std::fs::write(&cut, whole.split_at(whole.len() / 2).0).expect("written");
    let ended = run(source(data, &tunnel.source, &["-c", cut.to_str().expect("text")]));
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .contains("cut.pem is not a file of certificates in PEM: it is truncated"),
        "{}",
        ended.stderr
    );
    let plain = rig.data().strip_prefix("ws://").expect("no TLS");
    let (mut program, _) = Program::start(source(plain, &tunnel.source, &["-c", &ca]));
    program.has_logged("the endpoint does not speak TLS; for a service without TLS give ws://host:port");
    program.stop();
}

/// A file of an authority that nobody has a certificate of.
fn other_authority(directory: &std::path::Path) -> std::path::PathBuf {
    let authority =
        rcgen::generate_simple_self_signed(["another.example".to_owned()]).expect("a certificate");
    let file = directory.join("another.pem");
    std::fs::write(&file, authority.cert.pem()).expect("a file");
    file
}

#[test]
fn an_http_proxy_is_asked_to_connect_with_and_without_tls_behind_it() {
    let (_directory, rig, ca) = with_tls();
    let (address, asked) = connect_proxy(Some("proxy-authorization: Basic bWU6cEBzcw==\r\n"));
    for to in [rig.ready["data"].as_str().expect("a URL"), rig.data()] {
        let tunnel = rig.open();
        let mut command = source(to, &tunnel.source, &["-c", &ca]);
        command.env("HTTPS_PROXY", format!("http://me:p%40ss@{address}"));
        let (mut program, _) = Program::start(command);
        program.has_logged("the tunnel is open");
        let target = asked.recv_timeout(DEADLINE).expect("a request");
        assert!(to.ends_with(&format!("//{target}")), "{to} {target}");
        let log = program.stop().join("\n");
        assert!(!log.contains("p@ss") && !log.contains("p%40ss"), "{log}");
    }
}

#[test]
fn an_http_proxy_that_says_no_is_named_with_its_answer() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let (address, _asked) = connect_proxy(Some("proxy-authorization: Basic secret"));
    let mut command = source(rig.data(), &tunnel.source, &[]);
    command.env("HTTPS_PROXY", &address);
    let (mut program, _) = Program::start(command);
    program.has_logged("407 Proxy Authentication Required; it asks for a user name and a password");
    program.stop();
    // A wrong password: an account is locked after a few of them.
    let mut command = source(rig.data(), &tunnel.source, &[]);
    command.env("HTTPS_PROXY", format!("http:me:wrong@{address}"));
    let (mut program, _) = Program::start(command);
    program.has_logged("it rejects the user name and password of HTTPS_PROXY");
    assert!(retry_in(&program) >= 600.0, "{:?}", program.log());
    let log = program.stop().join("\n");
    assert!(!log.contains("wrong"), "{log}");
}

/// The seconds until the next attempt that the last warning says.
fn retry_in(program: &Program) -> f64 {
    let line = program.log().iter().rfind(|line| line.contains("retry_in"));
    let (_, wait) = line.expect("a warning").split_once("retry_in=").expect("a wait");
    let seconds = wait.trim_end().trim_end_matches('s');
    seconds.parse().expect("seconds")
}

#[test]
fn a_host_of_no_proxy_is_reached_straight_and_a_broken_proxy_is_bad_usage() {
    let rig = Rig::start();
    let tunnel = rig.open();
    let mut command = source(rig.data(), &tunnel.source, &[]);
    command
        .env("https_proxy", "http://127.0.0.1:1")
        .env("no_proxy", "127.0.0.1");
    let (mut program, _) = Program::start(command);
    program.has_logged("the tunnel is open");
    program.stop();
    let mut command = source(rig.data(), &tunnel.source, &[]);
    command.env("HTTPS_PROXY", "socks5://me:secret@127.0.0.1:1");
    let ended = run(command);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .stderr
            .contains("HTTPS_PROXY: the scheme of a proxy must be http or https")
    );
    assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
}
