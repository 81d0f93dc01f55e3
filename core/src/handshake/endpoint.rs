//! Where a client connects to: AWS's hosts by region, or any other.

use core::fmt;

use heapless::String;

use super::address::is_ipv6;
use super::header::{decimal, split, split_once};
use crate::error::{Error, Misuse};
use crate::id::Region;
use crate::visible::Visible;
use crate::words::{Words, displays_its_words, write_pieces};

/// The port of AWS's endpoints, and of one that names none.
const DEFAULT_PORT: u16 = 443;
/// Longest host name, in characters (RFC 1035 §2.3.4, as text).
const MAX_HOST: usize = 253;
/// Longest label of a host name, in characters (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;
/// A host name and `:65535`. An address in brackets is shorter.
const MAX_AUTHORITY: usize = MAX_HOST + 6;

const AWS: &str = "data.tunneling.iot.";
/// The endpoint rules of AWS's SDKs have `api.tunneling.iot-fips.<region>` for the control plane, and everywhere else
/// the data plane's host differs from that in its first label only (ours: no public text names this one).
const AWS_FIPS: &str = "data.tunneling.iot-fips.";
const SUFFIX: &str = ".amazonaws.com";
const CHINA_SUFFIX: &str = ".amazonaws.com.cn";
const _: () = assert!(AWS_FIPS.len() + Region::RULE.max() + CHINA_SUFFIX.len() <= MAX_HOST);

/// A host and a port, as dialled and as named in the `host` header. It holds only what may stand there.
///
/// ```
/// use iot_tunnel_core::Region;
/// use iot_tunnel_core::handshake::Endpoint;
/// let aws = Endpoint::aws(&Region::parse("cn-north-1").unwrap());
/// assert_eq!(aws.to_string(), "data.tunneling.iot.cn-north-1.amazonaws.com.cn:443");
/// let own = Endpoint::parse("[::1]:8443").unwrap();
/// assert_eq!((own.host(), own.port(), own.authority()), ("::1", 8443, "[::1]:8443"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// What goes into the `host` header: the port only if it is not the default one.
    authority: String<MAX_AUTHORITY, u16>,
    port: u16,
}

impl Endpoint {
    /// AWS's data plane in a region: `data.tunneling.iot.<region>.amazonaws.com`, `.amazonaws.com.cn` in China.
    #[must_use]
    pub fn aws(region: &Region) -> Self {
        Self::of(AWS, region)
    }

    /// AWS's data plane with FIPS 140 cryptography: `data.tunneling.iot-fips.<region>.amazonaws.com`. Not every
    /// region has one.
    #[must_use]
    pub fn aws_fips(region: &Region) -> Self {
        Self::of(AWS_FIPS, region)
    }

    fn of(prefix: &str, region: &Region) -> Self {
        let suffix = match region.as_str().starts_with("cn-") {
            true => CHINA_SUFFIX,
            false => SUFFIX,
        };
        let mut authority = String::new();
        for part in [prefix, region.as_str(), suffix] {
            // There is room for the longest: see the assertion above.
            let _ = authority.push_str(part);
        }
        Self {
            authority,
            port: DEFAULT_PORT,
        }
    }

    /// Reads `host`, `host:port`, `[IPv6 address]` or `[IPv6 address]:port`; the port is 443 if none is given.
    /// A host name is 1–253 of `[a-zA-Z0-9._-]` with labels of 1–63 that neither start nor end with `-` (ours: with
    /// `_`, which RFC 1123 lacks and container networks use).
    ///
    /// # Errors
    /// [`InvalidEndpoint`]: the first thing wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let (host, port) = judge(text)?;
        let shown = match port {
            DEFAULT_PORT => host,
            _ => text,
        };
        let mut authority = String::new();
        // The longest has room.
        let _ = authority.push_str(shown);
        Ok(Self { authority, port })
    }

    /// The host name or address, without brackets: what to resolve, and the name in TLS.
    #[must_use]
    pub fn host(&self) -> &str {
        let (text, end) = match self.authority.strip_prefix('[') {
            Some(rest) => (rest, b']'),
            None => (self.authority.as_str(), b':'),
        };
        position(text, end)
            .and_then(|end| text.get(..end))
            .unwrap_or(text)
    }

    /// The port, 1–65535.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The value of the `host` header: without a port where it is 443.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }
}

