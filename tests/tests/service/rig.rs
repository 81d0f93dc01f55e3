//! One service in this process, its clock, and calls in the words of the tests.

use std::time::Duration;

use iot_tunnel::clock::ManualClock;
use iot_tunnel::tunnels::{Connected, TunnelsError};
use iot_tunnel::{LocalService, LocalServiceBuilder};
use iot_tunnel_core::{ClientToken, Error, Millis, Refusal, Side};
use iot_tunnel_tests::api::{self, Answer};
use serde_json::{Value, json};

/// When every test begins: 2023-11-14T22:13:20Z.
pub(crate) const START: Millis = Millis(1_700_000_000_000);

/// [`START`] in an answer.
pub(crate) const START_SECONDS: f64 = 1_700_000_000.0;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// A service and the clock it lives by.
pub(crate) struct Rig {
    pub(crate) service: LocalService,
    pub(crate) clock: ManualClock,
}

/// An opened tunnel and the tokens it was opened with.
pub(crate) struct Tunnel {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) source: String,
    pub(crate) destination: String,
}

impl Rig {
    /// A service in memory that notifies nobody.
    pub(crate) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    /// Such a service with other settings.
    pub(crate) async fn with(configure: impl FnOnce(LocalServiceBuilder) -> LocalServiceBuilder) -> Self {
        let clock = ManualClock::at(START);
        let builder = LocalService::builder().without_mqtt().clock(clock.clone());
        let service = configure(builder).start().await.expect("a service");
        Self { service, clock }
    }

    pub(crate) fn url(&self) -> &str {
        self.service.control_url()
    }

    pub(crate) async fn call(&self, operation: &str, body: Value) -> Answer {
        api::call(self.url(), operation, &body).await
    }

    /// Calls an operation that must succeed.
    pub(crate) async fn done(&self, operation: &str, body: Value) -> Value {
        self.call(operation, body).await.success()
    }

    pub(crate) async fn open(&self, body: Value) -> Tunnel {
        let opened = self.done("OpenTunnel", body).await;
        let member = |name: &str| opened[name].as_str().expect("a string").to_owned();
        Tunnel {
            id: member("tunnelId"),
            arn: member("tunnelArn"),
            source: member("sourceAccessToken"),
            destination: member("destinationAccessToken"),
        }
    }

    pub(crate) async fn rotate(&self, id: &str, client_mode: &str) -> Answer {
        let body = json!({ "tunnelId": id, "clientMode": client_mode });
        self.call("RotateTunnelAccessToken", body).await
    }

    /// DescribeTunnel's `tunnel`.
    pub(crate) async fn describe(&self, id: &str) -> Value {
        let mut answer = self.done("DescribeTunnel", json!({ "tunnelId": id })).await;
        answer["tunnel"].take()
    }

    /// The ids that ListTunnels gives, all on one page.
    pub(crate) async fn list(&self) -> Vec<String> {
        ids(&self.done("ListTunnels", json!({})).await)
    }

    /// A handshake.
    pub(crate) async fn connect(
        &self,
        token: &str,
        side: Side,
        client_token: Option<&str>,
    ) -> Result<Connected, Refusal> {
        let client_token = client_token.map(|text| ClientToken::parse(text).expect("a client token"));
        let outcome = self.service.tunnels().connect(token, side, client_token.as_ref());
        outcome.await.map_err(|error| match error {
            TunnelsError::Rule(Error::Refusal(refusal)) => refusal,
            error => panic!("the service failed: {error}"),
        })
    }

    /// A handshake's refusal; `None` if it was accepted.
    pub(crate) async fn refusal(
        &self,
        token: &str,
        side: Side,
        client_token: Option<&str>,
    ) -> Option<Refusal> {
        self.connect(token, side, client_token).await.err()
    }
}

/// The ids of a ListTunnels answer, in its order.
pub(crate) fn ids(page: &Value) -> Vec<String> {
    let summaries = page["tunnelSummaries"].as_array().expect("a list");
    let id = |summary: &Value| summary["tunnelId"].as_str().expect("an id").to_owned();
    summaries.iter().map(id).collect()
}

/// The members of an object, in order.
pub(crate) fn members(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

/// A valid client token that differs for each `n`.
pub(crate) fn client_token(n: u32) -> String {
    format!("client-token-of-32-characters-{n:08}")
}
