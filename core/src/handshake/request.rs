//! The upgrade request, as the service judges it.

use core::fmt;

use super::fault::HandshakeFault;
use super::header::{self, Values};
use super::key::UpgradeKey;
use super::subprotocol::Subprotocol;
use super::{MAX_REQUEST, MODE, PATH};
use crate::mode::Side;
use crate::token::ClientToken;
use crate::tunnel::Handshake;

/// An upgrade request that keeps the rules of data-plane.md §1. Whether its token admits is the tunnel's to say.
/// `Debug` shows no token.
///
/// ```
/// use iot_tunnel_core::handshake::{HandshakeFault, HandshakeRequest, Rejection, Subprotocol};
/// let headers = [
///     ("Upgrade", "websocket"),
///     ("Connection", "upgrade"),
///     ("Sec-WebSocket-Version", "13"),
///     ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
///     ("Sec-WebSocket-Protocol", "aws.iot.securetunneling-3.0"),
///     ("access-token", "secret"),
/// ];
/// let headers = headers.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
/// let request = HandshakeRequest::judge("GET", "/tunnel?local-proxy-mode=source", headers).unwrap();
/// assert_eq!((request.access_token, request.subprotocol), ("secret", Subprotocol::V3));
///
/// let fault = HandshakeRequest::judge("GET", "/tunnel", headers).unwrap_err();
/// assert_eq!(fault, HandshakeFault::ModeMissing);
/// assert_eq!(Rejection::from(fault).status, 400);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct HandshakeRequest<'a> {
    /// The side that wants to connect.
    pub side: Side,
    /// The access token, in clear: 1 or more visible ASCII characters.
    pub access_token: &'a str,
    /// The client token, if there is one.
    pub client_token: Option<ClientToken>,
    /// The highest subprotocol offered (ours).
    pub subprotocol: Subprotocol,
    /// The key to answer.
    pub key: UpgradeKey,
}

impl<'a> HandshakeRequest<'a> {
    /// Judges a request that an HTTP library has read: method, target (path and query) and the names and values of
    /// its headers. The rules are judged in the order of [`HandshakeFault::EVERY`].
    ///
    /// # Errors
    /// [`HandshakeFault`]: the first rule broken.
    pub fn judge(
        method: &str,
        target: &str,
        headers: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<Self, HandshakeFault> {
        let line = "  HTTP/1.1\r\n\r\n".len() + method.len() + target.len();
        let fields = Fields::collect(line, headers)?;
        if method != "GET" {
            return Err(HandshakeFault::Method);
        }
        let side = side_of(target)?;
        if !fields.upgrade || !fields.connection {
            return Err(HandshakeFault::NotWebSocket);
        }
        if fields.version.only() != Some(header::VERSION.as_bytes()) {
            return Err(HandshakeFault::Version);
        }
        let key = fields.key.only().and_then(UpgradeKey::parse);
        Ok(Self {
            side,
            key: key.ok_or(HandshakeFault::Key)?,
            access_token: access_token(fields.access_token)?,
            client_token: client_token(fields.client_token)?,
            subprotocol: fields.subprotocol.ok_or(HandshakeFault::Subprotocol)?,
        })
    }

    /// What the tunnel judges.
    #[must_use]
    pub const fn handshake(&self) -> Handshake<'_> {
        Handshake {
            access_token: self.access_token,
            side: self.side,
            client_token: self.client_token.as_ref(),
        }
    }
}

impl fmt::Debug for HandshakeRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandshakeRequest")
            .field("side", &self.side)
            .field("client_token", &self.client_token)
            .field("subprotocol", &self.subprotocol)
            .finish_non_exhaustive()
    }
}

/// The headers of a request that matter.
#[derive(Default)]
struct Fields<'a> {
    upgrade: bool,
    connection: bool,
    version: Values<'a>,
    key: Values<'a>,
    access_token: Values<'a>,
    client_token: Values<'a>,
    subprotocol: Option<Subprotocol>,
}

