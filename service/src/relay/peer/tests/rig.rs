//! A tunnel whose peers' sockets are pipes. Time moves only while everybody waits for it.

use std::sync::Arc;
use std::time::Duration;

use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::websocket::{Event, Frame, FrameHeader, MaskKey, Receiver, Sender};
use iot_tunnel_core::wire::{Message, MessageType};
use iot_tunnel_core::{
    ConnectionId, DestinationConfig, Entropy, Lifetime, Millis, ServiceId, Side, Tunnel, TunnelId,
};
use prometheus::IntCounter;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::super::{End, Peer};
use crate::relay::{Lines, Seat};

/// As much as a pipe takes before it is read, in bytes: little, so that nothing hides in it.
pub(super) const PIPE: usize = 4096;

/// What no promise has room for, in bytes.
const FAR_TOO_MUCH: usize = 4 << 20;

/// Long enough for everything that can happen to have happened: time moves when nothing else can.
pub(super) const A_MOMENT: Duration = Duration::from_millis(1);

/// A tunnel with the service SSH.
pub(super) struct Rig {
    pub(super) lines: Arc<Lines>,
    tunnel: Tunnel,
    connections: u64,
}

/// A client, and the task of its connection at the relay.
pub(super) struct Client {
    pub(super) socket: DuplexStream,
    pub(super) seat: Seat,
    pub(super) task: JoinHandle<End>,
    receiver: Receiver,
    sender: Sender,
    /// What was read and not heard yet.
    unheard: Vec<u8>,
}

/// What a client hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Message(Vec<u8>),
    Ping,
    Pong(Vec<u8>),
    Close(u16, String),
    /// The end of the stream.
    End,
}

impl Rig {
    pub(super) fn new() -> Self {
        let id = TunnelId::parse("tunnel").unwrap();
        let services = [ServiceId::parse("SSH").unwrap()];
        let config = DestinationConfig::new(None, &services).unwrap();
        let entropy = Entropy::new(std::array::from_fn(|i| i as u8)).unwrap();
        let (tunnel, _) = Tunnel::open(id, Some(config), Lifetime::default(), Millis(0), &entropy).unwrap();
        Self {
            lines: Arc::default(),
            tunnel,
            connections: 0,
        }
    }

    /// A peer that has joined the tunnel, and the client's end of its socket.
    pub(super) fn seated(&mut self, side: Side) -> (Peer<DuplexStream>, DuplexStream) {
        self.connections += 1;
        let seat = self
            .lines
            .join(&self.tunnel, side, ConnectionId(self.connections));
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let counter = IntCounter::new("bytes", "Bytes.").unwrap();
        (Peer::new(seat, theirs, counter), ours)
    }

    /// A client that is connected over V1, which has no SERVICE_IDS, and that has sent `early` behind its request.
    pub(super) fn connect(&mut self, side: Side, early: &[u8]) -> Client {
        let (mut peer, socket) = self.seated(side);
        let (seat, lines, early) = (peer.seat.clone(), self.lines.clone(), early.to_vec());
        let task = tokio::spawn(async move {
            let end = peer.serve(Subprotocol::V1, early).await;
            lines.left(&peer.seat);
            peer.finish(&end).await;
            end
        });
        Client {
            socket,
            seat,
            task,
            receiver: Receiver::new(),
            sender: Sender::new(),
            unheard: Vec::new(),
        }
    }
}

impl Rig {
    /// A source and a destination with stream 1 of SSH open between them.
    pub(super) async fn pair(&mut self) -> (Client, Client) {
        let mut source = self.connect(Side::Source, b"");
        let mut destination = self.connect(Side::Destination, b"");
        let start = tunnel_frame(MessageType::StreamStart, b"");
        source.send(Frame::Binary(&start)).await;
        assert_eq!(destination.next().await, Heard::Message(start));
        (source, destination)
    }
}

