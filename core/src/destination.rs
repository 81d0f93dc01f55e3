//! What stands at a tunnel's destination: the thing and its services.

mod lent;

use heapless::Vec;

pub use self::lent::DestinationConfigRef;
pub(crate) use self::lent::Lent;

use crate::error::{Capacity, Error, Misuse};
use crate::id::{ServiceId, ThingName};

/// Services a tunnel can have at most: the documented quota (control-plane.md, "Constraints").
pub const MAX_SERVICES: usize = 3;

/// The `destinationConfig` of a tunnel: 1–3 services, and the thing that is told the destination's token.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Unchecked")]
pub struct DestinationConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    thing_name: Option<ThingName>,
    services: Vec<ServiceId, MAX_SERVICES, u8>,
}

impl DestinationConfig {
    /// Puts a config together.
    ///
    /// # Errors
    /// [`Misuse::NoServices`] for an empty list, [`Capacity::TooManyServices`] for more than 3.
    pub fn new(thing_name: Option<ThingName>, services: &[ServiceId]) -> Result<Self, Error> {
        if services.is_empty() {
            return Err(Misuse::NoServices.into());
        }
        let services = Vec::from_slice(services).map_err(|_| Capacity::TooManyServices)?;
        Ok(Self { thing_name, services })
    }

    /// Takes a copy of a lent config to where it stays: half a KiB need not move.
    pub(crate) fn keep(slot: &mut Option<Self>, lent: DestinationConfigRef<'_>) {
        let kept = slot.insert(Self {
            thing_name: None,
            services: Vec::new(),
        });
        // What is lent keeps the rules, so all of it parses, and there is room.
        kept.thing_name = lent.thing_name().and_then(|name| ThingName::parse(name).ok());
        for service in lent.services() {
            if let Ok(service) = ServiceId::parse(service) {
                drop(kept.services.push(service));
            }
        }
    }

    /// The thing whose notify topic gets the destination's token, if one is named.
    #[must_use]
    pub fn thing_name(&self) -> Option<&ThingName> {
        self.thing_name.as_ref()
    }

    /// The services, 1–3, in the order given.
    #[must_use]
    pub fn services(&self) -> &[ServiceId] {
        &self.services
    }
}

/// A stored config before its rule has been checked.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unchecked {
    #[serde(default)]
    thing_name: Option<ThingName>,
    services: Vec<ServiceId, MAX_SERVICES, u8>,
}

impl TryFrom<Unchecked> for DestinationConfig {
    type Error = Error;
    fn try_from(unchecked: Unchecked) -> Result<Self, Error> {
        Self::new(unchecked.thing_name, &unchecked.services)
    }
}
