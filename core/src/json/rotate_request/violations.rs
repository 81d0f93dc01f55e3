//! Every broken constraint of a rotate request at once.

use core::fmt;

use super::members::{CLIENT_MODE, DESTINATION_CONFIG, Members, SERVICES, THING_NAME, TUNNEL_ID};
use crate::json::services::{List, judge};
use crate::json::text::Text;
use crate::json::violation::{Constraint, MessageWriter, Path, Violation};

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
        let Ok(members) = Members::read(self.body) else {
            return;
        };
        let mut report = |member, value: Option<Text<'a>>, broken: Option<Constraint<'a>>| {
            if let Some(constraint) = broken {
                let value = value.map(Into::into);
                visit(Violation {
                    member,
                    value,
                    constraint,
                });
            }
        };
        let [mode, config, thing, services, id] =
            [CLIENT_MODE, DESTINATION_CONFIG, THING_NAME, SERVICES, TUNNEL_ID].map(Path::of);
        report(mode, members.client_mode, members.client_mode().err());
        report(config, None, members.config_beside_mode().err());
        report(services, None, members.services().err());
        for (position, service) in members.service_list().into_iter().flat_map(List::iter) {
            report(services.element(position), service, judge(service).err());
        }
        report(thing, members.thing_name_text(), members.thing_name().err());
        report(id, members.tunnel_id, members.tunnel_id().err());
    }
}

impl fmt::Display for Violations<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut message = MessageWriter::start(f, self.count())?;
        let mut result = Ok(());
        self.for_each(|violation| {
            result = result.and_then(|()| message.add(&violation));
        });
        result
    }
}

impl fmt::Debug for Violations<'_> {
    /// The message: the body may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Violations({self})")
    }
}
