//! The upgrade request, as a client writes it.

use core::fmt;

use super::MAX_REQUEST;
use super::endpoint::Endpoint;
use super::header;
use super::key::UpgradeKey;
use super::pending::PendingUpgrade;
use super::subprotocol::Offer;
use crate::copy::copy;
use crate::error::{Capacity, Error};
use crate::mode::Side;
use crate::token::{AccessToken, ClientToken, MAX_ACCESS_TOKEN};

/// An upgrade request: what one connection of a client starts with. `Debug` shows no token.
///
/// Write it whole with [`write`](Self::write); or, where a WebSocket library writes it, give that library
/// [`target`](Self::target) and [`headers`](Self::headers). It offers no extension.
#[derive(Clone, Copy, Debug)]
pub struct UpgradeRequest<'a, const N: usize = MAX_ACCESS_TOKEN> {
    /// Where it goes.
    pub endpoint: &'a Endpoint,
    /// The side that the access token is for.
    pub side: Side,
    /// The access token.
    pub access_token: &'a AccessToken<N>,
    /// With it the access token can be used again by the same client; without it never.
    pub client_token: Option<&'a ClientToken>,
    /// The subprotocols offered.
    pub offer: Offer,
    /// The key of this request alone.
    pub key: UpgradeKey,
}

impl<const N: usize> UpgradeRequest<'_, N> {
    /// The request's target: path and query.
    #[must_use]
    pub const fn target(&self) -> &'static str {
        match self.side {
            Side::Source => "/tunnel?local-proxy-mode=source",
            Side::Destination => "/tunnel?local-proxy-mode=destination",
        }
    }

    /// The headers, names in lower case. Values hold the tokens in clear.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let client_token = self.client_token.map(ClientToken::expose);
        [
            (header::HOST, self.endpoint.authority()),
            (header::UPGRADE, "websocket"),
            (header::CONNECTION, "Upgrade"),
            (header::WEBSOCKET_VERSION, header::VERSION),
            (header::WEBSOCKET_KEY, self.key.as_str()),
            (header::WEBSOCKET_PROTOCOL, self.offer.as_str()),
            (header::ACCESS_TOKEN, self.access_token.expose()),
            (header::CLIENT_TOKEN, client_token.unwrap_or_default()),
        ]
        .into_iter()
        .take(7 + usize::from(client_token.is_some()))
    }

    /// What judges the answer. It is small and holds no token, so the request can go once it is sent.
    #[must_use]
    pub const fn pending(&self) -> PendingUpgrade {
        PendingUpgrade::new(self.key, self.offer)
    }

    /// Writes the whole request to the start of `buffer`; returns its length in bytes, at most [`MAX_REQUEST`].
    /// The buffer then holds the tokens in clear: wipe it once they are sent.
    ///
    /// # Errors
    /// [`UpgradeRequestError`]; nothing has been written.
    pub fn write(&self, buffer: &mut [u8]) -> Result<usize, UpgradeRequestError> {
        let mut needed = 0;
        self.each_part(&mut |part| needed += part.len());
        if needed > MAX_REQUEST {
            return Err(UpgradeRequestError::TooLong { length: needed });
        }
        let mut room = buffer
            .get_mut(..needed)
            .ok_or(UpgradeRequestError::BufferTooSmall { needed })?;
        self.each_part(&mut |part| {
            if let Some(slots) = room.split_off_mut(..part.len()) {
                copy(slots, part.as_bytes());
            }
        });
        Ok(needed)
    }

    /// The text of the request, in pieces. A loop: iterators over all this take a device's stack.
    fn each_part(&self, take: &mut dyn FnMut(&str)) {
        for part in ["GET ", self.target(), " HTTP/1.1\r\n"] {
            take(part);
        }
        for (name, value) in self.headers() {
            take(name);
            take(": ");
            take(value);
            take("\r\n");
        }
        take("\r\n");
    }
}

/// Why an upgrade request cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeRequestError {
    /// The service would not take it. Only an access token of more than [`MAX_ACCESS_TOKEN`] bytes makes it so long.
    TooLong {
        /// The bytes that it would have.
        length: usize,
    },
    /// The buffer is too small.
    BufferTooSmall {
        /// The bytes that it needs.
        needed: usize,
    },
}

