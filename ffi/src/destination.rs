//! What stands at a tunnel's destination: the thing and its services.

use iot_tunnel_core::json::DestinationConfigRef;
use iot_tunnel_core::{self as core, Error, MAX_SERVICES, ServiceId, ThingName};

use crate::memory::{Area, Text};
use crate::services::{self, Services};

/// What stands at a tunnel's destination.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DestinationConfig {
    /// The thing that is told the destination's token by a notification; empty: none.
    pub thing_name: Text,
    /// The services, the first service_count of them.
    pub services: [Text; 3],
    /// How many: 1 to 3.
    pub service_count: u32,
}

const _: () = assert!(MAX_SERVICES == 3);

impl DestinationConfig {
    /// Checked, its texts lent.
    ///
    /// # Safety
    /// As of [`Text::get`], of each text.
    pub(crate) unsafe fn get<'a>(&self) -> Result<DestinationConfigRef<'a>, Error> {
        // SAFETY: as this function's.
        let (thing_name, services) = unsafe {
            (
                self.thing_name.given()?,
                Services::get(&self.services, self.service_count)?,
            )
        };
        DestinationConfigRef::new(thing_name, services.names())
    }

    /// What stands there; it lasts as long as its names.
    pub(crate) fn of<'a>(thing_name: Option<&'a str>, names: impl Iterator<Item = &'a str>) -> Self {
        let (services, service_count) = services::list(names);
        Self {
            thing_name: Text::optional(thing_name),
            services,
            service_count,
        }
    }

    /// Where it and its texts stand.
    pub(crate) fn areas(&self) -> [Area; 5] {
        let [first, second, third] = services::areas(&self.services, self.service_count);
        [Area::of(self, 1), self.thing_name.area(), first, second, third]
    }
}

/// A config that a record keeps.
pub(crate) fn kept(config: DestinationConfigRef<'_>) -> Result<core::DestinationConfig, Error> {
    let thing_name = config.thing_name().map(ThingName::parse).transpose()?;
    let (first, rest) = config.services().split_first().ok_or(core::Misuse::NoServices)?;
    let mut kept = core::DestinationConfig::new(thing_name, &[ServiceId::parse(first)?])?;
    for service in rest {
        kept.push(ServiceId::parse(service)?)?;
    }
    Ok(kept)
}
