//! The operations of the service on its tunnels, with no HTTP in them.
//!
//! Each one reads the record, lets core decide, stores the changed record under the version it had read, and only then
//! answers and notifies. When somebody else was faster it reads and decides again.

mod error;
mod handshake;
mod lifecycle;
mod tags;
mod update;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use iot_tunnel_core::json::{self, BufferTooSmall, RotateRequest};
use iot_tunnel_core::{
    DestinationConfig, Effects, InvalidText, IssuedToken, Lifetime, Millis, Region, Side, Tunnel, TunnelArn,
    TunnelId,
};
use tokio::sync::Notify;
use zeroize::Zeroizing;

pub use self::error::TunnelsError;
pub use self::handshake::Connected;
pub use self::tags::MAX_TAGS;
use self::update::Locks;
pub use self::update::{EVERYBODY, Permit};
use crate::clock::Clock;
use crate::entropy::EntropySource;
use crate::history::{History, What};
use crate::metrics::Metrics;
use crate::notify::{self, Notifier};
use crate::record::{Notification, Record, Tag};
use crate::relay::Lines;
use crate::store::{Change, CommitError, Query, Store};

/// What one service is made of.
pub struct Parts {
    /// Where tunnels are kept.
    pub store: Arc<dyn Store>,
    /// The clock that decides.
    pub clock: Arc<dyn Clock>,
    /// The source of tokens.
    pub entropy: EntropySource,
    /// Tells things their tokens.
    pub notifier: Notifier,
    /// Who is connected; follows the records.
    pub lines: Arc<Lines>,
    /// What has happened, for people who watch.
    pub history: Arc<History>,
    /// Counts what happens.
    pub metrics: Arc<Metrics>,
    /// The region in ARNs and notifications.
    pub region: Region,
    /// The 12-digit account number in ARNs.
    pub account: String,
    /// How many tunnels may be open at a time.
    pub max_open_tunnels: u64,
}

/// The tunnels of one account in one region.
pub struct Tunnels {
    parts: Parts,
    locks: Locks,
    connections: AtomicU32,
    /// Rung when a deadline may have moved nearer, for whoever waits for the next.
    deadlines: Notify,
}

/// What OpenTunnel asks for, validated.
#[derive(Clone, Debug, Default)]
pub struct OpenTunnel {
    /// 1–2048 characters.
    pub description: Option<String>,
    /// Tags with unique keys.
    pub tags: Vec<Tag>,
    /// What stands at the destination.
    pub destination_config: Option<DestinationConfig>,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// New tokens of a tunnel.
#[derive(Debug)]
pub struct NewTokens {
    /// The tunnel.
    pub tunnel_id: TunnelId,
    /// Its ARN.
    pub tunnel_arn: TunnelArn,
    /// The source's new token, if it got one.
    pub source: Option<IssuedToken>,
    /// The destination's new token, if it got one.
    pub destination: Option<IssuedToken>,
    /// What else followed: connections that were closed and streams that were reset.
    pub effects: Effects,
}

/// One page of tunnels, newest first.
#[derive(Debug)]
pub struct Page {
    /// The tunnels.
    pub records: Vec<Record>,
    /// Whether there are more after the last one.
    pub more: bool,
}

impl Tunnels {
    /// Puts a service together.
    ///
    /// # Errors
    /// [`InvalidText`] if the account number does not fit into an ARN.
    pub fn new(parts: Parts) -> Result<Self, InvalidText> {
        let longest_id = TunnelId::parse(&"x".repeat(TunnelId::RULE.max()))?;
        TunnelArn::of(&parts.region, &parts.account, &longest_id)?;
        Ok(Self {
            parts,
            locks: Locks::default(),
            connections: AtomicU32::new(0),
            deadlines: Notify::new(),
        })
    }

    /// The time by the service's clock.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.parts.clock.now()
    }

