//! A client's end of a tunnel, source or destination, without I/O: it takes tokens, bytes and time, and says what to do.
//!
//! What a session keeps across connections is its token and what it counts. Everything half-received, every stream and
//! the format that the peer spoke belong to one connection and go with it.
//!
//! # The loop of a client
//!
//! 1. Bring what happened: a token ([`handle_token`](Session::handle_token)), the handshake's answer
//!    ([`handle_upgrade`](Session::handle_upgrade)), a socket that closed or could not be opened
//!    ([`handle_closed`](Session::handle_closed)), a pong ([`handle_pong`](Session::handle_pong)) or a ping
//!    ([`handle_ping`](Session::handle_ping)), the time ([`handle_timeout`](Session::handle_timeout)).
//! 2. Bring the payload of binary WebSocket messages to [`handle_bytes`](Session::handle_bytes), for as long as it gives
//!    an [`Event`] and the application can take one.
//! 3. Bring what the application wants: [`open`](Session::open), [`send`](Session::send), [`reset`](Session::reset).
//! 4. Do what [`poll_output`](Session::poll_output) says until it says [`Wait`](Output::Wait) or the socket takes no
//!    more.
//! 5. Sleep until something happens or the [`deadline`](Session::deadline) has come, which `Wait` says too; begin again.
//!
#![doc = include_str!("session/example.md")]
//!
//! An event is the answer of the call that caused it, so that there is no queue of events to bound or to overflow, and
//! [`Event::Data`] borrows from what was received: nobody copies it. What is to be done follows from the state, so
//! `poll_output` needs no queue either, but for the frames to be sent: those lie in the caller's buffer.
//!
//! # States
#![doc = include_str!("session/transitions.md")]
//!
//! The first drop of an open connection is followed by an immediate attempt. The waits after other failures are drawn from 0 to a
//! ceiling of [`FIRST_BACKOFF`], which doubles with each failure up to [`Config::max_backoff`]; up to [`MAX_BACKOFF`] where the service
//! itself asks for patience (5xx, 408, 429), to whose `Retry-After` the drawn wait is added. The ceiling falls back when a connection
//! has proved usable: it brought bytes of the peer, answered a ping, which is sent after [`PING_INTERVAL`], or was open for
//! [`USABLE_AFTER`] (ours). A connection that opens and breaks again proves nothing, and after [`CONTESTED_AFTER`] of them in a row the
//! session [is contested](Session::is_contested).
//!
//! # Back-pressure
//!
//! **Outward**, [`send`](Session::send) takes as many bytes as the buffer has room for, and
//! [`WouldBlock`](Progress::WouldBlock) is an answer of its own. **Inward**, nothing is kept but a message's parts: an
//! application that cannot take an event does not call `handle_bytes`, keeps what is left of the input, reads no more
//! from its socket, and says so by [`pause`](Session::pause), since a pong may stand behind what it does not read. So TCP
//! stops the peer. All connections of a tunnel share that socket: the protocol has no way to stop one alone. A
//! destination also takes no message while the buffer has no room for an answer; `handle_bytes` then leaves the input as it
//! is, and goes on when something was sent. Until then it hears nothing, so it takes nobody for silent, as in a pause.
//!
//! # Memory
//!
//! A session has at most 4 KiB beside its access token and its two buffers. A call on a Cortex-M takes at most 2 KiB of
//! stack (ours; `make cross` measures it), but for [`Session::new`], which moves a whole session: a device makes it in its
//! place, by [`Session::init`]. Tokens are written where they stay, and wiped there.
//!
//! # Source of the rules
//! data-plane.md §4 and §5.

mod backoff;
mod config;
mod credentials;
mod event;
mod history;
mod incoming;
mod init;
mod machine;
mod outgoing;
mod random;
mod services;
mod state;
mod streams;

#[cfg(test)]
mod tests;

use core::fmt;

pub use backoff::{CONTESTED_AFTER, FIRST_BACKOFF, MAX_BACKOFF, MAX_RETRY_AFTER, USABLE_AFTER};
pub use config::{Config, Services};
pub use event::{Announced, Binding, Connect, Event, Output, Progress, Timeout, TokenTaken};
pub use history::REMEMBERED_TOKENS;
pub use outgoing::MIN_OUTGOING;
pub use state::{CONNECT_TIMEOUT, NoToken, PING_INTERVAL, PONG_TIMEOUT, SERVICE_IDS_TIMEOUT, Status};
pub use streams::{Connection, MAX_STREAM_ID, STREAM_PAUSE};

