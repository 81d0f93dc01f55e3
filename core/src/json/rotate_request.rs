//! The request of RotateTunnelAccessToken: read, judged as a whole, written.

use core::fmt;

use serde::Serialize;
use serde::de::MapAccess;

use super::fault::{BodyFault, BufferTooSmall, Unexpected};
use super::guard;
use super::object::{self, Elements, Object, Slot, Value};
use super::services::{self, Services};
use super::text::Text;
use super::violation::{Constraint, MessageWriter, Path, Violation};
use super::write::{Displayed, write};
use crate::destination::{DestinationConfig, MAX_SERVICES};
use crate::error::{Capacity, Error, Misuse, PeerFault};
use crate::id::{ThingName, TunnelId};
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RotateRequest {
    /// The tunnel.
    pub tunnel_id: TunnelId,
    /// Whose token is replaced.
    #[serde(serialize_with = "displayed")]
    pub client_mode: ClientMode,
    /// The tunnel's new destination config; not allowed with SOURCE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_config: Option<DestinationConfig>,
}

fn displayed<S: serde::Serializer>(mode: &ClientMode, serializer: S) -> Result<S::Ok, S::Error> {
    Displayed(mode).serialize(serializer)
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
        let members = Members::read(body, Services::default())?;
        let services = &members.config.elements;
        match (members.tunnel_id(), members.client_mode(), members.thing_name()) {
            (Ok(tunnel_id), Ok(client_mode), Ok(thing_name))
                if services.invalid.is_none()
                    && members.config_beside_mode().is_ok()
                    && members.services().is_ok() =>
            {
                let destination_config = members.destination_config(thing_name, services)?;
                Ok(Self {
                    tunnel_id,
                    client_mode,
                    destination_config,
                })
            }
            _ => Err(RotateRequestError::Validation(Violations { body })),
        }
    }

    /// Writes the request to the start of `buffer`; returns its length in bytes.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        write(self, buffer)
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

/// Every broken constraint of a request; `Display` is the message of the ValidationException.
///
/// There may be more than memory could hold, so the request's body is kept and read again for each walk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Violations<'a> {
    /// A checked body of the right types.
    body: &'a str,
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
        let Ok(members) = Members::read(self.body, |_, _| {}) else {
            return;
        };
        let mut report = |member: Path<'a>, value: Option<Text<'a>>, broken: Option<Constraint<'a>>| {
            if let Some(constraint) = broken {
                let value = value.map(Into::into);
                visit(Violation {
                    member,
                    value,
                    constraint,
                });
            }
        };
        let Config { thing_name, .. } = members.config;
        report(
            Path::of(CLIENT_MODE),
            members.client_mode.get(),
            members.client_mode().err(),
        );
        report(
            Path::of(DESTINATION_CONFIG),
            None,
            members.config_beside_mode().err(),
        );
        report(Path::of(SERVICES), None, members.services().err());
        let _ = Members::read(self.body, |position, service| {
            report(
                Path::of(SERVICES).element(position),
                service,
                services::parse(service).err(),
            );
        });
        report(Path::of(THING_NAME), thing_name.get(), members.thing_name().err());
        report(
            Path::of(TUNNEL_ID),
            members.tunnel_id.get(),
            members.tunnel_id().err(),
        );
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

const TUNNEL_ID: &str = "tunnelId";
const CLIENT_MODE: &str = "clientMode";
const DESTINATION_CONFIG: &str = "destinationConfig";
const THING_NAME: &str = "destinationConfig.thingName";
const SERVICES: &str = "destinationConfig.services";

const CLIENT_MODES: [&str; 3] = {
    let [source, destination, all] = ClientMode::EVERY;
    [source.as_str(), destination.as_str(), all.as_str()]
};

/// The members of a request as they stand in its body. Each service goes to `E` as it comes.
struct Members<'a, E> {
    tunnel_id: Slot<Text<'a>>,
    client_mode: Slot<Text<'a>>,
    destination_config: Slot<()>,
    config: Config<'a, E>,
}

