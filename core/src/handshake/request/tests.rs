//! Requests, by table.

use super::*;
use std::format;
use std::vec::Vec;

const TARGET: &str = "/tunnel?local-proxy-mode=source";
const KEY: &str = "9/h0zvwMEXrg06G+RjnmcA==";
const V3: &str = "aws.iot.securetunneling-3.0";

/// What every client sends; a test takes some away and adds others.
const COMMON: [(&str, &str); 6] = [
    ("Upgrade", "websocket"),
    ("Connection", "upgrade"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", KEY),
    ("Sec-WebSocket-Protocol", V3),
    ("access-token", "secret"),
];

fn judge<'a>(
    target: &'a str,
    headers: &[(&'a str, &'a str)],
) -> Result<HandshakeRequest<'a>, HandshakeFault> {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    HandshakeRequest::judge("GET", target, headers)
}

/// The common headers without those named in `gone`, and `added` behind them.
fn changed<'a>(gone: &[&str], added: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = COMMON.into_iter().filter(|(name, _)| !gone.contains(name));
    kept.chain(added.iter().copied()).collect()
}

#[test]
fn clients_in_the_field_are_understood() {
    // The reference proxy: no port in Host, lower-case `upgrade`, only 3.0.
    let reference = [
        ("Host", "data.tunneling.iot.us-east-1.amazonaws.com"),
        ("Upgrade", "websocket"),
        ("Connection", "upgrade"),
        ("Sec-WebSocket-Key", KEY),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Protocol", V3),
        ("access-token", "AQGAAXiVzSmRL1VaJ22G7eRb_CrPABsAAgAB+/Jmg="),
        ("client-token", "0123456789abcdef0123456789ABCDEF"),
        (
            "User-Agent",
            "localproxy Mac OS 64-bit/boost-1.68.0/openssl-3.0.0/protobuf-3.6.1",
        ),
    ];
    let request = judge(TARGET, &reference).unwrap();
    assert_eq!(request.access_token, "AQGAAXiVzSmRL1VaJ22G7eRb_CrPABsAAgAB+/Jmg=");
    assert_eq!(
        (request.side, request.subprotocol),
        (Side::Source, Subprotocol::V3)
    );
    assert_eq!(request.key.accept().as_str(), "k7YO/3BnT1ab312INuJ2Y2mzWDc=");
    let handshake = request.handshake();
    assert_eq!(
        handshake.client_token.map(ClientToken::expose),
        Some("0123456789abcdef0123456789ABCDEF")
    );

    // A browser: the token in a cookie among others, a list of subprotocols, an extension that we do not take.
    let browser = changed(
        &["access-token", "Connection", "Sec-WebSocket-Protocol"],
        &[
            ("Connection", "keep-alive, Upgrade"),
            (
                "Sec-WebSocket-Protocol",
                "aws.iot.securetunneling-1.0, mqtt,aws.iot.securetunneling-2.0",
            ),
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
            (
                "Cookie",
                "theme=dark; awsiot-tunnel-token=AQGA==; awsiot-tunnel-tokens=no",
            ),
        ],
    );
    let request = judge("/tunnel?local-proxy-mode=destination", &browser).unwrap();
    assert_eq!(
        (request.access_token, request.side),
        ("AQGA==", Side::Destination)
    );
    assert_eq!(
        (request.subprotocol, request.client_token),
        (Subprotocol::V2, None)
    );

    // A Go client: only 2.0.
    let go = changed(
        &["Sec-WebSocket-Protocol"],
        &[("Sec-Websocket-Protocol", "aws.iot.securetunneling-2.0")],
    );
    assert_eq!(judge(TARGET, &go).unwrap().subprotocol, Subprotocol::V2);
}

#[test]
fn the_highest_subprotocol_offered_is_taken_however_it_is_offered() {
    let (v1, v2) = ("aws.iot.securetunneling-1.0", "aws.iot.securetunneling-2.0");
    let split = changed(
        &["Sec-WebSocket-Protocol"],
        &[("sec-websocket-protocol", v2), ("SEC-WEBSOCKET-PROTOCOL", v1)],
    );
    assert_eq!(judge(TARGET, &split).unwrap().subprotocol, Subprotocol::V2);
}

