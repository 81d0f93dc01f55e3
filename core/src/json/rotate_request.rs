//! The request of RotateTunnelAccessToken: read, judged as a whole, written.

mod lent;
mod members;
mod violations;

#[cfg(test)]
mod tests;

use core::fmt::{self, Write};

pub use self::lent::RotateRequestRef;
use self::members::{DESTINATION_CONFIG, Members, SERVICES};
pub use self::violations::Violations;
use super::fault::{BodyFault, BufferTooSmall, Unexpected};
use super::guard;
use super::services::List;
use super::text::Quoted;
pub use crate::destination::DestinationConfigRef;
use crate::destination::{DestinationConfig, MAX_SERVICES};
use crate::error::{Capacity, Error, PeerFault};
use crate::id::{InvalidText, ThingName, TunnelId};
use crate::mode::ClientMode;
use crate::words::{Words, displays_its_words, write_pieces};

/// A valid request: what its members allow together has been checked too.
///
/// ```
/// use iot_tunnel_core::json::RotateRequest;
/// let request = RotateRequest::parse(br#"{"tunnelId":"t-1","clientMode":"ALL"}"#).unwrap();
/// assert_eq!(request.tunnel_id.as_str(), "t-1");
///
/// let refused = RotateRequest::parse(br#"{"clientMode":"source"}"#).unwrap_err();
/// assert_eq!(refused.exception(), "ValidationException");
/// assert_eq!(
///     refused.to_string(),
///     "2 validation errors detected: Value 'source' at 'clientMode' failed to satisfy constraint: \
///      Member must satisfy enum value set: [SOURCE, DESTINATION, ALL]; \
///      Value at 'tunnelId' failed to satisfy constraint: Member must not be null"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateRequest {
    /// The tunnel.
    pub tunnel_id: TunnelId,
    /// Whose token is replaced.
    pub client_mode: ClientMode,
    /// The tunnel's new destination config; not allowed with SOURCE.
    pub destination_config: Option<DestinationConfig>,
}

impl RotateRequest {
    /// Reads a request and judges it by every rule that needs no state.
    ///
    /// Members that the request does not know are ignored, and `null` is the same as absent, except in the list
    /// of services.
    ///
    /// # Errors
    /// The first of these that applies: [`RotateRequestError::Serialization`] for a body that is not JSON, has a
    /// member of the wrong type, or has a known member twice; [`RotateRequestError::Validation`] with every broken
    /// constraint; [`RotateRequestError::TooManyServices`].
    pub fn parse(body: &[u8]) -> Result<Self, RotateRequestError<'_>> {
        let body = guard::check(body)?;
        let judged = Judged::of::<RotateRequestError<'_>>(body)?;
        // What has been judged can be copied; these errors never come.
        let invalid = |_: InvalidText| RotateRequestError::Validation(Violations { body });
        let destination_config = match judged.destination_config {
            None => None,
            Some((thing_name, list)) => {
                let thing_name = thing_name.map(|text| ThingName::from_text(text.into()));
                let config =
                    DestinationConfig::new(thing_name.transpose().map_err(invalid)?, &list.services());
                Some(config.map_err(|_| RotateRequestError::TooManyServices { given: list.len() })?)
            }
        };
        Ok(Self {
            tunnel_id: TunnelId::from_text(judged.tunnel_id.into()).map_err(invalid)?,
            client_mode: judged.client_mode,
            destination_config,
        })
    }

    /// Writes the request to the start of `buffer`; returns its length in bytes.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        RotateRequestRef::of(self).write(buffer)
    }
}

/// A request that keeps every rule, as it stands in its body.
struct Judged<'a> {
    tunnel_id: Quoted<'a>,
    client_mode: ClientMode,
    /// The thing, and the services.
    destination_config: Option<(Option<Quoted<'a>>, List<'a>)>,
}

impl<'a> Judged<'a> {
    /// Judges a checked body as a whole.
    fn of<E: From<Unexpected> + From<RotateRequestError<'a>>>(body: &'a str) -> Result<Self, E> {
        let members = Members::read::<E>(body)?;
        let mut is_valid = true;
        let client_mode = members.judge(|_, _, _| is_valid = false);
        let (true, Some(tunnel_id), Some(client_mode)) = (is_valid, members.tunnel_id, client_mode) else {
            return Err(RotateRequestError::Validation(Violations { body }).into());
        };
        let destination_config = members
            .destination_config
            .map(|config| (config.thing_name, config.services.unwrap_or_default()));
        match destination_config.map_or(0, |(_, list)| list.len()) {
            ..=MAX_SERVICES => Ok(Self {
                tunnel_id,
                client_mode,
                destination_config,
            }),
            given => Err(RotateRequestError::TooManyServices { given }.into()),
        }
    }
}

/// Why a request is refused before the tunnel is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotateRequestError<'a> {
    /// The body is not JSON, or not of the request's types.
    Serialization(BodyFault),
    /// Constraints are broken.
    Validation(Violations<'a>),
    /// All constraints hold, but the list of services is longer than a tunnel can have (ours).
    TooManyServices {
        /// How many were given.
        given: usize,
    },
}

impl RotateRequestError<'_> {
    /// The exception that the API answers with.
    #[must_use]
    pub const fn exception(&self) -> &'static str {
        match self {
            Self::Serialization(_) => "SerializationException",
            Self::Validation(_) => "ValidationException",
            Self::TooManyServices { .. } => "LimitExceededException",
        }
    }
}

impl Words for RotateRequestError<'_> {
    /// The exception's message.
    fn write_words<W: Write>(&self, to: &mut W) -> fmt::Result {
        match self {
            Self::Serialization(fault) => fault.write_words(to),
            Self::Validation(violations) => violations.write_words(to),
            Self::TooManyServices { given } => {
                write_pieces!(to, DESTINATION_CONFIG, ".", SERVICES, " has ", given)?;
                write_pieces!(to, " services; a tunnel can have at most ", MAX_SERVICES)
            }
        }
    }
}

displays_its_words!(RotateRequestError<'_>);

impl core::error::Error for RotateRequestError<'_> {}

impl<F: Into<BodyFault>> From<F> for RotateRequestError<'_> {
    fn from(fault: F) -> Self {
        Self::Serialization(fault.into())
    }
}

impl From<RotateRequestError<'_>> for Error {
    fn from(error: RotateRequestError<'_>) -> Self {
        match error {
            RotateRequestError::Serialization(fault) => fault.into(),
            RotateRequestError::Validation(_) => PeerFault::InvalidMember.into(),
            RotateRequestError::TooManyServices { .. } => Capacity::TooManyServices.into(),
        }
    }
}
