//! The members of a rotate request, and the constraints on them.

use crate::id::{ThingName, TunnelId};
use crate::json::fault::Unexpected;
use crate::json::object::{Member, Value};
use crate::json::services::{List, required};
use crate::json::text::{Quoted, Text};
use crate::json::violation::{Constraint, Path};
use crate::mode::ClientMode;

pub(super) const TUNNEL_ID: &str = "tunnelId";
pub(super) const CLIENT_MODE: &str = "clientMode";
pub(super) const DESTINATION_CONFIG: &str = "destinationConfig";
pub(super) const THING_NAME: &str = "thingName";
pub(super) const SERVICES: &str = "services";

static KNOWN: [Member; 3] = [
    Member::text(TUNNEL_ID),
    Member::text(CLIENT_MODE),
    Member::object(DESTINATION_CONFIG),
];
static KNOWN_OF_CONFIG: [Member; 2] = [Member::text(THING_NAME), Member::texts(SERVICES)];

const CLIENT_MODES: [&str; 3] = {
    let [source, destination, all] = ClientMode::EVERY;
    [source.as_str(), destination.as_str(), all.as_str()]
};

/// The members of a request as they stand in its body.
pub(super) struct Members<'a> {
    pub(super) tunnel_id: Option<Quoted<'a>>,
    client_mode: Option<Quoted<'a>>,
    pub(super) destination_config: Option<Config<'a>>,
}

/// The members of its destination config.
#[derive(Clone, Copy)]
pub(super) struct Config<'a> {
    pub(super) thing_name: Option<Quoted<'a>>,
    pub(super) services: Option<List<'a>>,
}

impl<'a> Members<'a> {
    pub(super) fn read<E: From<Unexpected>>(body: &'a str) -> Result<Self, E> {
        let [tunnel_id, client_mode, config] = Value::of(body).read("", &KNOWN)?;
        let destination_config = match config.get() {
            None => None,
            Some(config) => {
                let [thing_name, services] = config.read(DESTINATION_CONFIG, &KNOWN_OF_CONFIG)?;
                Some(Config {
                    thing_name: thing_name.text(),
                    services: services.texts(),
                })
            }
        };
        Ok(Self {
            tunnel_id: tunnel_id.text(),
            client_mode: client_mode.text(),
            destination_config,
        })
    }

    /// Calls `broken` with each constraint that does not hold, ordered by the members' names. Returns the mode, if it is one.
    pub(super) fn judge(
        &self,
        mut broken: impl FnMut(Path<'static>, Option<Quoted<'a>>, Constraint<'static>),
    ) -> Option<ClientMode> {
        let name = self.client_mode.map(Text::from);
        let mode = name.and_then(ClientMode::from_text);
        if mode.is_none() {
            let constraint = match self.client_mode {
                None => Constraint::NotNull,
                Some(_) => Constraint::EnumValueSet(&CLIENT_MODES),
            };
            broken(Path::of(CLIENT_MODE), self.client_mode, constraint);
        }
        if let Some(config) = &self.destination_config {
            if mode.is_some_and(|mode| mode.rotation(true).is_err()) {
                let when = "clientMode is SOURCE";
                broken(Path::of(DESTINATION_CONFIG), None, Constraint::NullWhen { when });
            }
            config.judge(&mut broken);
        }
        if let Err(constraint) = required(TunnelId::RULE, self.tunnel_id) {
            broken(Path::of(TUNNEL_ID), self.tunnel_id, constraint);
        }
        mode
    }
}

impl<'a> Config<'a> {
    fn judge(&self, mut broken: impl FnMut(Path<'static>, Option<Quoted<'a>>, Constraint<'static>)) {
        let path = |name| Path::of(name).inside(DESTINATION_CONFIG);
        match self.services {
            None => broken(path(SERVICES), None, Constraint::NotNull),
            Some(list) if list.len() == 0 => broken(path(SERVICES), None, Constraint::LengthAtLeast(1)),
            Some(list) => list.judge(|position, service, constraint| {
                broken(path(SERVICES).element(position), service, constraint);
            }),
        }
        if let Some(Err(invalid)) = self.thing_name.map(|name| ThingName::RULE.judge(name.into())) {
            broken(path(THING_NAME), self.thing_name, Constraint::Rule(invalid));
        }
    }
}
