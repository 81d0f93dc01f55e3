//! [`Streams`]: which streams are open between the two peers of a tunnel, as the relay sees them pass.

use iot_tunnel_core::ServiceId;
use iot_tunnel_core::wire::{MAX_ENVELOPE, Message, MessageType};

/// A stream that was started and not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stream {
    /// Empty in V1, and in a tunnel without services.
    service_id: String,
    stream_id: i32,
    /// That of STREAM_START: 0 where the stream is not V3.
    connection_id: u32,
}

/// One active stream for each service (data-plane.md §4): as many as the tunnel has services, and one without a name.
#[derive(Debug, Default)]
pub(super) struct Streams(Vec<Stream>);

/// What the relay does with a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// It goes to the other side as it came.
    Unchanged,
    /// It is a STREAM_RESET that lacks the service id of its stream, which goes to the other side in its place: one of
    /// AWS's clients crashes without it.
    Reset {
        /// The STREAM_RESET, encoded.
        encoded: Vec<u8>,
    },
    /// It belongs to no open stream, and ends here.
    Stale,
}

impl Streams {
    /// Decides about a message of one of the two peers that are connected now, and notes what it opens or ends.
    ///
    /// What still comes for a stream that was reset, by the relay or by either peer, is stale. Passed on, it could reach a
    /// peer that has joined since: AWS's C client takes it for a change of the protocol's version and drops its
    /// connection.
    pub(super) fn pass(&mut self, message: &Message<'_>) -> Passage {
        match message.message_type {
            MessageType::StreamStart => {
                self.0.retain(|stream| stream.service_id != message.service_id);
                self.0.push(Stream {
                    service_id: message.service_id.to_owned(),
                    stream_id: message.stream_id,
                    connection_id: message.connection_id,
                });
                Passage::Unchanged
            }
            MessageType::StreamReset => {
                let Some(at) = self.find(message) else {
                    return Passage::Stale;
                };
                let ended = self.0.swap_remove(at);
                match message.service_id.is_empty() && !ended.service_id.is_empty() {
                    true => {
                        let named = Message {
                            service_id: &ended.service_id,
                            ..*message
                        };
                        let mut encoded = Vec::new();
                        reset_of(&named, |reset| encoded.extend_from_slice(reset));
                        Passage::Reset { encoded }
                    }
                    false => Passage::Unchanged,
                }
            }
            _ => match self.find(message) {
                Some(_) => Passage::Unchanged,
                None => Passage::Stale,
            },
        }
    }

    /// The open stream that a message belongs to.
    fn find(&self, message: &Message<'_>) -> Option<usize> {
        let of_stream = |stream: &Stream| stream.stream_id == message.stream_id;
        let exact = |stream: &Stream| of_stream(stream) && stream.service_id == message.service_id;
        // A destination with one service may answer a V1 stream with that service's name, and one told to speak V1 answers
        // any stream without: the id says which is meant.
        let loose = |stream: &Stream| {
            of_stream(stream) && (stream.service_id.is_empty() || message.service_id.is_empty())
        };
        let position = self.0.iter().position(exact);
        position.or_else(|| self.0.iter().position(loose))
    }

    /// Ends all of them: hands the STREAM_RESET of each, encoded, to `send`. They name the service, and the connection
    /// where the stream is V3 (data-plane.md §7).
    pub(super) fn reset_all(&mut self, mut send: impl FnMut(&[u8])) {
        for stream in self.0.drain(..) {
            let started = Message {
                stream_id: stream.stream_id,
                service_id: &stream.service_id,
                connection_id: stream.connection_id,
                ..Message::default()
            };
            reset_of(&started, &mut send);
        }
    }
}

/// The STREAM_RESET, encoded, that ends what a STREAM_START or CONNECTION_START asks for: with the ids it came with.
pub(super) fn reset_of(message: &Message<'_>, send: impl FnOnce(&[u8])) {
    let reset = Message {
        message_type: MessageType::StreamReset,
        stream_id: message.stream_id,
        service_id: message.service_id,
        connection_id: message.connection_id,
        ..Message::default()
    };
    let mut buffer = vec![0; MAX_ENVELOPE + message.service_id.len()];
    // There is room for a service id of any length.
    if let Ok(length) = reset.encode(&mut buffer) {
        send(buffer.get(..length).unwrap_or_default());
    }
}

