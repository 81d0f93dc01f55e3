//! The services of a message: a list of names.

use heapless::Vec;

use super::object::Values;
use super::text::Quoted;
use super::violation::Constraint;
use crate::destination::MAX_SERVICES;
use crate::id::{Rule, ServiceId};

/// A bounded list of services.
pub(crate) type Services = Vec<ServiceId, MAX_SERVICES, u8>;

/// A list of strings, however long, as it stands in a message.
#[derive(Clone, Copy, Default)]
pub(crate) struct List<'a>(pub(super) Values<'a>);

impl<'a> List<'a> {
    /// How many elements it has.
    pub(crate) fn len(self) -> usize {
        self.0.count()
    }

    /// Calls `broken` with each element that is no service, its position, counted from 1, and what it had to be. A `null` is
    /// none (as at AWS, whose lists are not sparse).
    pub(super) fn judge(self, mut broken: impl FnMut(usize, Option<Quoted<'a>>, Constraint<'static>)) {
        let mut position = 0;
        for element in self.0 {
            position += 1;
            let service = element.text();
            if let Err(constraint) = required(ServiceId::RULE, service) {
                broken(position, service, constraint);
            }
        }
    }

    /// The elements of a valid list; what a longer one has besides is left out.
    pub(crate) fn texts(mut self) -> [Option<Quoted<'a>>; MAX_SERVICES] {
        [(); MAX_SERVICES].map(|()| self.0.next()?.text())
    }

    /// A copy of a valid list.
    pub(crate) fn services(self) -> Services {
        let mut services = Services::new();
        for text in self.texts().into_iter().flatten() {
            if let Ok(service) = ServiceId::from_text(text.into()) {
                // No more are taken than there is room for.
                drop(services.push(service));
            }
        }
        services
    }
}

/// Judges a text that must be there.
pub(super) fn required(rule: Rule, text: Option<Quoted<'_>>) -> Result<(), Constraint<'static>> {
    rule.judge(text.ok_or(Constraint::NotNull)?.into())
        .map_err(Constraint::Rule)
}
