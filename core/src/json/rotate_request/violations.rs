//! Every broken constraint of a rotate request at once.

use core::fmt::{self, Write};

use super::members::Members;
use crate::json::fault::Unexpected;
use crate::json::text::Text;
use crate::json::violation::{MessageWriter, Violation};
use crate::words::{Words, displays_its_words};

/// Every broken constraint of a request; `Display` is the message of the ValidationException.
///
/// There may be more than memory could hold, so the request's body is kept and read again for each walk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Violations<'a> {
    /// A checked body of the right types.
    pub(super) body: &'a str,
}

impl<'a> Violations<'a> {
    /// How many there are: 1 or more.
    #[must_use]
    pub fn count(&self) -> usize {
        let mut count = 0;
        self.for_each(|_| count += 1);
        count
    }

    /// Calls `visit` with each, ordered by the members' names.
    pub fn for_each(&self, mut visit: impl FnMut(Violation<'a>)) {
        // It was read before, so it can be read again.
        let Ok(members) = Members::read::<Unexpected>(self.body) else {
            return;
        };
        members.judge(|member, value, constraint| {
            visit(Violation {
                member,
                value: value.map(|value| Text::from(value).into()),
                constraint,
            });
        });
    }
}

impl Words for Violations<'_> {
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        let mut message = MessageWriter::start(to, self.count())?;
        let mut result = Ok(());
        self.for_each(|violation| {
            result = result.and_then(|()| message.add(&violation));
        });
        result
    }
}

displays_its_words!(Violations<'_>);

impl fmt::Debug for Violations<'_> {
    /// The message: the body may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Violations({self})")
    }
}
