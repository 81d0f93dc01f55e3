//! Answers, by table.

use super::*;
use std::format;
use std::string::{String, ToString};

fn pending(offer: Offer) -> PendingUpgrade {
    PendingUpgrade::new(UpgradeKey::new(*b"the sample nonce").unwrap(), offer)
}

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\n";
const UPGRADE: &str = "upgrade: websocket\r\n";
const CONNECTION: &str = "connection: upgrade\r\n";
const ACCEPT: &str = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const V3: &str = "sec-websocket-protocol: aws.iot.securetunneling-3.0\r\n";
const V2: &str = "sec-websocket-protocol: aws.iot.securetunneling-2.0\r\n";

/// The upgrade that an answer is, given whole and at once.
fn judge<'a>(offer: Offer, received: &'a str) -> Result<Upgrade<'a>, PeerFault> {
    match pending(offer).read(received.as_bytes(), true)? {
        Answer::Complete { upgrade, .. } => Ok(upgrade),
        Answer::NeedMore => panic!("nothing more will come"),
    }
}

fn fault(offer: Offer, headers: &[&str]) -> Option<PeerFault> {
    judge(offer, &format!("{SWITCH}{}\r\n", headers.concat())).err()
}

#[test]
fn the_answer_of_the_protocol_guide_is_accepted() {
    // As printed there, but for the accept, which in the guide belongs to another key than its request's.
    let received = "HTTP/1.1 101 Switching Protocols\r\n\
        Date: Thu, 16 May 2019 20:56:03 GMT\r\n\
        Content-Length: 0\r\n\
        Connection: upgrade\r\n\
        channel-id: 0ea2b3fffe6adc0e-0000125a-00005adb-c2f218c35b921565-17c807e1\r\n\
        upgrade: websocket \r\n\
        sec-websocket-accept: k7YO/3BnT1ab312INuJ2Y2mzWDc=\r\n\
        sec-websocket-protocol: aws.iot.securetunneling-1.0\r\n\r\n\x02frame";
    let key = UpgradeKey::parse(b"9/h0zvwMEXrg06G+RjnmcA==").unwrap();
    let answer = PendingUpgrade::new(key, Offer::Only(Subprotocol::V1)).read(received.as_bytes(), false);
    let Ok(Answer::Complete { upgrade, consumed }) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(&received[consumed..], "\x02frame");
    let id = b"0ea2b3fffe6adc0e-0000125a-00005adb-c2f218c35b921565-17c807e1";
    assert_eq!(
        upgrade,
        Upgrade::Accepted {
            subprotocol: Subprotocol::V1,
            channel_id: Some(PeerText::new(id)),
        }
    );
}

#[test]
fn a_101_keeps_every_rule_or_is_the_peers_fault() {
    const ONLY_V3: Offer = Offer::Only(Subprotocol::V3);
    let (not_websocket, wrong_accept, wrong_subprotocol) = (
        Some(PeerFault::NotWebSocket),
        Some(PeerFault::WrongWebSocketAccept),
        Some(PeerFault::WrongSubprotocol),
    );
    for (offer, headers, expected) in [
        (ONLY_V3, &[UPGRADE, CONNECTION, ACCEPT, V3][..], None),
        (Offer::All, &[UPGRADE, CONNECTION, ACCEPT, V2], None),
        (
            ONLY_V3,
            &[
                "UPGRADE:WebSocket\r\nConnection: keep-alive, Upgrade\r\n",
                ACCEPT,
                V3,
            ],
            None,
        ),
        (ONLY_V3, &[CONNECTION, ACCEPT, V3], not_websocket),
        (ONLY_V3, &[UPGRADE, ACCEPT, V3], not_websocket),
        (
            ONLY_V3,
            &[UPGRADE, UPGRADE, CONNECTION, ACCEPT, V3],
            not_websocket,
        ),
        (
            ONLY_V3,
            &["upgrade: h2c\r\n", CONNECTION, ACCEPT, V3],
            not_websocket,
        ),
        (
            ONLY_V3,
            &[UPGRADE, "connection: close\r\n", ACCEPT, V3],
            not_websocket,
        ),
        (ONLY_V3, &[UPGRADE, CONNECTION, V3], wrong_accept),
        (ONLY_V3, &[UPGRADE, CONNECTION, ACCEPT, ACCEPT, V3], wrong_accept),
        (
            ONLY_V3,
            &[
                UPGRADE,
                CONNECTION,
                "sec-websocket-accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
                V3,
            ],
            wrong_accept,
        ),
        (ONLY_V3, &[UPGRADE, CONNECTION, ACCEPT], wrong_subprotocol),
        (ONLY_V3, &[UPGRADE, CONNECTION, ACCEPT, V2], wrong_subprotocol),
        (
            Offer::All,
            &[UPGRADE, CONNECTION, ACCEPT, V3, V2],
            wrong_subprotocol,
        ),
        (
            Offer::All,
            &[UPGRADE, CONNECTION, ACCEPT, "sec-websocket-protocol: mqtt\r\n"],
            wrong_subprotocol,
        ),
        (
            ONLY_V3,
            &[
                UPGRADE,
                CONNECTION,
                ACCEPT,
                V3,
                "sec-websocket-extensions: permessage-deflate\r\n",
            ],
            Some(PeerFault::UnofferedExtension),
        ),
        (
            ONLY_V3,
            &[UPGRADE, CONNECTION, ACCEPT, V3, " folded\r\n"],
            Some(PeerFault::MalformedUpgradeAnswer),
        ),
    ] {
        assert_eq!(fault(offer, headers), expected, "{headers:?}");
    }
}

