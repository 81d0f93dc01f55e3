//! Access tokens as members of a message.

use super::fault::MessageFault;
use super::object::Slot;
use super::text::Text;
use super::violation::{Constraint, Path};
use crate::error::{Capacity, Error};
use crate::token::AccessToken;

/// Reads a token that may be absent.
pub(crate) fn optional<const N: usize>(
    member: &'static str,
    slot: &Slot<Text<'_>>,
) -> Result<Option<AccessToken<N>>, MessageFault> {
    let Some(text) = slot.get() else { return Ok(None) };
    match text.parse_token() {
        Ok(token) => Ok(Some(token)),
        Err(Error::Capacity(Capacity::AccessTokenTooLong)) => Err(MessageFault::AccessTokenTooLong {
            member: Path::of(member),
            room: N,
        }),
        Err(_) => Err(MessageFault::member(member)(Constraint::Pattern("[!-~]+"))),
    }
}

/// Reads a token that must be there.
pub(crate) fn required<const N: usize>(
    member: &'static str,
    slot: &Slot<Text<'_>>,
) -> Result<AccessToken<N>, MessageFault> {
    optional(member, slot)?
        .ok_or(Constraint::NotNull)
        .map_err(MessageFault::member(member))
}
