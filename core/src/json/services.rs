//! The services of a message: a list of names, of which only the first three are kept.

use heapless::Vec;

use super::object::Elements;
use super::text::Text;
use super::violation::Constraint;
use crate::destination::MAX_SERVICES;
use crate::id::ServiceId;

/// A bounded list of services.
pub(crate) type List = Vec<ServiceId, MAX_SERVICES, u8>;

/// Takes a list of services as it comes, however long.
#[derive(Default)]
pub(crate) struct Services {
    /// The first valid ones.
    pub(crate) kept: List,
    /// The position of the first invalid one, and what it had to be.
    pub(crate) invalid: Option<(usize, Constraint<'static>)>,
}

impl Elements<'_> for Services {
    fn take(&mut self, position: usize, element: Option<Text<'_>>) {
        match parse(element) {
            // One too many is refused by the number of elements, once all have been judged.
            Ok(service) => drop(self.kept.push(service)),
            Err(constraint) => self.invalid = self.invalid.or(Some((position, constraint))),
        }
    }
}

/// Parses an element. A `null` among the services is no service (as at AWS, whose lists are not sparse).
pub(crate) fn parse(element: Option<Text<'_>>) -> Result<ServiceId, Constraint<'static>> {
    element
        .ok_or(Constraint::NotNull)?
        .parse(ServiceId::RULE, ServiceId::parse)
        .map_err(Constraint::Rule)
}
