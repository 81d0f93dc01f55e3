//! What is heard of a WebSocket's bytes: by our receiver, and by tungstenite.

use std::io::{self, Read, Write};

use iot_tunnel_core::PeerFault;
use iot_tunnel_core::websocket::{Event, MAX_FRAME_PAYLOAD, Receiver};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

/// An event that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in core")]
pub enum Said {
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
}

impl Said {
    /// The length of its payload, in bytes.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        match self {
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(None) => 0,
            Self::Close(Some((_, reason))) => size_of::<u16>() + reason.len(),
        }
    }
}

/// Who listens, and so who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// To a server.
    Client,
    /// To a client: its bytes are masked.
    Server,
}

/// What has been heard of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Neighbouring pieces of payload are one.
    pub events: Vec<Said>,
    /// Why it was no further.
    pub fault: Option<PeerFault>,
}

impl Heard {
    /// What our receiver makes of a stream that comes in pieces of these lengths.
    #[must_use]
    pub fn of(listener: Listener, stream: &[u8], split: &[usize]) -> Self {
        let mut heard = Self::default();
        let mut receiver = match listener {
            Listener::Client => Receiver::new(),
            Listener::Server => Receiver::of_client(),
        };
        let mut stream = stream.to_vec();
        let mut rest = &mut stream[..];
        for length in split {
            let (piece, behind) = rest.split_at_mut(*length);
            rest = behind;
            if let Err(fault) = heard.hear(listener, &mut receiver, piece) {
                heard.fault = Some(fault);
                assert_eq!(
                    receiver.receive(&mut &b"\x82\x00"[..]),
                    Err(fault),
                    "a fault stays"
                );
                break;
            }
        }
        let has_closed = matches!(heard.events.last(), Some(Said::Close(_)));
        assert_eq!(
            receiver.has_closed(),
            has_closed,
            "the receiver knows whether its peer has closed"
        );
        heard
    }

    fn hear(
        &mut self,
        listener: Listener,
        receiver: &mut Receiver,
        mut piece: &mut [u8],
    ) -> Result<(), PeerFault> {
        let left = match listener {
            Listener::Client => {
                let mut input = &*piece;
                while let Some(event) = receiver.receive(&mut input)? {
                    self.add(event);
                }
                input.len()
            }
            Listener::Server => {
                while let Some(event) = receiver.receive_masked(&mut piece)? {
                    self.add(event);
                }
                piece.len()
            }
        };
        assert_eq!(left, 0, "bytes were left over");
        Ok(())
    }

    fn add(&mut self, event: Event<'_>) {
        let said = match event {
            Event::Binary(bytes) => {
                assert!(!bytes.is_empty(), "a piece of payload has a byte");
                if let Some(Said::Binary(earlier)) = self.events.last_mut() {
                    return earlier.extend_from_slice(bytes);
                }
                Said::Binary(bytes.into())
            }
            Event::Ping(payload) => Said::Ping(payload.into()),
            Event::Pong(payload) => Said::Pong(payload.into()),
            Event::Close(close) => Said::Close(close.map(|close| (close.code.number(), close.reason.into()))),
        };
        self.events.push(said);
    }

    /// All payload of messages.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let binary = |said: &Said| match said {
            Said::Binary(bytes) => bytes.clone(),
            _ => Vec::new(),
        };
        self.events.iter().flat_map(binary).collect()
    }

    /// Everything else.
    #[must_use]
    pub fn control(&self) -> Vec<Said> {
        let is_control = |said: &&Said| !matches!(said, Said::Binary(_));
        self.events.iter().filter(is_control).cloned().collect()
    }
}

/// What tungstenite has heard of a stream.
#[derive(Debug, Default)]
pub struct SecondOpinion {
    /// Of messages that are there to their end: each on its own.
    pub messages: Vec<Vec<u8>>,
    /// Everything else.
    pub control: Vec<Said>,
    /// Whether it found a fault.
    pub refused: bool,
}

impl SecondOpinion {
    /// Reads a stream to its end or a fault.
    #[must_use]
    pub fn of(listener: Listener, stream: &[u8]) -> Self {
        let role = match listener {
            Listener::Client => Role::Client,
            Listener::Server => Role::Server,
        };
        let config = WebSocketConfig::default()
            .max_frame_size(Some(MAX_FRAME_PAYLOAD as usize))
            // Its own default takes more time than most streams do.
            .read_buffer_size(4096);
        let mut websocket = WebSocket::from_raw_socket(Socket(stream), role, Some(config));
        let mut opinion = Self::default();
        loop {
            match websocket.read() {
                Ok(Message::Binary(bytes)) => opinion.messages.push(bytes.into()),
                Ok(Message::Ping(payload)) => opinion.control.push(Said::Ping(payload.into())),
                Ok(Message::Pong(payload)) => opinion.control.push(Said::Pong(payload.into())),
                Ok(Message::Close(close)) => {
                    // It answers a code that is not allowed by this, and gives that as the peer's.
                    if close
                        .as_ref()
                        .is_some_and(|close| close.reason == "Protocol violation")
                    {
                        opinion.refused = true;
                        return opinion;
                    }
                    let close = close.map(|close| (u16::from(close.code), close.reason.to_string()));
                    opinion.control.push(Said::Close(close));
                }
                Err(Error::Io(_) | Error::ConnectionClosed) => return opinion,
                Ok(Message::Text(_) | Message::Frame(_)) | Err(_) => {
                    opinion.refused = true;
                    return opinion;
                }
            }
        }
    }
}

/// A socket from which a stream can be read, and which takes everything.
struct Socket<'s>(&'s [u8]);

impl Read for Socket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            length => Ok(length),
        }
    }
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
