//! The data plane's questions: may this peer connect, and what when it is gone.

use std::sync::atomic::Ordering;

use iot_tunnel_core::{
    Claim, ClientToken, ConnectionId, Effects, Error, Handshake, Refusal, Side, TokenDigest, TunnelId,
};

use super::update::{EVERYBODY, MAX_ATTEMPTS};
use super::{Tunnels, TunnelsError};
use crate::history::What;
use crate::relay::Seat;
use crate::store::Holder;

/// An accepted handshake. The use of the token is durable.
#[derive(Debug)]
pub struct Connected {
    /// The tunnel.
    pub tunnel_id: TunnelId,
    /// The name of the new connection.
    pub connection: ConnectionId,
    /// A connection that was closed, and streams that were reset.
    pub effects: Effects,
    seat: Seat,
}

impl Connected {
    /// The peer's place at its tunnel.
    pub(crate) fn into_seat(self) -> Seat {
        self.seat
    }
}

impl Tunnels {
    /// Judges a peer's handshake and makes the use of its token durable.
    ///
    /// # Errors
    /// [`TunnelsError::Rule`] with the [`Refusal`], counted by reason; [`TunnelsError::Store`].
    pub async fn connect(
        &self,
        access_token: &str,
        side: Side,
        client_token: Option<&ClientToken>,
    ) -> Result<Connected, TunnelsError> {
        let outcome = self
            .judge(Handshake {
                access_token,
                side,
                client_token,
            })
            .await;
        match &outcome {
            Ok(connected) => self.happened(&connected.tunnel_id, What::connected(side)),
            Err(TunnelsError::Rule(Error::Refusal(refusal))) => {
                self.parts.metrics.refused(refusal.name());
                // A token that was never issued, or not for a tunnel that exists, says nothing about any tunnel.
                if !matches!(refusal, Refusal::UnknownAccessToken | Refusal::TunnelNotFound)
                    && let Some(claim) = Claim::read(access_token)
                {
                    self.happened(&claim.tunnel_id, What::refused(side, refusal.text()));
                }
            }
            Err(_) => {}
        }
        outcome
    }

    async fn judge(&self, handshake: Handshake<'_>) -> Result<Connected, TunnelsError> {
        let refused = |refusal: Refusal| TunnelsError::Rule(refusal.into());
        let claim =
            Claim::read(handshake.access_token).ok_or_else(|| refused(Refusal::UnknownAccessToken))?;
        let id = claim.tunnel_id;
        let connection = connection_of(
            self.parts.store.host(),
            self.connections.fetch_add(1, Ordering::Relaxed),
        );
        let digest = handshake.client_token.map(ClientToken::digest);
        let _guard = self.lock(&id).await;
        for _ in 0..MAX_ATTEMPTS {
            let holder = self.holder(digest.as_ref()).await?;
            let in_use = match &holder {
                Some(holder) => self.holds(holder, digest).await?,
                None => false,
            };
            let attempt = self.attempt(
                &id,
                EVERYBODY,
                digest.map(|digest| (digest, holder)),
                |record, now| {
                    record
                        .tunnel
                        .connect(handshake, connection, |_| in_use, now)
                        .map_err(refused)
                },
            );
            match attempt.await {
                Ok(Some((record, effects))) => {
                    // Still under the lock: a rotation that comes now finds the connection that it is to close.
                    let seat = self.parts.lines.join(&record.tunnel, handshake.side, connection);
                    return Ok(Connected {
                        tunnel_id: id,
                        connection,
                        effects,
                        seat,
                    });
                }
                Ok(None) => {}
                // Deleted: no other token of this tunnel helps. Every id of this service is a UUID, so any other comes from a token
                // that was damaged on its way here.
                Err(TunnelsError::NotFound { .. }) if uuid::Uuid::try_parse(id.as_str()).is_ok() => {
                    return Err(refused(Refusal::TunnelNotFound));
                }
                Err(TunnelsError::NotFound { .. }) => return Err(refused(Refusal::UnknownAccessToken)),
                Err(error) => return Err(error),
            }
        }
        Err(TunnelsError::Contention)
    }

    /// A peer's connection has ended.
    ///
    /// # Errors
    /// [`TunnelsError::NotFound`], [`TunnelsError::Store`].
    pub async fn disconnect(
        &self,
        id: &TunnelId,
        side: Side,
        connection: ConnectionId,
    ) -> Result<Effects, TunnelsError> {
        let (_, effects) = self
            .update(id, EVERYBODY, |record, now| {
                Ok(record.tunnel.disconnect(side, connection, now))
            })
            .await?;
        Ok(effects)
    }

    async fn holder(&self, digest: Option<&TokenDigest>) -> Result<Option<Holder>, TunnelsError> {
        match digest {
            Some(digest) => Ok(self.parts.store.holder(digest).await?),
            None => Ok(None),
        }
    }

    /// Whether the holder of a client token still holds it: its tunnel may have expired since.
    async fn holds(&self, holder: &Holder, digest: Option<TokenDigest>) -> Result<bool, TunnelsError> {
        let now = self.now();
        Ok(self.parts.store.get(&holder.tunnel).await?.is_some_and(|read| {
            let tunnel = &read.record.tunnel;
            tunnel.is_open(now) && tunnel.bound_client_token(holder.side) == digest
        }))
    }
}

/// Names a connection: the machine that holds it in the upper half, its number there in the lower.
const fn connection_of(host: u32, number: u32) -> ConnectionId {
    ConnectionId((host as u64) << 32 | number as u64)
}

/// The machine that holds a connection.
pub(super) const fn host_of(connection: ConnectionId) -> u32 {
    (connection.0 >> 32) as u32
}