#[test]
fn the_target_is_the_path_and_the_one_parameter() {
    for (target, fault) in [
        ("/", HandshakeFault::Path),
        ("/tunnel/", HandshakeFault::Path),
        ("/Tunnel?local-proxy-mode=source", HandshakeFault::Path),
        ("/%74unnel?local-proxy-mode=source", HandshakeFault::Path),
        ("//tunnel?local-proxy-mode=source", HandshakeFault::Path),
        ("", HandshakeFault::Path),
        ("/tunnel", HandshakeFault::ModeMissing),
        ("/tunnel?", HandshakeFault::ModeMissing),
        ("/tunnel?mode=source", HandshakeFault::ModeMissing),
        ("/tunnel?local-proxy-mode", HandshakeFault::ModeInvalid),
        ("/tunnel?local-proxy-mode=", HandshakeFault::ModeInvalid),
        ("/tunnel?local-proxy-mode=SOURCE", HandshakeFault::ModeInvalid),
        ("/tunnel?local-proxy-mode=all", HandshakeFault::ModeInvalid),
        ("/tunnel?local-proxy-mode=source=", HandshakeFault::ModeInvalid),
        (
            "/tunnel?local-proxy-mode=source&local-proxy-mode=source",
            HandshakeFault::ModeRepeated,
        ),
        (
            "/tunnel?local-proxy-mode=source&x=y",
            HandshakeFault::ParameterUnknown,
        ),
        (
            "/tunnel?local-proxy-mode=source&",
            HandshakeFault::ParameterUnknown,
        ),
    ] {
        assert_eq!(judge(target, &COMMON), Err(fault), "{target}");
    }
    assert_eq!(
        HandshakeRequest::judge("POST", TARGET, []),
        Err(HandshakeFault::Method)
    );
}

#[test]
fn every_header_that_matters_is_there_once_and_right() {
    let short = "c".repeat(31);
    let (good, other) = ("c".repeat(32), "d".repeat(32));
    for (gone, added, fault) in [
        ("Upgrade", &[][..], HandshakeFault::NotWebSocket),
        ("Upgrade", &[("Upgrade", "h2c")], HandshakeFault::NotWebSocket),
        ("Connection", &[], HandshakeFault::NotWebSocket),
        (
            "Connection",
            &[("Connection", "close")],
            HandshakeFault::NotWebSocket,
        ),
        ("Sec-WebSocket-Version", &[], HandshakeFault::Version),
        (
            "Sec-WebSocket-Version",
            &[("Sec-WebSocket-Version", "8")],
            HandshakeFault::Version,
        ),
        ("", &[("sec-websocket-version", "13")], HandshakeFault::Version),
        ("Sec-WebSocket-Key", &[], HandshakeFault::Key),
        ("", &[("sec-websocket-key", KEY)], HandshakeFault::Key),
        (
            "Sec-WebSocket-Key",
            &[("Sec-WebSocket-Key", "c2hvcnQ=")],
            HandshakeFault::Key,
        ),
        ("access-token", &[], HandshakeFault::AccessTokenMissing),
        (
            "access-token",
            &[("Cookie", "AWSIOT-TUNNEL-TOKEN=secret")],
            HandshakeFault::AccessTokenMissing,
        ),
        (
            "",
            &[("Access-Token", "secret")],
            HandshakeFault::AccessTokenRepeated,
        ),
        (
            "",
            &[("Cookie", "a=b;awsiot-tunnel-token=secret")],
            HandshakeFault::AccessTokenRepeated,
        ),
        (
            "access-token",
            &[("Cookie", "awsiot-tunnel-token=a; awsiot-tunnel-token=b")],
            HandshakeFault::AccessTokenRepeated,
        ),
        (
            "access-token",
            &[("access-token", " ")],
            HandshakeFault::AccessTokenInvalid,
        ),
        (
            "access-token",
            &[("access-token", "two words")],
            HandshakeFault::AccessTokenInvalid,
        ),
        (
            "access-token",
            &[("access-token", "é")],
            HandshakeFault::AccessTokenInvalid,
        ),
        (
            "",
            &[("client-token", &good), ("client-token", &other)],
            HandshakeFault::ClientTokenRepeated,
        ),
        (
            "",
            &[("client-token", &short)],
            HandshakeFault::ClientTokenInvalid,
        ),
        ("", &[("client-token", "")], HandshakeFault::ClientTokenInvalid),
        ("Sec-WebSocket-Protocol", &[], HandshakeFault::Subprotocol),
        (
            "Sec-WebSocket-Protocol",
            &[("Sec-WebSocket-Protocol", "aws.iot.securetunneling-4.0, mqtt")],
            HandshakeFault::Subprotocol,
        ),
    ] {
        assert_eq!(
            judge(TARGET, &changed(&[gone], added)),
            Err(fault),
            "{gone} {added:?}"
        );
    }
}

#[test]
fn a_request_has_a_limit_to_the_byte() {
    let line = format!("GET {TARGET} HTTP/1.1\r\n\r\n").len();
    let headers: usize = COMMON
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4)
        .sum();
    let room = MAX_REQUEST - line - headers - "x: \r\n".len();
    let fill = "x".repeat(room + 1);
    assert!(judge(TARGET, &changed(&[], &[("x", &fill[..room])])).is_ok());
    assert_eq!(
        judge(TARGET, &changed(&[], &[("x", &fill)])),
        Err(HandshakeFault::TooLong)
    );
}

#[test]
fn no_token_prints() {
    let request = changed(&[], &[("client-token", "client-secret-client-secret-clie")]);
    let shown = format!("{:?}", judge(TARGET, &request).unwrap());
    assert!(!shown.contains("secret"), "{shown}");
}