/// Whether a stream, or a connection in one, may be started for that service: one that the tunnel defines, or none
/// (data-plane.md §4).
pub(super) fn may_start(services: &[ServiceId], service_id: &str) -> bool {
    service_id.is_empty() || services.iter().any(|service| service.as_str() == service_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(
        message_type: MessageType,
        stream_id: i32,
        service_id: &str,
        connection_id: u32,
    ) -> Message<'_> {
        Message {
            message_type,
            stream_id,
            service_id,
            connection_id,
            ..Message::default()
        }
    }

    fn resets(streams: &mut Streams) -> Vec<(i32, String, u32)> {
        let mut resets = Vec::new();
        streams.reset_all(|bytes| {
            let reset = Message::decode(bytes).unwrap();
            assert_eq!(reset.message_type, MessageType::StreamReset);
            resets.push((reset.stream_id, reset.service_id.to_owned(), reset.connection_id));
        });
        resets
    }

    #[test]
    fn what_was_started_and_not_ended_is_reset_once_with_its_own_ids() {
        let mut streams = Streams::default();
        let (start, reset) = (MessageType::StreamStart, MessageType::StreamReset);
        for message in [
            message(start, 1, "SSH", 1),
            message(start, 2, "SSH", 5), // replaces the first
            message(reset, 1, "SSH", 0), // stale
            message(start, 7, "HTTP", 0),
            message(start, 9, "", 0),
            message(reset, 9, "", 0),
            message(MessageType::Data, 3, "RDP", 1),
            message(MessageType::ConnectionReset, 2, "SSH", 5), // the stream stays
        ] {
            let _ = streams.pass(&message);
        }
        let expected = [(2, "SSH".to_owned(), 5), (7, "HTTP".to_owned(), 0)];
        assert_eq!(resets(&mut streams), expected);
        assert_eq!(resets(&mut streams), []);
    }

    #[test]
    fn a_stream_is_of_a_service_that_the_tunnel_defines_or_of_none() {
        let services = [ServiceId::parse("SSH").unwrap()];
        assert!(may_start(&services, "SSH") && may_start(&services, "") && may_start(&[], ""));
        assert!(!may_start(&services, "ssh") && !may_start(&[], "SSH"));
    }

    #[test]
    fn only_what_belongs_to_an_open_stream_passes() {
        use MessageType::{ConnectionReset, ConnectionStart, Data, StreamReset, StreamStart};
        let kinds = [Data, ConnectionStart, ConnectionReset, StreamReset];
        // In every format: what was started, and what then passes and what does not, by (stream, service).
        for (service_id, connection_id, passes, stale) in [
            (
                "SSH",
                1,
                &[(5, "SSH"), (5, "")][..],
                &[(4, "SSH"), (5, "RDP"), (4, "")][..],
            ),
            ("SSH", 0, &[(5, "SSH"), (5, "")], &[(6, "SSH"), (5, "RDP")]),
            ("", 0, &[(5, ""), (5, "SSH")], &[(4, ""), (4, "SSH")]),
        ] {
            for kind in kinds {
                for (of, is_stale) in passes
                    .iter()
                    .map(|of| (of, false))
                    .chain(stale.iter().map(|of| (of, true)))
                {
                    let mut streams = Streams::default();
                    let of = message(kind, of.0, of.1, connection_id);
                    assert_eq!(streams.pass(&of), Passage::Stale, "nothing is open");
                    let start = message(StreamStart, 5, service_id, connection_id);
                    assert_eq!(streams.pass(&start), Passage::Unchanged);
                    assert_eq!(streams.pass(&of) == Passage::Stale, is_stale, "{of:?}");
                    streams.reset_all(|_| {});
                    assert_eq!(streams.pass(&of), Passage::Stale, "all were reset");
                }
            }
        }
    }

    #[test]
    fn a_reset_of_a_named_stream_names_it_and_ends_it_once() {
        let mut streams = Streams::default();
        let _ = streams.pass(&message(MessageType::StreamStart, 5, "SSH", 1));
        let nameless = message(MessageType::StreamReset, 5, "", 1);
        let Passage::Reset { encoded } = streams.pass(&nameless) else {
            panic!("it was not named")
        };
        let reset = Message::decode(&encoded).unwrap();
        assert_eq!(reset, message(MessageType::StreamReset, 5, "SSH", 1));
        assert_eq!(streams.pass(&nameless), Passage::Stale);
    }
}
