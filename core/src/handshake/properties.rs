//! Properties over arbitrary input, and both ends against each other.

use proptest::collection::vec;
use proptest::prelude::*;
use std::borrow::ToOwned;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::head::Head;
use super::*;
use crate::error::PeerFault;
use crate::{AccessToken, ClientToken, Region, Side};

/// Names and values.
type Headers<'a> = Vec<(&'a [u8], &'a [u8])>;

/// The method, target and headers of a request, taken apart without any code of ours.
fn take_apart(request: &str) -> (&str, &str, Headers<'_>) {
    let mut lines = request.strip_suffix("\r\n\r\n").unwrap().split("\r\n");
    let line: Vec<_> = lines.next().unwrap().split(' ').collect();
    assert_eq!(line[2], "HTTP/1.1");
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers = headers.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    (line[0], line[1], headers.collect())
}

fn endpoints() -> impl Strategy<Value = Endpoint> {
    let region = "(cn-|us-gov-|[a-z])[a-z0-9-]{0,25}".prop_map(|text| Region::parse(&text).unwrap());
    prop_oneof![
        region.clone().prop_map(|region| Endpoint::aws(&region)),
        region.prop_map(|region| Endpoint::aws_fips(&region)),
        ("[a-z0-9_]{1,20}(\\.[a-z0-9_]{1,20}){0,3}", any::<Option<u16>>()).prop_map(|(host, port)| {
            let port = port.map_or(String::new(), |port| format!(":{}", port.max(1)));
            Endpoint::parse(&format!("{host}{port}")).unwrap()
        }),
        (any::<std::net::Ipv6Addr>(), 1..u16::MAX)
            .prop_map(|(address, port)| Endpoint::parse(&format!("[{address}]:{port}")).unwrap()),
    ]
}

fn offers() -> impl Strategy<Value = Offer> {
    prop_oneof![
        Just(Offer::All),
        prop::sample::select(Subprotocol::EVERY.to_vec()).prop_map(Offer::Only),
    ]
}

/// Heads of answers, right and wrong in every way that a line can be.
fn answers() -> impl Strategy<Value = Vec<u8>> {
    let lines = prop::sample::select(
        [
            "upgrade: websocket",
            "Connection: Upgrade",
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "sec-websocket-protocol: aws.iot.securetunneling-3.0",
            "x-status-reason: no",
            "content-length: 3",
            "transfer-encoding: chunked",
            "channel-id: 1",
            "a: b",
            " folded",
            "no colon",
            "",
        ]
        .map(ToOwned::to_owned)
        .to_vec(),
    );
    let status = prop::sample::select([100, 101, 200, 400, 403, 500].to_vec());
    let head = (
        status,
        vec(lines, 0..8),
        prop::sample::select(["\r\n", "\r\n", "\n"].to_vec()),
    );
    (vec(head, 1..3), vec(any::<u8>(), 0..300)).prop_map(|(heads, body)| {
        let mut answer = Vec::new();
        for (status, lines, end) in heads {
            answer.extend(format!("HTTP/1.1 {status} x\r\n").bytes());
            for line in lines {
                answer.extend(format!("{line}{end}").bytes());
            }
            answer.extend(b"\r\n");
        }
        answer.extend(body);
        answer
    })
}

fn pending() -> PendingUpgrade {
    PendingUpgrade::new(UpgradeKey::new(*b"the sample nonce").unwrap(), Offer::All)
}

/// What is judged when the answer comes byte by byte.
fn trickle(answer: &[u8]) -> Result<Answer<'_>, PeerFault> {
    for end in 0..answer.len() {
        match pending().read(&answer[..end], false) {
            Ok(Answer::NeedMore) => {}
            judged => return judged,
        }
    }
    pending().read(answer, true)
}

