//! [`ServiceList`]: the services of a session, as far as it knows their names.

use heapless::Vec;

use super::config::Services;
use crate::error::{Capacity, Error, Misuse};
use crate::id::ServiceId;
use crate::wire::AvailableServiceIds;

/// The services of a session, each known by its place.
pub(super) enum ServiceList<const SERVICES: usize> {
    /// Their names were configured.
    Named(Vec<ServiceId, SERVICES, u8>),
    /// There is one, and its name is the tunnel's to say.
    Unnamed(Found),
}

/// What a session without a name found in the tunnel, on this connection.
pub(super) enum Found {
    /// No name: the one service goes without.
    Nothing,
    /// One name: the service has it.
    Name(ServiceId),
    /// More than one, or one that no service can have: which of them is meant nobody has said.
    NoChoice,
}

impl<const SERVICES: usize> ServiceList<SERVICES> {
    /// Whether a session can have these.
    pub(super) fn check(services: Services<'_>) -> Result<(), Error> {
        let Services::Named(names) = services else {
            return Ok(());
        };
        if names.is_empty() {
            return Err(Misuse::NoServices.into());
        }
        if names.len() > SERVICES {
            return Err(Capacity::ServiceTableFull.into());
        }
        let mut rest = names;
        while let [name, others @ ..] = rest {
            if others.contains(name) {
                return Err(Misuse::DuplicateService.into());
            }
            rest = others;
        }
        Ok(())
    }

    /// A list without a name yet.
    pub(super) const fn new(services: Services<'_>) -> Self {
        match services {
            Services::Named(_) => Self::Named(Vec::new()),
            Services::Unnamed => Self::Unnamed(Found::Nothing),
        }
    }

    /// Takes the names, which were checked.
    pub(super) fn fill(&mut self, services: Services<'_>) {
        if let (Self::Named(list), Services::Named(names)) = (self, services) {
            // They have room: see `check`.
            let _ = list.extend_from_slice(names);
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Named(names) => names.len(),
            Self::Unnamed(_) => 1,
        }
    }

    /// The names that are known.
    pub(super) fn names(&self) -> &[ServiceId] {
        match self {
            Self::Named(names) => names,
            Self::Unnamed(Found::Name(name)) => core::slice::from_ref(name),
            Self::Unnamed(Found::Nothing | Found::NoChoice) => &[],
        }
    }

    /// What the wire calls the service of that place; empty where it has no name.
    pub(super) fn id(&self, index: usize) -> &str {
        self.names().get(index).map_or("", ServiceId::as_str)
    }

    /// The service that a message means by that id: the one of that name, or the only one if there is no id.
    pub(super) fn position(&self, id: &str) -> Option<usize> {
        match (self, id) {
            (Self::Unnamed(Found::NoChoice), _) => None,
            (_, "") => (self.count() == 1).then_some(0),
            _ => self.names().iter().position(|name| name.as_str() == id),
        }
    }

    /// Whether it is not known which of the tunnel's services is meant.
    pub(super) const fn needs_name(&self) -> bool {
        matches!(self, Self::Unnamed(Found::NoChoice))
    }

    /// What SERVICE_IDS says. A list that was configured stays as it is.
    pub(super) fn learn(&mut self, tunnel: AvailableServiceIds<'_>) {
        let Self::Unnamed(found) = self else { return };
        let mut ids = tunnel.iter();
        *found = match ids.next() {
            None => Found::Nothing,
            Some(id) if ids.all(|other| other == id) => {
                ServiceId::parse(id).map_or(Found::NoChoice, Found::Name)
            }
            Some(_) => Found::NoChoice,
        };
    }

    /// Forgets what was learned: it belongs to one connection, since a rotation may change the tunnel's services.
    pub(super) fn forget(&mut self) {
        if let Self::Unnamed(found) = self {
            *found = Found::Nothing;
        }
    }
}