impl fmt::Display for UpgradeRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => write!(
                f,
                "the upgrade request would have {length} bytes; the service takes {MAX_REQUEST}"
            ),
            Self::BufferTooSmall { needed } => {
                write!(f, "the buffer is too small: {needed} bytes are needed")
            }
        }
    }
}

impl core::error::Error for UpgradeRequestError {}

impl From<UpgradeRequestError> for Error {
    fn from(error: UpgradeRequestError) -> Self {
        match error {
            UpgradeRequestError::TooLong { .. } => Capacity::UpgradeRequestTooLong.into(),
            UpgradeRequestError::BufferTooSmall { .. } => Capacity::BufferTooSmall.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::subprotocol::Subprotocol;
    use crate::handshake::{MODE, PATH};
    use std::format;
    use std::string::ToString;

    fn with<const N: usize, T>(token: &str, act: impl FnOnce(UpgradeRequest<'_, N>) -> T) -> T {
        act(UpgradeRequest {
            endpoint: &Endpoint::parse("localhost:8443").unwrap(),
            side: Side::Source,
            access_token: &AccessToken::parse(token).unwrap(),
            client_token: Some(&ClientToken::parse(&"c".repeat(32)).unwrap()),
            offer: Offer::Only(Subprotocol::V3),
            key: UpgradeKey::new(*b"the sample nonce").unwrap(),
        })
    }

    #[test]
    fn it_is_written_byte_for_byte() {
        let text = with::<8, _>("secret", |request| {
            let mut buffer = [0; 512];
            let length = request.write(&mut buffer).unwrap();
            std::string::String::from_utf8(buffer[..length].to_vec()).unwrap()
        });
        assert_eq!(
            text,
            "GET /tunnel?local-proxy-mode=source HTTP/1.1\r\n\
             host: localhost:8443\r\n\
             upgrade: websocket\r\n\
             connection: Upgrade\r\n\
             sec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: aws.iot.securetunneling-3.0\r\n\
             access-token: secret\r\n\
             client-token: cccccccccccccccccccccccccccccccc\r\n\r\n"
        );
    }

    #[test]
    fn a_buffer_too_small_says_what_is_needed_and_holds_nothing() {
        with::<8, _>("secret", |request| {
            let needed = request.write(&mut [0; MAX_REQUEST]).unwrap();
            for room in 0..needed {
                let mut buffer = [0; MAX_REQUEST];
                let error = request.write(&mut buffer[..room]).unwrap_err();
                assert_eq!(error, UpgradeRequestError::BufferTooSmall { needed });
                assert_eq!(buffer, [0; MAX_REQUEST]);
            }
            assert_eq!(request.write(&mut [0; MAX_REQUEST][..needed]), Ok(needed));
        });
    }

    #[test]
    fn every_token_of_the_default_room_fits_and_a_longer_one_is_refused_with_its_length() {
        let longest_host = format!("{0}.{0}.{0}.{1}:65535", "x".repeat(63), "x".repeat(61));
        let request = UpgradeRequest {
            endpoint: &Endpoint::parse(&longest_host).unwrap(),
            side: Side::Destination,
            access_token: &AccessToken::<MAX_ACCESS_TOKEN>::parse(&"t".repeat(MAX_ACCESS_TOKEN)).unwrap(),
            client_token: Some(&ClientToken::parse(&"c".repeat(128)).unwrap()),
            offer: Offer::All,
            key: UpgradeKey::new(*b"the sample nonce").unwrap(),
        };
        assert!(request.write(&mut [0; MAX_REQUEST]).is_ok());
        with::<5000, _>(&"t".repeat(4096), |request| {
            let error = request.write(&mut [0; 8192]).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the upgrade request would have 4396 bytes; the service takes 4096"
            );
        });
    }

    #[test]
    fn its_target_is_the_one_the_service_asks_for() {
        for side in Side::BOTH {
            let target = with::<8, _>("secret", |request| UpgradeRequest { side, ..request }.target());
            assert_eq!(target, format!("{PATH}?{MODE}={side}"));
        }
    }

    #[test]
    fn no_token_prints() {
        let shown = with::<8, _>("secret", |request| format!("{request:?}"));
        assert!(!shown.contains("secret") && !shown.contains("ccc"), "{shown}");
    }
}
