//! What comes from the service: the answer to an upgrade request, and what the WebSocket brings after it.

use std::sync::Arc;
use std::task::{Context, Poll};

use iot_tunnel_core::handshake::{Answer, PeerText, Upgrade};
use iot_tunnel_core::session::{Announced, Event, Status};
use iot_tunnel_core::websocket::Close;

use super::{Driver, Link};
use crate::client::dial::DialError;
use crate::client::event::{self, Loss, Open, Refused};
use crate::client::upgrade::Answered;
use crate::client::websocket::{Received, WebSocket};

impl Driver {
    /// Dials, or reads.
    pub(super) fn poll_link(&mut self, cx: &mut Context<'_>) -> bool {
        match &mut self.link {
            Link::None => false,
            Link::Dialling(dialling) => match dialling.as_mut().poll(cx) {
                Poll::Pending => false,
                Poll::Ready(answered) => {
                    self.link = Link::None;
                    if let Err(error) = answered.and_then(|answered| self.upgrade(answered)) {
                        self.fail_to_connect(error);
                    }
                    true
                }
            },
            Link::Up { .. } => self.poll_up(cx),
        }
    }

    /// There is no connection. What only somebody's change can put right is tried again as seldom as a service that asks
    /// for it by `Retry-After`.
    fn fail_to_connect(&mut self, error: DialError) {
        let Some(pause) = error.pause() else {
            return self.lose(None, Loss::Unreachable(Arc::new(error)));
        };
        let later = Upgrade::Retry {
            status: 503,
            retry_after: Some(pause),
            reason: PeerText::new(b""),
            channel_id: None,
        };
        if self.session.handle_upgrade(self.now(), &later).is_ok() {
            self.tell_loss(Loss::Unreachable(Arc::new(error)));
        }
    }

    /// Takes the answer to an upgrade request.
    fn upgrade(&mut self, answered: Answered) -> Result<(), DialError> {
        let now = self.now();
        let Answer::Complete { upgrade, consumed } = answered.answer()? else {
            return Ok(());
        };
        let Ok(status) = self.session.handle_upgrade(now, &upgrade) else {
            // A new token has come at the same moment, and this is the answer to the old one.
            return Ok(());
        };
        let text = |text: PeerText<'_>| text.to_string();
        match upgrade {
            Upgrade::Accepted { channel_id, .. } => {
                let channel_id = channel_id.map(text);
                let (socket, first) = answered.into_parts(consumed);
                self.link = Link::Up {
                    socket: Box::new(WebSocket::new(socket, &first)),
                    channel_id: channel_id.clone(),
                };
                (self.paused, self.starved) = (false, false);
                if status == Status::Open {
                    self.tell(event::Event::Open(Open {
                        channel_id,
                        ..Open::default()
                    }));
                }
            }
            Upgrade::Refused {
                status,
                reason,
                channel_id,
            } => self.tell(event::Event::Refused(Refused {
                status,
                reason: reason.to_string(),
                channel_id: channel_id.map(text),
            })),
            Upgrade::Retry { status, reason, .. } => self.tell_loss(Loss::Unavailable {
                status,
                reason: reason.to_string(),
            }),
        }
        Ok(())
    }

    /// Reads the WebSocket once and hands on what came, as long as everybody takes it.
    fn poll_up(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        let mut has_read = false;
        loop {
            let Link::Up { socket, .. } = &mut self.link else {
                return true;
            };
            match socket.receive() {
                Ok(Received::Payload) if self.locals.is_full() || self.starved => break,
                Ok(Received::Payload) => self.take_payload(cx),
                Ok(Received::Ping) => {
                    // An accepted upgrade is a connection until the socket is given up.
                    let _ = self.session.handle_ping(self.now());
                }
                Ok(Received::Pong) => {
                    let _ = self.session.handle_pong(self.now());
                }
                Ok(Received::Close(reason)) => {
                    let close = reason.as_ref().map(|reason| reason.as_close());
                    let why = Loss::Closed {
                        code: close.map(|close| close.code),
                        reason: close.map_or_else(String::new, |close| {
                            PeerText::new(close.reason.as_bytes()).to_string()
                        }),
                    };
                    let code = close.map(|close| close.code);
                    self.part(code.map(|code| Close { code, reason: "" }));
                    self.lose(close, why);
                    return true;
                }
                Ok(Received::Nothing) if has_read => return true,
                Ok(Received::Nothing) => match socket.poll_read(cx) {
                    Poll::Pending => break,
                    Poll::Ready(Ok(0)) => {
                        self.lose(None, Loss::Ended);
                        return true;
                    }
                    Poll::Ready(Ok(_)) => has_read = true,
                    Poll::Ready(Err(error)) => {
                        self.lose(None, Loss::Broken(Arc::new(error)));
                        return true;
                    }
                },
                Err(fault) => {
                    self.part(Some(Close {
                        code: fault.close_code(),
                        reason: "",
                    }));
                    self.lose(None, Loss::WebSocket(fault));
                    return true;
                }
            }
            moved = true;
        }
        let paused = self.locals.is_full();
        if paused != self.paused {
            self.paused = paused;
            let _ = self.session.pause(self.now(), paused);
        }
        moved
    }

    /// Hands the payload at hand to the session, and what it means to the local connections.
    fn take_payload(&mut self, cx: &mut Context<'_>) {
        let now = self.now();
        let Link::Up { socket, channel_id } = &mut self.link else {
            return;
        };
        let payload = socket.payload();
        let mut input = payload;
        let mut lost = None;
        while !self.locals.is_full() {
            match self.session.handle_bytes(now, &mut input) {
                Ok(Some(Event::Handled)) => {}
                Ok(Some(Event::Data { connection, payload })) => self.locals.give(connection, payload, cx),
                Ok(Some(Event::Started { connection, replaces })) => {
                    self.locals.start(connection, replaces, &mut self.session);
                }
                Ok(Some(Event::Ended { connection })) => self.locals.end(connection),
                Ok(Some(Event::StreamEnded { service, fault })) => {
                    if let Some(fault) = fault {
                        tracing::warn!(%fault, "a stream was reset");
                    }
                    self.locals.cut_stream(service);
                }
                Ok(Some(Event::SessionReset)) => self.locals.cut_all(),
                Ok(Some(Event::Open(announced))) => {
                    let open = opened(&announced, channel_id.clone());
                    // Nobody needs to listen.
                    let _ = self.events.send(event::Event::Open(open));
                }
                Ok(Some(Event::Lost { fault })) => {
                    lost = Some(fault);
                    break;
                }
                Ok(None) => {
                    self.starved = !input.is_empty();
                    break;
                }
                // The session has given the connection up, and says so as its next output.
                Err(_) => input = &[],
            }
        }
        let taken = payload.len() - input.len();
        socket.take(taken);
        if let Some(fault) = lost {
            self.locals.cut_all();
            self.tell_loss(Loss::Tunnel(fault));
        }
    }
}

fn opened(announced: &Announced<'_>, channel_id: Option<String>) -> Open {
    let owned = |name: &str| PeerText::new(name.as_bytes()).to_string();
    Open {
        services: announced.services().iter().map(owned).collect(),
        only_in_tunnel: announced.only_in_tunnel().map(owned).collect(),
        only_here: announced.only_in_session().map(ToString::to_string).collect(),
        needs_name: announced.needs_name(),
        channel_id,
    }
}
