//! The members of a rotate request, and the constraints on them.

use serde::de::MapAccess;

use super::RotateRequestError;
use crate::destination::{DestinationConfig, MAX_SERVICES};
use crate::error::Misuse;
use crate::id::{ThingName, TunnelId};
use crate::json::fault::Unexpected;
use crate::json::object::{self, Elements, Object, Slot, Value};
use crate::json::services::Services;
use crate::json::text::Text;
use crate::json::violation::Constraint;
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

/// The members of a request as they stand in its body. Each service goes to `E` as it comes.
pub(super) struct Members<'a, E> {
    pub(super) tunnel_id: Slot<Text<'a>>,
    pub(super) client_mode: Slot<Text<'a>>,
    destination_config: Slot<()>,
    pub(super) config: Config<'a, E>,
}

/// The members of its destination config.
pub(super) struct Config<'a, E> {
    pub(super) thing_name: Slot<Text<'a>>,
    /// How many.
    services: Slot<usize>,
    pub(super) elements: E,
}

impl<'a, E: Elements<'a>> Members<'a, E> {
    pub(super) fn read(body: &'a str, elements: E) -> Result<Self, Unexpected> {
        let mut members = Self {
            tunnel_id: Slot::Absent,
            client_mode: Slot::Absent,
            destination_config: Slot::Absent,
            config: Config {
                thing_name: Slot::Absent,
                services: Slot::Absent,
                elements,
            },
        };
        object::read(body, &mut members)?;
        Ok(members)
    }
}

impl<'a, E: Elements<'a>> Object<'a> for Members<'a, E> {
    fn member<A: MapAccess<'a>>(&mut self, name: Text<'a>, value: Value<'_, A>) -> Result<(), A::Error> {
        if name == TUNNEL_ID {
            value.text(TUNNEL_ID, &mut self.tunnel_id)
        } else if name == CLIENT_MODE {
            value.text(CLIENT_MODE, &mut self.client_mode)
        } else if name == DESTINATION_CONFIG {
            value.object(DESTINATION_CONFIG, &mut self.destination_config, &mut self.config)
        } else {
            value.ignore()
        }
    }
}

impl<'a, E: Elements<'a>> Object<'a> for Config<'a, E> {
    fn member<A: MapAccess<'a>>(&mut self, name: Text<'a>, value: Value<'_, A>) -> Result<(), A::Error> {
        if name == "thingName" {
            value.text(THING_NAME, &mut self.thing_name)
        } else if name == "services" {
            value.texts(SERVICES, &mut self.services, &mut self.elements)
        } else {
            value.ignore()
        }
    }
}

/// The constraints.
impl<E> Members<'_, E> {
    pub(super) fn tunnel_id(&self) -> Result<TunnelId, Constraint<'static>> {
        let text = self.tunnel_id.get().ok_or(Constraint::NotNull)?;
        text.parse(TunnelId::RULE, TunnelId::parse)
            .map_err(Constraint::Rule)
    }

    pub(super) fn client_mode(&self) -> Result<ClientMode, Constraint<'static>> {
        let text = self.client_mode.get().ok_or(Constraint::NotNull)?;
        ClientMode::EVERY
            .into_iter()
            .find(|mode| text == mode.as_str())
            .ok_or(Constraint::EnumValueSet(&CLIENT_MODES))
    }

    pub(super) fn thing_name(&self) -> Result<Option<ThingName>, Constraint<'static>> {
        self.config
            .thing_name
            .get()
            .map(|text| text.parse(ThingName::RULE, ThingName::parse))
            .transpose()
            .map_err(Constraint::Rule)
    }

    /// The list as a whole; its elements are judged as they come.
    pub(super) fn services(&self) -> Result<(), Constraint<'static>> {
        match (self.destination_config.get(), self.config.services.get()) {
            (Some(()), None) => Err(Constraint::NotNull),
            (Some(()), Some(0)) => Err(Constraint::LengthAtLeast(1)),
            _ => Ok(()),
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

    pub(super) fn destination_config(
        &self,
        thing_name: Option<ThingName>,
        services: &Services,
    ) -> Result<Option<DestinationConfig>, RotateRequestError<'static>> {
        match self.config.services.get() {
            Some(given) if given > MAX_SERVICES => Err(RotateRequestError::TooManyServices { given }),
            Some(given) => DestinationConfig::new(thing_name, &services.kept)
                .map(Some)
                .map_err(|_| RotateRequestError::TooManyServices { given }),
            None => Ok(None),
        }
    }
}
