//! One peer's connection: what it sends is judged and passed on, what waits for it is written.

use std::fmt;
use std::io;
use std::time::Duration;

use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::websocket::{
    Close, CloseCode, Event, Frame, FrameHeader, MAX_CONTROL_PAYLOAD, Receiver,
};
use iot_tunnel_core::websocket::{MAX_CLOSE_REASON, Sender};
use iot_tunnel_core::wire::{Deframer, Message, MessageType};
use iot_tunnel_core::{Error, ServiceId};
use prometheus::IntCounter;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::{Instant, timeout};

use super::input::{self, Reassembly};
use super::line::Seat;
use super::outbox::Next;

/// After so long without a byte from it, a peer is asked whether it is there (ours).
const PING_AFTER: Duration = Duration::from_secs(30);

/// After so long without a byte from it, a peer is taken for gone (data-plane.md §2: "dropped upstream at 60 s").
const GONE_AFTER: Duration = Duration::from_secs(60);

/// How long a connection that ends has for what it was being sent, the close frame, and the peer's own (ours).
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Why a connection has ended.
#[derive(Debug)]
pub(super) enum End {
    /// The socket ended, without a close frame.
    Dropped(io::Error),
    /// The peer sent a close frame.
    ClosedByPeer(Option<CloseCode>),
    /// The peer broke the protocol.
    Fault(Error),
    /// The peer said nothing for [`GONE_AFTER`].
    Silent,
    /// The service closes it.
    Closed(Close<'static>),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped(error) => write!(f, "the socket ended: {error}"),
            Self::ClosedByPeer(None) => f.write_str("the peer closed it, without a code"),
            Self::ClosedByPeer(Some(code)) => write!(f, "the peer closed it, with code {}", code.number()),
            Self::Fault(fault) => write!(f, "the peer broke the protocol: {fault}"),
            Self::Silent => write!(f, "the peer said nothing for {} s", GONE_AFTER.as_secs()),
            Self::Closed(close) => write!(f, "closed with code {}: {}", close.code.number(), close.reason),
        }
    }
}

impl End {
    /// The close frame that tells the peer, if it still listens.
    fn close(&self) -> Option<Close<'static>> {
        let fault = |fault: &Error| match fault {
            Error::Peer(fault) => Close {
                code: fault.close_code(),
                reason: fits(fault.text()),
            },
            _ => Close {
                code: CloseCode::MESSAGE_TOO_BIG,
                reason: "",
            },
        };
        match self {
            Self::Dropped(_) => None,
            Self::ClosedByPeer(code) => Some(Close {
                code: code.unwrap_or(CloseCode::NORMAL),
                reason: "",
            }),
            Self::Fault(error) => Some(fault(error)),
            Self::Silent => Some(Close {
                code: CloseCode::GOING_AWAY,
                reason: "no sign of life for 60 s",
            }),
            Self::Closed(close) => Some(*close),
        }
    }
}

