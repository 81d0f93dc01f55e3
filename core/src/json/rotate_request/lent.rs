//! [`RotateRequestRef`]: a request that owns no text.

use super::members::{CLIENT_MODE, DESTINATION_CONFIG, SERVICES, THING_NAME, TUNNEL_ID};
use super::{Judged, RotateRequest, RotateRequestError};
use crate::destination::{DestinationConfigRef, Lent};
use crate::error::Error;
use crate::id::TunnelId;
use crate::json::fault::BufferTooSmall;
use crate::json::write::write;
use crate::json::{guard, in_place};
use crate::mode::ClientMode;

/// A request whose texts stand elsewhere, most often in its body. It keeps every rule that [`RotateRequest`] keeps.
///
/// ```
/// use iot_tunnel_core::json::RotateRequestRef;
/// let mut body = *br#"{"tunnelId":"t\u002d1","clientMode":"ALL"}"#;
/// let request = RotateRequestRef::parse_in_place(&mut body)?;
/// assert_eq!(request.tunnel_id(), "t-1");
/// # Ok::<(), iot_tunnel_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotateRequestRef<'a> {
    tunnel_id: &'a str,
    client_mode: ClientMode,
    destination_config: Option<DestinationConfigRef<'a>>,
}

impl<'a> RotateRequestRef<'a> {
    /// Judges a body as [`RotateRequest::parse`] does, and changes nothing.
    ///
    /// # Errors
    /// Those of [`RotateRequest::parse`].
    pub fn check(body: &[u8]) -> Result<(), RotateRequestError<'_>> {
        Judged::of(guard::check(body)?).map(|_| ())
    }

    /// Reads a request as [`RotateRequest::parse`] does, and lends its texts out of the body: where one has escapes,
    /// they are decoded in its place.
    ///
    /// # Errors
    /// The number of what is wrong. The body is then as it was, so [`check`](Self::check) can tell more.
    pub fn parse_in_place(body: &'a mut [u8]) -> Result<Self, Error> {
        let judged = Judged::of::<Error>(guard::check(body)?)?;
        let client_mode = judged.client_mode;
        let config = judged.destination_config;
        let has_config = config.is_some();
        let (thing_name, list) = config.unwrap_or_default();
        let [first, second, third] = list.texts();
        let texts = [Some(judged.tunnel_id), thing_name, first, second, third];
        let places = texts.map(|text| text.map(|text| text.place_in(body)));
        let [tunnel_id, thing_name, services @ ..] = in_place::decode(body, places);
        Ok(Self {
            tunnel_id: tunnel_id.unwrap_or_default(),
            client_mode,
            destination_config: has_config
                .then(|| DestinationConfigRef::judged(thing_name, Lent::judged(services))),
        })
    }

    /// Puts a request together.
    ///
    /// # Errors
    /// [`Misuse::InvalidTunnelId`](crate::Misuse), [`Misuse::DestinationConfigWithSource`](crate::Misuse).
    pub fn new(
        tunnel_id: &'a str,
        client_mode: ClientMode,
        destination_config: Option<DestinationConfigRef<'a>>,
    ) -> Result<Self, Error> {
        TunnelId::RULE.check(tunnel_id)?;
        client_mode.rotation(destination_config.is_some())?;
        Ok(Self {
            tunnel_id,
            client_mode,
            destination_config,
        })
    }

    pub(super) fn of(request: &'a RotateRequest) -> Self {
        Self {
            tunnel_id: request.tunnel_id.as_str(),
            client_mode: request.client_mode,
            destination_config: request.destination_config.as_ref().map(DestinationConfigRef::of),
        }
    }

    /// The tunnel, as [`TunnelId`] allows it.
    #[must_use]
    pub const fn tunnel_id(&self) -> &'a str {
        self.tunnel_id
    }

    /// Whose token is replaced.
    #[must_use]
    pub const fn client_mode(&self) -> ClientMode {
        self.client_mode
    }

    /// The tunnel's new destination config; never with SOURCE.
    #[must_use]
    pub const fn destination_config(&self) -> Option<DestinationConfigRef<'a>> {
        self.destination_config
    }

    /// Writes the request to the start of `buffer`; returns its length in bytes.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        write(buffer, |json| {
            json.open(b'{');
            json.member(TUNNEL_ID, self.tunnel_id);
            json.member(CLIENT_MODE, self.client_mode.as_str());
            if let Some(config) = &self.destination_config {
                json.name(DESTINATION_CONFIG);
                json.open(b'{');
                json.optional(THING_NAME, config.thing_name());
                json.list(SERVICES, config.services());
                json.close(b'}');
            }
            json.close(b'}');
        })
    }
}
