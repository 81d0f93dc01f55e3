//! Sessions that come to an end of interest: open, used, lost, rotated.

mod steps;

use iot_tunnel_core::wire::MessageType;
use iot_tunnel_fuzz::session::script::{Script, Setup, Step};

use self::steps::*;
use super::{Seeds, name};

pub(crate) fn seeds() -> Seeds {
    use MessageType::{ConnectionReset, ConnectionStart, Data, SessionReset, StreamReset};
    let of = |services: u8| services << 3;
    let cases = [
        (
            "refused and another token",
            SOURCE | of(1),
            vec![TOKEN, DO, REFUSE, TOKEN, ROTATED, DO, ACCEPT_V3],
        ),
        (
            "tried again",
            SOURCE | of(1),
            vec![TOKEN, DO, RETRY, DO, ANY_TIME_DUE, DO, RETRY, ANY_TIME_DUE, DO],
        ),
        (
            "spent",
            DESTINATION | of(1),
            vec![UNBOUND, DO, ACCEPT_V3, ALL_SERVICES, LOST, UNBOUND, ROTATED, DO],
        ),
        (
            "no answer",
            SOURCE | of(2),
            vec![TOKEN, DO, ANY_TIME_DUE, DO, ANY_TIME_DUE, DO, Step::Pong {}],
        ),
        (
            "no services",
            SOURCE | of(2),
            connected(&[ANY_TIME_DUE, ANY_TIME_DUE, DO]),
        ),
        (
            "a message before the services",
            DESTINATION | of(2),
            connected(&[START, DO]),
        ),
        (
            "heartbeat",
            SOURCE | of(2),
            open(&[
                ANY_TIME_DUE,
                DO,
                Step::Pong {},
                ANY_TIME_DUE,
                Step::Ping {},
                DO,
                ANY_TIME_DUE,
                DO,
            ]),
        ),
        (
            "source",
            SOURCE | of(2),
            open(&[
                OPEN,
                SEND,
                DO,
                about(Data),
                OPEN,
                SEND,
                RESET,
                DO,
                about(ConnectionReset),
            ]),
        ),
        (
            "source from where it lies",
            SOURCE | of(2),
            open(&[
                OPEN,
                SEND_ITSELF,
                DO,
                SEND_ITSELF,
                SEND,
                SEND_ITSELF,
                RESET,
                SEND_ITSELF,
                DO,
            ]),
        ),
        (
            "source v2",
            SOURCE | V2 | of(2),
            open(&[
                OPEN,
                OPEN,
                SEND,
                DO,
                about(Data),
                RESET,
                OPEN,
                DO,
                about(StreamReset),
            ]),
        ),
        (
            "source v1",
            SOURCE | V1 | of(1),
            vec![
                TOKEN,
                DO,
                ACCEPT_V1,
                OPEN,
                SEND,
                DO,
                about(Data),
                about(StreamReset),
                OPEN,
            ],
        ),
        (
            "source full",
            SOURCE | of(1),
            open(&[
                OPEN, OPEN, OPEN, OPEN, DO, RESET, OPEN, SEND, SEND, SEND, SEND, RESET,
            ]),
        ),
        (
            "source session reset",
            SOURCE | of(3),
            open(&[OPEN, DO, about(SessionReset), SEND, OPEN, DO, SEND, DO]),
        ),
        (
            "source unnamed",
            SOURCE,
            connected(&[Step::ServiceIds { which: 1 }, OPEN, SEND, DO, about(Data)]),
        ),
        (
            "source without a choice",
            SOURCE,
            connected(&[ALL_SERVICES, OPEN]),
        ),
        (
            "source without services",
            SOURCE | of(1),
            connected(&[Step::ServiceIds { which: 0 }, OPEN, SEND, DO]),
        ),
        (
            "destination",
            DESTINATION | of(2),
            open(&[
                START,
                about(Data),
                SEND,
                start(ConnectionStart, 1, 2),
                SEND,
                RESET,
                DO,
                about(Data),
            ]),
        ),
        (
            "destination v2",
            DESTINATION | of(2),
            open(&[
                START_V2,
                about(Data),
                SEND,
                about(ConnectionStart),
                DO,
                START_V2,
                RESET,
                DO,
            ]),
        ),
        (
            "destination replaced",
            DESTINATION | of(1),
            open(&[
                START,
                SEND,
                start(MessageType::StreamStart, 2, 1),
                SEND,
                DO,
                about(StreamReset),
            ]),
        ),
        (
            "destination full",
            DESTINATION | of(1),
            open(&[
                START,
                start(ConnectionStart, 1, 2),
                start(ConnectionStart, 1, 3),
                start(ConnectionStart, 1, 4),
                start(ConnectionStart, 1, 2),
                DO,
                start(ConnectionStart, 1, 4),
                about(ConnectionReset),
            ]),
        ),
        (
            "destination of another service",
            DESTINATION | of(1),
            open(&[
                Step::Message {
                    message_type: 2,
                    stream: 1,
                    connection: 1,
                    service: 3,
                },
                Step::Message {
                    message_type: 6,
                    stream: 9,
                    connection: 1,
                    service: 1,
                },
                Step::Message {
                    message_type: 2,
                    stream: 1,
                    connection: 1,
                    service: 5,
                },
                DO,
            ]),
        ),
        (
            "destination without room for an answer",
            DESTINATION | of(1),
            open(&[
                START,
                SEND,
                SEND,
                SEND,
                REFUSED,
                REFUSED,
                REFUSED,
                REFUSED,
                ANY_TIME_DUE,
                Step::Time { how: 4 },
                Step::Read { piece: 1 },
                Step::Poll { part: 0 },
                Step::Poll { part: 200 },
                Step::Read { piece: 1 },
                DO,
                Step::Read { piece: 1 },
                DO,
            ]),
        ),
        (
            "destination slow",
            DESTINATION | of(1),
            open(&[
                START,
                Step::Pause { paused: 1 },
                about(Data),
                about(Data),
                ANY_TIME_DUE,
                DO,
                ANY_TIME_DUE,
                Step::Pause { paused: 0 },
                SEND,
                SEND,
                SEND,
                SEND,
                about(Data),
                DO,
                Step::Read { piece: 2 },
            ]),
        ),
        (
            "rotated",
            DESTINATION | of(1),
            open(&[
                START,
                SEND,
                ROTATED,
                TOKEN,
                ROTATED,
                DO,
                ACCEPT_V3,
                ALL_SERVICES,
                START,
                about(Data),
                SEND,
                DO,
            ]),
        ),
        (
            "reconnected",
            SOURCE | of(1),
            open(&[
                OPEN,
                SEND,
                Step::Poll { part: 9 },
                LOST,
                DO,
                ANY_TIME_DUE,
                DO,
                ACCEPT_V3,
                ALL_SERVICES,
                about(Data),
                OPEN,
                SEND,
                DO,
            ]),
        ),
        (
            "half a message and a new connection",
            DESTINATION | of(1),
            open(&[
                Step::Bytes {
                    first: 0,
                    second: 9,
                    third: 1,
                },
                LOST,
                ANY_TIME_DUE,
                DO,
                ACCEPT_V3,
                ALL_SERVICES,
                START,
            ]),
        ),
        (
            "a frame of length 0",
            SOURCE | of(1),
            open(&[
                Step::Bytes {
                    first: 0,
                    second: 0,
                    third: 0,
                },
                DO,
                ANY_TIME_DUE,
                DO,
            ]),
        ),
        (
            "tunnel closed",
            DESTINATION | of(1),
            open(&[
                START,
                Step::Closed { reason: 2 },
                TOKEN,
                DO,
                SEND,
                RESET,
                Step::SentTooMuch {},
            ]),
        ),
        (
            "ended",
            SOURCE | of(1),
            open(&[
                OPEN,
                SEND,
                Step::Close { sure: 0xcc },
                DO,
                TOKEN,
                OPEN,
                Step::Pong {},
            ]),
        ),
    ];
    cases
        .into_iter()
        .map(|(what, kind, steps)| {
            let setup = Setup { kind, sizes: 0x40 };
            (name(what), Script { setup, steps }.write())
        })
        .collect()
}
