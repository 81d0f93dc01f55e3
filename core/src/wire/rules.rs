//! Who may say what: the rules on a message's content, in one table.

use super::MAX_PAYLOAD;
use super::fault::ContentFault;
use super::message::{Message, MessageType};
use crate::mode::Side;

/// Whose messages arrive on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// At the service: those of a client on this side.
    Client(Side),
    /// At a client on this side: the service's own, and those of the other side, which the service passes on.
    ServiceTo(Side),
}

impl Origin {
    /// Those whose messages it may bring.
    const fn authors(self) -> Authors {
        match self {
            Self::Client(Side::Source) => SOURCE,
            Self::Client(Side::Destination) => DESTINATION,
            Self::ServiceTo(Side::Source) => DESTINATION | SERVICE,
            Self::ServiceTo(Side::Destination) => SOURCE | SERVICE,
        }
    }
}

/// What a receiver does with a message that keeps the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It takes it.
    Valid,
    /// It skips it: the type is not known, and the message says that it may be ignored.
    Skip,
}

/// Who says a thing: one bit each.
type Authors = u8;
const SOURCE: Authors = 1;
const DESTINATION: Authors = 2;
const SERVICE: Authors = 4;

/// What a message is about, and so whether it needs a stream id.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Stream,
    Session,
}

/// The table: who says messages of this type, and what they are about. `None` if the type is not known.
const fn rule(message_type: MessageType) -> Option<(Authors, Scope)> {
    Some(match message_type {
        MessageType::StreamStart | MessageType::ConnectionStart => (SOURCE, Scope::Stream),
        MessageType::Data | MessageType::ConnectionReset => (SOURCE | DESTINATION, Scope::Stream),
        MessageType::StreamReset => (SOURCE | DESTINATION | SERVICE, Scope::Stream),
        MessageType::SessionReset | MessageType::ServiceIds => (SERVICE, Scope::Session),
        MessageType::Unknown(_) => return None,
    })
}

impl Message<'_> {
    /// Judges whether this message may come from there (data-plane.md §3, "Rules on content", and §4).
    ///
    /// | type | from | streamId |
    /// |---|---|---|
    /// | STREAM_START, CONNECTION_START | source | not 0 |
    /// | DATA, CONNECTION_RESET | source, destination | not 0 |
    /// | STREAM_RESET | source, destination, service | not 0 |
    /// | SESSION_RESET, SERVICE_IDS | service | any |
    /// | not known | skipped if `ignorable`, which matters for nothing else | |
    /// | 0 | nobody | |
    ///
    /// ```
    /// use iot_tunnel_core::Side;
    /// use iot_tunnel_core::wire::{ContentFault, Message, MessageType, Origin};
    /// let message_type = MessageType::StreamStart;
    /// let start = Message { message_type, stream_id: 1, ..Message::default() };
    /// assert!(start.check(Origin::ServiceTo(Side::Destination)).is_ok());
    /// assert_eq!(start.check(Origin::ServiceTo(Side::Source)), Err(ContentFault::Origin { message_type }));
    /// ```
    ///
    /// # Errors
    /// The first of [`ContentFault::Type`], [`ContentFault::Origin`], [`ContentFault::StreamId`] and
    /// [`ContentFault::Payload`] that applies.
    // Inlined, so that what only says how a fault comes about is made where somebody looks at it.
    #[inline(always)]
    pub fn check(&self, origin: Origin) -> Result<Verdict, ContentFault> {
        let message_type = self.message_type;
        let Some((authors, scope)) = rule(message_type) else {
            return match self.ignorable && message_type.number() != 0 {
                true => Ok(Verdict::Skip),
                false => Err(ContentFault::Type { message_type }),
            };
        };
        if authors & origin.authors() == 0 {
            return Err(ContentFault::Origin { message_type });
        }
        if scope == Scope::Stream && self.stream_id == 0 {
            return Err(ContentFault::StreamId { message_type });
        }
        match self.payload.len() {
            ..=MAX_PAYLOAD => Ok(Verdict::Valid),
            length => Err(ContentFault::Payload { length }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINS: [Origin; 4] = [
        Origin::Client(Side::Source),
        Origin::Client(Side::Destination),
        Origin::ServiceTo(Side::Source),
        Origin::ServiceTo(Side::Destination),
    ];

    fn message(message_type: MessageType) -> Message<'static> {
        Message {
            message_type,
            stream_id: 1,
            ..Message::default()
        }
    }

    #[test]
    fn every_type_is_taken_from_its_senders_only() {
        // In the order of ORIGINS: what the table comes to on each of the four connections.
        let taken = [
            (MessageType::Data, [true, true, true, true]),
            (MessageType::StreamStart, [true, false, false, true]),
            (MessageType::StreamReset, [true, true, true, true]),
            (MessageType::SessionReset, [false, false, true, true]),
            (MessageType::ServiceIds, [false, false, true, true]),
            (MessageType::ConnectionStart, [true, false, false, true]),
            (MessageType::ConnectionReset, [true, true, true, true]),
        ];
        assert_eq!(taken.map(|(message_type, _)| message_type), MessageType::KNOWN);
        for (message_type, taken) in taken {
            for (origin, taken) in ORIGINS.into_iter().zip(taken) {
                let expected = match taken {
                    true => Ok(Verdict::Valid),
                    false => Err(ContentFault::Origin { message_type }),
                };
                for ignorable in [false, true] {
                    let message = Message {
                        ignorable,
                        ..message(message_type)
                    };
                    assert_eq!(message.check(origin), expected, "{message_type} from {origin:?}");
                }
            }
        }
    }

    #[test]
    fn an_unknown_type_is_skipped_if_ignorable_and_the_type_0_never() {
        for (number, ignorable, skipped) in [
            (8, true, true),
            (-1, true, true),
            (8, false, false),
            (0, true, false),
        ] {
            let message_type = MessageType::from_number(number);
            let message = Message {
                ignorable,
                ..message(message_type)
            };
            let expected = match skipped {
                true => Ok(Verdict::Skip),
                false => Err(ContentFault::Type { message_type }),
            };
            assert!(ORIGINS.iter().all(|&origin| message.check(origin) == expected));
        }
    }

    #[test]
    fn a_stream_has_an_id_and_a_payload_its_bound() {
        for message_type in MessageType::KNOWN {
            let message = Message {
                stream_id: 0,
                ..message(message_type)
            };
            let outcome = ORIGINS
                .into_iter()
                .map(|origin| message.check(origin))
                .find(|outcome| *outcome != Err(ContentFault::Origin { message_type }));
            assert_eq!(
                outcome == Some(Err(ContentFault::StreamId { message_type })),
                !matches!(message_type, MessageType::SessionReset | MessageType::ServiceIds),
                "{message_type}"
            );
        }
        let payload = [0; MAX_PAYLOAD + 1];
        let data = |length| Message {
            payload: &payload[..length],
            ..message(MessageType::Data)
        };
        let check = |length| data(length).check(Origin::Client(Side::Source));
        assert_eq!(check(MAX_PAYLOAD), Ok(Verdict::Valid));
        let length = MAX_PAYLOAD + 1;
        assert_eq!(check(length), Err(ContentFault::Payload { length }));
    }
}
