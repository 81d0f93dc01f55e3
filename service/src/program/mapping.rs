//! Which service is where: the values of `-s` and `-d`.

use std::fmt;
use std::str::FromStr;

use iot_tunnel_core::handshake::{Endpoint, InvalidEndpoint};
use iot_tunnel_core::{InvalidText, MAX_SERVICES, ServiceId};

/// Most services that a device offers, to different tunnels (ours: far more than anyone has named). A tunnel has at most
/// [`MAX_SERVICES`].
pub const MAX_OFFERED: usize = 32;

/// One or more of `[SERVICE=][host:]port`, separated by commas.
///
/// The service may be left out where there is only one; it is then the one that the tunnel has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mappings(pub Vec<Mapping>);

/// A service and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The service.
    pub service: Option<ServiceId>,
    /// The host, if one is named: a name, an IPv4 address, or an IPv6 address without its brackets.
    pub host: Option<String>,
    /// The port. 0 takes a free one where something listens.
    pub port: u16,
    /// The absolute path of a Unix socket, in place of host and port.
    pub path: Option<String>,
    /// A source's standard input and output (`-`), in place of host and port.
    pub is_standard_streams: bool,
}

/// Longest path of a Unix socket, in bytes (`sun_path` on Linux, without its zero).
const MAX_PATH: usize = 107;

/// Why a text is no [`Mappings`]. It does not repeat the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The name of a service.
    #[error("entry {0}: {1}")]
    Service(usize, InvalidText),
    /// The port.
    #[error("entry {0}: expected [SERVICE=][host:]port, and a port is 0 to 65535")]
    Port(usize),
    /// The host.
    #[error("entry {0}: {1}")]
    Host(usize, InvalidEndpoint),
    /// The path of a Unix socket.
    #[error("entry {0}: the path of a Unix socket has at most {MAX_PATH} bytes")]
    Path(usize),
    /// Several services, and one has no name.
    #[error("entry {0}: with several services each needs a name: SERVICE=[host:]port")]
    Unnamed(usize),
    /// A name twice.
    #[error("entry {0}: this service is there already")]
    Twice(usize),
    /// More services than a tunnel can have.
    #[error("there are {0} services; a tunnel has at most {MAX_SERVICES}")]
    TooMany(usize),
    /// More services than a device may offer.
    #[error("there are {0} services; a device offers at most {MAX_OFFERED}")]
    TooManyOffered(usize),
}

impl FromStr for Mappings {
    type Err = MappingError;

    /// Those of one tunnel.
    fn from_str(text: &str) -> Result<Self, MappingError> {
        let mappings = Self::parse(text)?;
        match mappings.0.len() {
            ..=MAX_SERVICES => Ok(mappings),
            count => Err(MappingError::TooMany(count)),
        }
    }
}

impl Mappings {
    /// Those that a device offers: up to [`MAX_OFFERED`], of which a tunnel asks for some.
    ///
    /// # Errors
    /// [`MappingError`]: which entry is wrong, and why.
    pub fn offered(text: &str) -> Result<Self, MappingError> {
        let mappings = Self::parse(text)?;
        match mappings.0.len() {
            ..=MAX_OFFERED => Ok(mappings),
            count => Err(MappingError::TooManyOffered(count)),
        }
    }

    fn parse(text: &str) -> Result<Self, MappingError> {
        let entries = text.split(',').enumerate();
        let list = entries
            .map(|(index, entry)| Mapping::parse(index + 1, entry.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        for (index, mapping) in list.iter().enumerate() {
            let mut before = list.iter().take(index);
            if mapping.service.is_none() && list.len() > 1 {
                return Err(MappingError::Unnamed(index + 1));
            }
            if before.any(|other| other.service == mapping.service) {
                return Err(MappingError::Twice(index + 1));
            }
        }
        Ok(Self(list))
    }
}

impl Mapping {
    fn parse(entry: usize, text: &str) -> Result<Self, MappingError> {
        let (service, place) = match text.split_once('=') {
            None => (None, text),
            Some((service, place)) => {
                let service = ServiceId::parse(service.trim());
                let service = service.map_err(|error| MappingError::Service(entry, error))?;
                (Some(service), place.trim())
            }
        };
        if place.starts_with('/') {
            return match place.len() {
                ..=MAX_PATH => Ok(Self {
                    service,
                    host: None,
                    port: 0,
                    path: Some(place.to_owned()),
                    is_standard_streams: false,
                }),
                _ => Err(MappingError::Path(entry)),
            };
        }
        if place == "-" {
            return Ok(Self {
                service,
                host: None,
                port: 0,
                path: None,
                is_standard_streams: true,
            });
        }
        let (host, port) = match place.rsplit_once(':') {
            None => (None, place),
            Some((host, port)) => (Some(host), port),
        };
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MappingError::Port(entry));
        }
        let port = port.parse().map_err(|_| MappingError::Port(entry))?;
        let host = host.map(Endpoint::parse).transpose();
        let host = host.map_err(|error| MappingError::Host(entry, error))?;
        Ok(Self {
            service,
            host: host.map(|endpoint| endpoint.host().to_owned()),
            port,
            path: None,
            is_standard_streams: false,
        })
    }

