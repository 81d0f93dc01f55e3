//! Services that get their places once the tunnel has named them.

use std::collections::BTreeMap;

use iot_tunnel_core::{AccessToken, ClientToken, Side};

use super::running::{may_go_on, says_closed};
use super::serve;
use super::settings::{End, Plan};
use crate::client::{Client, Event, Listener, Services};
use crate::entropy::EntropySource;
use crate::program::{Exit, Failure, MAX_BACKOFF, Mapping, Mappings, Signals, note};

/// Which end, and the places that are known by the services' names. A source listens on a free port for any other service.
///
/// The client is given its services when it starts, so the tunnel is entered twice: first to hear which services it has,
/// then with these. Both times the client token is the same, with which an access token may be used again.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) side: Side,
    /// `[HOST:]PORT`.
    pub(crate) places: BTreeMap<String, String>,
}

impl Assignment {
    /// Finds the services out and gives each its place. Whether it did: a signal ends it before.
    pub(super) async fn apply(&self, plan: &mut Plan, signals: &mut Signals) -> Result<bool, Failure> {
        if self.side == Side::Destination && self.places.is_empty() {
            return Err(Failure::new(
                Exit::Failed,
                "No port mapping exists. Fail to start local proxy in destination mode.",
            ));
        }
        let Some(access_token) = plan.access_token.clone() else {
            return Err(Failure::new(
                Exit::Usage,
                "there is no access token to find the services with",
            ));
        };
        let client_token = match &plan.client_token {
            Some(token) => token.clone(),
            None => {
                let entropy = EntropySource::system().draw();
                ClientToken::fresh(&entropy.map_err(|error| Failure::new(Exit::Failed, error))?)
            }
        };
        plan.client_token = Some(client_token.clone());
        let names = tokio::select! {
            names = self.ask(plan, &access_token, &client_token) => names?,
            () = signals.next() => return Ok(false),
        };
        let mappings = self.mappings(&names)?;
        plan.end = match self.side {
            Side::Source => End::Source(mappings),
            Side::Destination => End::Destination(mappings),
        };
        Ok(true)
    }

    /// Enters the tunnel and leaves it: the names of its services.
    async fn ask(
        &self,
        plan: &Plan,
        access_token: &AccessToken,
        client_token: &ClientToken,
    ) -> Result<Vec<String>, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Failed, error);
        // One service without a name stands for whatever the tunnel has. Nothing is carried for it.
        let services = match self.side {
            Side::Source => {
                let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await;
                let listener = listener.map_err(|error| failed(&error))?;
                Services::Source(vec![Listener {
                    service: None,
                    listener: listener.into(),
                }])
            }
            Side::Destination => serve(&free_port(None)?),
        };
        let client = Client::new(plan.dialer.clone(), services)
            .format(plan.format)
            .max_backoff(MAX_BACKOFF);
        let (tunnel, mut events) = client.start().map_err(|error| failed(&error))?;
        let mut refusal = String::new();
        let mut handed = false;
        let mut failures = 0;
        loop {
            let event = events.next().await.unwrap_or(Event::Closed);
            // That several services have no name yet is what this connection is for.
            if !matches!(&event, Event::Open(open) if open.needs_name) {
                note(self.side.as_str(), &event);
            }
            match event {
                Event::NeedsToken { .. } if !handed => {
                    handed = true;
                    let token = tunnel.replace_token(access_token.clone(), Some(client_token.clone()));
                    token.await.map_err(|error| failed(&error))?;
                }
                Event::NeedsToken { .. } => {
                    let exit = match says_closed(&refusal) {
                        true => Exit::TunnelClosed,
                        false => Exit::TokenRefused,
                    };
                    let text = format!("the service refused the access token: {refusal}");
                    return Err(Failure::new(exit, text));
                }
                Event::Refused(refused) => refusal = refused.to_string(),
                Event::Open(open) => {
                    tunnel.close().await;
                    return Ok(open.services);
                }
                Event::TunnelClosed | Event::Closed => {
                    return Err(Failure::new(Exit::TunnelClosed, "the tunnel is closed"));
                }
                Event::Lost { .. } => {
                    failures += 1;
                    may_go_on(failures, plan.connect_retries)?;
                }
                Event::Connecting | Event::Contested => {}
            }
        }
    }

    fn mappings(&self, names: &[String]) -> Result<Vec<Mapping>, Failure> {
        if names.is_empty() {
            return match (self.side, self.places.len()) {
                (Side::Source, _) => free_port(None),
                // A tunnel without services has one connection; which of several places is its end is not known.
                (Side::Destination, _) => Err(Failure::new(
                    Exit::Failed,
                    "the tunnel names no service, so that no place can be found: give --destination-app",
                )),
            };
        }
        let mut mappings = Vec::new();
        for name in names {
            match self.places.get(name) {
                Some(place) => mappings.extend(parse(&format!("{name}={place}"))?),
                None if self.side == Side::Source => mappings.extend(free_port(Some(name))?),
                None => {
                    let text =
                        "Not enough the service ids are found in the configuration files. Fail to start.";
                    return Err(Failure::new(
                        Exit::Failed,
                        format!("{text} There is none for {name}"),
                    ));
                }
            }
        }
        tracing::info!("Use port mapping:");
        for mapping in &mappings {
            tracing::info!("{mapping} = {}", mapping.address("localhost"));
        }
        Ok(mappings)
    }
}

fn free_port(name: Option<&str>) -> Result<Vec<Mapping>, Failure> {
    match name {
        Some(name) => parse(&format!("{name}=0")),
        None => parse("0"),
    }
}

fn parse(text: &str) -> Result<Vec<Mapping>, Failure> {
    let mappings: Result<Mappings, _> = text.parse();
    let mappings = mappings.map_err(|error| Failure::new(Exit::Failed, format!("{text}: {error}")));
    mappings.map(|mappings| mappings.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assign(side: Side, names: &[&str]) -> Result<Vec<String>, String> {
        let places = [("SSH", "2222"), ("HTTP", "10.0.0.1:80")];
        let places = places.map(|(name, place)| (name.to_owned(), place.to_owned()));
        let assignment = Assignment {
            side,
            places: BTreeMap::from(places),
        };
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mappings = assignment.mappings(&names).map_err(|failure| failure.text)?;
        let shown = |mapping: &Mapping| format!("{mapping} {}", mapping.address("localhost"));
        Ok(mappings.iter().map(shown).collect())
    }

    #[test]
    fn a_source_has_a_free_port_for_what_has_no_place() {
        let mapped = assign(Side::Source, &["SSH", "VNC"]).expect("mappings");
        assert_eq!(mapped, ["SSH localhost:2222", "VNC localhost:0"]);
        assert_eq!(
            assign(Side::Source, &[]).expect("mappings"),
            ["(unnamed) localhost:0"]
        );
    }

    #[test]
    fn a_destination_needs_a_place_for_every_service() {
        let mapped = assign(Side::Destination, &["SSH", "HTTP"]).expect("mappings");
        assert_eq!(mapped, ["SSH localhost:2222", "HTTP 10.0.0.1:80"]);
        let error = assign(Side::Destination, &["SSH", "VNC"]).expect_err("no place");
        assert!(
            error.contains("Not enough the service ids") && error.ends_with("VNC"),
            "{error}"
        );
        assert!(assign(Side::Destination, &[]).is_err());
    }
}
