//! What stands at a tunnel's destination: the thing and its services.

use iot_tunnel_core::{self as core, Capacity, Error, MAX_SERVICES, Misuse, ServiceId, ThingName};

use crate::id::parse;
use crate::memory::{Area, Text};

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
    /// Nothing at all.
    pub(crate) const EMPTY: Self = Self {
        thing_name: Text::EMPTY,
        services: [Text::EMPTY; 3],
        service_count: 0,
    };

    /// As core has it.
    ///
    /// # Safety
    /// As of [`Text::get`], of each text.
    pub(crate) unsafe fn get(&self) -> Result<core::DestinationConfig, Error> {
        let services = given(&self.services, self.service_count)?;
        let (first, rest) = services.split_first().ok_or(Misuse::NoServices)?;
        let thing_name = match self.thing_name.len {
            0 => None,
            // SAFETY: as this function's.
            _ => Some(unsafe { parse(self.thing_name, ThingName::parse) }?),
        };
        // SAFETY: as this function's.
        let first = unsafe { parse(*first, ServiceId::parse) }?;
        let mut config = core::DestinationConfig::new(thing_name, &[first])?;
        for service in rest {
            // SAFETY: as this function's.
            config.push(unsafe { parse(*service, ServiceId::parse) }?)?;
        }
        Ok(config)
    }

    /// Core's; `keep` says where its texts stand.
    pub(crate) fn of(config: &core::DestinationConfig, mut keep: impl FnMut(&str) -> Text) -> Self {
        let mut kept = Self {
            thing_name: config
                .thing_name()
                .map_or(Text::EMPTY, |name| keep(name.as_str())),
            ..Self::EMPTY
        };
        for (slot, service) in kept.services.iter_mut().zip(config.services()) {
            *slot = keep(service.as_str());
            kept.service_count += 1;
        }
        kept
    }

    /// Where it and its texts stand.
    pub(crate) fn areas(&self) -> [Area; 5] {
        let [first, second, third] = self.services.map(Text::area);
        [Area::of(self, 1), self.thing_name.area(), first, second, third]
    }
}

/// The first `count` services of those that there is room for.
pub(crate) fn given(services: &[Text; 3], count: u32) -> Result<&[Text], Capacity> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    services.get(..count).ok_or(Capacity::TooManyServices)
}
