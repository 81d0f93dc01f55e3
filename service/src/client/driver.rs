//! The task of a tunnel: it owns the session, the WebSocket and every local connection, and drives them by hand.
//!
//! Everything is polled in one place, so that bytes go from one socket to the other without a queue or another task in
//! between: what a local socket takes is written to it right out of the buffer that the WebSocket was read into, and what it
//! gives is read right into the buffer that the WebSocket is written from. Each
//! round looks at everything that could move; the task sleeps once nothing does, and makes way for others after
//! [`ROUNDS`]. A look at a socket that is not ready costs no system call.

mod incoming;
mod outgoing;

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use iot_tunnel_core::handshake::Endpoint;
use iot_tunnel_core::session::{Binding, NoToken, Status, Timeout};
use iot_tunnel_core::websocket::Close;
use iot_tunnel_core::{AccessToken, Entropy, Millis};
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, Sleep};

use super::ClientSession;
use super::dial::DialError;
use super::event::{self, Loss};
use super::farewell::Farewells;
use super::locals::Locals;
use super::upgrade::{Answered, Dial};
use super::websocket::WebSocket;

/// Rounds before the task makes way for others (ours: some megabytes).
const ROUNDS: usize = 32;
/// Longest wait of a tunnel that closes for what is still to be written (ours).
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A token that was handed in.
pub(super) struct Handed {
    pub(super) access_token: AccessToken,
    pub(super) binding: Binding,
    pub(super) entropy: Entropy,
}

/// The other ends of a tunnel's handles.
pub(super) struct Handles {
    pub(super) tokens: mpsc::Receiver<Handed>,
    pub(super) events: broadcast::Sender<event::Event>,
}

pub(super) struct Driver {
    session: Box<ClientSession>,
    endpoint: Endpoint,
    dial: Dial,
    link: Link,
    /// Whether the session has been told that the WebSocket is not read.
    paused: bool,
    /// Whether the session takes no message before some of what it has to send is gone.
    starved: bool,
    farewells: Farewells,
    locals: Locals,
    tokens: mpsc::Receiver<Handed>,
    events: broadcast::Sender<event::Event>,
    /// What of the session was told last.
    told: Told,
    contested: bool,
    start: Instant,
    alarm: Pin<Box<Sleep>>,
    /// Until when the end may take, once it has begun.
    closing: Option<Instant>,
}

/// The way to the service.
enum Link {
    None,
    Dialling(Pin<Box<dyn Future<Output = Result<Answered, DialError>> + Send>>),
    Up {
        socket: Box<WebSocket>,
        channel_id: Option<String>,
    },
}

#[derive(PartialEq, Eq)]
enum Told {
    Nothing,
    NeedsToken(NoToken),
    Closed,
}

impl Driver {
    pub(super) fn new(
        session: Box<ClientSession>,
        endpoint: Endpoint,
        dial: Dial,
        locals: Locals,
        handles: Handles,
    ) -> Self {
        let Handles { tokens, events } = handles;
        let start = Instant::now();
        Self {
            session,
            endpoint,
            dial,
            link: Link::None,
            paused: false,
            starved: false,
            farewells: Farewells::default(),
            locals,
            tokens,
            events,
            told: Told::Nothing,
            contested: false,
            start,
            alarm: Box::pin(tokio::time::sleep_until(start)),
            closing: None,
        }
    }