/// Where an ASCII character first stands. A search for a `char` brings a search for any, with a panic.
fn position(text: &str, ascii: u8) -> Option<usize> {
    text.bytes().position(|byte| byte == ascii)
}

/// Reads 1–65535, in digits only and with no more than needed.
fn parse_port(digits: &[u8]) -> Result<u16, InvalidEndpoint> {
    let port = decimal(digits).and_then(|port| u16::try_from(port).ok());
    port.filter(|_| !digits.starts_with(b"0"))
        .ok_or(InvalidEndpoint::Port)
}

/// The host with its brackets, and the port.
fn judge(text: &str) -> Result<(&str, u16), InvalidEndpoint> {
    let bytes = text.as_bytes();
    let (host, port) = match split_once(bytes, b']') {
        Some((address, [])) => (address.len() + 1, None),
        Some((address, [b':', port @ ..])) => (address.len() + 1, Some(port)),
        Some(_) => return Err(InvalidEndpoint::Port),
        None => {
            let (name, port) = split(bytes, b':');
            (name.len(), port)
        }
    };
    if let Some([b'/', b'/', ..]) = port {
        return Err(InvalidEndpoint::Scheme);
    }
    if port.is_some_and(|port| split_once(port, b':').is_some()) {
        return Err(InvalidEndpoint::Address);
    }
    let host = text.get(..host).unwrap_or(text);
    match host.as_bytes() {
        [b'[', address @ .., b']'] if is_ipv6(address) => {}
        [b'[', ..] => return Err(InvalidEndpoint::Address),
        _ => check_name(host)?,
    }
    Ok((host, port.map_or(Ok(DEFAULT_PORT), parse_port)?))
}

fn check_name(name: &str) -> Result<(), InvalidEndpoint> {
    let is_allowed =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
    let characters = name.chars().map(|_| 1).sum();
    if characters == 0 || characters > MAX_HOST {
        return Err(InvalidEndpoint::Length { characters });
    }
    let mut rest = name.chars();
    if let Some(character) = rest.find(|character| !is_allowed(*character)) {
        // Those before it are ASCII.
        let position = name.len() - character.len_utf8() - rest.as_str().len();
        return Err(InvalidEndpoint::Character { character, position });
    }
    let mut rest = Some(name.as_bytes());
    while let Some(labels) = rest {
        let (label, others) = split(labels, b'.');
        if label.is_empty() || label.len() > MAX_LABEL || label.starts_with(b"-") || label.ends_with(b"-") {
            return Err(InvalidEndpoint::Label);
        }
        rest = others;
    }
    Ok(())
}

