//! The address of an external MQTT broker.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::{Host, ParseError, Url};
use zeroize::Zeroizing;

/// `mqtt[s]://[user[:password]@]host[:port]`. The port defaults to 1883 for `mqtt` and 8883 for `mqtts`; user and
/// password are percent-encoded. Printed, it shows neither of them.
#[derive(Clone)]
pub struct BrokerUrl {
    tls: bool,
    host: String,
    port: u16,
    credentials: Option<Credentials>,
}

#[derive(Clone)]
struct Credentials {
    user: String,
    password: Zeroizing<String>,
}

/// Why a text is not a [`BrokerUrl`]. It never quotes the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerUrlError {
    /// It is not a URL at all.
    #[error("not a URL: {0}; expected mqtt[s]://[user:password@]host:port")]
    NotAUrl(#[from] ParseError),
    /// Something else than `mqtt` or `mqtts`.
    #[error("the scheme must be mqtt or mqtts")]
    Scheme,
    /// No host is named.
    #[error("the host is missing; expected mqtt[s]://[user:password@]host:port")]
    NoHost,
    /// The host holds a character that no host name has.
    #[error(
        "the host must be a name of letters, digits, '.', '-' and '_', an IPv4 address, or an IPv6 address in []"
    )]
    Host,
    /// Port 0 cannot be connected to.
    #[error("the port must be 1 to 65535")]
    Port,
    /// MQTT 3.1.1 has no password without a user name.
    #[error("a password needs a user name")]
    PasswordWithoutUser,
    /// A percent-encoded octet sequence is not UTF-8.
    #[error("the user name and the password must be UTF-8, percent-encoded")]
    CredentialsNotUtf8,
    /// A path, a query or a fragment.
    #[error("nothing may follow the port")]
    Trailing,
}

impl FromStr for BrokerUrl {
    type Err = BrokerUrlError;

    fn from_str(text: &str) -> Result<BrokerUrl, BrokerUrlError> {
        let url = Url::parse(text)?;
        let (tls, default_port) = match url.scheme() {
            "mqtt" => (false, 1883),
            "mqtts" => (true, 8883),
            _ => return Err(BrokerUrlError::Scheme),
        };
        let host = match url.host() {
            None | Some(Host::Domain("")) => return Err(BrokerUrlError::NoHost),
            Some(Host::Domain(name)) if name.bytes().all(is_host_byte) => name.to_owned(),
            Some(Host::Domain(_)) => return Err(BrokerUrlError::Host),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
        };
        let port = url.port().unwrap_or(default_port);
        if port == 0 {
            return Err(BrokerUrlError::Port);
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(BrokerUrlError::Trailing);
        }
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) => return Err(BrokerUrlError::PasswordWithoutUser),
            (user, password) => Some(Credentials {
                user: decode(user)?,
                password: Zeroizing::new(decode(password.unwrap_or_default())?),
            }),
        };
        Ok(BrokerUrl {
            tls,
            host,
            port,
            credentials,
        })
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

fn decode(text: &str) -> Result<String, BrokerUrlError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(String::from)
        .map_err(|_| BrokerUrlError::CredentialsNotUtf8)
}

impl BrokerUrl {
    /// Whether the connection is protected by TLS.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.tls
    }

    /// The host name or address; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// User name and password.
    pub(crate) fn credentials(&self) -> Option<(&str, &[u8])> {
        let credentials = self.credentials.as_ref()?;
        Some((&credentials.user, credentials.password.as_bytes()))
    }

    /// `host:port`, an IPv6 address in brackets.
    pub(crate) fn authority(&self) -> String {
        let BrokerUrl { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}",
            if self.tls { "mqtts" } else { "mqtt" },
            self.authority()
        )
    }
}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BrokerUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<BrokerUrl, BrokerUrlError> {
        text.parse()
    }

    #[test]
    fn a_broker_url_is_taken_apart() {
        let url = parse("mqtts://iot:p%40ss@broker.example:9000").expect("valid");
        assert_eq!(
            (url.tls(), url.host(), url.port()),
            (true, "broker.example", 9000)
        );
        assert_eq!(url.credentials(), Some(("iot", b"p@ss".as_slice())));
        let url = parse("mqtt://[::1]").expect("valid");
        assert_eq!(
            (url.tls(), url.host(), url.port(), url.credentials()),
            (false, "::1", 1883, None)
        );
        assert_eq!(url.to_string(), "mqtt://[::1]:1883");
        assert_eq!(parse("mqtts://broker/").expect("valid").port(), 8883);
        assert_eq!(
            parse("mqtt://user@10.0.0.1").expect("valid").credentials(),
            Some(("user", b"".as_slice()))
        );
    }

    #[test]
    fn a_printed_broker_url_shows_no_credentials() {
        let url = parse("mqtt://gardener:correct-horse@broker.example:1883").expect("valid");
        for shown in [format!("{url}"), format!("{url:?}"), format!("{url:#?}")] {
            assert!(shown.contains("mqtt://broker.example:1883"), "{shown}");
            assert!(
                !shown.contains("gardener") && !shown.contains("correct-horse"),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_broken_broker_url_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", BrokerUrlError::NotAUrl(ParseError::RelativeUrlWithoutBase)),
            (
                "broker.example",
                BrokerUrlError::NotAUrl(ParseError::RelativeUrlWithoutBase),
            ),
            (
                "mqtt://broker:65536",
                BrokerUrlError::NotAUrl(ParseError::InvalidPort),
            ),
            (
                "mqtt://[::1",
                BrokerUrlError::NotAUrl(ParseError::InvalidIpv6Address),
            ),
            ("localhost:1883", BrokerUrlError::Scheme),
            ("http://broker", BrokerUrlError::Scheme),
            ("mqtt:broker", BrokerUrlError::NoHost),
            ("mqtt://", BrokerUrlError::NoHost),
            ("mqtt://brok%20er", BrokerUrlError::Host),
            ("mqtt://broker:0", BrokerUrlError::Port),
            ("mqtt://:secret@broker", BrokerUrlError::PasswordWithoutUser),
            ("mqtt://user:%ff@broker", BrokerUrlError::CredentialsNotUtf8),
            ("mqtt://broker/topic", BrokerUrlError::Trailing),
            ("mqtt://broker?tls", BrokerUrlError::Trailing),
            ("mqtt://broker#1", BrokerUrlError::Trailing),
        ] {
            assert_eq!(parse(text).expect_err(text), reason, "{text}");
        }
    }

    #[test]
    fn a_refusal_never_quotes_the_password() {
        for text in [
            "mqtt://user:hunter2@broker:99999",
            "http://user:hunter2@broker",
            "mqtt://user:hunter2@broker/x",
        ] {
            let error = parse(text).expect_err(text);
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
