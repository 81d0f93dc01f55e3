//! The members of a rotate request, and the constraints on them.

use crate::error::Misuse;
use crate::id::{ThingName, TunnelId};
use crate::json::fault::Unexpected;
use crate::json::object::{Slot, Value};
use crate::json::services::List;
use crate::json::text::Text;
use crate::json::violation::{Constraint, Path};
use crate::mode::ClientMode;

pub(super) const TUNNEL_ID: &str = "tunnelId";
pub(super) const CLIENT_MODE: &str = "clientMode";
pub(super) const DESTINATION_CONFIG: &str = "destinationConfig";
pub(super) const THING_NAME: &str = "destinationConfig.thingName";
pub(super) const SERVICES: &str = "destinationConfig.services";

const CLIENT_MODES: [&str; 3] = {
    let [source, destination, all] = ClientMode::EVERY;
    [source.as_str(), destination.as_str(), all.as_str()]
};

/// The members of a request as they stand in its body.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) tunnel_id: Slot<Text<'a>>,
    pub(super) client_mode: Slot<Text<'a>>,
    destination_config: Slot<Config<'a>>,
}

/// The members of its destination config.
#[derive(Clone, Copy, Default)]
struct Config<'a> {
    thing_name: Slot<Text<'a>>,
    services: Slot<List<'a>>,
}

impl<'a> Members<'a> {
    pub(super) fn read(body: &'a str) -> Result<Self, Unexpected> {
        let mut members = Self::default();
        for (name, value) in Value::of(body).members(Path::of(""))? {
            if name == TUNNEL_ID {
                members.tunnel_id.take(TUNNEL_ID, value, Value::text)?;
            } else if name == CLIENT_MODE {
                members.client_mode.take(CLIENT_MODE, value, Value::text)?;
            } else if name == DESTINATION_CONFIG {
                members
                    .destination_config
                    .take(DESTINATION_CONFIG, value, Config::read)?;
            }
        }
        Ok(members)
    }

    pub(super) fn thing_name_text(&self) -> Option<Text<'a>> {
        self.destination_config.get()?.thing_name.get()
    }

    pub(super) fn service_list(&self) -> Option<List<'a>> {
        self.destination_config.get()?.services.get()
    }
}

impl<'a> Config<'a> {
    fn read(value: Value<'a>, member: Path<'static>) -> Result<Self, Unexpected> {
        let mut config = Self::default();
        for (name, value) in value.members(member)? {
            if name == "thingName" {
                config.thing_name.take(THING_NAME, value, Value::text)?;
            } else if name == "services" {
                config.services.take(SERVICES, value, List::read)?;
            }
        }
        Ok(config)
    }
}

/// The constraints.
impl<'a> Members<'a> {
    pub(super) fn tunnel_id(&self) -> Result<Text<'a>, Constraint<'static>> {
        let text = self.tunnel_id.get().ok_or(Constraint::NotNull)?;
        TunnelId::RULE.judge(text.chars()).map_err(Constraint::Rule)?;
        Ok(text)
    }

    pub(super) fn client_mode(&self) -> Result<ClientMode, Constraint<'static>> {
        let text = self.client_mode.get().ok_or(Constraint::NotNull)?;
        ClientMode::EVERY
            .into_iter()
            .find(|mode| text == mode.as_str())
            .ok_or(Constraint::EnumValueSet(&CLIENT_MODES))
    }

    pub(super) fn thing_name(&self) -> Result<Option<Text<'a>>, Constraint<'static>> {
        let text = self.thing_name_text();
        if let Some(text) = text {
            ThingName::RULE.judge(text.chars()).map_err(Constraint::Rule)?;
        }
        Ok(text)
    }

    /// The list as a whole; its elements are judged one by one.
    pub(super) fn services(&self) -> Result<(), Constraint<'static>> {
        let Some(config) = self.destination_config.get() else {
            return Ok(());
        };
        match config.services.get().map(|list| list.len()) {
            None => Err(Constraint::NotNull),
            Some(0) => Err(Constraint::LengthAtLeast(1)),
            Some(_) => Ok(()),
        }
    }

    /// The rotation table, where it forbids a destination config.
    pub(super) fn config_beside_mode(&self) -> Result<(), Constraint<'static>> {
        let with_config = self.destination_config.get().is_some();
        match self.client_mode().map(|mode| mode.rotation(with_config)) {
            Ok(Err(Misuse::DestinationConfigWithSource)) => Err(Constraint::NullWhen {
                when: "clientMode is SOURCE",
            }),
            _ => Ok(()),
        }
    }
}
