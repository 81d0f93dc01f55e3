//! `scenarios.json` against the service and each of its stores: the same rules, now stored and read back at every
//! step.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use iot_tunnel::clock::ManualClock;
use iot_tunnel::entropy::EntropySource;
use iot_tunnel::metrics::Metrics;
use iot_tunnel::notify::{BrokerChoice, Notifier};
use iot_tunnel::store::{MemoryStore, RedbStore, Store};
use iot_tunnel::tunnels::{EVERYBODY, NewTokens, OpenTunnel, Parts, Tunnels, TunnelsError};
use iot_tunnel_core::json::RotateRequest;
use iot_tunnel_core::{
    ClientMode, ClientToken, ConnectionId, Error, Lifetime, Millis, Region, Side, TunnelId,
};
use iot_tunnel_tests::scenario::{
    self, Config, ExpectDescribe, Issued, Scenario, Subject, destination_config,
};
use iot_tunnel_tests::vectors;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

#[derive(Deserialize)]
struct File {
    scenarios: Vec<Scenario>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_runs_on_the_memory_store() {
    run_all("scenarios.json on the memory store", || {
        Arc::new(MemoryStore::default())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_runs_on_the_redb_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    run_all("scenarios.json on the redb store", move || {
        let file = path.join(uuid::Uuid::new_v4().to_string());
        Arc::new(RedbStore::open(&file).expect("a new store"))
    })
    .await;
}

/// Every scenario has an account, and so a store, of its own. Some run at a time: on disk most of the time is waiting.
async fn run_all(what: &str, store: impl Fn() -> Arc<dyn Store> + Clone + Send + 'static) {
    let file: File = vectors::read("scenarios.json");
    let scenarios = Arc::new(file.scenarios);
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..16 {
        let (scenarios, next, store) = (scenarios.clone(), next.clone(), store.clone());
        workers.spawn(async move {
            let mut outcomes = Vec::new();
            loop {
                let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(scenario) = scenarios.get(index) else {
                    return outcomes;
                };
                let mut subject = Account::new(store()).await;
                outcomes.push(scenario::run(scenario, &mut subject).await);
            }
        });
    }
    let outcomes: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!(outcomes.len(), scenarios.len(), "every scenario has run");
    vectors::run(what, &outcomes, Clone::clone);
}

struct Account {
    tunnels: Tunnels,
    clock: ManualClock,
    live: HashMap<(String, Side), ConnectionId>,
}

impl Account {
    async fn new(store: Arc<dyn Store>) -> Self {
        let clock = ManualClock::at(Millis(0));
        let (outcomes, _) = mpsc::channel(1);
        let never: iot_tunnel::notify::IsCurrent = Arc::new(|_, _| Box::pin(async { false }));
        let notifier = Notifier::start(BrokerChoice::Off, never, outcomes)
            .await
            .expect("nothing to start");
        let tunnels = Tunnels::new(Parts {
            store,
            clock: Arc::new(clock.clone()),
            entropy: EntropySource::system(),
            notifier,
            lines: Arc::default(),
            history: Arc::default(),
            metrics: Arc::new(Metrics::new().expect("metrics")),
            region: Region::parse("us-east-1").expect("a region"),
            account: "000000000000".to_owned(),
            max_open_tunnels: 1000,
        });
        Self {
            tunnels: tunnels.expect("a valid account"),
            clock,
            live: HashMap::new(),
        }
    }

    async fn issued(&self, new: NewTokens) -> Issued {
        let record = self
            .tunnels
            .get(&new.tunnel_id, EVERYBODY)
            .await
            .expect("the tunnel");
        let config = record.tunnel.destination_config();
        Issued::new(&new.tunnel_id, new.source, new.destination, &new.effects, config)
    }
}

fn id(tunnel: &str) -> TunnelId {
    TunnelId::parse(tunnel).expect("an id")
}

impl Subject for Account {
    async fn open(&mut self, minutes: u32, thing: Option<&str>, services: &[String]) -> Issued {
        let request = OpenTunnel {
            destination_config: (!services.is_empty()).then(|| destination_config(thing, services)),
            lifetime: Lifetime::from_minutes(minutes).expect("a lifetime"),
            ..OpenTunnel::default()
        };
        let new = self.tunnels.open(request).await.expect("room for it");
        self.issued(new).await
    }

    async fn describe(&mut self, tunnel: &str) -> ExpectDescribe {
        let tunnel = self
            .tunnels
            .get(&id(tunnel), EVERYBODY)
            .await
            .expect("a known tunnel")
            .tunnel;
        let description = tunnel.describe(self.tunnels.now());
        ExpectDescribe {
            status: description.status.as_str().to_owned(),
            source: description.source.as_str().to_owned(),
            destination: description.destination.as_str().to_owned(),
            closes_at_minute: tunnel.ends_at().0 / Millis::MINUTE,
        }
    }

    async fn connect(&mut self, token: &str, side: &str, client_token: Option<&str>) -> String {
        let side = Side::from_name(side).expect("a side");
        let client_token = client_token.map(|token| ClientToken::parse(token).expect("a client token"));
        match self.tunnels.connect(token, side, client_token.as_ref()).await {
            Ok(connected) => {
                let replaced = connected.effects.disconnects(side).is_some();
                self.live
                    .insert((connected.tunnel_id.to_string(), side), connected.connection);
                if replaced { "replaced" } else { "accepted" }.to_owned()
            }
            Err(TunnelsError::Rule(Error::Refusal(refusal))) => scenario::word(refusal).to_owned(),
            Err(other) => other.to_string(),
        }
    }

    async fn disconnect(&mut self, tunnel: &str, side: &str) {
        let side = Side::from_name(side).expect("a side");
        if let Some(connection) = self.live.remove(&(tunnel.to_owned(), side)) {
            self.tunnels
                .disconnect(&id(tunnel), side, connection)
                .await
                .expect("a known tunnel");
        }
    }

    async fn rotate(&mut self, tunnel: &str, mode: &str, given: Option<&Config>) -> Result<Issued, String> {
        // The request takes the way it takes in the service: as JSON, through core's parser.
        let request = RotateRequest {
            tunnel_id: id(tunnel),
            client_mode: ClientMode::from_name(mode).expect("a mode"),
            destination_config: given
                .map(|given| destination_config(given.thing_name.as_deref(), &given.services)),
        };
        let mut body = [0; 2048];
        let length = request.write(&mut body).expect("room for it");
        let request = RotateRequest::parse(&body[..length]).map_err(|error| error.exception().to_owned())?;
        match self.tunnels.rotate(request, EVERYBODY).await {
            Ok(new) => Ok(self.issued(new).await),
            Err(TunnelsError::NotFound { .. }) => Err("ResourceNotFoundException".to_owned()),
            Err(other) => Err(other.to_string()),
        }
    }

    async fn advance(&mut self, minutes: u64) {
        self.clock.advance(Duration::from_secs(60 * minutes));
    }

    async fn close(&mut self, tunnel: &str) {
        self.tunnels
            .close(&id(tunnel), false, EVERYBODY)
            .await
            .expect("a known tunnel");
    }
}