    /// Runs the tunnel to its end.
    pub(super) async fn run(mut self) {
        std::future::poll_fn(|cx| self.poll(cx)).await;
        self.tell(event::Event::Closed);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..ROUNDS {
            let moved = [
                self.poll_tokens(cx),
                self.poll_link(cx),
                self.poll_locals(cx),
                self.poll_output(cx),
                self.farewells.poll(cx),
                self.poll_time(cx),
            ];
            self.tell_contested();
            self.tell_status();
            if self.is_over() {
                return Poll::Ready(());
            }
            if !moved.contains(&true) {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn now(&self) -> Millis {
        Millis(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn tell(&self, event: event::Event) {
        // Nobody needs to listen.
        let _ = self.events.send(event);
    }

    /// Takes tokens that are handed in. That nobody can hand one in any more is the wish to close.
    fn poll_tokens(&mut self, cx: &mut Context<'_>) -> bool {
        if self.closing.is_some() {
            return false;
        }
        let Poll::Ready(handed) = self.tokens.poll_recv(cx) else {
            return false;
        };
        let Some(handed) = handed else {
            self.session.close();
            return true;
        };
        let (now, side) = (self.now(), self.session.side());
        let (token, binding) = (handed.access_token.expose(), &handed.binding);
        match self
            .session
            .handle_token(now, side, token, binding, &handed.entropy)
        {
            Ok(taken) => tracing::debug!(?taken, "a token was handed in"),
            Err(error) => tracing::warn!(%error, "a token was not taken"),
        }
        true
    }

    fn poll_locals(&mut self, cx: &mut Context<'_>) -> bool {
        let websocket = match &mut self.link {
            Link::Up { socket, .. } => Some(&mut **socket),
            Link::None | Link::Dialling(_) => None,
        };
        self.locals.poll(cx, &mut self.session, websocket)
    }

    /// Says good-bye on the WebSocket, if there is one; drops what is no WebSocket yet.
    fn part(&mut self, close: Option<Close<'_>>) {
        if let Link::Up { socket, .. } = std::mem::replace(&mut self.link, Link::None) {
            self.farewells.begin(socket, close);
        }
    }

    /// The connection is gone, or did not come about: the session, the local connections and the caller are told.
    fn lose(&mut self, close: Option<Close<'_>>, why: Loss) {
        self.link = Link::None;
        self.locals.cut_all();
        // The session may have given it up at the same moment; then it is no news.
        if self.session.handle_closed(self.now(), close).is_ok() {
            self.tell_loss(why);
        }
    }

    fn tell_loss(&self, why: Loss) {
        let retry_in = match self.session.status() {
            Status::Backoff { until } => Some(Duration::from_millis(until.0.saturating_sub(self.now().0))),
            _ => None,
        };
        self.tell(event::Event::Lost { why, retry_in });
    }

    /// Tells once that connections are lost as if another client had the same tokens.
    fn tell_contested(&mut self) {
        let contested = self.session.is_contested();
        if contested && !self.contested {
            self.tell(event::Event::Contested);
        }
        self.contested = contested;
    }

    /// Tells once that a token is needed, or that the tunnel is closed, and begins the end that follows from that.
    fn tell_status(&mut self) {
        match self.session.status() {
            Status::AwaitingToken(why) if self.told != Told::NeedsToken(why) => {
                self.told = Told::NeedsToken(why);
                self.tell(event::Event::NeedsToken { why });
            }
            Status::AwaitingToken(_) => {}
            Status::Closed if self.closing.is_none() => {
                self.closing = Some(Instant::now() + CLOSE_TIMEOUT);
                if !self.tokens.is_closed() {
                    self.tell(event::Event::TunnelClosed);
                }
                self.told = Told::Closed;
                self.locals.shut();
            }
            _ => self.told = Told::Nothing,
        }
    }

    /// Whether the tunnel is closed and nothing is left to be written, or no more time for it.
    fn is_over(&self) -> bool {
        self.closing.is_some_and(|until| {
            let done = self.farewells.is_empty() && self.locals.is_empty() && matches!(self.link, Link::None);
            done || until <= Instant::now()
        })
    }

    /// Tells the session the time when it wants it, and sets the alarm to whatever is next.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> bool {
        let now = self.now();
        if self.session.deadline().is_some_and(|deadline| deadline <= now) {
            let timeout = self.session.handle_timeout(now);
            if timeout != Timeout::None {
                self.locals.cut_all();
                self.tell_loss(Loss::Timeout(timeout));
            }
            return true;
        }
        let session = self.session.deadline();
        let session = session.map(|deadline| self.start + Duration::from_millis(deadline.0));
        let others = [self.locals.deadline(), self.farewells.deadline(), self.closing];
        let Some(next) = others.into_iter().chain([session]).flatten().min() else {
            return false;
        };
        if self.alarm.deadline() != next {
            self.alarm.as_mut().reset(next);
        }
        self.alarm.as_mut().poll(cx).is_ready()
    }
}