impl fmt::Display for Endpoint {
    /// `host:port`, as dialled.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.authority())?;
        match self.port {
            DEFAULT_PORT => write!(f, ":{DEFAULT_PORT}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

impl core::str::FromStr for Endpoint {
    type Err = InvalidEndpoint;
    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        Self::parse(text)
    }
}

/// Why a text is no [`Endpoint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidEndpoint {
    /// The host name is empty or too long.
    Length {
        /// How many characters were given.
        characters: usize,
    },
    /// A character that is not allowed in a host name.
    Character {
        /// The first such character.
        character: char,
        /// Where it stands, counting characters from 0.
        position: usize,
    },
    /// A part between dots is empty, too long, or starts or ends with `-`.
    Label,
    /// An IPv6 address without its brackets, or no such address in them.
    Address,
    /// What follows the host is no port.
    Port,
    /// What stands there is the start of a URL, such as `wss://`.
    Scheme,
}

impl Words for InvalidEndpoint {
    fn write_words<W: fmt::Write>(&self, to: &mut W) -> fmt::Result {
        match *self {
            Self::Length { characters } => {
                write_pieces!(
                    to,
                    "the host has ",
                    characters,
                    " characters; allowed are 1 to ",
                    MAX_HOST
                )
            }
            Self::Character { character, position } => write_pieces!(
                to,
                "the host has '",
                Visible(character),
                "' at position ",
                position,
                "; allowed is [a-zA-Z0-9._-]"
            ),
            Self::Label => write_pieces!(
                to,
                "each part of the host between dots has 1 to ",
                MAX_LABEL,
                " characters and neither starts nor ends with '-'"
            ),
            Self::Address => to
                .write_str("an IPv6 address stands in brackets, such as [::1] or [::1]:8443, without a zone"),
            Self::Port => to.write_str("a port is 1 to 65535, behind the host and ':'"),
            Self::Scheme => to.write_str("no scheme stands before the host"),
        }
    }
}

displays_its_words!(InvalidEndpoint);

impl core::error::Error for InvalidEndpoint {}

impl From<InvalidEndpoint> for Error {
    fn from(_: InvalidEndpoint) -> Self {
        Misuse::InvalidEndpoint.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    #[test]
    fn aws_hosts_follow_the_region() {
        for (region, host, fips) in [
            (
                "us-east-1",
                "data.tunneling.iot.us-east-1.amazonaws.com",
                "data.tunneling.iot-fips.us-east-1.amazonaws.com",
            ),
            (
                "us-gov-west-1",
                "data.tunneling.iot.us-gov-west-1.amazonaws.com",
                "data.tunneling.iot-fips.us-gov-west-1.amazonaws.com",
            ),
            (
                "cn-northwest-1",
                "data.tunneling.iot.cn-northwest-1.amazonaws.com.cn",
                "data.tunneling.iot-fips.cn-northwest-1.amazonaws.com.cn",
            ),
        ] {
            let region = Region::parse(region).unwrap();
            for (endpoint, host) in [
                (Endpoint::aws(&region), host),
                (Endpoint::aws_fips(&region), fips),
            ] {
                assert_eq!(
                    (endpoint.host(), endpoint.authority(), endpoint.port()),
                    (host, host, 443)
                );
                assert_eq!(endpoint, Endpoint::parse(host).unwrap());
            }
        }
    }

    #[test]
    fn any_other_endpoint_is_taken_apart() {
        for (text, host, port, authority) in [
            ("localhost", "localhost", 443, "localhost"),
            ("localhost:443", "localhost", 443, "localhost"),
            (
                "my_relay.example:8443",
                "my_relay.example",
                8443,
                "my_relay.example:8443",
            ),
            ("127.0.0.1:1", "127.0.0.1", 1, "127.0.0.1:1"),
            ("[::1]", "::1", 443, "[::1]"),
            ("[::1]:443", "::1", 443, "[::1]"),
            (
                "[::ffff:127.0.0.1]:65535",
                "::ffff:127.0.0.1",
                65535,
                "[::ffff:127.0.0.1]:65535",
            ),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(
                (endpoint.host(), endpoint.port(), endpoint.authority()),
                (host, port, authority)
            );
            assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
        }
        let longest = format!("{0}.{0}.{0}.{1}:65535", "x".repeat(63), "x".repeat(61));
        assert_eq!(Endpoint::parse(&longest).unwrap().authority(), longest);
    }

    #[test]
    fn a_text_that_could_end_up_elsewhere_in_the_request_is_refused() {
        let character = |character, position| InvalidEndpoint::Character { character, position };
        for (text, fault) in [
            ("", InvalidEndpoint::Length { characters: 0 }),
            (":443", InvalidEndpoint::Length { characters: 0 }),
            (&"x".repeat(254), InvalidEndpoint::Length { characters: 254 }),
            (&"x".repeat(64), InvalidEndpoint::Label),
            ("a\r\nx-injected", character('\r', 1)),
            ("a b", character(' ', 1)),
            ("user@host", character('@', 4)),
            ("höst", character('ö', 1)),
            ("a..b", InvalidEndpoint::Label),
            ("a.", InvalidEndpoint::Label),
            ("-a", InvalidEndpoint::Label),
            ("a-.b", InvalidEndpoint::Label),
            ("::1", InvalidEndpoint::Address),
            ("[::1", InvalidEndpoint::Address),
            ("[fe80::1%eth0]", InvalidEndpoint::Address),
            ("[127.0.0.1]", InvalidEndpoint::Address),
            ("[::1]8443", InvalidEndpoint::Port),
            ("[::1]:", InvalidEndpoint::Port),
            ("a:", InvalidEndpoint::Port),
            ("a:0", InvalidEndpoint::Port),
            ("a:080", InvalidEndpoint::Port),
            ("a:+80", InvalidEndpoint::Port),
            ("a:65536", InvalidEndpoint::Port),
            ("a:80\r\n", InvalidEndpoint::Port),
            ("wss://a", InvalidEndpoint::Scheme),
            ("wss://a:443", InvalidEndpoint::Scheme),
        ] {
            assert_eq!(Endpoint::parse(text), Err(fault), "{text}");
        }
    }
}