/// The members of its destination config.
struct Config<'a, E> {
    thing_name: Slot<Text<'a>>,
    /// How many.
    services: Slot<usize>,
    elements: E,
}

impl<'a, E: Elements<'a>> Members<'a, E> {
    fn read(body: &'a str, elements: E) -> Result<Self, Unexpected> {
        let mut members = Self {
            tunnel_id: Slot::Absent,
            client_mode: Slot::Absent,
            destination_config: Slot::Absent,
            config: Config {
                thing_name: Slot::Absent,
                services: Slot::Absent,
                elements,
            },
        };
        object::read(body, &mut members)?;
        Ok(members)
    }
}

impl<'a, E: Elements<'a>> Object<'a> for Members<'a, E> {
    fn member<A: MapAccess<'a>>(&mut self, name: Text<'a>, value: Value<'_, A>) -> Result<(), A::Error> {
        if name == TUNNEL_ID {
            value.text(TUNNEL_ID, &mut self.tunnel_id)
        } else if name == CLIENT_MODE {
            value.text(CLIENT_MODE, &mut self.client_mode)
        } else if name == DESTINATION_CONFIG {
            value.object(DESTINATION_CONFIG, &mut self.destination_config, &mut self.config)
        } else {
            value.ignore()
        }
    }
}

impl<'a, E: Elements<'a>> Object<'a> for Config<'a, E> {
    fn member<A: MapAccess<'a>>(&mut self, name: Text<'a>, value: Value<'_, A>) -> Result<(), A::Error> {
        if name == "thingName" {
            value.text(THING_NAME, &mut self.thing_name)
        } else if name == "services" {
            value.texts(SERVICES, &mut self.services, &mut self.elements)
        } else {
            value.ignore()
        }
    }
}

/// The constraints.
impl<E> Members<'_, E> {
    fn tunnel_id(&self) -> Result<TunnelId, Constraint<'static>> {
        let text = self.tunnel_id.get().ok_or(Constraint::NotNull)?;
        text.parse(TunnelId::RULE, TunnelId::parse)
            .map_err(Constraint::Rule)
    }

    fn client_mode(&self) -> Result<ClientMode, Constraint<'static>> {
        let text = self.client_mode.get().ok_or(Constraint::NotNull)?;
        ClientMode::EVERY
            .into_iter()
            .find(|mode| text == mode.as_str())
            .ok_or(Constraint::EnumValueSet(&CLIENT_MODES))
    }

    fn thing_name(&self) -> Result<Option<ThingName>, Constraint<'static>> {
        self.config
            .thing_name
            .get()
            .map(|text| text.parse(ThingName::RULE, ThingName::parse))
            .transpose()
            .map_err(Constraint::Rule)
    }

    /// The list as a whole; its elements are judged as they come.
    fn services(&self) -> Result<(), Constraint<'static>> {
        match (self.destination_config.get(), self.config.services.get()) {
            (Some(()), None) => Err(Constraint::NotNull),
            (Some(()), Some(0)) => Err(Constraint::LengthAtLeast(1)),
            _ => Ok(()),
        }
    }

    /// The rotation table, where it forbids a destination config.
    fn config_beside_mode(&self) -> Result<(), Constraint<'static>> {
        let with_config = self.destination_config.get().is_some();
        match self.client_mode().map(|mode| mode.rotation(with_config)) {
            Ok(Err(Misuse::DestinationConfigWithSource)) => Err(Constraint::NullWhen {
                when: "clientMode is SOURCE",
            }),
            _ => Ok(()),
        }
    }

    fn destination_config(
        &self,
        thing_name: Option<ThingName>,
        services: &Services,
    ) -> Result<Option<DestinationConfig>, RotateRequestError<'static>> {
        match self.config.services.get() {
            Some(given) if given > MAX_SERVICES => Err(RotateRequestError::TooManyServices { given }),
            Some(given) => DestinationConfig::new(thing_name, &services.kept)
                .map(Some)
                .map_err(|_| RotateRequestError::TooManyServices { given }),
            None => Ok(None),
        }
    }
}
