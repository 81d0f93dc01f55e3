//! What happens to tunnels without a request: expiry, deletion, and what a restart finds.

use iot_tunnel_core::{Effects, Millis, Side, TunnelId};

use super::handshake::host_of;
use super::update::EVERYBODY;
use super::{Tunnels, TunnelsError};
use crate::history::What;
use crate::notify::Outcome;
use crate::record::Notification;
use crate::store::Query;

/// How many tunnels one step of a sweep or of a restart reads at most.
const BATCH: usize = 256;

/// The longest wait for the next deadline, in milliseconds: another machine may have stored an earlier one.
const LONGEST_WAIT: u64 = Millis::MINUTE;

impl Tunnels {
    /// Closes what has expired and deletes what was closed three hours ago; returns how many tunnels that were.
    ///
    /// Nothing depends on when this runs: whether a tunnel is open is decided from the clock at each call.
    ///
    /// # Errors
    /// [`TunnelsError::Store`].
    pub async fn sweep(&self) -> Result<usize, TunnelsError> {
        let mut swept = 0;
        loop {
            let due = self.parts.store.due(self.now(), BATCH).await?;
            let full = due.len() == BATCH;
            for id in due {
                match self
                    .update(&id, EVERYBODY, |record, now| Ok(record.tunnel.expire(now)))
                    .await
                {
                    Ok((_, effects)) => {
                        if effects != Effects::default() {
                            let deleted = effects.deletes();
                            self.happened(&id, What::Expired { deleted });
                        }
                        swept += 1;
                    }
                    // Somebody else was faster.
                    Err(TunnelsError::NotFound { .. } | TunnelsError::Contention) => {}
                    Err(error) => return Err(error),
                }
            }
            if !full {
                return Ok(swept);
            }
        }
    }

    /// Sweeps whenever a deadline comes, for ever.
    pub async fn sweep_by_the_clock(&self) {
        loop {
            if let Err(error) = self.sweep().await {
                tracing::error!(%error, "a sweep failed; it will be tried again");
            }
            let soon = self.now().after(LONGEST_WAIT);
            let next = match self.parts.store.next_deadline().await {
                // A deadline that has passed but could not be swept must not make this loop spin.
                Ok(Some(next)) if next > self.now() => next.min(soon),
                Ok(_) | Err(_) => soon,
            };
            tokio::select! {
                () = self.parts.clock.wait_until(next) => {}
                () = self.deadlines.notified() => {}
            }
        }
    }

    /// Takes over what this machine's last run left: its peers are not connected any more, and notifications that had
    /// not reached the broker are lost, which the log says.
    ///
    /// # Errors
    /// [`TunnelsError::Store`].
    pub async fn recover(&self) -> Result<(), TunnelsError> {
        let mut query = Query {
            limit: BATCH,
            ..Query::default()
        };
        loop {
            let records = self.parts.store.list(query.clone()).await?;
            let Some(last) = records.last() else { return Ok(()) };
            query.after = Some((last.tunnel.created_at(), last.tunnel.id().clone()));
            for record in records {
                let id = record.tunnel.id();
                if record.notification == Notification::Pending && record.tunnel.is_open(self.now()) {
                    tracing::warn!(
                        tunnel_id = %id,
                        "the thing was not told its current token before the last stop; rotate DESTINATION to send a new one"
                    );
                }
                for side in Side::BOTH {
                    if let Some(connection) = record.tunnel.connection(side)
                        && host_of(connection) == self.parts.store.host()
                    {
                        self.disconnect(id, side, connection).await?;
                    }
                }
            }
        }
    }

    /// Whether the destination's token of that generation still admits.
    pub async fn is_current(&self, tunnel_id: &str, generation: u32) -> bool {
        let Ok(id) = TunnelId::parse(tunnel_id) else {
            return false;
        };
        match self.parts.store.get(&id).await {
            Ok(Some(read)) => {
                let tunnel = read.record.tunnel;
                tunnel.is_open(self.now()) && tunnel.generation(Side::Destination) == generation
            }
            Ok(None) => false,
            // Nobody knows: the next attempt asks again, and this one does no harm.
            Err(_) => true,
        }
    }

    /// Notes what became of a notification. The notifier has logged it.
    pub async fn note(&self, outcome: Outcome) {
        let (tunnel_id, generation) = match outcome {
            Outcome::Delivered {
                tunnel_id,
                generation,
            } => (tunnel_id, generation),
            Outcome::Superseded { .. } => return self.parts.metrics.notified("superseded"),
            Outcome::StillTrying { .. } => return self.parts.metrics.notified("failed_attempt"),
        };
        self.parts.metrics.notified("delivered");
        let Ok(id) = TunnelId::parse(&tunnel_id) else {
            return;
        };
        let delivered = self
            .update(&id, EVERYBODY, |record, _| {
                if record.tunnel.generation(Side::Destination) == generation {
                    record.notification = Notification::Delivered;
                }
                Ok(())
            })
            .await;
        match delivered {
            Ok(_) => self.happened(&id, What::Notified),
            Err(TunnelsError::NotFound { .. }) => {}
            Err(error) => {
                tracing::warn!(tunnel_id = %id, %error, "a delivered notification could not be noted");
            }
        }
    }
}
