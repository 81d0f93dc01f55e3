//! Reading the objects of a message with serde-json-core, behind the guard.
//!
//! serde-json-core borrows strings as they stand, so names are compared decoded; it says neither which member was
//! wrong nor that one came twice, so the place is written down before each step.

use core::cell::Cell;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::fault::{Problem, Unexpected};
use super::text::Text;
use super::violation::Path;

/// An object of a message: it knows its members and where their values go.
pub(crate) trait Object<'de> {
    /// Takes one member. It must read the value by one of [`Value`]'s methods.
    fn member<A: MapAccess<'de>>(&mut self, name: Text<'de>, value: Value<'_, A>) -> Result<(), A::Error>;
}

/// Where the elements of an array of strings go.
pub(crate) trait Elements<'de> {
    /// Takes the element at `position`, counted from 1; `None` is `null`.
    fn take(&mut self, position: usize, element: Option<Text<'de>>);
}

impl<'de, F: FnMut(usize, Option<Text<'de>>)> Elements<'de> for F {
    fn take(&mut self, position: usize, element: Option<Text<'de>>) {
        self(position, element);
    }
}

/// Where a member's value goes. It tells `null` from absent, so that a second one is noticed in any case.
#[derive(Clone, Copy, Default)]
pub(crate) enum Slot<T> {
    /// The member has not come.
    #[default]
    Absent,
    /// It came as `null`, which means the same.
    Null,
    /// It came.
    Given(T),
}

impl<T: Copy> Slot<T> {
    /// The value, unless it is absent or `null`.
    pub(crate) const fn get(&self) -> Option<T> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Given(value) => Some(*value),
        }
    }
}

/// Reads the object that a text is. The text has passed the guard; so what fails here is the shape.
pub(crate) fn read<'de>(text: &'de str, object: &mut impl Object<'de>) -> Result<(), Unexpected> {
    let place = Cell::new(Unexpected {
        member: Path::of(""),
        problem: Problem::NotAnObject,
    });
    let mut deserializer = serde_json_core::de::Deserializer::new(text.as_bytes(), None);
    Members {
        object,
        place: &place,
    }
    .deserialize(&mut deserializer)
    .map_err(|_| place.get())
}

/// The value of a member, about to be read.
pub(crate) struct Value<'v, A> {
    map: &'v mut A,
    place: &'v Cell<Unexpected>,
}

impl<'de, A: MapAccess<'de>> Value<'_, A> {
    /// Reads a string.
    pub(crate) fn text(self, path: &'static str, slot: &mut Slot<Text<'de>>) -> Result<(), A::Error> {
        let path = Path::of(path);
        self.once(path, Problem::NotAString, slot, AnyText)
    }

    /// Reads an array of strings. The slot gets the number of elements.
    pub(crate) fn texts(
        self,
        path: &'static str,
        slot: &mut Slot<usize>,
        elements: &mut impl Elements<'de>,
    ) -> Result<(), A::Error> {
        let path = Path::of(path);
        let place = self.place;
        self.once(
            path,
            Problem::NotAnArray,
            slot,
            Texts {
                path,
                elements,
                place,
            },
        )
    }

    /// Reads an object.
    pub(crate) fn object(
        self,
        path: &'static str,
        slot: &mut Slot<()>,
        object: &mut impl Object<'de>,
    ) -> Result<(), A::Error> {
        let path = Path::of(path);
        let place = self.place;
        self.once(path, Problem::NotAnObject, slot, Members { object, place })
    }

    /// Passes over a member that the message does not know.
    pub(crate) fn ignore(self) -> Result<(), A::Error> {
        self.map.next_value::<IgnoredAny>().map(|_| ())
    }

    fn once<S: DeserializeSeed<'de>>(
        self,
        member: Path<'static>,
        problem: Problem,
        slot: &mut Slot<S::Value>,
        seed: S,
    ) -> Result<(), A::Error> {
        if !matches!(slot, Slot::Absent) {
            let problem = Problem::GivenTwice;
            self.place.set(Unexpected { member, problem });
            return Err(A::Error::custom("given twice"));
        }
        self.place.set(Unexpected { member, problem });
        *slot = match self.map.next_value_seed(Nullable(seed))? {
            Some(value) => Slot::Given(value),
            None => Slot::Null,
        };
        Ok(())
    }
}

/// A string.
struct AnyText;

impl<'de> DeserializeSeed<'de> for AnyText {
    type Value = Text<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text<'de>, D::Error> {
        // The one method that serde-json-core has for members' names too.
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for AnyText {
    type Value = Text<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_borrowed_str<E: Error>(self, raw: &'de str) -> Result<Text<'de>, E> {
        Ok(Text::checked(raw))
    }
}

/// `null`, or what the seed reads.
struct Nullable<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Nullable<S> {
    type Value = Option<S::Value>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Nullable<S> {
    type Value = Option<S::Value>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }
    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}

/// An array of strings; its value is the number of elements.
struct Texts<'c, E> {
    path: Path<'static>,
    elements: &'c mut E,
    place: &'c Cell<Unexpected>,
}

impl<'de, E: Elements<'de>> DeserializeSeed<'de> for Texts<'_, E> {
    type Value = usize;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, E: Elements<'de>> Visitor<'de> for Texts<'_, E> {
    type Value = usize;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<usize, A::Error> {
        let mut length = 0;
        loop {
            self.place.set(Unexpected {
                member: self.path.element(length + 1),
                problem: Problem::NotAString,
            });
            match array.next_element_seed(Nullable(AnyText))? {
                Some(element) => {
                    length += 1;
                    self.elements.take(length, element);
                }
                None => return Ok(length),
            }
        }
    }
}

/// The members of an object.
struct Members<'c, O> {
    object: &'c mut O,
    place: &'c Cell<Unexpected>,
}

impl<'de, O: Object<'de>> DeserializeSeed<'de> for Members<'_, O> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, O: Object<'de>> Visitor<'de> for Members<'_, O> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(AnyText)? {
            let value = Value {
                map: &mut map,
                place: self.place,
            };
            self.object.member(name, value)?;
        }
        Ok(())
    }
}