    /// Who is connected.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.parts.lines
    }

    /// What has happened.
    #[must_use]
    pub fn history(&self) -> &Arc<History> {
        &self.parts.history
    }

    /// Tells the history.
    fn happened(&self, id: &TunnelId, what: What) {
        self.parts.history.add(self.now(), id, what);
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &Region {
        &self.parts.region
    }

    /// The ARN of a tunnel of this account.
    ///
    /// # Errors
    /// None that [`new`](Self::new) has not ruled out.
    pub fn arn(&self, id: &TunnelId) -> Result<TunnelArn, TunnelsError> {
        TunnelArn::of(&self.parts.region, &self.parts.account, id)
            .map_err(|_| TunnelsError::Internal("composing an ARN"))
    }

    /// OpenTunnel: a new tunnel with a fresh token for each side.
    ///
    /// # Errors
    /// [`TunnelsError::TooManyOpen`]; [`TunnelsError::Entropy`] or [`TunnelsError::Store`], with no tunnel opened.
    pub async fn open(&self, request: OpenTunnel) -> Result<NewTokens, TunnelsError> {
        let now = self.now();
        let entropy = self.parts.entropy.draw()?;
        // A UUID, because an id must never come again, not even after its tunnel was deleted; of version 7, because those
        // of one process rise: tunnels of the same millisecond are listed newest first too.
        let id = TunnelId::parse(&uuid::Uuid::now_v7().to_string())
            .map_err(|_| TunnelsError::Internal("naming a tunnel"))?;
        let (tunnel, opened) = Tunnel::open(
            id.clone(),
            request.destination_config,
            request.lifetime,
            now,
            &entropy,
        )?;
        let notification = if opened.effects.notifies() {
            Notification::Pending
        } else {
            Notification::None
        };
        let record = Record {
            tunnel,
            description: request.description,
            tags: request.tags,
            notification,
        };
        let change = Change {
            id: id.clone(),
            expected: None,
            record: Some(record.clone()),
            binds: None,
            max_open: Some((self.parts.max_open_tunnels, now)),
        };
        self.parts
            .store
            .commit(change)
            .await
            .map_err(|error| match error {
                CommitError::TooManyOpen(max) => TunnelsError::TooManyOpen(max),
                CommitError::Conflict => TunnelsError::Internal("a new tunnel's id exists already"),
                CommitError::Store(error) => TunnelsError::Store(error),
            })?;
        self.deadlines.notify_one();
        self.happened(&id, What::Opened);
        self.notify(&record, &opened.destination);
        Ok(NewTokens {
            tunnel_arn: self.arn(&id)?,
            tunnel_id: id,
            source: Some(opened.source),
            destination: Some(opened.destination),
            effects: opened.effects,
        })
    }

    /// RotateTunnelAccessToken: revokes and replaces the tokens that the request names.
    ///
    /// # Errors
    /// [`TunnelsError::Denied`]; [`TunnelsError::NotFound`] with the reason; [`TunnelsError::Entropy`] or [`TunnelsError::Store`]. Nothing
    /// has changed then.
    pub async fn rotate(
        &self,
        request: RotateRequest,
        permit: Permit<'_>,
    ) -> Result<NewTokens, TunnelsError> {
        let id = request.tunnel_id;
        let (record, rotated) = self
            .update(&id, permit, |record, now| {
                let entropy = self.parts.entropy.draw()?;
                let config = request.destination_config.clone();
                let rotated = record.tunnel.rotate(request.client_mode, config, now, &entropy);
                let rotated = rotated.map_err(|error| TunnelsError::of(&id, error))?;
                if rotated.destination.is_some() {
                    record.notification = if rotated.effects.notifies() {
                        Notification::Pending
                    } else {
                        Notification::None
                    };
                }
                Ok(rotated)
            })
            .await?;
        self.happened(&id, What::rotated(request.client_mode));
        if let Some(token) = &rotated.destination {
            self.notify(&record, token);
        }
        Ok(NewTokens {
            tunnel_arn: self.arn(&id)?,
            tunnel_id: id,
            source: rotated.source,
            destination: rotated.destination,
            effects: rotated.effects,
        })
    }

    /// The record of a tunnel, for DescribeTunnel.
    ///
    /// # Errors
    /// [`TunnelsError::Denied`], [`TunnelsError::NotFound`], [`TunnelsError::Store`].
    pub async fn get(&self, id: &TunnelId, permit: Permit<'_>) -> Result<Record, TunnelsError> {
        let record = self.parts.store.get(id).await?.map(|read| read.record);
        permit(record.as_ref())?;
        record.ok_or_else(|| TunnelsError::unknown(id))
    }

    /// ListTunnels: one page, newest first.
    ///
    /// # Errors
    /// [`TunnelsError::Store`].
    pub async fn list(&self, query: Query) -> Result<Page, TunnelsError> {
        let limit = query.limit;
        // One more than asked for tells whether there is another page.
        let mut records = self
            .parts
            .store
            .list(Query {
                limit: limit.saturating_add(1),
                ..query
            })
            .await?;
        let more = records.len() > limit;
        records.truncate(limit);
        Ok(Page { records, more })
    }

    /// CloseTunnel.
    ///
    /// # Errors
    /// [`TunnelsError::Denied`], [`TunnelsError::NotFound`], [`TunnelsError::Store`].
    pub async fn close(
        &self,
        id: &TunnelId,
        delete: bool,
        permit: Permit<'_>,
    ) -> Result<Effects, TunnelsError> {
        let (_, effects) = self
            .update(id, permit, |record, now| Ok(record.tunnel.close(delete, now)))
            .await?;
        self.deadlines.notify_one();
        self.happened(
            id,
            What::Closed {
                deleted: effects.deletes(),
            },
        );
        Ok(effects)
    }

    /// How many tunnels are open now.
    ///
    /// # Errors
    /// [`TunnelsError::Store`].
    pub async fn count_open(&self) -> Result<u64, TunnelsError> {
        Ok(self.parts.store.count_open(self.now()).await?)
    }

    /// Hands the destination's new token to the notifier, if there is a thing to tell. The record is durable by now.
    fn notify(&self, record: &Record, token: &IssuedToken) {
        let config = record.tunnel.destination_config();
        let Some((thing_name, config)) = config.and_then(|config| Some((config.thing_name()?, config)))
        else {
            return;
        };
        match notification_payload(token, &self.parts.region, config) {
            Ok(payload) => self.parts.notifier.send(notify::Notification {
                tunnel_id: record.tunnel.id().to_string(),
                generation: record.tunnel.generation(Side::Destination),
                thing_name: thing_name.to_string(),
                payload,
            }),
            Err(error) => {
                tracing::error!(tunnel_id = %record.tunnel.id(), %error, "a notification could not be written");
            }
        }
    }
}

/// The JSON document that a device is sent.
fn notification_payload(
    token: &IssuedToken,
    region: &Region,
    config: &DestinationConfig,
) -> Result<Zeroizing<Vec<u8>>, BufferTooSmall> {
    let notification = json::Notification {
        client_access_token: token.clone(),
        client_mode: Side::Destination,
        region: region.clone(),
        services: config.services().iter().cloned().collect(),
    };
    // The longest notification has 3 services of 128 characters and a token of 300.
    let mut payload = Zeroizing::new(vec![0; 1024]);
    let length = notification.write(&mut payload)?;
    payload.truncate(length);
    Ok(payload)
}
