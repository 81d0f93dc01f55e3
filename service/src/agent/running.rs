//! An agent that runs: it does what the policy says.

use std::collections::{HashMap, VecDeque};

use iot_tunnel_core::AccessToken;
use iot_tunnel_core::session::NoToken;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::notice::Notice;
use super::policy::{Policy, SessionId, Use};
use super::subscription::{Heard, Letter, Subscription, WAITING};
use crate::client::{Client, Dialer, Event, HttpProxy, Target, Trust, Tunnel};
use crate::program::{Connections, Exit, Failure, MAX_BACKOFF, Mapping, Signals, note, print_ready};
use crate::proxy::serve;

/// Notifications that wait for a trial to end; then the oldest goes (ours).
const MAX_LATER: usize = 8;

/// What the flags come to.
pub(super) struct Plan {
    pub(super) target: Option<Target>,
    pub(super) trust: Trust,
    pub(super) mappings: Vec<Mapping>,
    pub(super) max_tunnels: usize,
    pub(super) connections: Connections,
    pub(super) prints_ready: bool,
}

/// What `--ready` prints.
#[derive(Serialize)]
struct Ready {
    broker: String,
    topic: String,
}

pub(super) struct Running {
    target: Option<Target>,
    trust: Trust,
    mappings: Vec<Mapping>,
    connections: Connections,
    policy: Policy,
    tunnels: HashMap<SessionId, Tunnel>,
    /// Tunnels that end.
    ending: JoinSet<()>,
    /// What the policy has no room for yet.
    later: VecDeque<Notice>,
    events: mpsc::Sender<(SessionId, Event)>,
    happened: mpsc::Receiver<(SessionId, Event)>,
}

impl Running {
    fn new(plan: Plan) -> Self {
        let (events, happened) = mpsc::channel(WAITING);
        Self {
            target: plan.target,
            trust: plan.trust,
            mappings: plan.mappings,
            connections: plan.connections,
            policy: Policy::new(plan.max_tunnels),
            tunnels: HashMap::new(),
            ending: JoinSet::new(),
            later: VecDeque::new(),
            events,
            happened,
        }
    }

    async fn hear(&mut self, letter: Letter) {
        match Notice::read(&letter.payload, &self.mappings) {
            Err(error) => tracing::warn!(%error, "a notification was refused, and nothing has changed"),
            Ok(notice) if self.policy.is_known(notice.access_token.digest()) => {
                tracing::debug!("a notification came again, and nothing has changed");
            }
            Ok(notice) => {
                for service in &notice.unserved {
                    tracing::warn!(%service, "a tunnel has a service that is not offered here");
                }
                self.use_token(notice).await;
            }
        }
        letter.acknowledge();
    }

    async fn use_token(&mut self, notice: Notice) {
        match self.policy.place(&notice.kind) {
            Use::Hand(id) => {
                tracing::info!(
                    tunnel = id.0,
                    "a new access token came for a tunnel that waits for one"
                );
                self.hand(id, notice.access_token).await;
            }
            Use::Start(id) => {
                tracing::info!(tunnel = id.0, "a new access token came");
                match self.start(id, &notice) {
                    Ok(()) => self.hand(id, notice.access_token).await,
                    Err(error) => {
                        self.policy.ended(id);
                        tracing::error!(tunnel = id.0, %error, "the tunnel cannot be started");
                    }
                }
            }
            Use::Later => {
                if self.later.len() == MAX_LATER {
                    self.later.pop_front();
                    tracing::warn!("an access token is given up: too many came while another is tried");
                }
                self.later.push_back(notice);
            }
        }
    }

