//! Reading a text that has passed the guard, as it stands: nothing is copied and nothing recurses.
//!
//! What the guard has passed needs no second judgement: a value ends where its quotes and brackets say. So an array
//! is an iterator over its elements, an object is read by a table of the members that are known, and all that can still be
//! wrong is the shape.

use super::fault::{Problem, Unexpected};
use super::services::List;
use super::text::Text;
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
        self.0 == "null"
    }

    /// The string it must be.
    pub(crate) fn text(self, member: Path<'static>) -> Result<Text<'a>, Unexpected> {
        let text = self.between(b'"', member, Problem::NotAString)?;
        Ok(Text::checked(text))
    }

    /// The elements of the array it must be.
    pub(crate) fn elements(self, member: Path<'static>) -> Result<Values<'a>, Unexpected> {
        self.between(b'[', member, Problem::NotAnArray).map(Values)
    }

    /// Reads the object it must be: each member that is known goes to its place. Others are passed over.
    pub(crate) fn read<const N: usize>(
        self,
        object: Path<'static>,
        known: &[Member; N],
    ) -> Result<[Slot<'a>; N], Unexpected> {
        let mut slots = [Slot::Absent; N];
        self.fill(object, known, &mut slots)?;
        Ok(slots)
    }

    fn fill(self, object: Path<'static>, known: &[Member], slots: &mut [Slot<'a>]) -> Result<(), Unexpected> {
        for (name, value) in self.members(object)? {
            let place = known
                .iter()
                .zip(&mut *slots)
                .find(|(member, _)| name == member.name);
            if let Some((member, slot)) = place {
                slot.take(member, value)?;
            }
        }
        Ok(())
    }

    /// The members of the object it must be: names and values.
    pub(super) fn members(
        self,
        object: Path<'static>,
    ) -> Result<impl Iterator<Item = (Text<'a>, Self)>, Unexpected> {
        let mut parts = self.between(b'{', object, Problem::NotAnObject).map(Values)?;
        Ok(core::iter::from_fn(move || {
            let name = parts.next()?.text(object).ok()?;
            Some((name, parts.next()?))
        }))
    }

    /// What stands between the first character, which must be that one, and its counterpart at the end.
    fn between(self, start: u8, member: Path<'static>, problem: Problem) -> Result<&'a str, Unexpected> {
        let inside = match self.0.as_bytes() {
            [first, _inside @ .., _last] if *first == start => self.0.get(1..self.0.len() - 1),
            _ => None,
        };
        inside.ok_or(Unexpected { member, problem })
    }
}

/// What stands inside of an array or object, one after the other; in an object names and values take turns.
#[derive(Clone, Copy, Default)]
pub(crate) struct Values<'a>(&'a str);

impl<'a> Iterator for Values<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let is_between = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b',' | b':');
        let start = self.0.bytes().take_while(is_between).count();
        let text = self.0.get(start..)?;
        let (value, rest) = text.split_at_checked(length(text.as_bytes()))?;
        self.0 = rest;
        (!value.is_empty()).then_some(Value(value))
    }
}

/// How many bytes the value at the start of a text takes; none at its end.
fn length(text: &[u8]) -> usize {
    let (mut depth, mut inside_string) = (0, false);
    let mut bytes = text.iter().enumerate();
    while let Some((position, byte)) = bytes.next() {
        match byte {
            b'\\' if inside_string => drop(bytes.next()),
            b'"' => inside_string = !inside_string,
            _ if inside_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            // A number or literal has no end of its own.
            b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return position,
            _ => {}
        }
        if depth == 0 && !inside_string && matches!(byte, b'"' | b']' | b'}') {
            return position + 1;
        }
    }
    text.len()
}

/// A member that a message knows.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    /// Its name in its object.
    name: &'static str,
    /// Where it stands in the message.
    path: &'static str,
    shape: Shape,
}

/// What a member must be.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Texts,
    Object,
}

impl Member {
    /// A string.
    pub(crate) const fn text(path: &'static str) -> Self {
        Self::of(path, Shape::Text)
    }

    /// An array of strings.
    pub(crate) const fn texts(path: &'static str) -> Self {
        Self::of(path, Shape::Texts)
    }

    /// An object.
    pub(crate) const fn object(path: &'static str) -> Self {
        Self::of(path, Shape::Object)
    }

    /// The same member, where its name is only the end of its path.
    pub(crate) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    const fn of(path: &'static str, shape: Shape) -> Self {
        Self {
            name: path,
            path,
            shape,
        }
    }
}

/// Where a member's value goes. It tells `null` from absent, so that a second one is noticed in any case.
#[derive(Clone, Copy)]
pub(crate) enum Slot<'a> {
    /// The member has not come.
    Absent,
    /// It came as `null`, which means the same.
    Null,
    /// It came, and has its shape.
    Given(Value<'a>),
}

impl<'a> Slot<'a> {
    /// The value, unless it is absent or `null`.
    pub(crate) const fn get(self) -> Option<Value<'a>> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Given(value) => Some(value),
        }
    }

    /// The string of a member that is one.
    pub(crate) fn text(self) -> Option<Text<'a>> {
        self.get()?.text(Path::of("")).ok()
    }

    /// The strings of a member that is an array of them.
    pub(crate) fn texts(self) -> Option<List<'a>> {
        List::read(self.get()?, Path::of("")).ok()
    }

    /// Takes the member's value, which may come once.
    fn take(&mut self, member: &Member, value: Value<'a>) -> Result<(), Unexpected> {
        let path = Path::of(member.path);
        if !matches!(self, Self::Absent) {
            return Err(Unexpected {
                member: path,
                problem: Problem::GivenTwice,
            });
        }
        if value.is_null() {
            *self = Self::Null;
            return Ok(());
        }
        match member.shape {
            Shape::Text => drop(value.text(path)?),
            Shape::Texts => drop(List::read(value, path)?),
            Shape::Object => drop(value.between(b'{', path, Problem::NotAnObject)?),
        }
        *self = Self::Given(value);
        Ok(())
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
        let values = Value::of(check(text.as_bytes()).unwrap())
            .elements(Path::of(""))
            .unwrap();
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
        let member = Path::of("");
        assert!(Value::of("[ \n]").elements(member).unwrap().next().is_none());
        assert!(Value::of("{\t}").members(member).unwrap().next().is_none());
    }
}