    /// Whether it leaves the port to the operating system.
    #[must_use]
    pub const fn takes_free_port(&self) -> bool {
        self.port == 0 && self.path.is_none() && !self.is_standard_streams
    }

    /// `host:port`, with that host if none is named; or the path of a Unix socket. Standard input and output have no address.
    #[must_use]
    pub fn address(&self, default_host: &str) -> String {
        if let Some(path) = &self.path {
            return path.clone();
        }
        let host = self.host.as_deref().unwrap_or(default_host);
        match host.contains(':') {
            true => format!("[{host}]:{}", self.port),
            false => format!("{host}:{}", self.port),
        }
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.service {
            Some(service) => write!(f, "{service}"),
            None => f.write_str("(unnamed)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<(String, String)> {
        let mappings: Mappings = text.parse().expect(text);
        let mappings = mappings.0.iter();
        mappings
            .map(|mapping| (mapping.to_string(), mapping.address("localhost")))
            .collect()
    }

    #[test]
    fn mappings_are_taken_apart_as_the_reference_proxy_takes_them() {
        for (text, expected) in [
            ("5555", vec![("(unnamed)", "localhost:5555")]),
            ("127.0.0.1:22", vec![("(unnamed)", "127.0.0.1:22")]),
            ("SSH=22", vec![("SSH", "localhost:22")]),
            (
                "SSH1=5555,SSH2=3333",
                vec![("SSH1", "localhost:5555"), ("SSH2", "localhost:3333")],
            ),
            (
                "SSH=10.0.0.1:22, HTTP=[::1]:80",
                vec![("SSH", "10.0.0.1:22"), ("HTTP", "[::1]:80")],
            ),
            ("a:b=host:0", vec![("a:b", "host:0")]),
            ("SSH=/run/app:1.sock", vec![("SSH", "/run/app:1.sock")]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(service, address)| (service.to_owned(), address.to_owned()))
                .collect();
            assert_eq!(addresses(text), expected, "{text}");
        }
    }

    #[test]
    fn a_broken_mapping_is_refused_with_its_place_and_reason() {
        for (text, why) in [
            (
                "",
                "entry 1: expected [SERVICE=][host:]port, and a port is 0 to 65535",
            ),
            (
                "SSH",
                "entry 1: expected [SERVICE=][host:]port, and a port is 0 to 65535",
            ),
            (
                "SSH=65536",
                "entry 1: expected [SERVICE=][host:]port, and a port is 0 to 65535",
            ),
            (
                "SSH=+22",
                "entry 1: expected [SERVICE=][host:]port, and a port is 0 to 65535",
            ),
            (
                "SSH=22,23",
                "entry 2: with several services each needs a name: SERVICE=[host:]port",
            ),
            ("SSH=22,SSH=23", "entry 2: this service is there already"),
            ("A=1,B=2,C=3,D=4", "there are 4 services; a tunnel has at most 3"),
            (
                "SSH=::1:22",
                "entry 1: an IPv6 address stands in brackets, such as [::1] or [::1]:8443, without a zone",
            ),
        ] {
            let error = text.parse::<Mappings>().expect_err(text);
            assert_eq!(error.to_string(), why, "{text}");
        }
        let offered = |count: usize| {
            let entries: Vec<String> = (0..count)
                .map(|index| format!("S{index}={}", index + 1))
                .collect();
            Mappings::offered(&entries.join(","))
        };
        assert_eq!(
            offered(MAX_OFFERED).map(|mappings| mappings.0.len()),
            Ok(MAX_OFFERED)
        );
        let error = offered(MAX_OFFERED + 1).expect_err("too many");
        assert_eq!(
            error.to_string(),
            "there are 33 services; a device offers at most 32"
        );
        assert!(matches!(
            "a b=1".parse::<Mappings>(),
            Err(MappingError::Service(1, _))
        ));
    }
}