#[test]
fn the_status_decides_whether_to_try_again() {
    for (status, kind) in [
        (400, "Refused"),
        (404, "Refused"),
        (407, "Refused"),
        (408, "Retry"),
        (409, "Refused"),
        (428, "Refused"),
        (429, "Retry"),
        (430, "Refused"),
        (499, "Refused"),
        (500, "Retry"),
        (503, "Retry"),
        (599, "Retry"),
        (200, "fault"),
        (204, "fault"),
        (302, "fault"),
        (0, "fault"),
        (600, "fault"),
    ] {
        let received = format!("HTTP/1.1 {status:03} x\r\n\r\n");
        let shown = match judge(Offer::All, &received) {
            Ok(Upgrade::Refused { status: given, .. }) if given == status => "Refused",
            Ok(Upgrade::Retry { status: given, .. }) if given == status => "Retry",
            Err(PeerFault::UnexpectedUpgradeStatus) => "fault",
            other => panic!("{other:?}"),
        };
        assert_eq!(shown, kind, "{status}");
    }
}

#[test]
fn retry_after_is_read_in_seconds_and_a_date_is_passed_over() {
    for (status, value, expected) in [
        ("503", "120", Some(120)),
        ("429", " 7 ", Some(7)),
        ("408", "0", Some(0)),
        ("503", "99999999999", Some(u32::MAX)),
        ("503", "Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("503", "-1", None),
        ("503", "1.5", None),
        ("503", "", None),
    ] {
        let received = format!("HTTP/1.1 {status} x\r\nRetry-After: {value}\r\n\r\n");
        match judge(Offer::All, &received) {
            Ok(Upgrade::Retry { retry_after, .. }) => assert_eq!(retry_after, expected, "{value}"),
            other => panic!("{other:?}"),
        }
    }
}

fn reason(received: &str) -> String {
    match judge(Offer::All, received) {
        Ok(Upgrade::Refused { reason, .. } | Upgrade::Retry { reason, .. }) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refusal_says_why_in_the_header_or_else_in_the_body() {
    for (received, expected) in [
        (
            "HTTP/1.1 400 Bad Request\r\nX-Status-Reason: Invalid access token\r\ncontent-length: 4\r\n\r\nbody",
            "Invalid access token",
        ),
        (
            "HTTP/1.1 400 \r\nx-status-reason: \r\ncontent-length: 4\r\n\r\nbody",
            "body",
        ),
        (
            "HTTP/1.1 400\r\ncontent-length: 4\r\n\r\nbodyHTTP/1.1 200 OK",
            "body",
        ),
        (
            "HTTP/1.1 503 x\r\n\r\n<h1>\x1b[31mbusy</h1>\n",
            "<h1>\\u{1b}[31mbusy</h1>",
        ),
        (
            "HTTP/1.1 400 x\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
            "",
        ),
        ("HTTP/1.1 400 x\r\n\r\n", ""),
    ] {
        assert_eq!(reason(received), expected, "{received}");
    }
    let long = format!("HTTP/1.1 400 x\r\n\r\n{}", "x".repeat(1000));
    assert_eq!(reason(&long), "x".repeat(MAX_PEER_TEXT));
}

#[test]
fn a_refusal_waits_for_the_start_of_its_body_and_for_no_more() {
    let read = |received: &str, ended| {
        matches!(
            pending(Offer::All).read(received.as_bytes(), ended),
            Ok(Answer::Complete { .. })
        )
    };
    for (received, complete) in [
        ("HTTP/1.1 400 x\r\ncontent-length: 4\r\n\r\nbod", false),
        ("HTTP/1.1 400 x\r\ncontent-length: 4\r\n\r\nbody", true),
        ("HTTP/1.1 400 x\r\ncontent-length: 0\r\n\r\n", true),
        (
            "HTTP/1.1 400 x\r\nx-status-reason: why\r\ncontent-length: 4\r\n\r\n",
            true,
        ),
        ("HTTP/1.1 400 x\r\ntransfer-encoding: chunked\r\n\r\n", true),
        ("HTTP/1.1 400 x\r\n\r\nuntil the end", false),
    ] {
        assert_eq!(read(received, false), complete, "{received}");
        assert!(read(received, true), "{received}");
    }
    let body = "x".repeat(MAX_PEER_TEXT);
    assert!(read(
        &format!("HTTP/1.1 400 x\r\ncontent-length: 99999\r\n\r\n{body}"),
        false
    ));
}

#[test]
fn an_answer_that_ends_early_is_no_answer() {
    let whole = format!("{SWITCH}{UPGRADE}{CONNECTION}{ACCEPT}{V3}\r\n");
    for end in 0..whole.len() {
        let received = &whole.as_bytes()[..end];
        assert_eq!(pending(Offer::All).read(received, false), Ok(Answer::NeedMore));
        assert_eq!(
            pending(Offer::All).read(received, true),
            Err(PeerFault::UpgradeAnswerEndsEarly)
        );
    }
}

#[test]
fn an_answer_read_by_a_library_is_judged_the_same() {
    let headers = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("Sec-WebSocket-Protocol", "aws.iot.securetunneling-3.0"),
    ]
    .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let accepted = pending(Offer::All).judge(101, headers, b"");
    assert_eq!(
        accepted,
        Ok(Upgrade::Accepted {
            subprotocol: Subprotocol::V3,
            channel_id: None
        })
    );
    let chunked = [("transfer-encoding", "chunked")].map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let refused = pending(Offer::All).judge(400, chunked, b"put together by the library");
    assert_eq!(
        refused,
        Ok(Upgrade::Refused {
            status: 400,
            reason: PeerText::new(b"put together by the library"),
            channel_id: None,
        })
    );
    assert_eq!(
        pending(Offer::All).judge(103, [], b""),
        Err(PeerFault::UnexpectedUpgradeStatus)
    );
}
