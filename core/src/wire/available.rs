//! The services of a tunnel, as SERVICE_IDS names them.

use core::{fmt, slice};

use super::field::{Fields, tag};

/// A message's `availableServiceIds`: as many as there are, in order, without a table for them.
///
/// It borrows from a message that was decoded, or from a caller's list.
///
/// ```
/// use iot_tunnel_core::wire::{Message, MessageType};
/// let names = ["SSH", "RDP"];
/// let message = Message {
///     message_type: MessageType::ServiceIds,
///     available_service_ids: names.as_slice().into(),
///     ..Message::default()
/// };
/// let mut bytes = [0; 32];
/// let length = message.encode(&mut bytes).unwrap();
/// let decoded = Message::decode(&bytes[..length]).unwrap();
/// assert!(decoded.available_service_ids.iter().eq(names));
/// ```
#[derive(Clone, Copy)]
pub struct AvailableServiceIds<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    /// The rest of a decoded message, from its first id on.
    Decoded(Fields<'a>),
    List(&'a [&'a str]),
}

impl<'a> AvailableServiceIds<'a> {
    /// Takes the ids from the message that goes on with `fields`, unless an id before them did so.
    pub(super) const fn start_at(&mut self, fields: Fields<'a>) {
        if let Source::List(_) = self.0 {
            self.0 = Source::Decoded(fields);
        }
    }

    /// The ids, in the order of the wire.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> Iter<'a> {
        Iter(match self.0 {
            Source::Decoded(fields) => Rest::Decoded(fields),
            Source::List(ids) => Rest::List(ids.iter()),
        })
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Default for AvailableServiceIds<'_> {
    fn default() -> Self {
        Self(Source::List(&[]))
    }
}

impl<'a> From<&'a [&'a str]> for AvailableServiceIds<'a> {
    fn from(ids: &'a [&'a str]) -> Self {
        Self(Source::List(ids))
    }
}

impl<'a> IntoIterator for AvailableServiceIds<'a> {
    type Item = &'a str;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl PartialEq for AvailableServiceIds<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for AvailableServiceIds<'_> {}

impl fmt::Debug for AvailableServiceIds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The ids of [`AvailableServiceIds`], one after the other.
#[derive(Clone)]
pub struct Iter<'a>(Rest<'a>);

#[derive(Clone)]
enum Rest<'a> {
    Decoded(Fields<'a>),
    List(slice::Iter<'a, &'a str>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        match &mut self.0 {
            Rest::List(ids) => ids.next().copied(),
            Rest::Decoded(fields) => next_decoded(fields),
        }
    }
}

/// The next id among fields that have been decoded before: a fault can only be the end.
fn next_decoded<'a>(fields: &mut Fields<'a>) -> Option<&'a str> {
    loop {
        let tag = fields.tag().ok()?;
        let value = fields.value(tag).ok()?;
        if tag == tag::AVAILABLE_SERVICE_IDS {
            return value.text().ok();
        }
    }
}

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
