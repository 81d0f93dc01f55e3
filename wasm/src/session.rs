//! [`Session`]: a client's end of a tunnel, between two buffers that JavaScript writes and reads. The
//! [crate page](crate) has the loop.

mod clock;
mod event;
mod inbox;
mod outbox;
mod report;
pub mod words;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use iot_tunnel_core::handshake::{PeerText, Subprotocol, Upgrade};
use iot_tunnel_core::session::{
    self, Binding, Config, Connection, MIN_OUTGOING, NoToken, Output, Progress, Services, Status,
};
use iot_tunnel_core::token::MAX_ACCESS_TOKEN;
use iot_tunnel_core::websocket::{Close, CloseCode};
use iot_tunnel_core::wire::{MAX_ENVELOPE, MAX_MESSAGE};
use iot_tunnel_core::{Capacity, ClientToken, Error, MAX_SERVICES, Misuse, PeerFault};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::fault::{Fault, invalid};
use crate::members::{Members, Texts};
use crate::services::service_ids;
use crate::words::Side;
use crate::{entropy, number};
use clock::Clock;
use inbox::Inbox;
use outbox::Outbox;
use report::{Event, Report, Span};
use words::{EventKind, Format, Happening, OutputKind, SessionStatus, Taken, TimeoutKind, WithoutToken};

/// Connections of a service at a time (ours: what a busy local port has).
const MAX_CONNECTIONS: usize = 256;

/// Room for control messages. Data goes around it, from the outbox.
const OUTGOING: usize = 8 * MIN_OUTGOING;

type Core = session::Session<Vec<u8>, MAX_ACCESS_TOKEN, MAX_SERVICES, MAX_CONNECTIONS>;

/// A client's end of a tunnel. A connection's name is a number other than 0, and no other has the same.
#[wasm_bindgen]
pub struct Session {
    core: Box<Core>,
    inbox: Inbox,
    outbox: Outbox,
    report: Report,
    clock: Clock,
    announced: Texts,
}

#[wasm_bindgen]
impl Session {
    /// `clock` is asked when the session needs the time; it must not throw, and not call the session. `announced` gets the
    /// tunnel's services, behind what is in there, with the event `open`. `services` are names, or nothing for one service
    /// that goes by whatever name the tunnel has; `format` is the newest that a source speaks; `maxPayload` is 1 to 64,512;
    /// `maxBackoff` is the ceiling of the waits after a failed connect or a drop, in milliseconds.
    #[wasm_bindgen(constructor)]
    pub fn new(
        clock: Clock,
        announced: Texts,
        side: Side,
        services: Option<Texts>,
        format: Format,
        #[wasm_bindgen(js_name = maxPayload)] max_payload: u32,
        #[wasm_bindgen(js_name = maxBackoff)] max_backoff: u32,
    ) -> Result<Self, Fault> {
        let names = services.map(|list| service_ids(&list)).transpose()?;
        let config = Config {
            side: side.core()?,
            services: names.as_deref().map_or(Services::Unnamed, Services::Named),
            format: format.core()?,
            max_payload: max_payload as usize,
            max_backoff,
        };
        Ok(Self {
            core: Box::new(Core::new(&config, vec![0; MAX_MESSAGE], vec![0; OUTGOING])?),
            inbox: Inbox::new(),
            outbox: Outbox::new(),
            report: Report::default(),
            clock,
            announced,
        })
    }

    /// Where the numbers of a [`Report`] stand, for as long as the session lives.
    #[wasm_bindgen(getter)]
    pub fn report(&self) -> *const f64 {
        core::ptr::from_ref(&self.report).cast()
    }

    /// Where it is.
    #[wasm_bindgen(getter)]
    pub fn status(&self) -> SessionStatus {
        SessionStatus::of(self.core.status())
    }

    /// While awaiting a token: why.
    #[wasm_bindgen(getter, js_name = withoutToken)]
    pub fn without_token(&self) -> WithoutToken {
        match self.core.status() {
            Status::AwaitingToken(NoToken::Spent) => WithoutToken::Spent,
            Status::AwaitingToken(NoToken::Refused { .. }) => WithoutToken::Refused,
            _ => WithoutToken::None,
        }
    }

