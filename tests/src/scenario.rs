//! The scenario vectors: steps of a tunnel's life, and a runner over anything that can live it.

use std::collections::HashMap;

use iot_tunnel_core::{DestinationConfig, Effects, IssuedToken, ServiceId, Side, ThingName, TunnelId};
use serde::Deserialize;

/// One scenario of `scenarios.json`.
#[derive(Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Its steps, in order; virtual time starts at minute 0.
    pub steps: Vec<Step>,
}

/// A step and what it must come to. Tunnels and tokens go by the vectors' names for them.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the members are those of the vector file")]
pub enum Step {
    Open {
        minutes: u32,
        thing: Option<String>,
        services: Vec<String>,
        expect: ExpectOpen,
    },
    Describe {
        tunnel: String,
        expect: ExpectDescribe,
    },
    Connect {
        token: String,
        side: String,
        client_token: Option<String>,
        expect: String,
    },
    Disconnect {
        tunnel: String,
        side: String,
    },
    Rotate {
        tunnel: String,
        client_mode: String,
        destination_config: Option<Config>,
        expect: ExpectRotate,
    },
    Advance {
        minutes: u64,
    },
    Close {
        tunnel: String,
    },
}

/// A destination config in a step.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the members are those of the vector file")]
pub struct Config {
    pub thing_name: Option<String>,
    pub services: Vec<String>,
}

/// What an `open` comes to.
#[derive(Deserialize)]
#[expect(missing_docs, reason = "the members are those of the vector file")]
pub struct ExpectOpen {
    pub tunnel: String,
    pub tokens: HashMap<String, String>,
    pub notified: Option<Notified>,
}

/// What a `describe` comes to.
#[derive(Deserialize, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the members are those of the vector file")]
pub struct ExpectDescribe {
    pub status: String,
    pub source: String,
    pub destination: String,
    pub closes_at_minute: u64,
}

/// What a `rotate` comes to.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the members are those of the vector file")]
pub enum ExpectRotate {
    Error {
        error: String,
    },
    Rotated {
        tokens: HashMap<String, String>,
        disconnected: Vec<String>,
        notified: Option<Notified>,
    },
}

/// A notification to a thing. As an expectation, `token` is the vectors' name of the token.
#[derive(Deserialize, Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the members are those of the vector file")]
pub struct Notified {
    pub thing: String,
    pub token: String,
    pub services: Vec<String>,
}

/// What a subject did: real tunnel ids and token values.
pub struct Issued {
    /// The tunnel's real id.
    pub tunnel: String,
    /// Side to token value, of the sides that got one.
    pub tokens: HashMap<String, String>,
    /// The sides whose connection was closed.
    pub disconnected: Vec<String>,
    /// The notification sent, with the token's value.
    pub notified: Option<Notified>,
}

impl Issued {
    /// What core's answer comes to. `config` is the tunnel's destination config after it.
    ///
    /// # Panics
    /// If a notification is asked for without a thing or a token to tell it.
    #[must_use]
    pub fn new(
        tunnel: &TunnelId,
        source: Option<IssuedToken>,
        destination: Option<IssuedToken>,
        effects: &Effects,
        config: Option<&DestinationConfig>,
    ) -> Self {
        let notified = effects.notifies().then(|| Notified {
            thing: config
                .and_then(DestinationConfig::thing_name)
                .expect("a thing to notify")
                .to_string(),
            token: destination.as_ref().expect("a token to tell").expose().to_owned(),
            services: config
                .iter()
                .flat_map(|config| config.services())
                .map(ToString::to_string)
                .collect(),
        });
        let tokens = [(Side::Source, source), (Side::Destination, destination)];
        let disconnected = Side::BOTH
            .iter()
            .filter(|side| effects.disconnects(**side).is_some());
        Self {
            tunnel: tunnel.to_string(),
            tokens: tokens
                .into_iter()
                .filter_map(|(side, token)| Some((side.to_string(), token?.expose().to_owned())))
                .collect(),
            disconnected: disconnected.map(ToString::to_string).collect(),
            notified,
        }
    }
}

/// A destination config by its names.
///
/// # Panics
/// If it is not valid: the scenarios have no such.
#[must_use]
pub fn destination_config(thing: Option<&str>, services: &[String]) -> DestinationConfig {
    let services: Vec<_> = services
        .iter()
        .map(|name| ServiceId::parse(name).expect("a service"))
        .collect();
    let thing = thing.map(|name| ThingName::parse(name).expect("a thing"));
    DestinationConfig::new(thing, &services).expect("a config")
}

/// Something that can live a scenario: a table, or a service. Time is virtual, in minutes.
#[expect(async_fn_in_trait, reason = "used inside this package only")]
pub trait Subject {
    /// Opens a tunnel.
    async fn open(&mut self, minutes: u32, thing: Option<&str>, services: &[String]) -> Issued;
    /// Describes a tunnel; the closing minute too.
    async fn describe(&mut self, tunnel: &str) -> ExpectDescribe;
    /// A handshake; the vectors' word for the outcome, such as `accepted` or `revoked`.
    async fn connect(&mut self, token: &str, side: &str, client_token: Option<&str>) -> String;
    /// The side's live connection, if any, ends.
    async fn disconnect(&mut self, tunnel: &str, side: &str);
    /// Rotates, or says with which exception that was refused.
    async fn rotate(
        &mut self,
        tunnel: &str,
        client_mode: &str,
        config: Option<&Config>,
    ) -> Result<Issued, String>;
    /// Moves time on.
    async fn advance(&mut self, minutes: u64);
    /// Closes a tunnel.
    async fn close(&mut self, tunnel: &str);
}

