//! Answers to an upgrade request with the key of RFC 6455.

use iot_tunnel_core::handshake::{MAX_ANSWER_HEAD, MAX_PEER_TEXT, Subprotocol};
use iot_tunnel_fuzz::input::{Arrival, run};

use super::{Seeds, name};

const ACCEPTED: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
    sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const V3: &str = "sec-websocket-protocol: aws.iot.securetunneling-3.0\r\n";

/// Offers: all, V1 alone, V2 alone, V3 alone.
const ALL: u8 = 0;
const ONLY_V2: u8 = 2;
const ONLY_V3: u8 = 3;

pub(crate) fn seeds() -> Seeds {
    let mut seeds = Seeds::new();
    let mut add = |what: &str, options, answer: &[u8]| {
        seeds.insert(name(what), Arrival::write(options, &[20, 1], answer));
    };
    for subprotocol in Subprotocol::EVERY {
        let named =
            format!("{ACCEPTED}sec-websocket-protocol: {subprotocol}\r\nchannel-id: 1-2\r\n\r\n\x02x");
        add(&format!("accepted with {subprotocol:?}"), ALL, named.as_bytes());
    }
    for (what, options, answer) in [
        ("accepted as offered", ONLY_V3, format!("{ACCEPTED}{V3}\r\n")),
        ("not what was offered", ONLY_V2, format!("{ACCEPTED}{V3}\r\n")),
        ("no subprotocol", ALL, format!("{ACCEPTED}\r\n")),
        ("two subprotocols", ALL, format!("{ACCEPTED}{V3}{V3}\r\n")),
        ("an extension", ALL, format!("{ACCEPTED}{V3}sec-websocket-extensions: x\r\n\r\n")),
        ("a wrong accept", ALL, format!("{}{V3}\r\n", ACCEPTED.replace('+', "/"))),
        ("no websocket", ALL, format!("{}{V3}\r\n", ACCEPTED.replace("websocket\r\n", "h2c\r\n"))),
        ("a list of connection options", ALL, format!("{}{V3}\r\n", ACCEPTED.replace(": upgrade", ":keep-alive,,Upgrade"))),
        ("an interim answer first", ALL, format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nlink: x\r\n\r\n{ACCEPTED}{V3}\r\n")),
        ("a folded line", ALL, format!("{ACCEPTED} folded\r\n{V3}\r\n")),
        ("a bare line end", ALL, format!("{ACCEPTED}a: b\n{V3}\r\n")),
        ("an old version", ALL, "HTTP/1.0 403\r\n\r\nno".into()),
        ("another protocol", ALL, "SSH-2.0-OpenSSH_9.2\r\n".into()),
        ("another status", ALL, "HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n".into()),
        ("half a head", ALL, "HTTP/1.1 400 Bad Request\r\nx-status-rea".into()),
        (
            "refused with a reason in the header",
            ALL,
            "HTTP/1.1 400 Bad Request\r\nX-Status-Reason: Invalid access token\r\ncontent-length: 4\r\n\r\nbody".into(),
        ),
        ("refused with a reason in the body", ALL, "HTTP/1.1 403 x\r\ncontent-length: 4\r\n\r\nbody and more".into()),
        ("refused and the body cut", ALL, "HTTP/1.1 403 x\r\ncontent-length: 9\r\n\r\nbody".into()),
        ("refused in chunks", ALL, "HTTP/1.1 400 x\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n".into()),
        ("retry", ALL, "HTTP/1.1 503 x\r\ncontent-length: 0\r\nx-status-reason:  \r\n\r\n".into()),
        ("retry until the end", ALL, "HTTP/1.1 599 x\r\n\r\n<h1>\x1b[31mbusy</h1>\n".into()),
    ] {
        add(what, options, answer.as_bytes());
    }
    let start = b"HTTP/1.1 400 x\r\na: ";
    let end = b"\r\n\r\n";
    let room = MAX_ANSWER_HEAD - start.len() - end.len();
    for (what, length) in [("the longest head", room), ("a head too long", room + 1)] {
        add(what, ALL, &[start, &*run(b'x', length), end].concat());
    }
    let no_end = [start, &*run(b'x', MAX_ANSWER_HEAD - start.len())].concat();
    add("a full buffer and no end of the head", ALL, &no_end);
    let body = run(b'x', MAX_PEER_TEXT + 100);
    add("a long body", ALL, &[b"HTTP/1.1 400 x\r\n\r\n", &*body].concat());
    seeds
}
