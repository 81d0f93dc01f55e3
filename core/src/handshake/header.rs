//! The headers of the handshake: their names, and how their values are taken apart.
//!
//! Names are written in lower case (they are case-insensitive, and HTTP libraries want them so) and read in any.

/// The access token. A browser cannot set it and uses [`ACCESS_TOKEN_COOKIE`].
pub const ACCESS_TOKEN: &str = "access-token";
/// The cookie that may carry the access token instead of the header.
pub const ACCESS_TOKEN_COOKIE: &str = "awsiot-tunnel-token";
/// The client token, optional.
pub const CLIENT_TOKEN: &str = "client-token";
/// In an answer: an id for support, also on refusals.
pub const CHANNEL_ID: &str = "channel-id";
/// In a refusal: which rule said no. The body says it too.
pub const STATUS_REASON: &str = "x-status-reason";
/// RFC 9110. In a refusal: the seconds to wait before the next attempt.
pub const RETRY_AFTER: &str = "retry-after";
/// RFC 9110. In a redirect: where it leads to.
pub const LOCATION: &str = "location";
/// RFC 9110.
pub const HOST: &str = "host";
/// RFC 9110.
pub const UPGRADE: &str = "upgrade";
/// RFC 9110.
pub const CONNECTION: &str = "connection";
/// RFC 6265.
pub const COOKIE: &str = "cookie";
/// RFC 9110.
pub const CONTENT_LENGTH: &str = "content-length";
/// RFC 9112.
pub const TRANSFER_ENCODING: &str = "transfer-encoding";
/// RFC 6455.
pub const WEBSOCKET_VERSION: &str = "sec-websocket-version";
/// RFC 6455.
pub const WEBSOCKET_KEY: &str = "sec-websocket-key";
/// RFC 6455.
pub const WEBSOCKET_PROTOCOL: &str = "sec-websocket-protocol";
/// RFC 6455.
pub const WEBSOCKET_EXTENSIONS: &str = "sec-websocket-extensions";
/// RFC 6455.
pub const WEBSOCKET_ACCEPT: &str = "sec-websocket-accept";

/// The one version of WebSocket: the value of [`WEBSOCKET_VERSION`].
pub const VERSION: &str = "13";

/// The values of a header that may stand only once, without the white space around them.
#[derive(Clone, Copy, Default)]
pub(super) enum Values<'a> {
    /// None so far.
    #[default]
    None,
    /// One.
    One(&'a [u8]),
    /// More than one: the latest of them.
    Several(&'a [u8]),
}

impl<'a> Values<'a> {
    pub(super) fn add(&mut self, value: &'a [u8]) {
        let value = value.trim_ascii();
        *self = match self {
            Self::None => Self::One(value),
            Self::One(_) | Self::Several(_) => Self::Several(value),
        };
    }

    /// The value if it is the only one.
    pub(super) const fn only(self) -> Option<&'a [u8]> {
        match self {
            Self::One(value) => Some(value),
            Self::None | Self::Several(_) => None,
        }
    }

    /// The latest value, if there is any.
    pub(super) const fn latest(self) -> Option<&'a [u8]> {
        match self {
            Self::One(value) | Self::Several(value) => Some(value),
            Self::None => None,
        }
    }
}

/// What stands before the first `separator`, and what after it, if there is one.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn split(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let position = text.iter().position(|byte| *byte == separator);
    let (before, after) = text
        .split_at_checked(position.unwrap_or(text.len()))
        .unwrap_or_default();
    (before, after.split_first().map(|(_, after)| after))
}

/// What stands before and after the first `separator`.
pub(super) fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let (before, after) = split(text, separator);
    Some((before, after?))
}

/// A number in decimal, of digits only. The largest stands for all that are larger.
pub(super) fn decimal(digits: &[u8]) -> Option<u32> {
    let number = digits.iter().try_fold(0_u32, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    })?;
    (!digits.is_empty()).then_some(number)
}

/// The elements of a comma-separated list; empty ones do not count (RFC 9110 §5.6.1).
pub(super) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
}

/// Whether a list has that element, in any case.
pub(super) fn lists(value: &[u8], element: &str) -> bool {
    elements(value).any(|given| is(given, element))
}

/// Whether a name, as it came, is this one.
pub(super) fn is(given: &[u8], name: &str) -> bool {
    given.eq_ignore_ascii_case(name.as_bytes())
}
