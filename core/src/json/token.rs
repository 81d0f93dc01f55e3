//! Access tokens as members of a message.

use super::fault::MessageFault;
use super::text::Text;
use super::violation::{Constraint, Path};
use crate::error::{Capacity, Error, Misuse};
use crate::token::AccessToken;

/// Judges a token by the rule of [`AccessToken`], with room for so many characters.
pub(crate) fn judge(token: Text<'_>, room: usize) -> Result<(), Error> {
    let mut length = 0;
    for character in token.chars() {
        if !character.is_ascii_graphic() {
            return Err(Misuse::InvalidAccessToken.into());
        }
        length += 1;
    }
    match length {
        0 => Err(Misuse::InvalidAccessToken.into()),
        _ if length > room => Err(Capacity::AccessTokenTooLong.into()),
        _ => Ok(()),
    }
}

/// The fault of a member whose token was refused.
pub(crate) fn fault(member: &'static str, room: usize) -> impl FnOnce(Error) -> MessageFault {
    move |error| match error {
        Error::Capacity(_) => MessageFault::AccessTokenTooLong {
            member: Path::of(member),
            room,
        },
        _ => MessageFault::member(member)(Constraint::Pattern("[!-~]+")),
    }
}

/// Copies a token out of its message.
pub(crate) fn copy<const N: usize>(
    member: &'static str,
    token: Text<'_>,
) -> Result<AccessToken<N>, MessageFault> {
    token.parse_token().map_err(fault(member, N))
}
