//! An answer to an upgrade request, as it comes: judged the same however it is split, and as httparse reads it.
#![no_main]

use iot_tunnel_core::handshake::{
    Answer, Endpoint, MAX_ANSWER_HEAD, MAX_PEER_TEXT, Offer, PeerText, PendingUpgrade, Subprotocol, Upgrade,
    UpgradeKey, UpgradeRequest,
};
use iot_tunnel_core::{AccessToken, PeerFault, Side};
use iot_tunnel_fuzz::input::Arrival;
use libfuzzer_sys::fuzz_target;

/// Most bytes that are read for one split: with each piece all that is there is read again.
const MAX_READ: usize = 40_000;

fuzz_target!(|input: &[u8]| {
    let Some(arrival) = Arrival::read(input) else {
        return;
    };
    let answer = &arrival.stream;
    let offer = match arrival.options & 3 {
        0 => Offer::All,
        1 => Offer::Only(Subprotocol::V1),
        2 => Offer::Only(Subprotocol::V2),
        _ => Offer::Only(Subprotocol::V3),
    };
    let pending = pending(offer);
    let judged = pending.read(answer, true);
    let most = MAX_READ / answer.len().max(1);
    for split in arrival.splits(most) {
        assert_eq!(
            read_in_pieces(&pending, answer, &split),
            judged,
            "in pieces of {split:?}"
        );
    }
    is_what_it_says(judged);
    httparse_agrees(&pending, offer, answer, judged);
});

fn pending(offer: Offer) -> PendingUpgrade {
    UpgradeRequest {
        endpoint: &Endpoint::parse("localhost").unwrap(),
        side: Side::Source,
        access_token: &AccessToken::<8>::parse("secret").unwrap(),
        client_token: None,
        offer,
        key: UpgradeKey::new(*b"the sample nonce").unwrap(),
    }
    .pending()
}

/// What is judged when the answer comes in pieces. Once judged, it stays so whatever comes behind.
fn read_in_pieces<'a>(
    pending: &PendingUpgrade,
    answer: &'a [u8],
    split: &[usize],
) -> Result<Answer<'a>, PeerFault> {
    let mut judged = None;
    let mut end = 0;
    for length in split {
        end += length;
        let received = pending.read(&answer[..end], false);
        let has_room = end < MAX_ANSWER_HEAD + MAX_PEER_TEXT;
        assert!(received != Ok(Answer::NeedMore) || has_room, "the buffer is full");
        match judged {
            None if received == Ok(Answer::NeedMore) => {}
            None => judged = Some(received),
            Some(judged) => assert_eq!(received, judged, "more changes nothing"),
        }
    }
    judged.unwrap_or_else(|| pending.read(answer, true))
}

fn is_what_it_says(judged: Result<Answer<'_>, PeerFault>) {
    let upgrade = match judged {
        Ok(Answer::NeedMore) => panic!("no more will come"),
        Ok(Answer::Complete { upgrade, consumed }) => {
            assert!(consumed <= MAX_ANSWER_HEAD);
            upgrade
        }
        Err(_) => return,
    };
    let (reason, channel_id) = match upgrade {
        Upgrade::Accepted { channel_id, .. } => (None, channel_id),
        Upgrade::Refused {
            status,
            reason,
            channel_id,
        } => {
            assert!((400..500).contains(&status) && !matches!(status, 408 | 429));
            (Some(reason), channel_id)
        }
        Upgrade::Retry {
            status,
            reason,
            channel_id,
            ..
        } => {
            assert!((500..600).contains(&status) || matches!(status, 408 | 429));
            (Some(reason), channel_id)
        }
    };
    for text in [reason, channel_id].into_iter().flatten() {
        assert!(text.as_bytes().len() <= MAX_PEER_TEXT);
        assert!(
            !text.to_string().contains(char::is_control),
            "a terminal would obey it"
        );
    }
}

/// A head as httparse reads it, past interim ones: the status, the headers, and what follows.
type Read<'a> = (u16, Vec<(&'a [u8], &'a [u8])>, &'a [u8]);

