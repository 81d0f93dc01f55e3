//! The form of a handshake (data-plane.md §1): what breaks a rule is refused before any 101, and why is said twice; what
//! keeps them all is accepted, however a real client writes it.

use std::collections::BTreeSet;

use iot_tunnel_core::Side;
use iot_tunnel_core::handshake::HandshakeFault;
use iot_tunnel_core::wire::MessageType;

use super::http::{Answer, Handshake};
use super::rig::{Rig, client_token};

/// Every rule, with requests that break it and no other.
fn broken_rules(token: &str) -> Vec<(HandshakeFault, Vec<Handshake>)> {
    use HandshakeFault as Fault;
    let good = || Handshake::new(Side::Source, token);
    let method = |method| Handshake { method, ..good() };
    let twice = |name: &str, value: &str| good().and(name, value);
    let cookie = format!("awsiot-tunnel-token={token}");
    vec![
        (Fault::TooLong, vec![good().and("x-padding", "x".repeat(4096))]),
        (Fault::Method, vec![method("POST"), method("PUT"), method("get")]),
        (
            Fault::Path,
            ["/", "/tunnel/", "//tunnel", "/Tunnel", "/%74unnel", "/tunnels"]
                .map(|path| good().to(&format!("{path}?local-proxy-mode=source")))
                .into(),
        ),
        (
            Fault::ModeMissing,
            [
                "/tunnel",
                "/tunnel?",
                "/tunnel?mode=source",
                "/tunnel?Local-Proxy-Mode=source",
            ]
            .map(|target| good().to(target))
            .into(),
        ),
        (
            Fault::ModeRepeated,
            vec![good().to("/tunnel?local-proxy-mode=source&local-proxy-mode=source")],
        ),
        (
            Fault::ModeInvalid,
            ["", "SOURCE", "both", "source%20", "%73ource"]
                .map(|mode| good().to(&format!("/tunnel?local-proxy-mode={mode}")))
                .into(),
        ),
        (
            Fault::ParameterUnknown,
            vec![
                good().to("/tunnel?local-proxy-mode=source&x=1"),
                good().to("/tunnel?local-proxy-mode=source&"),
            ],
        ),
        (
            Fault::NotWebSocket,
            vec![
                good().without("upgrade"),
                good().with("upgrade", "h2c"),
                good().without("connection"),
                good().with("connection", "keep-alive"),
            ],
        ),
        (
            Fault::Version,
            vec![
                good().without("sec-websocket-version"),
                good().with("sec-websocket-version", "8"),
                twice("sec-websocket-version", "13"),
            ],
        ),
        (
            Fault::Key,
            vec![
                good().without("sec-websocket-key"),
                good().with("sec-websocket-key", "dGhlIHNhbXBsZSBub25j"),
                twice("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ],
        ),
        (
            Fault::AccessTokenMissing,
            vec![
                good().without("access-token"),
                good().without("access-token").and("cookie", "another=1"),
            ],
        ),
        (
            Fault::AccessTokenRepeated,
            vec![
                twice("access-token", token),
                twice("cookie", &cookie),
                good()
                    .without("access-token")
                    .and("cookie", format!("{cookie}; {cookie}")),
            ],
        ),
        (
            Fault::AccessTokenInvalid,
            vec![
                good().with("access-token", ""),
                good().with("access-token", "two words"),
                good()
                    .without("access-token")
                    .and("cookie", "awsiot-tunnel-token="),
            ],
        ),
        (
            Fault::ClientTokenRepeated,
            vec![
                good()
                    .and("client-token", client_token(1))
                    .and("client-token", client_token(1)),
            ],
        ),
        (
            Fault::ClientTokenInvalid,
            ["", &"x".repeat(31), &"x".repeat(129), &"_".repeat(32)]
                .map(|text| good().and("client-token", text))
                .into(),
        ),
        (
            Fault::Subprotocol,
            vec![
                good().without("sec-websocket-protocol"),
                good().with("sec-websocket-protocol", "aws.iot.securetunneling-4.0"),
                good().with("sec-websocket-protocol", "AWS.IOT.SECURETUNNELING-3.0"),
            ],
        ),
    ]
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_its_reason_and_leaves_the_token_fresh() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&["SSH"]).await;
    let rules = broken_rules(&tunnel.source);
    let listed: Vec<_> = rules.iter().map(|(fault, _)| *fault).collect();
    assert_eq!(listed, HandshakeFault::EVERY, "every rule is here");
    for (fault, requests) in rules {
        let status = if fault == HandshakeFault::TooLong {
            431
        } else {
            400
        };
        for request in requests {
            let target = request.target.clone();
            let refusal = rig.refusal(request).await;
            assert_eq!(refusal, (status, fault.text().to_owned()), "{fault:?} {target}");
        }
    }
    rig.is(&tunnel, "DISCONNECTED", "DISCONNECTED").await;
    rig.connect(Side::Source, &tunnel.source).await;
}

#[tokio::test]
async fn a_refusal_over_an_unknown_version_names_ours() {
    let rig = Rig::start().await;
    let request = Handshake::new(Side::Source, "token").with("sec-websocket-version", "8");
    let refused = rig.ask(request.bytes()).await;
    assert_eq!(refused.header("sec-websocket-version"), "13");
    let request = Handshake::new(Side::Source, "token");
    let refused = rig.ask(request.bytes()).await;
    assert!(!refused.headers.contains_key("sec-websocket-version"));
}

#[tokio::test]
async fn each_answer_has_a_channel_id_of_its_own() {
    let rig = Rig::start().await;
    let mut ids = BTreeSet::new();
    for _ in 0..3 {
        let refused = rig.ask(Handshake::new(Side::Source, "token").bytes()).await;
        ids.insert(refused.channel_id());
        let tunnel = rig.open(&[]).await;
        let accepted = rig
            .ask(Handshake::new(Side::Source, &tunnel.source).bytes())
            .await;
        ids.insert(accepted.channel_id());
    }
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn an_older_http_is_refused_and_leaves_the_token_fresh() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    let request = Handshake {
        version: "HTTP/1.0",
        ..Handshake::new(Side::Source, &tunnel.source)
    };
    let refusal = rig.refusal(request).await;
    assert_eq!(refusal, (400, "The request must be HTTP/1.1".to_owned()));
    rig.connect(Side::Source, &tunnel.source).await;
}

/// An answer that switches to WebSocket, with everything it must have and nothing it must not.
#[track_caller]
fn is_accepted(answer: &Answer, subprotocol: &str) {
    assert_eq!(answer.status, 101, "{}", answer.body);
    assert_eq!(answer.header("upgrade"), "websocket");
    assert_eq!(answer.header("connection"), "upgrade");
    assert_eq!(
        answer.header("sec-websocket-accept"),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    assert_eq!(answer.header("sec-websocket-protocol"), subprotocol);
    let _ = answer.channel_id();
    for name in [
        "sec-websocket-extensions",
        "content-length",
        "transfer-encoding",
        "x-status-reason",
    ] {
        assert!(!answer.headers.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn the_highest_subprotocol_that_is_offered_is_chosen() {
    let rig = Rig::start().await;
    let name = |version: &str| format!("aws.iot.securetunneling-{version}");
    for (offer, chosen) in [
        (&["1.0"][..], "1.0"),
        (&["2.0"], "2.0"),
        (&["3.0"], "3.0"),
        (&["1.0", "2.0"], "2.0"),
        (&["3.0", "1.0"], "3.0"),
        (&["2.0", "3.0"], "3.0"),
        (&["1.0", "2.0", "3.0"], "3.0"),
        (&["9.0", "2.0"], "2.0"),
    ] {
        let tunnel = rig.open(&["SSH"]).await;
        let bare = |side: Side| Handshake::new(side, tunnel.token(side)).without("sec-websocket-protocol");
        let names: Vec<_> = offer.iter().map(|version| name(version)).collect();
        let in_one = bare(Side::Source).and("sec-websocket-protocol", names.join(", "));
        let in_several = names.iter().fold(bare(Side::Destination), |handshake, name| {
            handshake.and("sec-websocket-protocol", name)
        });
        for handshake in [in_one, in_several] {
            is_accepted(&rig.ask(handshake.bytes()).await, &name(chosen));
        }
    }
}

#[tokio::test]
async fn a_handshake_is_accepted_however_a_client_writes_it() {
    let rig = Rig::start().await;
    type Shape = fn(Handshake) -> Handshake;
    let shapes: [(&str, Shape); 6] = [
        (
            "the reference proxy: a host without a port, no cookie",
            |request| request.with("host", "127.0.0.1"),
        ),
        ("a browser: the token in a cookie among others", |request| {
            let token = request
                .headers
                .iter()
                .find(|(name, _)| name == "access-token")
                .expect("it")
                .1
                .clone();
            request
                .without("access-token")
                .and("cookie", format!("a=b; awsiot-tunnel-token={token}; c=d"))
                .with("connection", "keep-alive, Upgrade")
                .with("upgrade", "WebSocket")
                .and("origin", "https://console.example")
                .and(
                    "sec-websocket-extensions",
                    "permessage-deflate; client_max_window_bits",
                )
        }),
        ("a client token of the shortest kind", |request| {
            request.and("client-token", "a".repeat(32))
        }),
        ("a client token of the longest kind", |request| {
            request.and("client-token", "Z-9".repeat(42) + "00")
        }),
        ("an absolute target", |mut request| {
            request.target.insert_str(0, "http://localhost");
            request
        }),
        ("names in any case", |mut request| {
            for (name, _) in &mut request.headers {
                name.make_ascii_uppercase();
            }
            request
        }),
    ];
    for (name, shape) in shapes {
        let tunnel = rig.open(&[]).await;
        let request = shape(Handshake::new(Side::Destination, &tunnel.destination));
        println!("{name}");
        is_accepted(&rig.ask(request.bytes()).await, "aws.iot.securetunneling-3.0");
    }
}

#[tokio::test]
async fn a_request_may_have_4096_bytes_and_no_more() {
    let rig = Rig::start().await;
    let padded = |token: &str, length: usize| {
        let request = Handshake::new(Side::Source, token).and("x-padding", "");
        let missing = length - request.bytes().len();
        let request = request.with("x-padding", "x".repeat(missing));
        assert_eq!(request.bytes().len(), length);
        request.bytes()
    };
    let tunnel = rig.open(&[]).await;
    for length in [4097, 20_000] {
        let refusal = rig.ask(padded(&tunnel.source, length)).await.refusal();
        assert_eq!(refusal, (431, HandshakeFault::TooLong.text().to_owned()));
    }
    // A head without an end is refused by the HTTP library, once it has read as much as it will.
    let endless = &padded(&tunnel.source, 70_000)[..65_536];
    assert_eq!(rig.ask(endless).await.status, 431);
    is_accepted(
        &rig.ask(padded(&tunnel.source, 4096)).await,
        "aws.iot.securetunneling-3.0",
    );
}

#[tokio::test]
async fn v1_is_told_no_service_ids_and_v2_and_v3_are() {
    let rig = Rig::start().await;
    for (version, told) in [("1.0", false), ("2.0", true), ("3.0", true)] {
        let tunnel = rig.open(&["SSH"]).await;
        let offer = format!("aws.iot.securetunneling-{version}");
        let handshake = Handshake::new(Side::Source, &tunnel.source).with("sec-websocket-protocol", offer);
        let mut source = rig.accepted(handshake).await;
        // Nobody is across: a start is answered, after whatever came first.
        let start = super::peer::message(MessageType::StreamStart, 1, "SSH", b"");
        source.send(start).await;
        if told {
            assert_eq!(source.receive().await.services, ["SSH"]);
        }
        source.receives(super::peer::reset_of(start)).await;
    }
}