use crate::destination::MAX_SERVICES;
use crate::error::{Error, Misuse};
use crate::handshake::Upgrade;
use crate::id::ServiceId;
use crate::mode::Side;
use crate::time::{Millis, Now};
use crate::token::{AccessToken, Entropy, MAX_ACCESS_TOKEN};
use crate::websocket::Close;
use crate::wire::{Deframer, Envelope};
use machine::Machine;
use services::ServiceList;

/// Connections of a service at a time, unless a session's type says otherwise (ours).
pub const MAX_CONNECTIONS: usize = 32;

/// A client's end of a tunnel: the state machine of the [module](self).
///
/// `B` is the kind of the two buffers that the caller gives it, `TOKEN` the longest access token in bytes, `SERVICES` at
/// most 255. Every call that fails has changed nothing.
pub struct Session<
    B,
    const TOKEN: usize = MAX_ACCESS_TOKEN,
    const SERVICES: usize = MAX_SERVICES,
    const CONNECTIONS: usize = MAX_CONNECTIONS,
> {
    services: ServiceList<SERVICES>,
    deframer: Deframer<B>,
    machine: Machine<B, TOKEN, SERVICES, CONNECTIONS>,
}

const _: () = assert!(
    size_of::<Session<&mut [u8]>>() - size_of::<AccessToken>() <= 4096,
    "a session's own state has at most 4 KiB"
);

impl<B, const TOKEN: usize, const SERVICES: usize, const CONNECTIONS: usize>
    Session<B, TOKEN, SERVICES, CONNECTIONS>
