//! Where the program's data plane listens, and which certificate it shows there.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};
use serde_json::Value;
use std::io::{Read as _, Write as _};

use crate::running::{Program, run, serve_in_memory};

/// What a client that trusts only this authority is told at `/`, over TLS, calling the service by that name.
fn get(ready: &Value, ca: &Path, name: &str) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(ca).expect("a certificate"))
        .expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let mut tls = ClientConnection::new(Arc::new(config), name).expect("a client");
    let address = ready["data"]
        .as_str()
        .expect("a URL")
        .strip_prefix("wss://")
        .expect("TLS");
    let mut tcp = TcpStream::connect(address).expect("it listens");
    let mut stream = Stream::new(&mut tls, &mut tcp);
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).map_err(|error| error.to_string())?;
    let mut answer = Vec::new();
    // The service may end the connection without a TLS close.
    let _ = stream.read_to_end(&mut answer);
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn ca_file(ready: &Value) -> &Path {
    Path::new(ready["ca"].as_str().expect("a path"))
}

#[test]
fn the_first_start_makes_an_authority_and_every_later_one_keeps_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path().join("tls");
    let flags = [
        "--data",
        "127.0.0.1:0",
        "--tls-name",
        "tunnel.example",
        "--tls-dir",
        folder.to_str().expect("text"),
    ];
    let mut authorities = Vec::new();
    for _ in 0..2 {
        let (program, ready) = Program::start(serve_in_memory(&flags));
        assert_eq!(ca_file(&ready), folder.join("ca.pem"));
        authorities.push(fs::read(ca_file(&ready)).expect("a file"));
        for name in ["127.0.0.1", "::1", "localhost", "tunnel.example"] {
            let answer = get(&ready, ca_file(&ready), name).expect(name);
            assert!(answer.starts_with("HTTP/1.1 400 Bad Request"), "{answer}");
            assert!(answer.ends_with("\r\n\r\nThe path must be /tunnel"), "{answer}");
        }
        let refused = get(&ready, ca_file(&ready), "another.example").expect_err("another name");
        assert!(refused.contains("not valid for name"), "{refused}");
        program.stop();
    }
    assert_eq!(authorities[0], authorities[1]);
    let key = fs::metadata(folder.join("ca-key.pem")).expect("a file");
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    // Nothing else is left behind.
    assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 2);
}

#[test]
fn the_authority_stands_in_the_users_state_directory_unless_told_otherwise() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = serve_in_memory(&["--data", "127.0.0.1:0"]);
    command.env("XDG_STATE_HOME", directory.path());
    let (program, ready) = Program::start(command);
    assert_eq!(ca_file(&ready), directory.path().join("iot-tunnel/tls/ca.pem"));
    program.stop();
    let ended = run(serve_in_memory(&["--data", "127.0.0.1:0"]));
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("a folder with --tls-dir"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_certificate_that_cannot_be_used_is_named_with_its_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_str().expect("text").to_owned();
    let (one, other) = (
        rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("a certificate"),
        rcgen::generate_simple_self_signed(["a.example".to_owned()]).expect("a certificate"),
    );
    fs::write(path("cert"), one.cert.pem()).expect("a file");
    fs::write(path("key"), other.signing_key.serialize_pem()).expect("a file");
    fs::write(path("empty"), "").expect("a file");
    for (certificate, key, text) in [
        ("cert", "key", "the certificate and its key: "),
        ("none", "key", "none: No such file or directory"),
        ("cert", "none", "none: No such file or directory"),
        ("empty", "key", "empty holds no certificate in PEM"),
        ("cert", "empty", "empty holds no private key in PEM"),
        ("key", "key", "key holds no certificate in PEM"),
    ] {
        let flags = [
            "--data",
            "127.0.0.1:0",
            "--tls-cert",
            &path(certificate),
            "--tls-key",
            &path(key),
        ];
        let ended = run(serve_in_memory(&flags));
        assert_eq!(ended.code, Some(1), "{certificate} {key}");
        assert!(ended.stderr.contains(text), "{text}: {}", ended.stderr);
    }
    let ended = run(serve_in_memory(&["--tls-cert", "cert"]));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--tls-key <FILE>"), "{}", ended.stderr);
}
