//! The request of RotateTunnelAccessToken: read, judged as a whole, written.

mod lent;
mod members;
mod violations;

#[cfg(test)]
mod tests;

use core::fmt;

pub use self::lent::RotateRequestRef;
use self::members::{Members, SERVICES};
pub use self::violations::Violations;
use super::fault::{BodyFault, BufferTooSmall};
use super::guard;
use super::services::List;
use super::text::Text;
pub use crate::destination::DestinationConfigRef;
use crate::destination::{DestinationConfig, MAX_SERVICES};
use crate::error::{Capacity, Error, PeerFault};
use crate::id::{InvalidText, ThingName, TunnelId};
use crate::mode::ClientMode;

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
        let judged = Judged::of(body)?;
        // What has been judged can be copied; these errors never come.
        let invalid = |_: InvalidText| RotateRequestError::Validation(Violations { body });
        let destination_config = match judged.destination_config {
            None => None,
            Some((thing_name, list)) => {
                let thing_name = thing_name.map(|text| ThingName::from_chars(text.chars()));
                let config =
                    DestinationConfig::new(thing_name.transpose().map_err(invalid)?, &list.services());
                Some(config.map_err(|_| RotateRequestError::TooManyServices { given: list.len() })?)
            }
        };
        Ok(Self {
            tunnel_id: TunnelId::from_chars(judged.tunnel_id.chars()).map_err(invalid)?,
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
    tunnel_id: Text<'a>,
    client_mode: ClientMode,
    /// The thing, and the services.
    destination_config: Option<(Option<Text<'a>>, List<'a>)>,
}

impl<'a> Judged<'a> {
    /// Judges a checked body as a whole.
    fn of(body: &'a str) -> Result<Self, RotateRequestError<'a>> {
        let members = Members::read(body)?;
        let list = members.service_list();
        match (members.tunnel_id(), members.client_mode(), members.thing_name()) {
            (Ok(tunnel_id), Ok(client_mode), Ok(thing_name))
                if list.and_then(List::invalid).is_none()
                    && members.config_beside_mode().is_ok()
                    && members.services().is_ok() =>
            {
                match list.map_or(0, |list| list.len()) {
                    ..=MAX_SERVICES => Ok(Self {
                        tunnel_id,
                        client_mode,
                        destination_config: list.map(|list| (thing_name, list)),
                    }),
                    given => Err(RotateRequestError::TooManyServices { given }),
                }
            }
            _ => Err(RotateRequestError::Validation(Violations { body })),
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

impl fmt::Display for RotateRequestError<'_> {
    /// The exception's message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serialization(fault) => fault.fmt(f),
            Self::Validation(violations) => violations.fmt(f),
            Self::TooManyServices { given } => {
                write!(
                    f,
                    "{SERVICES} has {given} services; a tunnel can have at most {MAX_SERVICES}"
                )
            }
        }
    }
}

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
