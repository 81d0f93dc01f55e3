//! [`ServiceList`]: the services of a session, as far as it knows their names.

use heapless::Vec;

use super::config::Services;
use crate::error::{Capacity, Error, Misuse};
use crate::id::ServiceId;
use crate::wire::AvailableServiceIds;

/// The services of a session, each known by its place.
pub(super) struct ServiceList<const SERVICES: usize> {
    /// The names that are known.
    names: Vec<ServiceId, SERVICES, u8>,
    naming: Naming,
}

/// Whose the names are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// They were configured.
    Configured,
    /// There is one service, and its name, which it may go without, is the tunnel's to say, on each connection anew.
    Found,
    /// The tunnel has more than one, or one that no service can have: which of them is meant nobody has said.
    NoChoice,
}

impl<const SERVICES: usize> ServiceList<SERVICES> {
    /// Whether a session can have these.
    pub(super) fn check<S: AsRef<str>>(services: &Services<'_, S>) -> Result<(), Error> {
        let Services::Named(names) = services else {
            return Ok(());
        };
        if names.is_empty() {
            return Err(Misuse::NoServices.into());
        }
        if names.len() > SERVICES {
            return Err(Capacity::ServiceTableFull.into());
        }
        let mut rest = *names;
        while let [name, others @ ..] = rest {
            ServiceId::RULE.check(name.as_ref())?;
            if others.iter().any(|other| other.as_ref() == name.as_ref()) {
                return Err(Misuse::DuplicateService.into());
            }
            rest = others;
        }
        Ok(())
    }

    /// A list without a name yet.
    pub(super) const fn new<S>(services: &Services<'_, S>) -> Self {
        Self {
            names: Vec::new(),
            naming: match services {
                Services::Named(_) => Naming::Configured,
                Services::Unnamed => Naming::Found,
            },
        }
    }

    /// Takes the names, which were checked.
    pub(super) fn fill<S: AsRef<str>>(&mut self, services: &Services<'_, S>) {
        if let Services::Named(names) = services {
            for name in names
                .iter()
                .filter_map(|name| ServiceId::parse(name.as_ref()).ok())
            {
                // They have room: see `check`.
                let _ = self.names.push(name);
            }
        }
    }

    /// How many services there are.
    pub(super) fn count(&self) -> usize {
        match self.naming {
            Naming::Configured => self.names.len(),
            Naming::Found | Naming::NoChoice => 1,
        }
    }

    /// The names that are known.
    pub(super) fn names(&self) -> &[ServiceId] {
        &self.names
    }

    /// What the wire calls the service of that place; empty where it has no name.
    pub(super) fn id(&self, index: usize) -> &str {
        self.names.get(index).map_or("", ServiceId::as_str)
    }

    /// The service that a message means by that id: the one of that name, or the only one if there is no id.
    pub(super) fn position(&self, id: &str) -> Option<usize> {
        match id {
            "" => (self.count() == 1 && !self.needs_name()).then_some(0),
            _ => self.names.iter().position(|name| name.as_str() == id),
        }
    }

    /// Whether it is not known which of the tunnel's services is meant.
    pub(super) fn needs_name(&self) -> bool {
        self.naming == Naming::NoChoice
    }

    /// What SERVICE_IDS says. A list that was configured stays as it is.
    pub(super) fn learn(&mut self, tunnel: AvailableServiceIds<'_>) {
        if self.naming == Naming::Configured {
            return;
        }
        self.forget();
        let mut ids = tunnel.iter();
        let Some(id) = ids.next() else { return };
        match ServiceId::parse(id) {
            Ok(name) if ids.all(|other| other == id) => drop(self.names.push(name)),
            _ => self.naming = Naming::NoChoice,
        }
    }

    /// Forgets what was learned: it belongs to one connection, since a rotation may change the tunnel's services.
    pub(super) fn forget(&mut self) {
        if self.naming != Naming::Configured {
            self.names.clear();
            self.naming = Naming::Found;
        }
    }
}
