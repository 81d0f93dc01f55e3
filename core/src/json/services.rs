//! The services of a message: a list of names.

use heapless::Vec;

use super::fault::Unexpected;
use super::object::{Value, Values};
use super::text::Text;
use super::violation::{Constraint, Path};
use crate::destination::MAX_SERVICES;
use crate::id::ServiceId;

/// A bounded list of services.
pub(crate) type Services = Vec<ServiceId, MAX_SERVICES, u8>;

/// A list of strings, however long, as it stands in a message.
#[derive(Clone, Copy, Default)]
pub(crate) struct List<'a> {
    elements: Values<'a>,
    length: usize,
}

impl<'a> List<'a> {
    /// The list that a value must be.
    pub(crate) fn read(value: Value<'a>, member: Path<'static>) -> Result<Self, Unexpected> {
        let elements = value.elements(member)?;
        let mut length = 0;
        for element in elements {
            length += 1;
            if !element.is_null() {
                element.text(member.element(length))?;
            }
        }
        Ok(Self { elements, length })
    }

    /// How many elements it has.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// The elements with their positions, counted from 1; `None` is `null`.
    pub(crate) fn iter(self) -> impl Iterator<Item = (usize, Option<Text<'a>>)> {
        let texts = self.elements.map(|element| element.text(Path::of("")).ok());
        (1..).zip(texts)
    }

    /// The first element that is no service, and what it had to be.
    pub(crate) fn invalid(self) -> Option<(usize, Constraint<'static>)> {
        self.iter()
            .find_map(|(position, element)| Some((position, judge(element).err()?)))
    }

    /// The elements of a valid list; what a longer one has besides is left out.
    pub(crate) fn texts(self) -> [Text<'a>; MAX_SERVICES] {
        let mut texts = [Text::default(); MAX_SERVICES];
        for (slot, (_, text)) in texts.iter_mut().zip(self.iter()) {
            *slot = text.unwrap_or_default();
        }
        texts
    }

    /// A copy of a valid list.
    pub(crate) fn services(self) -> Services {
        let mut services = Services::new();
        for text in self.texts().into_iter().take(self.length) {
            if let Ok(service) = ServiceId::from_chars(text.chars()) {
                // No more are taken than there is room for.
                drop(services.push(service));
            }
        }
        services
    }
}

/// Judges an element. A `null` among the services is no service (as at AWS, whose lists are not sparse).
pub(crate) fn judge(element: Option<Text<'_>>) -> Result<(), Constraint<'static>> {
    let text = element.ok_or(Constraint::NotNull)?;
    ServiceId::RULE.judge(text.chars()).map_err(Constraint::Rule)
}
