//! The steps that scripts are made of, by what they are for.

use iot_tunnel_core::wire::MessageType;
use iot_tunnel_fuzz::session::script::Step;

pub(super) const SOURCE: u8 = 0;
pub(super) const DESTINATION: u8 = 1;
/// The newest format, in [`Setup::kind`].
pub(super) const V2: u8 = 2 << 1;
pub(super) const V1: u8 = 3 << 1;

pub(super) const ANY_TIME_DUE: Step = Step::Time { how: 0 };
pub(super) const ACCEPT_V3: Step = Step::Upgrade { kind: 0 };
pub(super) const ACCEPT_V1: Step = Step::Upgrade { kind: 3 << 2 };
pub(super) const REFUSE: Step = Step::Upgrade { kind: 2 };
pub(super) const RETRY: Step = Step::Upgrade { kind: 3 };
pub(super) const TOKEN: Step = Step::Token {
    number: 0,
    binding: 0,
};
pub(super) const ROTATED: Step = Step::Token {
    number: 1,
    binding: 0,
};
pub(super) const UNBOUND: Step = Step::Token {
    number: 0,
    binding: 2,
};
pub(super) const LOST: Step = Step::Closed { reason: 7 };
pub(super) const ALL_SERVICES: Step = Step::ServiceIds { which: 7 };
pub(super) const OPEN: Step = Step::Open { service: 0 };
pub(super) const SEND: Step = Step::Send { which: 0, length: 20 };
pub(super) const SEND_ITSELF: Step = Step::Envelope { which: 0, length: 20 };
pub(super) const RESET: Step = Step::Reset { which: 0 };
pub(super) const DO: Step = Step::PollAll {};

/// A message about the latest connection.
pub(super) const fn about(message_type: MessageType) -> Step {
    Step::About {
        message_type: message_type.number() as u8,
        which: 0,
        change: 0,
        length: 9,
    }
}

/// A message that starts a stream or a connection of the first service.
pub(super) const fn start(message_type: MessageType, stream: u8, connection: u8) -> Step {
    Step::Message {
        message_type: message_type.number() as u8,
        stream,
        connection,
        service: 1,
    }
}

pub(super) const START: Step = start(MessageType::StreamStart, 1, 1);
pub(super) const START_V2: Step = start(MessageType::StreamStart, 1, 0);

/// A start whose refusal is long.
pub(super) const REFUSED: Step = Step::Message {
    message_type: MessageType::StreamStart.number() as u8,
    stream: 1,
    connection: 1,
    service: 4,
};

/// A session that has a token and a WebSocket, and then these steps.
pub(super) fn connected(steps: &[Step]) -> Vec<Step> {
    [&[TOKEN, DO, ACCEPT_V3], steps].concat()
}

/// An open session, and then these steps.
pub(super) fn open(steps: &[Step]) -> Vec<Step> {
    connected(&[&[ALL_SERVICES], steps].concat())
}
