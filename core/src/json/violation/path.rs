//! [`Path`]: where a member stands.

use core::fmt::{self, Write};
use core::num::NonZeroUsize;

use crate::words::{Words, displays_its_words, write_pieces};

/// Where a member stands in its request: `clientMode`, `destinationConfig.services.2.member`, `tags.3.member.key`.
///
/// ```
/// use iot_tunnel_core::json::Path;
/// assert_eq!(Path::of("tags").element(3).member("key").to_string(), "tags.3.member.key");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path<'a> {
    object: &'a str,
    name: &'a str,
    element: Option<NonZeroUsize>,
    member: Option<&'a str>,
}

impl<'a> Path<'a> {
    /// A member by its name, or by the dotted names that lead to it.
    #[must_use]
    pub const fn of(name: &'a str) -> Self {
        Self {
            object: "",
            name,
            element: None,
            member: None,
        }
    }

    /// The same member, in the object of that name.
    #[must_use]
    pub const fn inside(self, object: &'a str) -> Self {
        Self { object, ..self }
    }

    /// The element of this list at `position`, counted from 1.
    #[must_use]
    pub const fn element(self, position: usize) -> Self {
        Self {
            element: NonZeroUsize::new(position),
            ..self
        }
    }

    /// A member of this element.
    #[must_use]
    pub const fn member(self, name: &'a str) -> Self {
        Self {
            member: Some(name),
            ..self
        }
    }

    /// Whether it names no member but the body as a whole.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_empty()
    }
}

impl Words for Path<'_> {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        if !self.object.is_empty() {
            write_pieces!(to, self.object, ".")?;
        }
        to.write_str(self.name)?;
        if let Some(position) = self.element {
            write_pieces!(to, ".", position.get(), ".member")?;
        }
        match self.member {
            Some(member) => write_pieces!(to, ".", member),
            None => Ok(()),
        }
    }
}

displays_its_words!(Path<'_>);

impl<'a> From<&'a str> for Path<'a> {
    fn from(name: &'a str) -> Self {
        Self::of(name)
    }
}
