//! A WebSocket over a socket that is polled: core's framing, and the buffers on both sides of it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use iot_tunnel_core::PeerFault;
use iot_tunnel_core::websocket::{
    Close, CloseCode, CloseHandshake, Event, Frame, FrameHeader, MAX_CONTROL_PAYLOAD, MaskKey, Receiver,
    Sender,
};
use iot_tunnel_core::wire::{Envelope, MAX_ENVELOPE, MAX_PAYLOAD};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use super::dial::Socket;

/// Bytes that one read takes: frames that lie whole in it are not copied (ours).
const INBOX: usize = 128 * 1024;
/// Longest control frame, in bytes.
const CONTROL: usize = FrameHeader::MAX_LENGTH + MAX_CONTROL_PAYLOAD as usize;
/// Where a payload lies in the outbox: what stands before it has room there.
const PAYLOAD: usize = FrameHeader::MAX_LENGTH + MAX_ENVELOPE;
/// A message with the longest payload, and a ping, a pong and a close behind it.
const OUTBOX: usize = PAYLOAD + MAX_PAYLOAD + MAX_ENVELOPE + 3 * CONTROL;
/// Keys that are drawn at a time.
const KEYS: usize = 64;

/// One WebSocket, from the answer to its upgrade on.
pub(super) struct WebSocket {
    socket: Socket,
    receiver: Receiver,
    inbox: Inbox,
    sender: Sender,
    outbox: Outbox,
    keys: MaskKeys,
    /// What the latest unanswered ping of the peer carried. Only that one is answered (RFC 6455 §5.5.3).
    pong: Option<Vec<u8>>,
    pings: u64,
    /// What our latest ping carried, until it comes back.
    awaited: Option<[u8; 8]>,
}

/// What has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// Nothing: read more.
    Nothing,
    /// Bytes of the tunnel: see [`WebSocket::payload`].
    Payload,
    /// The peer's ping, which is answered by itself.
    Ping,
    /// The answer to our ping.
    Pong,
    /// The peer's last frame. It is to be answered by [`WebSocket::close`].
    Close(Option<Reason>),
}

/// What a close frame says, in memory of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) code: CloseCode,
    pub(super) text: String,
}

impl Reason {
    pub(super) fn as_close(&self) -> Close<'_> {
        Close {
            code: self.code,
            reason: &self.text,
        }
    }
}

/// What was read from the socket and not taken yet.
struct Inbox {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// How many of the bytes at `start` are payload, judged by the receiver.
    payload: usize,
}

/// What is to be written to the socket: whole frames, the first of which may have been written in part.
struct Outbox {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether the socket may hold back what was written.
    unflushed: bool,
}

impl WebSocket {
    /// A WebSocket whose first bytes were read with the answer to its upgrade.
    pub(super) fn new(socket: Socket, first: &[u8]) -> Self {
        let mut buffer = vec![0; INBOX.max(first.len())];
        for (slot, byte) in buffer.iter_mut().zip(first) {
            *slot = *byte;
        }
        Self {
            socket,
            receiver: Receiver::new(),
            inbox: Inbox {
                buffer,
                start: 0,
                end: first.len(),
                payload: 0,
            },
            sender: Sender::new(),
            outbox: Outbox {
                buffer: vec![0; OUTBOX],
                start: 0,
                end: 0,
                unflushed: false,
            },
            keys: MaskKeys::new(),
            pong: None,
            pings: 0,
            awaited: None,
        }
    }

    /// Judges what was read, up to the next thing that somebody must know. As long as there is payload, that is it.
    pub(super) fn receive(&mut self) -> Result<Received, PeerFault> {
        let inbox = &mut self.inbox;
        while inbox.payload == 0 {
            let mut input = inbox.buffer.get(inbox.start..inbox.end).unwrap_or_default();
            let event = self.receiver.receive(&mut input)?;
            inbox.start = inbox.end - input.len();
            match event {
                None => return Ok(Received::Nothing),
                Some(Event::Binary(bytes)) => {
                    // They stand right before what is left of the input.
                    inbox.start -= bytes.len();
                    inbox.payload = bytes.len();
                }
                Some(Event::Ping(payload)) => {
                    self.pong = Some(payload.to_vec());
                    return Ok(Received::Ping);
                }
                Some(Event::Pong(payload)) => {
                    // One that is no echo of ours says nothing: a peer may send it unasked (RFC 6455 §5.5.3).
                    if self.awaited.is_some_and(|awaited| awaited == payload) {
                        self.awaited = None;
                        return Ok(Received::Pong);
                    }
                }
                Some(Event::Close(close)) => {
                    return Ok(Received::Close(close.map(|close| Reason {
                        code: close.code,
                        text: close.reason.to_owned(),
                    })));
                }
            }
        }
        Ok(Received::Payload)
    }

    /// The payload that is at hand.
    pub(super) fn payload(&self) -> &[u8] {
        let Inbox { start, payload, .. } = self.inbox;
        self.inbox.buffer.get(start..start + payload).unwrap_or_default()
    }

    /// Lets go of the first `count` bytes of the payload.
    pub(super) fn take(&mut self, count: usize) {
        let count = count.min(self.inbox.payload);
        self.inbox.start += count;
        self.inbox.payload -= count;
    }

