//! [`Streams`]: which streams the two sides of a tunnel may hold, as the relay sees them pass.

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

impl Streams {
    /// Notes a message that is passed on.
    pub(super) fn note(&mut self, message: &Message<'_>) {
        let same_service = |stream: &Stream| stream.service_id == message.service_id;
        match message.message_type {
            MessageType::StreamStart => {
                self.0.retain(|stream| !same_service(stream));
                self.0.push(Stream {
                    service_id: message.service_id.to_owned(),
                    stream_id: message.stream_id,
                    connection_id: message.connection_id,
                });
            }
            MessageType::StreamReset => self
                .0
                .retain(|stream| !(same_service(stream) && stream.stream_id == message.stream_id)),
            _ => {}
        }
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
            streams.note(&message);
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
}