/// A reason that a close frame has room for; one that is longer is left out, the code tells enough.
const fn fits(reason: &'static str) -> &'static str {
    match reason.len() <= MAX_CLOSE_REASON as usize {
        true => reason,
        false => "",
    }
}

/// A peer that is connected.
pub(super) struct Peer<S> {
    seat: Seat,
    reader: Reader<S>,
    writer: Writer<S>,
}

struct Reader<S> {
    socket: ReadHalf<S>,
    websocket: Receiver,
    deframer: Deframer<Reassembly>,
    heard: Instant,
    passed_on: IntCounter,
}

struct Writer<S> {
    socket: WriteHalf<S>,
    websocket: Sender,
    /// Whole frames; those before `written` have been.
    buffer: Vec<u8>,
    written: usize,
}

impl<S: AsyncRead + AsyncWrite> Peer<S> {
    /// A peer whose upgrade was answered. `passed_on` counts the bytes of the messages that go to the other side.
    pub(super) fn new(seat: Seat, socket: S, passed_on: IntCounter) -> Self {
        let (reading, writing) = tokio::io::split(socket);
        Self {
            seat,
            reader: Reader {
                socket: reading,
                websocket: Receiver::of_client(),
                deframer: Deframer::new(Reassembly::default()),
                heard: Instant::now(),
                passed_on,
            },
            writer: Writer {
                socket: writing,
                websocket: Sender::new(),
                buffer: Vec::new(),
                written: 0,
            },
        }
    }

    /// Serves the peer until its connection ends. `early` is what it sent right behind its upgrade request.
    pub(super) async fn serve(&mut self, subprotocol: Subprotocol, early: &[u8]) -> End {
        let Self { seat, reader, writer } = self;
        if let Err(error) = writer.service_ids(seat, subprotocol).await {
            return End::Dropped(error);
        }
        if let Err(end) = reader.deal(seat, &mut early.to_vec()) {
            return end;
        }
        tokio::select! {
            end = reader.run(seat) => end,
            end = writer.run(seat) => end,
        }
    }

    /// Ends the connection in order: what was half written, the close frame, and the peer's own, as far as the time
    /// allows.
    pub(super) async fn finish(mut self, end: &End) {
        let Some(close) = end.close() else { return };
        let peer_has_closed = self.reader.websocket.has_closed();
        // Whoever does not take it in time has the socket closed all the same.
        let _ = timeout(CLOSE_TIMEOUT, async {
            self.writer.close(close).await?;
            while !peer_has_closed && input::read(&mut self.reader.socket, |_| ()).await?.is_some() {}
            self.writer.socket.shutdown().await
        })
        .await;
    }
}

impl<S: AsyncRead> Reader<S> {
    /// Reads until the connection ends.
    async fn run(&mut self, seat: &Seat) -> End {
        loop {
            // Whoever is not read is not silent.
            let held = Instant::now();
            seat.may_be_read().await;
            self.heard += held.elapsed();
            match self.read(seat).await {
                Ok(()) => self.heard = Instant::now(),
                Err(end) => return end,
            }
        }
    }

    /// Reads once, for as long as the peer may be silent.
    async fn read(&mut self, seat: &Seat) -> Result<(), End> {
        loop {
            let silent_for = self.heard.elapsed();
            let wait = match silent_for < PING_AFTER {
                true => PING_AFTER - silent_for,
                false => GONE_AFTER.saturating_sub(silent_for),
            };
            let Self {
                socket,
                websocket,
                deframer,
                passed_on,
                ..
            } = self;
            let read = input::read(socket, |bytes| deal(seat, websocket, deframer, passed_on, bytes));
            match timeout(wait, read).await {
                Ok(Ok(Some(dealt))) => return dealt,
                Ok(Ok(None)) => return Err(End::Dropped(io::ErrorKind::UnexpectedEof.into())),
                Ok(Err(error)) => return Err(End::Dropped(error)),
                Err(_) if self.heard.elapsed() >= GONE_AFTER => return Err(End::Silent),
                Err(_) => {
                    seat.outbox.ping();
                    input::release(&mut self.deframer);
                }
            }
        }
    }

    fn deal(&mut self, seat: &Seat, bytes: &mut [u8]) -> Result<(), End> {
        deal(
            seat,
            &mut self.websocket,
            &mut self.deframer,
            &self.passed_on,
            bytes,
        )
    }
}

/// Deals with bytes that a peer sent.
fn deal(
    seat: &Seat,
    websocket: &mut Receiver,
    deframer: &mut Deframer<Reassembly>,
    passed_on: &IntCounter,
    mut bytes: &mut [u8],
) -> Result<(), End> {
    let mut count = 0;
    let dealt = loop {
        match websocket.receive_masked(&mut bytes) {
            Ok(None) => break Ok(()),
            Ok(Some(Event::Binary(bytes))) => match messages(seat, deframer, bytes) {
                Ok(passed) => count += passed,
                Err(fault) => break Err(End::Fault(fault)),
            },
            Ok(Some(Event::Ping(payload))) => seat.outbox.pong(payload),
            Ok(Some(Event::Pong(_))) => {}
            Ok(Some(Event::Close(close))) => break Err(End::ClosedByPeer(close.map(|close| close.code))),
            Err(fault) => break Err(End::Fault(fault.into())),
        }
    };
    passed_on.inc_by(count as u64);
    dealt
}

/// Cuts bytes into messages and passes them on; returns how many bytes of messages that were.
fn messages(seat: &Seat, deframer: &mut Deframer<Reassembly>, mut bytes: &[u8]) -> Result<usize, Error> {
    let mut count = 0;
    while let Some(message) = deframer.next(&mut bytes)? {
        count += seat.pass_on(message, &Message::decode(message)?)?;
    }
    Ok(count)
}

impl<S: AsyncWrite> Writer<S> {
    /// Sends SERVICE_IDS: first, and alone in its WebSocket message; not over V1 (data-plane.md §4).
    async fn service_ids(&mut self, seat: &Seat, subprotocol: Subprotocol) -> io::Result<()> {
        if subprotocol == Subprotocol::V1 {
            return Ok(());
        }
        let names: Vec<_> = seat.services.iter().map(ServiceId::as_str).collect();
        let message = Message {
            message_type: MessageType::ServiceIds,
            available_service_ids: names.as_slice().into(),
            ..Message::default()
        };
        // Three services of 128 characters have room in it.
        let mut frame = vec![0; 1024];
        let length = message.encode_frame(&mut frame).map_err(io::Error::other)?;
        frame.truncate(length);
        let mut buffer = vec![0; FrameHeader::MAX_LENGTH + length];
        let length = self
            .websocket
            .write_unmasked(Frame::Binary(&frame), &mut buffer)
            .map_err(io::Error::other)?;
        buffer.truncate(length);
        self.socket.write_all(&buffer).await?;
        self.socket.flush().await
    }

    /// Writes what waits until the connection ends.
    async fn run(&mut self, seat: &Seat) -> End {
        loop {
            self.buffer.clear();
            self.written = 0;
            match seat.outbox.take(&mut self.buffer, &mut self.websocket) {
                Next::Close(close) => return End::Closed(close),
                Next::Write => {
                    // A peer that does not read must not keep its connection open.
                    let outcome = tokio::select! {
                        outcome = self.write() => outcome,
                        close = seat.outbox.closed() => Err(End::Closed(close)),
                    };
                    match outcome {
                        Ok(()) => seat.written(),
                        Err(end) => return end,
                    }
                }
                Next::Wait => {
                    if timeout(PING_AFTER, seat.outbox.filled()).await.is_err() {
                        self.buffer = Vec::new();
                        seat.outbox.shrink();
                    }
                }
            }
        }
    }

    /// Writes the rest of the buffer.
    async fn write(&mut self) -> Result<(), End> {
        self.write_rest().await.map_err(End::Dropped)
    }

    /// Can be dropped and called again at any time: what was written is noted.
    async fn write_rest(&mut self) -> io::Result<()> {
        while let Some(rest @ [_, ..]) = self.buffer.get(self.written..) {
            match self.socket.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => self.written += count,
            }
        }
        self.socket.flush().await
    }

    /// Sends the close frame, behind what was half written.
    async fn close(&mut self, close: Close<'static>) -> io::Result<()> {
        self.write_rest().await?;
        let mut frame = [0; FrameHeader::MAX_LENGTH + MAX_CONTROL_PAYLOAD as usize];
        let length = self
            .websocket
            .write_unmasked(Frame::Close(Some(close)), &mut frame)
            .map_err(io::Error::other)?;
        self.socket
            .write_all(frame.get(..length).unwrap_or_default())
            .await?;
        self.socket.flush().await
    }
}
