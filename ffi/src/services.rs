//! A list of services as structs have it: room for three texts, and how many there are.

use iot_tunnel_core::{Capacity, Error, MAX_SERVICES};

use crate::memory::{Area, Text};

/// The services that a caller lends.
pub(crate) struct Services<'a> {
    names: [&'a str; MAX_SERVICES],
    count: usize,
}

impl<'a> Services<'a> {
    /// The first `count` of them, apart from what is written.
    ///
    /// # Safety
    /// As of [`Text::beside`], of each of these.
    pub(crate) unsafe fn get(
        list: &[Text; MAX_SERVICES],
        count: u32,
        written: &[Area],
    ) -> Result<Self, Error> {
        let given = given(list, count)?;
        let mut names = [""; MAX_SERVICES];
        for (name, text) in names.iter_mut().zip(given) {
            // SAFETY: as this function's.
            *name = unsafe { text.beside(written) }?;
        }
        let count = given.len();
        Ok(Self { names, count })
    }

    pub(crate) fn names(&self) -> &[&'a str] {
        self.names.get(..self.count).unwrap_or_default()
    }
}

/// The first `count` of a list.
fn given(list: &[Text; MAX_SERVICES], count: u32) -> Result<&[Text], Capacity> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    list.get(..count).ok_or(Capacity::TooManyServices)
}

/// The list that C sees.
pub(crate) fn list<'a>(names: impl Iterator<Item = &'a str>) -> ([Text; MAX_SERVICES], u32) {
    let (mut list, mut count) = ([Text::EMPTY; MAX_SERVICES], 0);
    for (text, name) in list.iter_mut().zip(names) {
        *text = Text::of(name);
        count += 1;
    }
    (list, count)
}
