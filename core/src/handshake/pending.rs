//! The answer to an upgrade request, judged.

use super::head::Head;
use super::header::{self, Values};
use super::key::UpgradeKey;
use super::peer_text::{MAX_PEER_TEXT, PeerText};
use super::subprotocol::{Offer, Subprotocol};
use crate::error::PeerFault;

/// What the service said to an upgrade request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade<'a> {
    /// Yes: from here on the connection is a WebSocket.
    Accepted {
        /// The subprotocol of this connection, one that was offered.
        subprotocol: Subprotocol,
        /// An id of the connection, for support.
        channel_id: Option<PeerText<'a>>,
    },
    /// No (400–499 but 408 and 429): never to be tried again with the same token and endpoint.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why, in the service's words; empty if it gave none.
        reason: PeerText<'a>,
        /// An id of the attempt, for support.
        channel_id: Option<PeerText<'a>>,
    },
    /// Not now (500–599, 408 Request Timeout, 429 Too Many Requests): to be tried again, later each time.
    Retry {
        /// The HTTP status.
        status: u16,
        /// Seconds to wait at least, as `Retry-After` says; `None` without one, or with a date in its place.
        retry_after: Option<u32>,
        /// Why, in the service's words; empty if it gave none.
        reason: PeerText<'a>,
        /// An id of the attempt, for support.
        channel_id: Option<PeerText<'a>>,
    },
}

/// How far an answer has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Receive more, behind what is there, and read all of it again.
    NeedMore,
    /// It is there.
    Complete {
        /// What it says.
        upgrade: Upgrade<'a>,
        /// The bytes of its head. After [`Upgrade::Accepted`] those behind it are the WebSocket's first.
        consumed: usize,
    },
}

/// What a client keeps of its upgrade request until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingUpgrade {
    key: UpgradeKey,
    offer: Offer,
}

impl PendingUpgrade {
    pub(super) const fn new(key: UpgradeKey, offer: Offer) -> Self {
        Self { key, offer }
    }

    /// Reads an answer out of all that was received so far; `ended` says that no more will come. However it was
    /// split on its way, the judgement is the same.
    ///
    /// A refusal without `x-status-reason` is complete when the start of its body is there: as much as
    /// `content-length` tells, and at most [`MAX_PEER_TEXT`] bytes. A client that has waited long enough, or whose
    /// buffer is full, passes `ended` and has what there is.
    ///
    /// # Errors
    /// [`PeerFault`]: what the answer breaks. With `ended` also [`PeerFault::UpgradeAnswerEndsEarly`].
    pub fn read<'a>(&self, received: &'a [u8], ended: bool) -> Result<Answer<'a>, PeerFault> {
        let Some(head) = Head::find(received)? else {
            return match ended {
                true => Err(PeerFault::UpgradeAnswerEndsEarly),
                false => Ok(Answer::NeedMore),
            };
        };
        let fields = Fields::collect(head.fields());
        let body = received.get(head.length..).unwrap_or_default();
        let awaited = fields.awaited();
        if matches!(head.status, 400..=599) && !ended && body.len() < awaited {
            return Ok(Answer::NeedMore);
        }
        let body = body.get(..awaited).unwrap_or(body);
        Ok(Answer::Complete {
            upgrade: self.decide(head.status, &fields, body)?,
            consumed: head.length,
        })
    }

    /// Judges an answer that an HTTP or WebSocket library has read: status, header names and values, and what is
    /// there of the body.
    ///
    /// # Errors
    /// [`PeerFault`]: what the answer breaks.
    pub fn judge<'a>(
        &self,
        status: u16,
        headers: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        body: &'a [u8],
    ) -> Result<Upgrade<'a>, PeerFault> {
        self.decide(status, &Fields::collect(headers), body)
    }

    fn decide<'a>(&self, status: u16, fields: &Fields<'a>, body: &'a [u8]) -> Result<Upgrade<'a>, PeerFault> {
        let channel_id = fields.channel_id();
        match status {
            101 => Ok(Upgrade::Accepted {
                subprotocol: self.accepted(fields)?,
                channel_id,
            }),
            408 | 429 | 500..=599 => Ok(Upgrade::Retry {
                status,
                retry_after: fields.retry_after(),
                reason: fields.reason(body),
                channel_id,
            }),
            400..=499 => Ok(Upgrade::Refused {
                status,
                reason: fields.reason(body),
                channel_id,
            }),
            _ => Err(PeerFault::UnexpectedUpgradeStatus),
        }
    }

    /// The rules of RFC 6455 §4.1 for a 101; that it must name a subprotocol is data-plane.md §1.
    fn accepted(&self, fields: &Fields<'_>) -> Result<Subprotocol, PeerFault> {
        let upgraded = |value: &[u8]| value.eq_ignore_ascii_case(b"websocket");
        let [upgrade, accept, subprotocol, extensions, ..] = &fields.values;
        if !upgrade.only().is_some_and(upgraded) || !fields.connection {
            return Err(PeerFault::NotWebSocket);
        }
        if accept.only() != Some(self.key.accept().as_bytes()) {
            return Err(PeerFault::WrongWebSocketAccept);
        }
        if extensions.latest().is_some() {
            return Err(PeerFault::UnofferedExtension);
        }
        subprotocol
            .only()
            .and_then(Subprotocol::from_name)
            .filter(|named| self.offer.has(*named))
            .ok_or(PeerFault::WrongSubprotocol)
    }
}

/// The headers of an answer of which the value matters.
const NAMES: [&str; 9] = [
    header::UPGRADE,
    header::WEBSOCKET_ACCEPT,
    header::WEBSOCKET_PROTOCOL,
    header::WEBSOCKET_EXTENSIONS,
    header::RETRY_AFTER,
    header::CHANNEL_ID,
    header::STATUS_REASON,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
];

/// The headers of an answer that matter.
#[derive(Default)]
struct Fields<'a> {
    /// Whether `connection` lists `upgrade`.
    connection: bool,
    /// In the order of [`NAMES`].
    values: [Values<'a>; NAMES.len()],
}

impl<'a> Fields<'a> {
    fn collect(headers: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            if header::is(name, header::CONNECTION) {
                fields.connection |= header::lists(value, header::UPGRADE);
            }
            for (values, known) in fields.values.iter_mut().zip(NAMES) {
                if header::is(name, known) {
                    values.add(value);
                }
            }
        }
        fields
    }

    fn retry_after(&self) -> Option<u32> {
        let [.., retry_after, _, _, _, _] = &self.values;
        retry_after.latest().and_then(header::decimal)
    }

    fn channel_id(&self) -> Option<PeerText<'a>> {
        let [.., channel_id, _, _, _] = &self.values;
        channel_id.latest().map(PeerText::new)
    }

    /// How many bytes of the body, as it stands on the wire, say why.
    fn awaited(&self) -> usize {
        let [.., reason, content_length, transfer_encoding] = &self.values;
        // A body in pieces has their lengths between them: it is not for people.
        if reason.latest().is_some_and(|reason| !reason.is_empty()) || transfer_encoding.latest().is_some() {
            return 0;
        }
        let length = content_length.latest().and_then(header::decimal);
        length.map_or(MAX_PEER_TEXT, |length| MAX_PEER_TEXT.min(length as usize))
    }

    fn reason(&self, body: &'a [u8]) -> PeerText<'a> {
        let [.., reason, _, _] = &self.values;
        PeerText::new(match reason.latest() {
            Some(reason @ [_, ..]) => reason,
            _ => body,
        })
    }
}

#[cfg(test)]
mod tests;