where
    B: AsRef<[u8]> + AsMut<[u8]>,
{
    /// Where the session is.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.machine.status()
    }

    /// The side of the tunnel.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.machine.side()
    }

    /// The longest payload that it sends in one message, in bytes: what [`Config::max_payload`] said.
    #[must_use]
    pub const fn max_payload(&self) -> usize {
        self.machine.max_payload()
    }

    /// The names of its services, each at its place. A session of [`Services::Unnamed`] shows the one name that SERVICE_IDS
    /// said, until the next handshake is answered; otherwise none.
    #[must_use]
    pub fn services(&self) -> &[ServiceId] {
        self.services.names()
    }

    /// Takes an access token, in any state: the first one, or one that a rotation issued. A new one replaces the latest:
    /// a live connection is closed with all that was in it, and another is made at once. One that the session has had
    /// before is no news and changes nothing. The session keeps a copy: 1 to `TOKEN` visible ASCII characters.
    /// `side` is the side that the token came for; a fresh client token is made of `entropy`, which is used once.
    ///
    /// # Errors
    /// [`Misuse::TokenOfOtherSide`], [`Misuse::SessionClosed`], [`Misuse::InvalidAccessToken`],
    /// [`Capacity::AccessTokenTooLong`](crate::Capacity::AccessTokenTooLong).
    pub fn handle_token(
        &mut self,
        now: Millis,
        side: Side,
        access_token: &str,
        binding: &Binding,
        entropy: &Entropy,
    ) -> Result<TokenTaken, Error> {
        self.machine.token(now, side, access_token, binding, entropy)
    }

    /// What the upgrade request is made of, from [`Output::Connect`] until the end of the handshake: for a caller who writes
    /// the request later.
    ///
    /// # Errors
    /// [`Misuse::NotConnecting`], [`Misuse::SessionClosed`].
    pub fn connect(&self) -> Result<Connect<'_, TOKEN>, Misuse> {
        self.machine.connect()
    }

    /// Whether the latest [`CONTESTED_AFTER`] or more openings in a row were lost before they proved usable. The usual cause is another
    /// client with the same access token and client token: the service lets each replace the other.
    #[must_use]
    pub const fn is_contested(&self) -> bool {
        self.machine.is_contested()
    }

    /// Takes the answer to the upgrade request that [`Output::Connect`] asked for. The socket of any but an accepted one
    /// is the caller's to close. Its reason is the caller's to show.
    ///
    /// # Errors
    /// [`Misuse::NotConnecting`], [`Misuse::SessionClosed`].
    pub fn handle_upgrade(&mut self, now: Millis, upgrade: &Upgrade<'_>) -> Result<Status, Misuse> {
        self.machine.upgrade(now, upgrade)?;
        self.deframer.clear();
        self.services.forget();
        Ok(self.status())
    }

    /// Takes the next message off the start of `input`, the payload of binary WebSocket messages in any split, and says
    /// what it means. Without one, `None`: then all of `input` is taken, unless something is to be sent first. That there are
    /// bytes left is news: until some are taken again, nobody is silent.
    ///
    /// `now` may be a closure that finds out: it is asked only while a ping is to be answered, and when a connection is lost.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], [`Misuse::SessionClosed`]; but never for an empty `input`. What the peer does wrong is
    /// an event: [`Event::Lost`], and what is left of `input` is gone with the connection.
    pub fn handle_bytes<'s, 'i: 's>(
        &'s mut self,
        now: impl Now,
        input: &mut &'i [u8],
    ) -> Result<Option<Event<'s>>, Misuse> {
        if input.is_empty() {
            return Ok(None);
        }
        let full = !self.machine.takes_message();
        let misuse = self.machine.misuse(Misuse::NotConnected);
        let link = self.machine.state.link().ok_or(misuse)?;
        link.receive(full, now);
        if full {
            return Ok(None);
        }
        let message = match self.deframer.next(input) {
            Ok(None) => return Ok(None),
            Ok(Some(message)) => Ok(message),
            Err(fault) => Err(fault.into()),
        };
        let event = self.machine.message(now, message, &mut self.services);
        if let Event::Lost { .. } = event {
            *input = &[];
        }
        Ok(Some(event))
    }

    /// Takes the end of the socket that [`Output::Connect`] asked for, whatever it was: no connection, no TLS, no
    /// answer, a close frame, a broken connection. `close` is what a close frame said, if one came; it is the caller's to
    /// show. If it says [`TunnelClosed`](crate::DisconnectReason::TunnelClosed) the session is closed; everything else
    /// is a connection that was lost.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], [`Misuse::SessionClosed`].
    pub fn handle_closed(&mut self, now: Millis, close: Option<Close<'_>>) -> Result<Status, Misuse> {
        self.machine.closed(now, close)?;
        Ok(self.status())
    }

    /// Takes a pong.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], [`Misuse::SessionClosed`].
    pub fn handle_pong(&mut self, now: Millis) -> Result<(), Misuse> {
        self.machine.pong(now)
    }

    /// Takes a ping of the peer, which the WebSocket itself answers. It is a sign of life of one who at the moment reads
    /// nothing from us, our pings included, because what we sent before waits for somebody slow.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], [`Misuse::SessionClosed`].
    pub fn handle_ping(&mut self, now: Millis) -> Result<(), Misuse> {
        self.machine.ping(now)
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due: what [`Output::Wait`] says, for a caller who does not come so
    /// far because the socket takes no more.
    #[must_use]
    pub fn deadline(&self) -> Option<Millis> {
        self.machine.deadline()
    }

    /// Takes the time: due at the [`deadline`](Self::deadline), harmless at any other moment. Says what ran out.
    pub fn handle_timeout(&mut self, now: Millis) -> Timeout {
        self.machine.timeout(now)
    }

    /// Says that the application leaves the peer's bytes in the socket from now on, or (`false`) that it reads again.
    /// Meanwhile pings are sent, and the peer is not taken for silent.
    ///
    /// # Errors
    /// [`Misuse::NotConnected`], [`Misuse::SessionClosed`].
    pub fn pause(&mut self, now: Millis, paused: bool) -> Result<(), Misuse> {
        let misuse = self.machine.misuse(Misuse::NotConnected);
        self.machine.state.link().ok_or(misuse)?.set_paused(paused, now);
        Ok(())
    }

    /// At a source: opens a connection to a service, the place in [`Config::services`]. Its destination may answer by
    /// [`Event::Ended`] that it cannot. Resets that are owed to the peer are queued before, also by a call that then finds
    /// no room.
    ///
    /// In V1 and V2 format, which have no connection ids, a service has one connection at a time, and bytes that are still under way
    /// from one that this session ended could not be told from those of the next: for [`STREAM_PAUSE`] after such an end the answer is
    /// [`WouldBlock`](Progress::WouldBlock), and [`deadline`](Self::deadline) says when to call again.
    ///
    /// # Errors
    /// [`Misuse::NotSource`], [`Misuse::NotOpen`], [`Misuse::SessionClosed`], [`Misuse::UnknownService`],
    /// [`Misuse::ServiceNotInTunnel`], [`Misuse::ServiceNeedsName`], [`Misuse::ServiceNotChosen`],
    /// [`Capacity::ConnectionTableFull`](crate::Capacity::ConnectionTableFull),
    /// [`Capacity::OneConnectionOnly`](crate::Capacity::OneConnectionOnly).
    pub fn open(&mut self, service: usize) -> Result<Progress<Connection>, Error> {
        self.machine.open(service, &self.services)
    }

    /// Sends bytes of a connection: the first of `data`, as many as have room and one message takes. Says how many.
    ///
    /// # Errors
    /// [`Misuse::ConnectionEnded`], [`Misuse::SessionClosed`].
    pub fn send(&mut self, connection: Connection, data: &[u8]) -> Result<Progress<usize>, Misuse> {
        self.machine.send(connection, data, &self.services)
    }

    /// As [`send`](Self::send), of bytes that the caller sends itself, from where they lie: gives what stands before and
    /// after the first `n` of them in their frame, in `buffer`, and `n`. Send the three parts at once, before
    /// [`poll_output`](Self::poll_output) is asked again. It would block as long as anything else waits to be sent, and if
    /// `data` is empty. [`MAX_ENVELOPE`](crate::wire::MAX_ENVELOPE) bytes are room enough.
    ///
    /// ```
    /// # use iot_tunnel_core::session::{Connection, Progress, Session};
    /// # use iot_tunnel_core::wire::MAX_ENVELOPE;
    /// # fn write(session: &mut Session<&mut [u8]>, connection: Connection, data: &[u8], socket: &mut Vec<u8>)
    /// # -> Result<(), iot_tunnel_core::Error> {
    /// let mut buffer = [0; MAX_ENVELOPE];
    /// if let Progress::Done((envelope, n)) = session.envelope(connection, data, &mut buffer)? {
    ///     socket.extend_from_slice(envelope.head);
    ///     socket.extend_from_slice(&data[..n]);
    ///     socket.extend_from_slice(envelope.tail);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Misuse::ConnectionEnded`], [`Misuse::SessionClosed`], [`Capacity::BufferTooSmall`](crate::Capacity::BufferTooSmall).
    pub fn envelope<'b>(
        &mut self,
        connection: Connection,
        data: &[u8],
        buffer: &'b mut [u8],
    ) -> Result<Progress<(Envelope<'b>, usize)>, Error> {
        self.machine.envelope(connection, data, &self.services, buffer)
    }

    /// Whether nothing waits to be sent.
    #[must_use]
    pub fn has_sent_all(&self) -> bool {
        self.machine.has_sent_all()
    }

    /// Ends a connection; the peer is told after what was sent before. It never waits for room. In a stream without
    /// connection ids this ends the stream.
    ///
    /// # Errors
    /// [`Misuse::ConnectionEnded`], [`Misuse::SessionClosed`].
    pub fn reset(&mut self, connection: Connection) -> Result<(), Misuse> {
        self.machine.reset(connection)
    }

    /// Ends the session: every connection is over, the tokens are wiped, and what waits to be sent is forgotten. Who wants
    /// it to arrive lets it go out first.
    pub fn close(&mut self) {
        self.machine.close();
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Output<'_, TOKEN> {
        self.machine.poll(&self.services)
    }

    /// Takes that the first `count` bytes of [`Output::Send`] were sent.
    ///
    /// # Errors
    /// [`Misuse::SentTooMuch`].
    pub fn sent(&mut self, count: usize) -> Result<(), Misuse> {
        self.machine.sent(count)
    }
}

impl<B, const TOKEN: usize, const SERVICES: usize, const CONNECTIONS: usize> fmt::Debug
    for Session<B, TOKEN, SERVICES, CONNECTIONS>
{
    /// The services only: the rest is secrets and somebody's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("services", &self.services.names())
            .finish_non_exhaustive()
    }
}