proptest! {
    #[test]
    fn what_a_client_writes_the_service_accepts_with_the_same_values(
        endpoint in endpoints(),
        side in prop::sample::select(Side::BOTH.to_vec()),
        access_token in "[!-~]{1,600}",
        client_token in prop::option::of("[a-zA-Z0-9-]{32,128}"),
        offer in offers(),
        entropy in any::<[u8; 16]>().prop_filter("not stuck", |bytes| UpgradeKey::new(*bytes).is_ok()),
    ) {
        let access_token = AccessToken::<600>::parse(&access_token).unwrap();
        let client_token = client_token.map(|text| ClientToken::parse(&text).unwrap());
        let key = UpgradeKey::new(entropy).unwrap();
        let upgrade = UpgradeRequest {
            endpoint: &endpoint,
            side,
            access_token: &access_token,
            client_token: client_token.as_ref(),
            offer,
            key,
        };
        let mut buffer = [0; MAX_REQUEST];
        let length = upgrade.write(&mut buffer).unwrap();
        let (method, target, headers) = take_apart(str::from_utf8(&buffer[..length]).unwrap());
        let host = (&b"host"[..], endpoint.authority().as_bytes());
        prop_assert!(headers.contains(&host));
        let request = HandshakeRequest::judge(method, target, headers).unwrap();
        prop_assert_eq!(request.access_token, access_token.expose());
        prop_assert_eq!(&request.client_token, &client_token);
        prop_assert_eq!((request.side, request.key), (side, key));
        prop_assert_eq!(request.subprotocol, match offer {
            Offer::Only(subprotocol) => subprotocol,
            Offer::All => Subprotocol::V3,
        });

        // And what such a service answers, the client accepts.
        let (accept, subprotocol) = (request.key.accept(), request.subprotocol);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-accept: {}\r\nsec-websocket-protocol: {subprotocol}\r\n\r\n",
            accept.as_str(),
        );
        let upgraded = Upgrade::Accepted { subprotocol, channel_id: None };
        let judged = upgrade.pending().read(answer.as_bytes(), false);
        prop_assert_eq!(judged, Ok(Answer::Complete { upgrade: upgraded, consumed: answer.len() }));
    }

    #[test]
    fn every_split_of_an_answer_gives_the_same_judgement(answer in answers()) {
        prop_assert_eq!(trickle(&answer), pending().read(&answer, true));
    }

    #[test]
    fn httparse_takes_every_head_that_we_take(answer in answers()) {
        if let Ok(Some(head)) = Head::find(&answer)
            && answer.starts_with(format!("HTTP/1.1 {}", head.status).as_bytes())
        {
            let mut headers = [httparse::EMPTY_HEADER; 16];
            let mut response = httparse::Response::new(&mut headers);
            let parsed = response.parse(&answer);
            prop_assert_eq!(parsed, Ok(httparse::Status::Complete(head.length)));
            prop_assert_eq!(response.code, Some(head.status));
            let theirs = response.headers.iter().map(|header| (header.name.as_bytes(), header.value));
            prop_assert!(head.fields().eq(theirs));
        }
    }

    #[test]
    fn no_bytes_are_too_much(
        bytes in vec(any::<u8>(), 0..600),
        text in "\\PC{0,40}",
        target in "(/tunnel)?(\\?)?(local-proxy-mode=)?(source)?\\PC{0,10}",
        ended in any::<bool>(),
    ) {
        let _ = pending().read(&bytes, ended);
        let _ = pending().judge(400, [(&bytes[..], &bytes[..])], &bytes).map(|upgrade| format!("{upgrade:?}"));
        let _ = UpgradeKey::parse(&bytes);
        let _ = Endpoint::parse(&text).map_err(|error| error.to_string());
        let names = ["access-token", "client-token", "cookie", "sec-websocket-key", "sec-websocket-protocol"];
        let headers = names.map(|name| (name.as_bytes(), &bytes[..]));
        let _ = HandshakeRequest::judge("GET", &target, headers);
    }

    #[test]
    fn no_error_names_a_token(token in "[!-~]{40,80}", position in 0..6_usize) {
        let mut headers = ["upgrade", "connection", "sec-websocket-key", "access-token", "access-token", "client-token"]
            .map(|name| (name.as_bytes(), token.as_bytes()));
        headers.rotate_left(position);
        let target = format!("/tunnel?local-proxy-mode=source&access-token={token}");
        let fault = HandshakeRequest::judge("GET", &target, headers).unwrap_err();
        let shown = format!("{fault} {fault:?}");
        prop_assert!(!shown.contains(&token));
    }
}
