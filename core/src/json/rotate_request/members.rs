//! The members of a rotate request, and the constraints on them.

use crate::error::Misuse;
use crate::id::{ThingName, TunnelId};
use crate::json::fault::Unexpected;
use crate::json::object::{Member, Value};
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
pub(super) struct Members<'a> {
    pub(super) tunnel_id: Option<Text<'a>>,
    pub(super) client_mode: Option<Text<'a>>,
    destination_config: Option<Config<'a>>,
}

/// The members of its destination config.
#[derive(Clone, Copy)]
struct Config<'a> {
    thing_name: Option<Text<'a>>,
    services: Option<List<'a>>,
}

impl<'a> Members<'a> {
    const KNOWN: [Member; 3] = [
        Member::text(TUNNEL_ID),
        Member::text(CLIENT_MODE),
        Member::object(DESTINATION_CONFIG),
    ];

    pub(super) fn read(body: &'a str) -> Result<Self, Unexpected> {
        let [tunnel_id, client_mode, config] = Value::of(body).read(Path::of(""), &Self::KNOWN)?;
        Ok(Self {
            tunnel_id: tunnel_id.text(),
            client_mode: client_mode.text(),
            destination_config: config.get().map(Config::read).transpose()?,
        })
    }

    pub(super) fn thing_name_text(&self) -> Option<Text<'a>> {
        self.destination_config?.thing_name
    }

    pub(super) fn service_list(&self) -> Option<List<'a>> {
        self.destination_config?.services
    }
}

impl<'a> Config<'a> {
    const KNOWN: [Member; 2] = [
        Member::text(THING_NAME).named("thingName"),
        Member::texts(SERVICES).named("services"),
    ];

    fn read(value: Value<'a>) -> Result<Self, Unexpected> {
        let [thing_name, services] = value.read(Path::of(DESTINATION_CONFIG), &Self::KNOWN)?;
        Ok(Self {
            thing_name: thing_name.text(),
            services: services.texts(),
        })
    }
}

/// The constraints.
impl<'a> Members<'a> {
    pub(super) fn tunnel_id(&self) -> Result<Text<'a>, Constraint<'static>> {
        let text = self.tunnel_id.ok_or(Constraint::NotNull)?;
        TunnelId::RULE.judge(text.chars()).map_err(Constraint::Rule)?;
        Ok(text)
    }

    pub(super) fn client_mode(&self) -> Result<ClientMode, Constraint<'static>> {
        let text = self.client_mode.ok_or(Constraint::NotNull)?;
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
        let Some(config) = self.destination_config else {
            return Ok(());
        };
        match config.services.map(|list| list.len()) {
            None => Err(Constraint::NotNull),
            Some(0) => Err(Constraint::LengthAtLeast(1)),
            Some(_) => Ok(()),
        }
    }

    /// The rotation table, where it forbids a destination config.
    pub(super) fn config_beside_mode(&self) -> Result<(), Constraint<'static>> {
        let with_config = self.destination_config.is_some();
        match self.client_mode().map(|mode| mode.rotation(with_config)) {
            Ok(Err(Misuse::DestinationConfigWithSource)) => Err(Constraint::NullWhen {
                when: "clientMode is SOURCE",
            }),
            _ => Ok(()),
        }
    }
}
