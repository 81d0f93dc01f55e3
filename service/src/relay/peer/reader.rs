//! [`Reader`]: what a peer sends is judged and passed on, as far as there is room for it.

use std::io;
use std::pin::pin;
use std::time::Duration;

use iot_tunnel_core::Error;
use iot_tunnel_core::websocket::{Event, Receiver};
use iot_tunnel_core::wire::{Deframer, Message};
use prometheus::IntCounter;
use tokio::io::{AsyncRead, ReadHalf};
use tokio::time::{Instant, sleep_until, timeout};

use super::KEEP_BUFFERS;
use crate::relay::end::End;
use crate::relay::input::{self, Reassembly};
use crate::relay::line::Seat;

/// After so long without a byte from it, a peer is asked whether it is there (ours).
pub(super) const PING_AFTER: Duration = Duration::from_secs(30);

/// After so long without a byte from it, a peer is taken for gone (data-plane.md §2: "dropped upstream at 60 s").
pub(in crate::relay) const GONE_AFTER: Duration = Duration::from_secs(60);

/// How often a peer is pinged that is not read because the other side is slow (ours). Its own pings wait unread behind what
/// it has sent, and clients give a pong 20 s.
pub(super) const PING_WHILE_HELD: Duration = Duration::from_secs(10);

/// The half of a connection that a peer sends on.
pub(super) struct Reader<S> {
    socket: ReadHalf<S>,
    websocket: Receiver,
    deframer: Deframer<Reassembly>,
    /// When the peer's last byte came. The time in which it was not read does not count.
    heard: Instant,
    /// When it is to be pinged at the earliest, if it is not read.
    ping_at: Instant,
    /// Counts the bytes of the messages that go to the other side.
    passed_on: IntCounter,
}

impl<S: AsyncRead> Reader<S> {
    pub(super) fn new(socket: ReadHalf<S>, passed_on: IntCounter) -> Self {
        Self {
            socket,
            websocket: Receiver::of_client(),
            deframer: Deframer::new(Reassembly::default()),
            heard: Instant::now(),
            ping_at: Instant::now(),
            passed_on,
        }
    }

    /// Reads until the connection ends; first `early`, which came before.
    pub(super) async fn run(&mut self, seat: &Seat, early: Vec<u8>) -> End {
        let mut early = Some(early);
        loop {
            self.wait(seat).await;
            let dealt = match early.take() {
                Some(mut bytes) => self.deal(seat, &mut bytes),
                None => self.read(seat).await,
            };
            match dealt {
                Ok(()) => self.heard = Instant::now(),
                Err(end) => return end,
            }
        }
    }

    /// Waits until the peer may be read, and shows it meanwhile that somebody is here.
    async fn wait(&mut self, seat: &Seat) {
        let held = Instant::now();
        let mut may_be_read = pin!(seat.may_be_read());
        loop {
            tokio::select! {
                biased;
                () = &mut may_be_read => break,
                () = sleep_until(self.ping_at) => {
                    seat.outbox.ping();
                    self.ping_at = Instant::now() + PING_WHILE_HELD;
                }
            }
        }
        // Whoever is not read is not silent.
        self.heard += held.elapsed();
    }

    /// Reads once, for as long as the peer may be silent.
    async fn read(&mut self, seat: &Seat) -> Result<(), End> {
        loop {
            let silent_for = self.heard.elapsed();
            let next = [KEEP_BUFFERS, PING_AFTER, GONE_AFTER]
                .into_iter()
                .find(|step| silent_for < *step);
            let wait = next.unwrap_or_default().saturating_sub(silent_for);
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
                Err(_) => self.silent(seat)?,
            }
        }
    }

    /// The peer has said nothing until the next of the three moments.
    fn silent(&mut self, seat: &Seat) -> Result<(), End> {
        let silent_for = self.heard.elapsed();
        if silent_for >= GONE_AFTER {
            return Err(End::Silent);
        }
        input::release(&mut self.deframer);
        if silent_for >= PING_AFTER {
            seat.outbox.ping();
        }
        Ok(())
    }

    /// Reads up to the peer's close frame, or to the end of its stream.
    pub(super) async fn rest(&mut self) -> io::Result<()> {
        let Self {
            socket, websocket, ..
        } = self;
        while !websocket.has_closed() {
            // After a fault there is no telling a close frame; but a socket that is closed while bytes are left in it takes
            // our own back from the peer.
            let passed_over =
                |mut bytes: &mut [u8]| while let Ok(Some(_)) = websocket.receive_masked(&mut bytes) {};
            if input::read(socket, passed_over).await?.is_none() {
                return Ok(());
            }
        }
        Ok(())
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
            Ok(Some(Event::Pong(_))) => seat.ponged(),
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
