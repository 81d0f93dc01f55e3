//! One peer's connection: what it sends is judged and passed on, what waits for it is written.

mod reader;
mod writer;

#[cfg(test)]
mod tests;

use std::time::Duration;

use iot_tunnel_core::handshake::Subprotocol;
use prometheus::IntCounter;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

pub(super) use self::reader::GONE_AFTER;
use self::reader::Reader;
use self::writer::Writer;
use super::end::{End, Ending};
use super::line::Seat;

/// How long a buffer is kept after its last use (ours): shorter than the time between two pings of a client, which is
/// about 20 s (data-plane.md §2), and longer than the pauses of a transfer.
const KEEP_BUFFERS: Duration = Duration::from_secs(5);

/// How long a connection that ends has for what it is being sent, the close frame or the end of the stream, and the peer's
/// own (ours).
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A peer that is connected.
pub(super) struct Peer<S> {
    seat: Seat,
    reader: Reader<S>,
    writer: Writer<S>,
}

impl<S: AsyncRead + AsyncWrite> Peer<S> {
    /// A peer whose upgrade was answered. `passed_on` counts the bytes of the messages that go to the other side.
    pub(super) fn new(seat: Seat, socket: S, passed_on: IntCounter) -> Self {
        let (reading, writing) = tokio::io::split(socket);
        Self {
            seat,
            reader: Reader::new(reading, passed_on),
            writer: Writer::new(writing),
        }
    }

    /// Serves the peer until its connection ends. `early` is what it sent right behind its upgrade request.
    pub(super) async fn serve(&mut self, subprotocol: Subprotocol, early: Vec<u8>) -> End {
        let Self { seat, reader, writer } = self;
        if let Err(error) = writer.begin(seat, subprotocol) {
            return End::Dropped(error);
        }
        tokio::select! {
            end = reader.run(seat, early) => end,
            end = writer.run(seat) => end,
        }
    }

    /// Ends the connection in order, as far as the time allows: what is to be written first, then the close frame or the
    /// end of the stream, and the peer's own.
    pub(super) async fn finish(mut self, end: &End) {
        let Some(ending) = end.ending() else { return };
        let _ = timeout(CLOSE_TIMEOUT, async {
            match ending {
                Ending::Final(close) => self.writer.close(close).await?,
                Ending::Bare(_) => {
                    self.writer.write_waiting(&self.seat).await?;
                    self.writer.shutdown().await?;
                }
            }
            self.reader.rest().await
        })
        .await;
        // Whoever did not take it in time has the socket closed all the same, in TLS too if there is room for saying so.
        let _ = timeout(Duration::ZERO, self.writer.shutdown()).await;
    }
}
