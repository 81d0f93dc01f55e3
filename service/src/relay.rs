//! The relay: the host of the data plane, which real clients connect to (data-plane.md §1, §2, §7).
//!
//! ```text
//!   source ──WebSocket──▶ peer ──▶ line ──▶ outbox ──▶ peer ──WebSocket──▶ destination
//!                        judges   knows    waits at   writes
//!                        a message who is  most two
//!                                 there    messages
//! ```
//!
//! A handshake is judged by core ([`HandshakeRequest`], then the tunnel's record), and the use of its token is durable
//! before it is answered with 101. From then on a peer is one task that reads, judges and passes on what its client
//! sends, and writes what waits for it. Who is connected follows the records: whatever changes one
//! (a rotation, a close, an expiry, a successor) ends the right connection at once and has the other side's streams
//! reset. A close frame with a code and a reason is sent only where the client must not come back with its token; a
//! successor, silence and a stop of the service end TCP alone, because AWS's clients never return after a close frame.
//!
//! **Memory is bounded.** A peer is read only while at most one message waits for the other side, so a slow reader stops
//! its peer by TCP, and nobody else. A connection that is idle holds no buffer.

mod attempts;
mod end;
mod input;
mod line;
mod outbox;
mod peer;
mod streams;
mod upgrade;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use iot_tunnel_core::handshake::{HandshakeRequest, Rejection, Subprotocol};
use iot_tunnel_core::{Error, Refusal, TokenDigest};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use self::attempts::Attempts;
pub use self::attempts::{BURST as ATTEMPTS, REFILL as ATTEMPT_EVERY};
use self::end::Ending;
pub use self::line::Lines;
pub(crate) use self::line::Seat;
use self::peer::Peer;
use crate::history::What;
use crate::logging::Pace;
use crate::metrics::Metrics;
use crate::tunnels::{Connected, Tunnels, TunnelsError};

/// How the service ends connections when it stops: clients come back, to what is started next.
const STOPPING: Ending = Ending::Bare("the service is stopping");

/// The relay of one service.
pub(crate) struct Relay {
    tunnels: Arc<Tunnels>,
    attempts: Attempts,
    /// Which refused handshakes are logged: anybody can cause them.
    refusals: Pace,
    metrics: Arc<Metrics>,
    /// The peers' tasks.
    peers: TaskTracker,
    /// Ends them.
    ended: CancellationToken,
}

impl Relay {
    pub(crate) fn new(tunnels: Arc<Tunnels>, metrics: Arc<Metrics>) -> Self {
        Self {
            tunnels,
            attempts: Attempts::default(),
            refusals: Pace::default(),
            metrics,
            peers: TaskTracker::new(),
            ended: CancellationToken::new(),
        }
    }

    /// Ends every connection at once when it is dropped.
    pub(crate) fn guard(&self) -> DropGuard {
        self.ended.clone().drop_guard()
    }

    /// The one route: the handshake.
    pub(crate) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .fallback(upgrade::answer)
            .with_state(Arc::downgrade(self))
    }

    /// Closes every connection and returns when they have ended, or after `patience`.
    pub(crate) async fn stop(&self, patience: Duration) {
        self.tunnels.lines().end_all(STOPPING);
        self.peers.close();
        if tokio::time::timeout(patience, self.peers.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        self.ended.cancel();
        self.peers.wait().await;
    }

    /// Judges a handshake that keeps the rules of its form. When this returns, the use of the token is durable.
    async fn connect(&self, request: &HandshakeRequest<'_>) -> Result<Connected, Rejection> {
        let token = TokenDigest::of(request.access_token);
        if !self.attempts.allow(token, self.tunnels.now()) {
            self.metrics.refused("RateLimited");
            return Err(Rejection::RATE_LIMITED);
        }
        let connected = self
            .tunnels
            .connect(request.access_token, request.side, request.client_token.as_ref())
            .await;
        connected.map_err(|error| match error {
            TunnelsError::Rule(Error::Refusal(refusal)) => Rejection::from(refusal),
            TunnelsError::NotFound { .. } => Rejection::from(Refusal::TunnelNotFound),
            error => {
                tracing::error!(%error, "a handshake could not be judged");
                Rejection::UNAVAILABLE
            }
        })
    }

    /// Serves a peer until its connection ends, and says so in its tunnel's record.
    async fn serve<S: AsyncRead + AsyncWrite>(
        &self,
        seat: Seat,
        subprotocol: Subprotocol,
        socket: S,
        early: Vec<u8>,
    ) {
        let passed_on = self.metrics.relayed(seat.side);
        let mut peer = Peer::new(seat.clone(), socket, passed_on);
        let end = peer.serve(subprotocol, early).await;
        tracing::info!(tunnel_id = %seat.tunnel_id, side = seat.side.as_str(), why = %end, "disconnected");
        let left = async {
            self.leave(&seat).await;
            // Behind the record: who hears of it and looks there finds it so.
            let what = What::disconnected(seat.side, &end);
            let history = self.tunnels.history();
            history.add(self.tunnels.now(), &seat.tunnel_id, what);
        };
        // First of all the other side hears of it; then neither the store nor this peer waits for the other.
        tokio::join!(left, peer.finish(&end));
    }

    /// A peer is gone.
    async fn leave(&self, seat: &Seat) {
        self.tunnels.lines().left(seat);
        let left = self
            .tunnels
            .disconnect(&seat.tunnel_id, seat.side, seat.connection)
            .await;
        match left {
            Ok(_) | Err(TunnelsError::NotFound { .. }) => {}
            Err(error) => {
                tracing::error!(tunnel_id = %seat.tunnel_id, %error, "a disconnection could not be noted");
            }
        }
    }
}