/// Lives one scenario.
///
/// # Errors
/// The first step that came to something else, in words.
pub async fn run(scenario: &Scenario, subject: &mut impl Subject) -> Result<(), String> {
    let mut names = Names::default();
    for (n, step) in scenario.steps.iter().enumerate() {
        play(step, subject, &mut names)
            .await
            .map_err(|why| format!("{}, step {n}: {why}", scenario.name))?;
    }
    Ok(())
}

/// The vectors' names for real values.
#[derive(Default)]
struct Names {
    tunnels: HashMap<String, String>,
    tokens: HashMap<String, String>,
}

impl Names {
    fn tunnel<'a>(&'a self, name: &'a str) -> &'a str {
        self.tunnels.get(name).map_or(name, String::as_str)
    }

    fn token<'a>(&'a self, name: &'a str) -> &'a str {
        self.tokens.get(name).map_or(name, String::as_str)
    }

    /// Compares what was issued with what was expected, and learns the new names.
    fn learn(
        &mut self,
        issued: &Issued,
        tokens: &HashMap<String, String>,
        notified: Option<&Notified>,
    ) -> Result<(), String> {
        let mut sides: Vec<_> = issued.tokens.keys().collect();
        let mut expected: Vec<_> = tokens.keys().collect();
        sides.sort();
        expected.sort();
        same("sides with a new token", &sides, &expected)?;
        for (side, name) in tokens {
            let value = &issued.tokens[side];
            if self.tokens.values().any(|known| known == value) {
                return Err(format!("token {name} was issued before"));
            }
            self.tokens.insert(name.clone(), value.clone());
        }
        let notified = notified.map(|n| Notified {
            token: self.token(&n.token).to_owned(),
            ..n.clone()
        });
        // Tokens stay out of the failure's text.
        same(
            "thing and services notified",
            &without_token(&issued.notified),
            &without_token(&notified),
        )?;
        match issued.notified == notified {
            true => Ok(()),
            false => Err("the notification holds another token than the destination's new one".to_owned()),
        }
    }
}

fn without_token(notified: &Option<Notified>) -> Option<(String, Vec<String>)> {
    notified.as_ref().map(|n| (n.thing.clone(), n.services.clone()))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, expected: &T) -> Result<(), String> {
    match got == expected {
        true => Ok(()),
        false => Err(format!("{what}: got {got:?}, expected {expected:?}")),
    }
}

async fn play(step: &Step, subject: &mut impl Subject, names: &mut Names) -> Result<(), String> {
    match step {
        Step::Open {
            minutes,
            thing,
            services,
            expect,
        } => {
            let issued = subject.open(*minutes, thing.as_deref(), services).await;
            names.tunnels.insert(expect.tunnel.clone(), issued.tunnel.clone());
            names.learn(&issued, &expect.tokens, expect.notified.as_ref())
        }
        Step::Describe { tunnel, expect } => same(
            "description",
            &subject.describe(names.tunnel(tunnel)).await,
            expect,
        ),
        Step::Connect {
            token,
            side,
            client_token,
            expect,
        } => same(
            "handshake",
            &subject
                .connect(names.token(token), side, client_token.as_deref())
                .await,
            expect,
        ),
        Step::Disconnect { tunnel, side } => {
            subject.disconnect(names.tunnel(tunnel), side).await;
            Ok(())
        }
        Step::Rotate {
            tunnel,
            client_mode,
            destination_config,
            expect,
        } => {
            let outcome = subject
                .rotate(names.tunnel(tunnel), client_mode, destination_config.as_ref())
                .await;
            match (outcome, expect) {
                (Err(exception), ExpectRotate::Error { error }) => same("rotation", &exception, error),
                (
                    Ok(issued),
                    ExpectRotate::Rotated {
                        tokens,
                        disconnected,
                        notified,
                    },
                ) => {
                    same("connections closed", &issued.disconnected, disconnected)?;
                    names.learn(&issued, tokens, notified.as_ref())
                }
                (Ok(_), ExpectRotate::Error { error }) => {
                    Err(format!("rotation succeeded, expected {error}"))
                }
                (Err(exception), ExpectRotate::Rotated { .. }) => {
                    Err(format!("rotation refused with {exception}"))
                }
            }
        }
        Step::Advance { minutes } => {
            subject.advance(*minutes).await;
            Ok(())
        }
        Step::Close { tunnel } => {
            subject.close(names.tunnel(tunnel)).await;
            Ok(())
        }
    }
}

/// The vectors' word for a refused handshake.
#[must_use]
pub fn word(refusal: iot_tunnel_core::Refusal) -> &'static str {
    use iot_tunnel_core::Refusal as R;
    match refusal {
        R::UnknownAccessToken => "invalid token",
        R::TunnelClosed | R::TunnelExpired => "tunnel closed",
        R::AccessTokenRevoked => "revoked",
        R::ModeMismatch => "wrong side",
        R::AccessTokenUsed => "already used",
        R::ClientTokenMismatch => "client token mismatch",
        R::ClientTokenInUse => "client token in use",
        R::TunnelNotFound => "no tunnel",
        R::HandshakeRefused => "refused",
    }
}