impl Client {
    /// A frame as a client sends it.
    pub(super) fn frame(&mut self, frame: Frame<'_>) -> Vec<u8> {
        let mut buffer = vec![0; FrameHeader::MAX_LENGTH + 70_000];
        let length = self
            .sender
            .write(frame, MaskKey::new(*b"mask"), &mut buffer)
            .unwrap();
        buffer.truncate(length);
        buffer
    }

    pub(super) async fn send(&mut self, frame: Frame<'_>) {
        let bytes = self.frame(frame);
        self.socket.write_all(&bytes).await.unwrap();
    }

    /// Sends over and over what `next` gives, until the relay takes no more; returns how many bytes it has taken.
    pub(super) async fn flood(&mut self, mut next: impl FnMut() -> Vec<u8>) -> (usize, Vec<u8>) {
        let mut taken = 0;
        loop {
            assert!(taken < FAR_TOO_MUCH, "nothing stops it");
            let bytes = next();
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                match timeout(A_MOMENT, self.socket.write(rest)).await {
                    Ok(written) => rest = &rest[written.unwrap()..],
                    Err(_) => return (taken + bytes.len() - rest.len(), rest.to_vec()),
                }
            }
            taken += bytes.len();
        }
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Heard {
        loop {
            let mut input = &self.unheard[..];
            let event = self.receiver.receive(&mut input).unwrap();
            let heard = event.map(|event| match event {
                Event::Binary(bytes) => Heard::Message(bytes.to_vec()),
                Event::Ping(payload) => {
                    // One of AWS's clients takes a payload for tunnel data.
                    assert_eq!(payload, b"");
                    Heard::Ping
                }
                Event::Pong(payload) => Heard::Pong(payload.to_vec()),
                Event::Close(close) => {
                    let close = close.expect("a code");
                    Heard::Close(close.code.number(), close.reason.to_owned())
                }
            });
            let taken = self.unheard.len() - input.len();
            self.unheard.drain(..taken);
            if let Some(heard) = heard {
                return heard;
            }
            let mut chunk = [0; PIPE];
            match self.socket.read(&mut chunk).await {
                Ok(count @ 1..) => self.unheard.extend_from_slice(&chunk[..count]),
                Ok(0) | Err(_) => return Heard::End,
            }
        }
    }

    /// What comes next but for pings.
    pub(super) async fn next_but_pings(&mut self) -> Heard {
        loop {
            match self.next().await {
                Heard::Ping => {}
                other => return other,
            }
        }
    }

    /// The tunnel frames that have come, up to the moment at which nothing comes any more.
    pub(super) async fn frames(&mut self) -> Vec<Vec<u8>> {
        let mut stream = Vec::new();
        while let Ok(heard) = timeout(A_MOMENT, self.next()).await {
            match heard {
                Heard::Message(bytes) => stream.extend_from_slice(&bytes),
                Heard::Ping | Heard::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
        let mut rest = &stream[..];
        let mut frames = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let (frame, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
            frames.push(frame.to_vec());
            rest = after;
        }
        frames
    }

    /// What comes next, and how long after `start`.
    pub(super) async fn next_since(&mut self, start: Instant) -> (Heard, Duration) {
        let heard = self.next().await;
        (heard, whole_milliseconds(start.elapsed()))
    }
}

/// The runtime's timers are as fine as a millisecond, and never early.
pub(super) fn whole_milliseconds(time: Duration) -> Duration {
    Duration::from_millis(time.as_millis().try_into().unwrap())
}

/// A message about connection 1 of stream 1 of SSH, as a tunnel frame.
pub(super) fn tunnel_frame(message_type: MessageType, payload: &[u8]) -> Vec<u8> {
    let message = Message {
        message_type,
        stream_id: 1,
        payload,
        service_id: "SSH",
        connection_id: 1,
        ..Message::default()
    };
    let mut buffer = vec![0; 70_000];
    let length = message.encode_frame(&mut buffer).unwrap();
    buffer.truncate(length);
    buffer
}
