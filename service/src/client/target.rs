//! Where a tunnel's service is.

use std::fmt;
use std::str::FromStr;

use iot_tunnel_core::Region;
use iot_tunnel_core::handshake::{Endpoint, InvalidEndpoint};

use crate::program::unwrapped;

/// An endpoint, and whether TLS protects the way there: `host:port` (with TLS), or a URL of the schemes `wss` and `ws`.
///
/// ```
/// use iot_tunnel::client::Target;
/// let target: Target = "data.tunneling.iot.eu-west-1.amazonaws.com:443".parse()?;
/// assert_eq!(target.to_string(), "wss://data.tunneling.iot.eu-west-1.amazonaws.com:443");
/// let local: Target = "ws://127.0.0.1:8462".parse()?;
/// assert!(!local.tls());
/// # Ok::<(), iot_tunnel::client::TargetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    endpoint: Endpoint,
    tls: bool,
}

/// Why a text is no [`Target`]. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Another scheme.
    #[error("the scheme is wss or ws, or there is none: host:port means wss")]
    Scheme,
    /// Something behind the port that is not the one path there is.
    #[error("nothing follows the port but the path /tunnel")]
    Trailing,
    /// The host or the port.
    #[error("{0}")]
    Endpoint(InvalidEndpoint),
}

impl Target {
    /// A service behind TLS.
    #[must_use]
    pub const fn wss(endpoint: Endpoint) -> Self {
        Self { endpoint, tls: true }
    }

    /// A service without TLS: tokens and data can be read on the way.
    #[must_use]
    pub const fn ws(endpoint: Endpoint) -> Self {
        Self { endpoint, tls: false }
    }

    /// AWS's service in a region.
    #[must_use]
    pub fn aws(region: &Region) -> Self {
        Self::wss(Endpoint::aws(region))
    }

    /// Host and port.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether TLS protects the way there.
    #[must_use]
    pub const fn tls(&self) -> bool {
        self.tls
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let text = unwrapped(text);
        let (tls, rest) = match text.split_once("://") {
            None => (true, text),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("wss") => (true, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ws") => (false, rest),
            Some(_) => return Err(TargetError::Scheme),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !matches!(path, "" | "tunnel") {
            return Err(TargetError::Trailing);
        }
        // The port of `ws` is 80 where none is given (RFC 6455 §3); the endpoint's own default is that of `wss`.
        let after_host = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
        let endpoint = match tls || after_host.contains(':') {
            true => Endpoint::parse(authority),
            false => Endpoint::parse(&format!("{authority}:80")),
        };
        Ok(Self {
            endpoint: endpoint.map_err(TargetError::Endpoint)?,
            tls,
        })
    }
}

impl fmt::Display for Target {
    /// The URL, without the path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "wss" } else { "ws" };
        write!(f, "{scheme}://{}", self.endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_taken_apart() {
        for (text, shown) in [
            ("host", "wss://host:443"),
            ("host:8443", "wss://host:8443"),
            ("wss://host", "wss://host:443"),
            ("WSS://host:1/tunnel", "wss://host:1"),
            ("ws://host", "ws://host:80"),
            ("ws://host/", "ws://host:80"),
            ("ws://127.0.0.1:8462/tunnel", "ws://127.0.0.1:8462"),
            ("ws://[::1]", "ws://[::1]:80"),
            ("ws://[::1]:9", "ws://[::1]:9"),
            ("[::1]", "wss://[::1]:443"),
            (" \"host:8443\"\r\n", "wss://host:8443"),
        ] {
            let target: Target = text.parse().expect(text);
            assert_eq!(target.to_string(), shown, "{text}");
        }
    }

    #[test]
    fn a_broken_target_is_refused_with_its_reason() {
        for (text, why) in [
            ("https://host", TargetError::Scheme),
            ("host:443/path", TargetError::Trailing),
            ("wss://host/tunnel?local-proxy-mode=source", TargetError::Trailing),
            ("ws://host:0", TargetError::Endpoint(InvalidEndpoint::Port)),
            ("ws://[::1", TargetError::Endpoint(InvalidEndpoint::Address)),
            (
                "",
                TargetError::Endpoint(InvalidEndpoint::Length { characters: 0 }),
            ),
        ] {
            assert_eq!(text.parse::<Target>(), Err(why), "{text}");
        }
    }
}