/// The head of the final answer; `None` if there is none, or more of it must come.
fn read_by_httparse(mut answer: &[u8]) -> Option<Read<'_>> {
    loop {
        // A line of a header has at least 4 bytes: room for as many as any head that we take.
        let mut headers = [httparse::EMPTY_HEADER; MAX_ANSWER_HEAD / 4];
        let mut response = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = response.parse(answer) else {
            return None;
        };
        let status = response.code?;
        answer = &answer[length..];
        if !matches!(status, 100 | 102..200) {
            let headers = response.headers.iter();
            let headers = headers
                .map(|header| (header.name.as_bytes(), header.value))
                .collect();
            return Some((status, headers, answer));
        }
    }
}

fn httparse_agrees(
    pending: &PendingUpgrade,
    offer: Offer,
    answer: &[u8],
    judged: Result<Answer<'_>, PeerFault>,
) {
    let theirs = read_by_httparse(answer);
    let consumed = theirs.as_ref().map(|(.., body)| answer.len() - body.len());
    match judged {
        // We are stricter: a line ends with CR LF, and nothing stands before the first of a head, be it the answer's own or
        // one behind an interim answer.
        Err(PeerFault::MalformedUpgradeAnswer) => {
            let has_bare_line_end = answer.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r');
            let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
            let behind_a_head = answer
                .windows(5)
                .any(|bytes| bytes.starts_with(b"\r\n\r\n") && is_line_end(&bytes[4]));
            let starts_early = behind_a_head || answer.first().is_some_and(is_line_end);
            assert!(theirs.is_none() || has_bare_line_end || starts_early);
        }
        Err(PeerFault::UpgradeAnswerTooLong) => assert!(consumed.is_none_or(|end| end > MAX_ANSWER_HEAD)),
        Err(PeerFault::UpgradeAnswerEndsEarly) => {
            assert!(consumed.is_none() && answer.len() < MAX_ANSWER_HEAD);
        }
        judged => {
            let (status, headers, body) = theirs.expect("httparse takes every head that we take");
            let accepted = matches!(
                judged,
                Ok(Answer::Complete {
                    upgrade: Upgrade::Accepted { .. },
                    ..
                })
            );
            assert_eq!(
                accepted,
                status == 101 && is_accepted(offer, &headers),
                "{headers:?}"
            );
            let body = awaited(&headers, body);
            let upgrade = pending.judge(status, headers, body);
            match judged {
                Ok(Answer::Complete {
                    upgrade: ours,
                    consumed: ends,
                }) => {
                    assert_eq!((Ok(ours), Some(ends)), (upgrade, consumed));
                }
                other => assert_eq!(other.err(), upgrade.err()),
            }
        }
    }
}

/// Whether the headers of a 101 keep the rules of RFC 6455 §4.1 and of data-plane.md §1.
fn is_accepted(offer: Offer, headers: &[(&[u8], &[u8])]) -> bool {
    let named = |name: &str| {
        let is = |header: &&(&[u8], &[u8])| header.0.eq_ignore_ascii_case(name.as_bytes());
        headers
            .iter()
            .filter(is)
            .map(|(_, value)| value.trim_ascii())
            .collect::<Vec<_>>()
    };
    let options = named("connection").join(&b","[..]);
    let mut options = options.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let offered = |name: &[u8]| {
        let mut offered = Subprotocol::EVERY
            .into_iter()
            .filter(|offered| offer.has(*offered));
        offered.any(|offered| offered.as_str().as_bytes() == name)
    };
    matches!(named("upgrade")[..], [value] if value.eq_ignore_ascii_case(b"websocket"))
        && options.any(|option| option.eq_ignore_ascii_case(b"upgrade"))
        && named("sec-websocket-accept") == [b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]
        && named("sec-websocket-extensions").is_empty()
        && matches!(named("sec-websocket-protocol")[..], [name] if offered(name))
}

/// What the body of a refusal says, at most as much as its length tells; nothing where it comes in pieces.
fn awaited<'a>(headers: &[(&[u8], &[u8])], body: &'a [u8]) -> &'a [u8] {
    let named = |name: &str| {
        let is = move |header: &&(&[u8], &[u8])| header.0.eq_ignore_ascii_case(name.as_bytes());
        headers.iter().rfind(is)
    };
    if named("transfer-encoding").is_some() {
        return b"";
    }
    let length = named("content-length")
        .and_then(|(_, value)| std::str::from_utf8(value).ok())
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(body.len());
    PeerText::new(&body[..length.min(body.len()).min(MAX_PEER_TEXT)]).as_bytes()
}
