//! Reading a text that has passed the guard, as it stands: nothing is copied and nothing recurses.
//!
//! What the guard has passed needs no second judgement: a value ends where its quotes and brackets say. So an array
//! is an iterator over its elements, an object is read by a table of the members that are known, and all that can still be
//! wrong is the shape.

use super::fault::{Problem, Unexpected};
use super::scanner::Scanner;
use super::services::List;
use super::text::{Quoted, Text};
use super::violation::Path;

/// A value of a checked text.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a>(pub(super) &'a str);

impl<'a> Value<'a> {
    /// The value that a checked text is.
    pub(crate) fn of(text: &'a str) -> Self {
        Values(text).next().unwrap_or(Self(text))
    }

    pub(crate) fn is_null(self) -> bool {
        self.starts_with(b'n')
    }

    /// What a value is shows in its first byte.
    fn starts_with(self, byte: u8) -> bool {
        self.0.as_bytes().first() == Some(&byte)
    }

    /// The string, if it is one.
    pub(crate) fn text(self) -> Option<Quoted<'a>> {
        self.between(b'"').map(Quoted)
    }

    /// The elements, if it is an array.
    pub(crate) fn elements(self) -> Option<Values<'a>> {
        self.between(b'[').map(Values)
    }

    /// The names and values, if it is an object.
    pub(super) fn members(self) -> Option<impl Iterator<Item = (Text<'a>, Self)>> {
        let mut parts = self.between(b'{').map(Values)?;
        Some(core::iter::from_fn(move || {
            let name = parts.next()?.text()?.into();
            Some((name, parts.next()?))
        }))
    }

    /// Reads the object it must be: each member that is known goes to its place. Others are passed over. `object` is the
    /// path of it, empty for a body.
    // The slots are to be filled where the caller has them.
    #[inline(always)]
    pub(crate) fn read<const N: usize, E: From<Unexpected>>(
        self,
        object: &'static str,
        known: &'static [Member; N],
    ) -> Result<[Slot<'a>; N], E> {
        let mut slots = [Slot::default(); N];
        let filled = self.fill(known, &mut slots);
        filled.map_err(|misfit| misfit.inside(object))?;
        Ok(slots)
    }

    fn fill(self, known: &'static [Member], slots: &mut [Slot<'a>]) -> Result<(), Misfit> {
        let members = self.members().ok_or(Misfit {
            member: None,
            element: 0,
            problem: Problem::NotAnObject,
        })?;
        for (name, value) in members {
            let place = known
                .iter()
                .zip(&mut *slots)
                .find(|(member, _)| name == member.name);
            if let Some((member, Slot(slot))) = place {
                let (element, problem) = match slot {
                    Some(_) => (0, Some(Problem::GivenTwice)),
                    None => member.shape.misfit(value),
                };
                if let Some(problem) = problem {
                    let member = Some(member);
                    return Err(Misfit {
                        member,
                        element,
                        problem,
                    });
                }
                *slot = Some(value);
            }
        }
        Ok(())
    }

    /// What stands between the first character, if it is that one, and its counterpart at the end.
    fn between(self, start: u8) -> Option<&'a str> {
        let inside = self.0.get(1..self.0.len().checked_sub(1)?);
        inside.filter(|_| self.starts_with(start))
    }
}

/// What stands inside of an array or object, one after the other; in an object names and values take turns.
#[derive(Clone, Copy, Default)]
pub(crate) struct Values<'a>(&'a str);

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let mut scanner = Scanner::at(self.0.as_bytes(), 0);
        let place = scanner.pass_value();
        let value = self.0.get(place)?;
        self.0 = self.0.get(scanner.position..)?;
        (!value.is_empty()).then_some(Value(value))
    }
}

/// A member that a message knows.
pub(crate) struct Member {
    name: &'static str,
    shape: Shape,
}

/// What a member must be.
enum Shape {
    Text,
    Texts,
    Object,
}

impl Member {
    /// A string.
    pub(crate) const fn text(name: &'static str) -> Self {
        let shape = Shape::Text;
        Self { name, shape }
    }

    /// An array of strings.
    pub(crate) const fn texts(name: &'static str) -> Self {
        let shape = Shape::Texts;
        Self { name, shape }
    }

    /// An object.
    pub(crate) const fn object(name: &'static str) -> Self {
        let shape = Shape::Object;
        Self { name, shape }
    }
}

impl Shape {
    /// What is wrong with a value of another shape, and with which of its elements, counted from 1. `null` has every shape.
    fn misfit(&self, value: Value<'_>) -> (usize, Option<Problem>) {
        let (start, problem) = match self {
            Self::Text => (b'"', Problem::NotAString),
            Self::Object => (b'{', Problem::NotAnObject),
            Self::Texts => (b'[', Problem::NotAnArray),
        };
        if value.is_null() {
            return (0, None);
        }
        if !value.starts_with(start) {
            return (0, Some(problem));
        }
        let elements = value.elements().filter(|_| matches!(self, Self::Texts));
        let is_other = |element: Value<'_>| !element.is_null() && !element.starts_with(b'"');
        match elements.and_then(|mut elements| elements.position(is_other)) {
            Some(position) => (position + 1, Some(Problem::NotAString)),
            None => (0, None),
        }
    }
}

/// What is wrong with an object, or with a member of it.
struct Misfit {
    member: Option<&'static Member>,
    element: usize,
    problem: Problem,
}

impl Misfit {
    fn inside(self, object: &'static str) -> Unexpected {
        let member = match self.member {
            None => Path::of(object),
            Some(member) => Path::of(member.name).inside(object).element(self.element),
        };
        Unexpected {
            member,
            problem: self.problem,
        }
    }
}

/// Where a member's value goes, which tells `null` from absent, so that a second one is noticed in any case.
#[derive(Clone, Copy, Default)]
pub(crate) struct Slot<'a>(Option<Value<'a>>);

impl<'a> Slot<'a> {
    /// The value, unless it is absent or `null`.
    pub(crate) fn get(self) -> Option<Value<'a>> {
        self.0.filter(|value| !value.is_null())
    }

    /// The string of a member that is one.
    pub(crate) fn text(self) -> Option<Quoted<'a>> {
        self.0?.text()
    }

    /// The strings of a member that is an array of them.
    pub(crate) fn texts(self) -> Option<List<'a>> {
        self.0?.elements().map(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::check;
    use std::vec::Vec;

    #[test]
    fn values_end_where_their_quotes_and_brackets_say() {
        let text = r#" [1 ,-2.5e+3, "a,]\"\\" ,[[],{"]":"}"}],{ } , true,null	] "#;
        let values = Value::of(check(text.as_bytes()).unwrap()).elements().unwrap();
        let values: Vec<_> = values.map(|value| value.0).collect();
        let expected = [
            "1",
            "-2.5e+3",
            r#""a,]\"\\""#,
            r#"[[],{"]":"}"}]"#,
            "{ }",
            "true",
            "null",
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn an_empty_container_has_no_values() {
        assert!(Value::of("[ \n]").elements().unwrap().next().is_none());
        assert!(Value::of("{\t}").members().unwrap().next().is_none());
    }
}