impl<'a> Fields<'a> {
    /// Reads the headers of a request whose other parts have `length` bytes.
    fn collect(
        mut length: usize,
        headers: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<Self, HandshakeFault> {
        let mut fields = Self::default();
        for (name, value) in headers {
            // As everybody writes them: the white space that was there is gone.
            length = [name.len(), value.len(), ": \r\n".len()]
                .into_iter()
                .fold(length, usize::saturating_add);
            if length > MAX_REQUEST {
                break;
            }
            fields.add(name, value);
        }
        match length > MAX_REQUEST {
            true => Err(HandshakeFault::TooLong),
            false => Ok(fields),
        }
    }

    fn add(&mut self, name: &'a [u8], value: &'a [u8]) {
        let named = |other| header::is(name, other);
        if named(header::UPGRADE) {
            self.upgrade |= header::lists(value, "websocket");
        } else if named(header::CONNECTION) {
            self.connection |= header::lists(value, header::UPGRADE);
        } else if named(header::WEBSOCKET_VERSION) {
            self.version.add(value);
        } else if named(header::WEBSOCKET_KEY) {
            self.key.add(value);
        } else if named(header::WEBSOCKET_PROTOCOL) {
            let offered = header::elements(value).filter_map(Subprotocol::from_name).max();
            self.subprotocol = self.subprotocol.max(offered);
        } else if named(header::ACCESS_TOKEN) {
            self.access_token.add(value);
        } else if named(header::COOKIE) {
            cookies(value).for_each(|token| self.access_token.add(token));
        } else if named(header::CLIENT_TOKEN) {
            self.client_token.add(value);
        }
    }
}

/// The access tokens among the pairs of a `cookie` header (RFC 6265 §4.2.1).
fn cookies(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| *byte == b';')
        .filter_map(|pair| header::split_once(pair, b'='))
        .filter(|(name, _)| name.trim_ascii() == header::ACCESS_TOKEN_COOKIE.as_bytes())
        .map(|(_, token)| token)
}

/// The side that a target names, in its one parameter.
fn side_of(target: &str) -> Result<Side, HandshakeFault> {
    let target = target.as_bytes();
    let (path, query) = header::split_once(target, b'?').unwrap_or((target, b""));
    if path != PATH.as_bytes() {
        return Err(HandshakeFault::Path);
    }
    let parameters = || query.split(|byte| *byte == b'&');
    let mut modes = parameters()
        .map(|parameter| header::split_once(parameter, b'=').unwrap_or((parameter, b"")))
        .filter(|(name, _)| *name == MODE.as_bytes());
    let (_, mode) = modes.next().ok_or(HandshakeFault::ModeMissing)?;
    if modes.next().is_some() {
        return Err(HandshakeFault::ModeRepeated);
    }
    let side = str::from_utf8(mode).ok().and_then(Side::from_name);
    let side = side.ok_or(HandshakeFault::ModeInvalid)?;
    match parameters().count() {
        1 => Ok(side),
        _ => Err(HandshakeFault::ParameterUnknown),
    }
}

fn access_token(values: Values<'_>) -> Result<&str, HandshakeFault> {
    let value = match values {
        Values::None => return Err(HandshakeFault::AccessTokenMissing),
        Values::Several(_) => return Err(HandshakeFault::AccessTokenRepeated),
        Values::One(value) => value,
    };
    match str::from_utf8(value) {
        Ok(token) if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(token),
        _ => Err(HandshakeFault::AccessTokenInvalid),
    }
}

fn client_token(values: Values<'_>) -> Result<Option<ClientToken>, HandshakeFault> {
    match values {
        Values::None => Ok(None),
        Values::Several(_) => Err(HandshakeFault::ClientTokenRepeated),
        Values::One(value) => str::from_utf8(value)
            .ok()
            .and_then(|text| ClientToken::parse(text).ok())
            .map(Some)
            .ok_or(HandshakeFault::ClientTokenInvalid),
    }
}

#[cfg(test)]
mod tests;
