//! [`DestinationConfigRef`]: a destination config that owns no text.

use super::{DestinationConfig, MAX_SERVICES};
use crate::error::{Capacity, Error, Misuse};
use crate::id::{ServiceId, ThingName};

/// Services, lent: not more than a tunnel can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lent<'a> {
    names: [&'a str; MAX_SERVICES],
    count: usize,
}

impl<'a> Lent<'a> {
    /// Of texts that have been judged: the first ones that there are.
    pub(crate) fn judged(names: [Option<&'a str>; MAX_SERVICES]) -> Self {
        Self {
            names: names.map(Option::unwrap_or_default),
            count: names.iter().flatten().count(),
        }
    }

    /// Checks and lends names.
    pub(crate) fn check(names: &[&'a str]) -> Result<Self, Error> {
        let mut lent = Self::default();
        for name in names {
            ServiceId::RULE.check(name)?;
            *lent.names.get_mut(lent.count).ok_or(Capacity::TooManyServices)? = name;
            lent.count += 1;
        }
        Ok(lent)
    }

    /// Lends what a message owns: not more than there is room for.
    pub(crate) fn of(services: &'a [ServiceId]) -> Self {
        let mut lent = Self::default();
        for (slot, service) in lent.names.iter_mut().zip(services) {
            *slot = service.as_str();
            lent.count += 1;
        }
        lent
    }

    pub(crate) fn names(&self) -> &[&'a str] {
        self.names.get(..self.count).unwrap_or_default()
    }
}

/// A destination config whose texts stand elsewhere. It keeps every rule that [`DestinationConfig`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DestinationConfigRef<'a> {
    thing_name: Option<&'a str>,
    services: Lent<'a>,
}

impl<'a> DestinationConfigRef<'a> {
    /// Puts a config together.
    ///
    /// # Errors
    /// [`Misuse::InvalidThingName`], [`Misuse::InvalidServiceId`], [`Misuse::NoServices`];
    /// [`Capacity::TooManyServices`](crate::Capacity::TooManyServices) for more than 3.
    pub fn new(thing_name: Option<&'a str>, services: &[&'a str]) -> Result<Self, Error> {
        if let Some(name) = thing_name {
            ThingName::RULE.check(name)?;
        }
        if services.is_empty() {
            return Err(Misuse::NoServices.into());
        }
        let services = Lent::check(services)?;
        Ok(Self { thing_name, services })
    }

    /// Of texts that have been judged.
    pub(crate) const fn judged(thing_name: Option<&'a str>, services: Lent<'a>) -> Self {
        Self { thing_name, services }
    }

    /// What a config holds.
    #[must_use]
    pub fn of(config: &'a DestinationConfig) -> Self {
        Self {
            thing_name: config.thing_name().map(ThingName::as_str),
            services: Lent::of(config.services()),
        }
    }

    /// The thing whose notify topic gets the destination's token, if one is named, as [`ThingName`] allows it.
    #[must_use]
    pub const fn thing_name(&self) -> Option<&'a str> {
        self.thing_name
    }

    /// The services, 1–3, each as [`ServiceId`](crate::ServiceId) allows it.
    #[must_use]
    pub fn services(&self) -> &[&'a str] {
        self.services.names()
    }
}