    /// Reads from the socket, once everything was taken. 0 is its end.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let inbox = &mut self.inbox;
        let mut buffer = ReadBuf::new(&mut inbox.buffer);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buffer))?;
        (inbox.start, inbox.end) = (0, buffer.filled().len());
        Poll::Ready(Ok(inbox.end))
    }

    /// Whether a data frame may follow. Otherwise the one before is still being written.
    pub(super) const fn takes_data(&self) -> bool {
        self.outbox.start == self.outbox.end && !self.sender.has_closed()
    }

    /// Whether everything that was queued is written.
    pub(super) const fn is_written(&self) -> bool {
        self.outbox.start == self.outbox.end && !self.outbox.unflushed
    }

    /// Where a payload of at most `max` bytes is read to, to be queued by [`send_around`](Self::send_around); only while a
    /// data frame may follow.
    pub(super) fn payload_room(&mut self, max: usize) -> &mut [u8] {
        self.outbox
            .buffer
            .get_mut(PAYLOAD..PAYLOAD + max.min(MAX_PAYLOAD))
            .unwrap_or_default()
    }

    /// Queues the first `length` bytes of [`payload_room`](Self::payload_room) with what stands around them, where they
    /// lie.
    pub(super) fn send_around(&mut self, envelope: &Envelope<'_>, length: usize) -> io::Result<()> {
        let head = PAYLOAD.saturating_sub(envelope.head.len());
        let tail = PAYLOAD + length;
        let end = tail + envelope.tail.len();
        self.put(head, envelope.head);
        self.put(tail, envelope.tail);
        let key = self.keys.next()?;
        let mut header = [0; FrameHeader::MAX_LENGTH];
        let frame = self.outbox.buffer.get_mut(head..end).unwrap_or_default();
        let header_length = self
            .sender
            .mask(frame, key, &mut header)
            .map_err(io::Error::other)?;
        let start = head.saturating_sub(header_length);
        self.put(start, header.get(..header_length).unwrap_or_default());
        (self.outbox.start, self.outbox.end) = (start, end);
        Ok(())
    }

    /// Puts bytes at a place in the outbox, which has room there.
    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(room) = self.outbox.buffer.get_mut(at..at + bytes.len()) {
            room.copy_from_slice(bytes);
        }
    }

    /// Queues a data frame of control messages, if one may follow.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.queue(Frame::Binary(bytes))
    }

    /// Queues a ping, unless the last one still waits to be written.
    pub(super) fn ping(&mut self) -> io::Result<()> {
        if self.outbox.room() < 3 * CONTROL {
            return Ok(());
        }
        self.pings += 1;
        let payload = self.pings.to_be_bytes();
        self.awaited = Some(payload);
        self.queue(Frame::Ping(&payload))
    }

    /// Queues a close frame, our last, if it was not sent before.
    pub(super) fn close(&mut self, close: Option<Close<'_>>) -> io::Result<()> {
        match self.sender.has_closed() {
            true => Ok(()),
            false => self.queue(Frame::Close(close)),
        }
    }

    /// Writes what is queued, until it is all written and on its way. Whether anything was written.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        // It stands behind whole frames, and the room for a close is kept.
        if let Some(payload) = self.pong.take_if(|_| self.outbox.room() >= 2 * CONTROL)
            && !self.sender.has_closed()
        {
            self.queue(Frame::Pong(&payload))?;
        }
        let outbox = &mut self.outbox;
        let mut wrote = false;
        while outbox.start < outbox.end {
            let bytes = outbox.buffer.get(outbox.start..outbox.end).unwrap_or_default();
            match Pin::new(&mut self.socket).poll_write(cx, bytes)? {
                Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(count) => {
                    outbox.start += count;
                    outbox.unflushed = true;
                    wrote = true;
                }
                Poll::Pending if wrote => return Poll::Ready(Ok(true)),
                Poll::Pending => return Poll::Pending,
            }
        }
        (outbox.start, outbox.end) = (0, 0);
        if outbox.unflushed {
            match Pin::new(&mut self.socket).poll_flush(cx)? {
                Poll::Ready(()) => outbox.unflushed = false,
                Poll::Pending if wrote => {}
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(wrote))
    }

    /// How far the closing handshake is.
    pub(super) const fn close_handshake(&self) -> CloseHandshake {
        CloseHandshake::of(&self.sender, &self.receiver)
    }

    fn queue(&mut self, frame: Frame<'_>) -> io::Result<()> {
        let key = self.keys.next()?;
        let room = self.outbox.buffer.get_mut(self.outbox.end..).unwrap_or_default();
        let length = self.sender.write(frame, key, room).map_err(io::Error::other)?;
        self.outbox.end += length;
        Ok(())
    }
}

impl Outbox {
    const fn room(&self) -> usize {
        OUTBOX - self.end
    }
}

/// Keys for frames, drawn ahead from the system's random source and used once each.
struct MaskKeys {
    entropy: [u8; KEYS * 4],
    used: usize,
}

impl MaskKeys {
    const fn new() -> Self {
        let entropy = [0; KEYS * 4];
        Self {
            used: entropy.len(),
            entropy,
        }
    }

    fn next(&mut self) -> io::Result<MaskKey> {
        if self.used == self.entropy.len() {
            getrandom::fill(&mut self.entropy).map_err(io::Error::other)?;
            self.used = 0;
        }
        let key = self.entropy.get(self.used..).and_then(|rest| rest.first_chunk());
        self.used += 4;
        // The pool is a whole number of keys.
        key.map(|key| MaskKey::new(*key))
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}