    /// Starts a session that has no token yet.
    fn start(&mut self, id: SessionId, notice: &Notice) -> Result<(), Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Failed, error);
        let target = self.target.clone();
        let target = target.unwrap_or_else(|| Target::aws(&notice.region));
        let proxy = HttpProxy::from_environment(target.endpoint()).map_err(|error| failed(&error))?;
        let dialer = Dialer::new(target, &self.trust, proxy).map_err(|error| failed(&error))?;
        let client = self
            .connections
            .apply(Client::new(dialer, serve(&notice.mappings)));
        // Beside a tunnel that is up, the network and the service are, and a person waits. A whole fleet without any tunnel takes its time.
        let client = match self.policy.has_open() {
            true => client.max_backoff(MAX_BACKOFF),
            false => client,
        };
        let (tunnel, mut events) = client.start().map_err(|error| failed(&error))?;
        self.tunnels.insert(id, tunnel);
        let told = self.events.clone();
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                if told.send((id, event)).await.is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    async fn hand(&mut self, id: SessionId, token: AccessToken) {
        if let Some(tunnel) = self.tunnels.get(&id)
            && let Err(error) = tunnel.replace_token(token, None).await
        {
            tracing::error!(tunnel = id.0, %error, "the access token cannot be used");
            self.policy.ended(id);
            self.end([id]);
        }
    }

    async fn happen(&mut self, id: SessionId, event: Event) {
        note(&id.0.to_string(), &event);
        let ended = match event {
            Event::Open(_) => self.policy.opened(id),
            Event::NeedsToken { why: NoToken::None }
            | Event::Connecting
            | Event::Contested
            | Event::Refused(_) => {
                return;
            }
            Event::NeedsToken { .. } => self.policy.refused(Instant::now(), id),
            Event::Lost { .. } => {
                self.policy.lost(id);
                return;
            }
            Event::TunnelClosed | Event::Closed => {
                self.policy.ended(id);
                vec![id]
            }
        };
        self.end(ended);
        while self.policy.has_room()
            && let Some(notice) = self.later.pop_front()
        {
            self.use_token(notice).await;
        }
    }

    /// Ends sessions that the policy has given up.
    fn end(&mut self, ids: impl IntoIterator<Item = SessionId>) {
        while self.ending.try_join_next().is_some() {}
        for id in ids {
            if let Some(tunnel) = self.tunnels.remove(&id) {
                tracing::info!(tunnel = id.0, "the tunnel ends");
                self.ending.spawn(tunnel.close());
            }
        }
    }

    async fn close_all(&mut self) {
        let ids: Vec<SessionId> = self.tunnels.keys().copied().collect();
        self.end(ids);
        while self.ending.join_next().await.is_some() {}
    }
}

/// Runs until a signal.
pub(super) async fn run(plan: Plan, subscription: Subscription, mut signals: Signals) -> Result<(), Failure> {
    let mut ready = plan.prints_ready.then(|| Ready {
        broker: subscription.broker.to_string(),
        topic: subscription.topic.clone(),
    });
    let (tell, mut heard) = mpsc::channel(WAITING);
    let subscribing = tokio::spawn(subscription.stay(tell));
    let mut running = Running::new(plan);
    loop {
        let deadline = running.policy.deadline();
        tokio::select! {
            Some(news) = heard.recv() => match news {
                Heard::Subscribed => if let Some(ready) = ready.take() {
                    print_ready(&ready).map_err(|error| Failure::new(Exit::Failed, error))?;
                },
                Heard::Notification(letter) => running.hear(letter).await,
            },
            Some((id, event)) = running.happened.recv() => running.happen(id, event).await,
            () = reached(deadline) => {
                let expired = running.policy.expire(Instant::now());
                running.end(expired);
            }
            () = signals.next() => break,
        }
    }
    tracing::info!("stopping; a second signal ends it at once");
    drop(heard);
    let stopping = async {
        running.close_all().await;
        // It sees that nobody hears it any more.
        let _ = subscribing.await;
    };
    tokio::select! {
        () = stopping => Ok(()),
        () = signals.next() => Err(Failure::new(Exit::Failed, "ended by a second signal")),
    }
}

/// A moment; never, if there is none.
async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
