//! [`Writer`]: what waits for a peer is written, in order.

use std::io;

use iot_tunnel_core::ServiceId;
use iot_tunnel_core::handshake::Subprotocol;
use iot_tunnel_core::websocket::{Close, Frame, FrameHeader, MAX_CONTROL_PAYLOAD, Sender};
use iot_tunnel_core::wire::{Message, MessageType};
use tokio::io::{AsyncWrite, AsyncWriteExt, WriteHalf};
use tokio::time::timeout;

use super::KEEP_BUFFERS;
use crate::relay::end::{End, Ending};
use crate::relay::line::Seat;
use crate::relay::outbox::Next;

/// The half of a connection that a peer is sent on.
pub(super) struct Writer<S> {
    socket: WriteHalf<S>,
    websocket: Sender,
    /// Whole frames; those before `written` have been.
    buffer: Vec<u8>,
    written: usize,
}

impl<S: AsyncWrite> Writer<S> {
    pub(super) fn new(socket: WriteHalf<S>) -> Self {
        Self {
            socket,
            websocket: Sender::new(),
            buffer: Vec::new(),
            written: 0,
        }
    }

    /// Has SERVICE_IDS written: first, and alone in its WebSocket message; not over V1 (data-plane.md §4).
    pub(super) fn begin(&mut self, seat: &Seat, subprotocol: Subprotocol) -> io::Result<()> {
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
        let mut frame = [0; 1024];
        let length = message.encode_frame(&mut frame).map_err(io::Error::other)?;
        let frame = frame.get(..length).unwrap_or_default();
        self.buffer = vec![0; FrameHeader::MAX_LENGTH + length];
        let length = self
            .websocket
            .write_unmasked(Frame::Binary(frame), &mut self.buffer)
            .map_err(io::Error::other)?;
        self.buffer.truncate(length);
        Ok(())
    }

    /// Writes what is in the buffer, and then what waits, until the connection ends.
    pub(super) async fn run(&mut self, seat: &Seat) -> End {
        loop {
            // A peer that does not read must not keep its connection open.
            let outcome = tokio::select! {
                outcome = self.write_rest() => outcome.map_err(End::Dropped),
                ending = seat.outbox.ended() => Err(End::Ended(ending)),
            };
            if let Err(end) = outcome {
                return end;
            }
            seat.written();
            if let Err(ending) = self.take(seat).await {
                return End::Ended(ending);
            }
        }
    }

    /// Waits for something to write and takes it, or hears that the connection is to be ended.
    async fn take(&mut self, seat: &Seat) -> Result<(), Ending> {
        self.buffer.clear();
        self.written = 0;
        loop {
            match seat.outbox.take(&mut self.buffer, &mut self.websocket) {
                Next::End(ending) => return Err(ending),
                Next::Write => return Ok(()),
                Next::Wait => {
                    if timeout(KEEP_BUFFERS, seat.outbox.filled()).await.is_err() {
                        self.buffer = Vec::new();
                        seat.outbox.shrink();
                        seat.outbox.filled().await;
                    }
                }
            }
        }
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
    pub(super) async fn close(&mut self, close: Close<'static>) -> io::Result<()> {
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

    /// Writes everything that waits, behind what was half written, until nothing does.
    pub(super) async fn write_waiting(&mut self, seat: &Seat) -> io::Result<()> {
        loop {
            self.write_rest().await?;
            self.buffer.clear();
            self.written = 0;
            match seat.outbox.take(&mut self.buffer, &mut self.websocket) {
                Next::Write => {}
                Next::End(_) | Next::Wait => return Ok(()),
            }
        }
    }

    /// Says that nothing more comes.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        self.socket.shutdown().await
    }

    /// The memory that it holds, in bytes.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.buffer.capacity()
    }
}