    /// When `timeout` is due.
    #[wasm_bindgen(getter)]
    pub fn deadline(&self) -> Option<f64> {
        self.core.deadline().map(number)
    }

    /// The name of the service at that place. A session without names has the one that the tunnel said, if it did; else
    /// the list stays empty.
    #[wasm_bindgen(js_name = serviceName)]
    pub fn service_name(&self, index: usize, name: &Texts) {
        if let Some(service) = self.core.services().get(index) {
            name.push(service.as_str());
        }
    }

    /// Takes an access token for that side. A client token goes with it: a fresh one if none is given, none if an empty
    /// text is.
    pub fn token(
        &mut self,
        side: Side,
        #[wasm_bindgen(js_name = accessToken)] access_token: String,
        #[wasm_bindgen(js_name = clientToken)] client_token: Option<String>,
    ) -> Result<Taken, Fault> {
        let (access_token, client_token) = (Zeroizing::new(access_token), client_token.map(Zeroizing::new));
        let binding = match client_token.as_ref().map(|text| text.as_str()) {
            None => Binding::Fresh,
            Some("") => Binding::Unbound,
            Some(text) => Binding::With(ClientToken::parse(text).map_err(invalid)?),
        };
        let taken = self.core.handle_token(
            self.clock.moment(),
            side.core()?,
            &access_token,
            &binding,
            &entropy::draw()?,
        )?;
        Ok(Taken::of(taken))
    }

    /// Something happened to the WebSocket. `seconds` belong to `refused`: the service's `Retry-After`, 0 for none.
    pub fn happened(&mut self, what: Happening, number: u16, text: &str, seconds: u32) -> Result<(), Fault> {
        let (core, now) = (&mut self.core, self.clock.moment());
        let (reason, channel_id) = (PeerText::new(&[]), None);
        let upgrade = match what {
            Happening::Accepted => Upgrade::Accepted {
                subprotocol: Subprotocol::from_name(text.as_bytes()).ok_or(PeerFault::WrongSubprotocol)?,
                channel_id,
            },
            Happening::Refused if matches!(number, 408 | 429 | 500..) => Upgrade::Retry {
                status: number,
                retry_after: Some(seconds),
                reason,
                channel_id,
            },
            Happening::Refused => Upgrade::Refused {
                status: number,
                reason,
                channel_id,
            },
            Happening::Closed => {
                let close = CloseCode::from_number(number).map(|code| Close { code, reason: text });
                core.handle_closed(now, close)?;
                self.inbox.clear();
                return Ok(());
            }
            Happening::Ping => return Ok(core.handle_ping(now)?),
            Happening::Pong => return Ok(core.handle_pong(now)?),
            Happening::Paused => return Ok(core.pause(now, true)?),
            Happening::Resumed => return Ok(core.pause(now, false)?),
            Happening::__Invalid => {
                return Err(Fault::new(
                    Misuse::UnknownEnumValue.into(),
                    &"nothing of that name happens to a WebSocket",
                ));
            }
        };
        core.handle_upgrade(now, &upgrade)?;
        self.inbox.clear();
        Ok(())
    }

    /// The deadline has come. Harmless at any other time.
    pub fn timeout(&mut self) -> TimeoutKind {
        TimeoutKind::of(self.core.handle_timeout(self.clock.moment()))
    }

    /// Where bytes of a WebSocket message are to be written while none wait: at most `inboxCapacity()` at a time.
    #[wasm_bindgen(getter)]
    pub fn inbox(&self) -> *const u8 {
        self.inbox.place()
    }

    /// Takes the next event out of the inbox, into which so many bytes have been written since the last call. What is wrong
    /// with the call is an event too: a result that may be an error goes to JavaScript as an array, for every message.
    pub fn handle(&mut self, written: usize) -> EventKind {
        match self.next_event(written) {
            Ok((kind, event)) => {
                self.report.event = event;
                kind
            }
            Err(error) => {
                self.report.event = Event::of_error(error);
                EventKind::Misuse
            }
        }
    }

