//! `scenarios.json` against `Table<N>`: the rules in fixed memory.

use std::collections::HashMap;

use iot_tunnel_core::{
    ClientMode, ClientToken, ConnectionId, Effects, Entropy, Error, Handshake, IssuedToken, Lifetime, Millis,
    Misuse, Refusal, Side, Table, TunnelId,
};
use iot_tunnel_tests::scenario::{
    self, Config, ExpectDescribe, Issued, Scenario, Subject, destination_config,
};
use iot_tunnel_tests::vectors;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    scenarios: Vec<Scenario>,
}

#[test]
fn every_scenario_runs_in_a_table() {
    let file: File = vectors::read("scenarios.json");
    vectors::run("scenarios.json in Table<N>", &file.scenarios, |scenario| {
        pollster::block_on(scenario::run(scenario, &mut Gateway::default()))
    });
}

/// A table, a clock, and the numbers given to connections.
#[derive(Default)]
struct Gateway {
    table: Table<256>,
    now: Millis,
    counter: u64,
    live: HashMap<(TunnelId, Side), ConnectionId>,
}

impl Gateway {
    fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Entropy that is different each time and the same in every run.
    fn entropy(&mut self) -> Entropy {
        let mut bytes = [0; 64];
        bytes[..8].copy_from_slice(&self.count().to_be_bytes());
        Entropy::new(bytes).expect("not all bytes are the same")
    }

    fn issued(
        &self,
        id: &TunnelId,
        source: Option<IssuedToken>,
        destination: Option<IssuedToken>,
        effects: &Effects,
    ) -> Issued {
        let config = self.table.get(id).and_then(|tunnel| tunnel.destination_config());
        Issued::new(id, source, destination, effects, config)
    }
}

impl Subject for Gateway {
    async fn open(&mut self, minutes: u32, thing: Option<&str>, services: &[String]) -> Issued {
        let id = TunnelId::parse(&format!("tunnel-{}", self.count())).expect("an id");
        let config = (!services.is_empty()).then(|| destination_config(thing, services));
        let lifetime = Lifetime::from_minutes(minutes).expect("a lifetime");
        let entropy = self.entropy();
        let opened = self
            .table
            .open(id.clone(), config, lifetime, self.now, &entropy)
            .expect("room for it");
        self.issued(
            &id,
            Some(opened.source),
            Some(opened.destination),
            &opened.effects,
        )
    }

    async fn describe(&mut self, tunnel: &str) -> ExpectDescribe {
        let tunnel = self
            .table
            .get(&TunnelId::parse(tunnel).expect("an id"))
            .expect("a known tunnel");
        let description = tunnel.describe(self.now);
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
        let connection = ConnectionId(self.count());
        let handshake = Handshake {
            access_token: token,
            side,
            client_token: client_token.as_ref(),
        };
        match self.table.connect(handshake, connection, self.now) {
            Ok((id, effects)) => {
                self.live.insert((id, side), connection);
                if effects.disconnects(side).is_some() {
                    "replaced"
                } else {
                    "accepted"
                }
                .to_owned()
            }
            Err(refusal) => scenario::word(refusal).to_owned(),
        }
    }

    async fn disconnect(&mut self, tunnel: &str, side: &str) {
        let (id, side) = (
            TunnelId::parse(tunnel).expect("an id"),
            Side::from_name(side).expect("a side"),
        );
        if let Some(connection) = self.live.remove(&(id.clone(), side)) {
            self.table
                .disconnect(&id, side, connection, self.now)
                .expect("a known tunnel");
        }
    }

    async fn rotate(&mut self, tunnel: &str, mode: &str, given: Option<&Config>) -> Result<Issued, String> {
        let id = TunnelId::parse(tunnel).expect("an id");
        let mode = ClientMode::from_name(mode).expect("a mode");
        let given = given.map(|c| destination_config(c.thing_name.as_deref(), &c.services));
        let entropy = self.entropy();
        match self.table.rotate(&id, mode, given, self.now, &entropy) {
            Ok(rotated) => Ok(self.issued(&id, rotated.source, rotated.destination, &rotated.effects)),
            Err(Error::Misuse(Misuse::DestinationConfigWithSource)) => Err("ValidationException".to_owned()),
            Err(Error::Refusal(Refusal::TunnelNotFound | Refusal::TunnelClosed | Refusal::TunnelExpired)) => {
                Err("ResourceNotFoundException".to_owned())
            }
            Err(other) => Err(other.to_string()),
        }
    }

    async fn advance(&mut self, minutes: u64) {
        self.now = self.now.after(minutes * Millis::MINUTE);
    }

    async fn close(&mut self, tunnel: &str) {
        self.table
            .close(&TunnelId::parse(tunnel).expect("an id"), false, self.now)
            .expect("a known tunnel");
    }
}
