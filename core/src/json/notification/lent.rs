//! [`NotificationRef`]: a notification that owns no text.

use core::fmt;

use super::{CLIENT_ACCESS_TOKEN, CLIENT_MODE, Judged, Notification, REGION, SERVICES};
use crate::destination::Lent;
use crate::error::Error;
use crate::id::Region;
use crate::json::fault::{BufferTooSmall, MessageFault};
use crate::json::in_place;
use crate::json::text::Text;
use crate::json::token;
use crate::json::write::write;
use crate::mode::Side;
use crate::token::MAX_ACCESS_TOKEN;

/// A notification whose texts stand elsewhere, most often in its payload: no token is copied. It keeps every rule that
/// [`Notification`] keeps. `Debug` shows no token.
///
/// ```
/// use iot_tunnel_core::json::NotificationRef;
/// let mut payload = *br#"{"clientAccessToken":"T\u0030","clientMode":"destination","region":"eu-west-1"}"#;
/// let notification = NotificationRef::parse_in_place(&mut payload)?;
/// assert_eq!(notification.client_access_token(), "T0");
/// assert!(notification.services().is_empty());
/// # Ok::<(), iot_tunnel_core::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct NotificationRef<'a> {
    client_access_token: &'a str,
    client_mode: Side,
    region: &'a str,
    services: Lent<'a>,
}

impl<'a> NotificationRef<'a> {
    /// Judges a payload as [`Notification::parse`] does, and changes nothing.
    ///
    /// # Errors
    /// [`MessageFault`]: the first thing wrong with it. It names the member, never its value.
    pub fn check(payload: &[u8]) -> Result<(), MessageFault> {
        Judged::of::<MessageFault>(payload, MAX_ACCESS_TOKEN).map(|_| ())
    }

    /// Reads a notification as [`Notification::parse`] does, and lends its texts out of the payload: where one has
    /// escapes, they are decoded in its place. The payload then still holds the token; wiping it is the caller's.
    ///
    /// # Errors
    /// The number of what is wrong. The payload is then as it was, so [`check`](Self::check) can tell more.
    pub fn parse_in_place(payload: &'a mut [u8]) -> Result<Self, Error> {
        let judged = Judged::of::<Error>(payload, MAX_ACCESS_TOKEN)?;
        let client_mode = judged.client_mode;
        let [first, second, third] = judged.services.texts();
        let (token, region) = (Some(judged.client_access_token), Some(judged.region));
        let places =
            [token, region, first, second, third].map(|text| text.map(|text| text.place_in(payload)));
        let [client_access_token, region, services @ ..] = in_place::decode(payload, places);
        Ok(Self {
            client_access_token: client_access_token.unwrap_or_default(),
            client_mode,
            region: region.unwrap_or_default(),
            services: Lent::judged(services),
        })
    }

    /// Puts a notification together.
    ///
    /// # Errors
    /// The number of the first text that breaks its rule: [`Misuse::InvalidAccessToken`](crate::Misuse),
    /// [`Capacity::AccessTokenTooLong`](crate::Capacity), and so on; more than 3 services are
    /// [`Capacity::TooManyServices`](crate::Capacity).
    pub fn new(
        client_access_token: &'a str,
        client_mode: Side,
        region: &'a str,
        services: &[&'a str],
    ) -> Result<Self, Error> {
        token::judge(Text::plain(client_access_token), MAX_ACCESS_TOKEN)?;
        Region::RULE.check(region)?;
        Ok(Self {
            client_access_token,
            client_mode,
            region,
            services: Lent::check(services)?,
        })
    }

    pub(super) fn of<const N: usize>(notification: &'a Notification<N>) -> Self {
        Self {
            client_access_token: notification.client_access_token.expose(),
            client_mode: notification.client_mode,
            region: notification.region.as_str(),
            services: Lent::of(&notification.services),
        }
    }

    /// The token to connect with: 1 to [`MAX_ACCESS_TOKEN`] visible ASCII characters. A secret.
    #[must_use]
    pub const fn client_access_token(&self) -> &'a str {
        self.client_access_token
    }

    /// The side it is for; a device's is the destination.
    #[must_use]
    pub const fn client_mode(&self) -> Side {
        self.client_mode
    }

    /// The region of the tunnel, as [`Region`] allows it.
    #[must_use]
    pub const fn region(&self) -> &'a str {
        self.region
    }

    /// The services of the tunnel, each as [`ServiceId`](crate::ServiceId) allows it; none for a tunnel without a
    /// destination config.
    #[must_use]
    pub fn services(&self) -> &[&'a str] {
        self.services.names()
    }

    /// Writes the notification to the start of `buffer`; returns its length in bytes. Without services the member
    /// is left out.
    ///
    /// # Errors
    /// [`BufferTooSmall`] with the length needed; the buffer then holds no part of the token.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, BufferTooSmall> {
        write(buffer, |json| {
            json.open(b'{');
            json.member(CLIENT_ACCESS_TOKEN, self.client_access_token);
            json.member(CLIENT_MODE, self.client_mode.as_str());
            json.member(REGION, self.region);
            if !self.services().is_empty() {
                json.list(SERVICES, self.services());
            }
            json.close(b'}');
        })
    }
}

impl fmt::Debug for NotificationRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotificationRef")
            .field("client_mode", &self.client_mode)
            .field("region", &self.region)
            .field("services", &self.services())
            .finish_non_exhaustive()
    }
}