    /// At a source: opens a connection to the service at that place. 0: something else is to be sent first.
    pub fn open(&mut self, service: usize) -> Result<f64, Fault> {
        Ok(match self.core.open(service)? {
            Progress::Done(connection) => name_of(connection),
            Progress::WouldBlock => 0.0,
        })
    }

    /// Where a payload to be sent is to be written, of at most 64,512 bytes.
    #[wasm_bindgen(getter)]
    pub fn outbox(&self) -> *const u8 {
        self.outbox.payload(0).unwrap_or_default().as_ptr()
    }

    /// Makes a frame of the first bytes of the outbox, at the report's `frame`, for the socket to take at once. Says how many of
    /// the `length` bytes are in it; 0: something else is to be sent first, or `length` is 0.
    pub fn send(&mut self, connection: f64, length: usize) -> Result<usize, Fault> {
        let connection = named(connection)?;
        let payload = self.outbox.payload(length).ok_or(Misuse::PayloadTooLong)?;
        let mut buffer = [0; MAX_ENVELOPE];
        let Progress::Done((envelope, taken)) = self.core.envelope(connection, payload, &mut buffer)? else {
            return Ok(0);
        };
        let frame = self.outbox.frame(envelope, taken);
        self.report.frame = Span::of(frame.ok_or(Capacity::BufferTooSmall)?);
        Ok(taken)
    }

    /// Ends a connection.
    pub fn reset(&mut self, connection: f64) -> Result<(), Fault> {
        Ok(self.core.reset(named(connection)?)?)
    }

    /// Ends the session.
    pub fn close(&mut self) {
        self.core.close();
        self.inbox.clear();
    }

    /// What is to be done next. With `connect` the object gets `accessToken` and, if it has one, `clientToken`.
    pub fn poll(&mut self, tokens: &Members) -> OutputKind {
        self.report.contested = self.core.is_contested().into();
        match self.core.poll_output() {
            Output::CloseWebSocket(code) => {
                self.report.close_code = code.number().into();
                self.inbox.clear();
                OutputKind::CloseWebSocket
            }
            Output::Connect(connect) => {
                tokens.text("accessToken", connect.access_token.expose());
                if let Some(token) = connect.client_token {
                    tokens.text("clientToken", token.expose());
                }
                OutputKind::Connect
            }
            Output::Ping => OutputKind::Ping,
            Output::Send(bytes) => {
                self.report.frame = Span::of(bytes);
                OutputKind::Send
            }
            Output::Wait(_) => OutputKind::Wait,
        }
    }

    /// The first `count` bytes of what `poll` gave were sent.
    pub fn sent(&mut self, count: usize) -> Result<(), Fault> {
        Ok(self.core.sent(count)?)
    }
}

impl Session {
    fn next_event(&mut self, written: usize) -> Result<(EventKind, Event), Error> {
        let mut input = self.inbox.waiting(written).ok_or(Capacity::BufferTooSmall)?;
        let clock = &self.clock;
        let found = loop {
            match self.core.handle_bytes(|| clock.moment(), &mut input)? {
                None => break (EventKind::None, Event::default()),
                Some(event) => {
                    if let Some(found) = Event::of(event, &self.announced) {
                        break found;
                    }
                }
            }
        };
        let left = input.len();
        self.inbox.leave(written, left);
        self.report.waiting = left as f64;
        Ok(found)
    }
}

/// Bytes that the inbox has room for.
#[wasm_bindgen(js_name = inboxCapacity)]
pub fn inbox_capacity() -> usize {
    Inbox::CAPACITY
}

/// The place of a connection's service.
#[wasm_bindgen(js_name = serviceOf)]
pub fn service_of(connection: f64) -> usize {
    (connection as u64 >> 32) as usize
}

/// A connection's name: its service's place in the upper 32 bits, its serial number in the lower.
fn name_of(connection: Connection) -> f64 {
    ((connection.service() as u64) << 32 | u64::from(connection.serial().get())) as f64
}

fn named(name: f64) -> Result<Connection, Fault> {
    let connection = NonZeroU32::new(name as u64 as u32)
        .and_then(|serial| Connection::from_parts(service_of(name), serial));
    Ok(connection.ok_or(Misuse::ConnectionEnded)?)
}
