//! The HTTP proxy on the way to a service.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding as _};
use iot_tunnel_core::handshake::{Endpoint, InvalidEndpoint};
use percent_encoding::percent_decode_str;
use url::{ParseError, Url};
use zeroize::Zeroizing;

use crate::program::unwrapped;

/// Where a proxy listens that is given without a port: the reference local proxy's default, whatever the scheme.
const DEFAULT_PORT: u16 = 3128;

/// `http[s]://[user:password@]host[:port]`: the port defaults to 3128, as for the reference local proxy, and a text without a
/// scheme is of `http`. `http:host:port`, which AWS's documentation shows, is `http://host:port`. Printed, it shows neither user
/// nor password.
#[derive(Clone)]
pub struct HttpProxy {
    tls: bool,
    endpoint: Endpoint,
    /// The value of `proxy-authorization`.
    authorization: Option<Zeroizing<String>>,
}

/// Why a text is no [`HttpProxy`]. It never quotes the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpProxyError {
    /// It is not a URL at all.
    #[error("not a URL: {0}; expected http[s]://[user:password@]host:port")]
    NotAUrl(#[from] ParseError),
    /// Another scheme, such as that of SOCKS.
    #[error("the scheme of a proxy must be http or https")]
    Scheme,
    /// The host or the port.
    #[error("{0}")]
    Endpoint(InvalidEndpoint),
    /// A percent-encoded octet sequence is not UTF-8.
    #[error("the user name and the password must be UTF-8, percent-encoded")]
    CredentialsNotUtf8,
}

impl HttpProxy {
    /// The proxy that `https_proxy` or `HTTPS_PROXY` names, in this order, unless `NO_PROXY` or `no_proxy` has the host. It counts for
    /// targets with and without TLS: either way the proxy is asked to CONNECT.
    ///
    /// # Errors
    /// [`HttpProxyError`] if it names something else.
    pub fn from_environment(to: &Endpoint) -> Result<Option<Self>, HttpProxyError> {
        let variable = |names: [&str; 2]| names.into_iter().find_map(|name| std::env::var(name).ok());
        let proxy = variable(["https_proxy", "HTTPS_PROXY"]).unwrap_or_default();
        let except = variable(["NO_PROXY", "no_proxy"]).unwrap_or_default();
        if proxy.is_empty() || exempts(&except, to) {
            return Ok(None);
        }
        proxy.parse().map(Some)
    }

    /// Whether the connection to the proxy is protected by TLS.
    pub(super) const fn tls(&self) -> bool {
        self.tls
    }

    /// Whether it is told a user name and a password.
    pub(super) const fn signs_in(&self) -> bool {
        self.authorization.is_some()
    }

    pub(super) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The request for a connection. It may hold a password.
    pub(super) fn connect_request(&self, to: &Endpoint) -> Zeroizing<String> {
        let host = if to.host().contains(':') {
            format!("[{}]", to.host())
        } else {
            to.host().to_owned()
        };
        let port = to.port();
        let mut request = Zeroizing::new(format!(
            "CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n"
        ));
        if let Some(authorization) = &self.authorization {
            for part in ["proxy-authorization: ", authorization, "\r\n"] {
                request.push_str(part);
            }
        }
        request.push_str("\r\n");
        request
    }
}

impl FromStr for HttpProxy {
    type Err = HttpProxyError;

    fn from_str(text: &str) -> Result<Self, HttpProxyError> {
        let text = unwrapped(text);
        let scheme = ["http:", "https:"].into_iter().find(|scheme| {
            let start = text.get(..scheme.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        let text = match (scheme, text.contains("://")) {
            (_, true) => text.to_owned(),
            (None, false) => format!("http://{text}"),
            // `http:host:port`; a host of that name alone has nothing but digits behind it.
            (Some(scheme), false) => {
                let rest = text
                    .get(scheme.len()..)
                    .unwrap_or_default()
                    .trim_start_matches('/');
                match rest.bytes().all(|byte| byte.is_ascii_digit()) {
                    true => format!("http://{text}"),
                    false => format!("{scheme}//{rest}"),
                }
            }
        };
        let text = Zeroizing::new(text);
        let url = Url::parse(&text)?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(HttpProxyError::Scheme),
        };
        let port = match url.port() {
            Some(port) => port,
            // The URL's library drops a port that is the scheme's own.
            None if names_port(&text) => url.port_or_known_default().unwrap_or(DEFAULT_PORT),
            None => DEFAULT_PORT,
        };
        let endpoint = Endpoint::parse(&format!("{}:{port}", url.host_str().unwrap_or_default()));
        let authorization = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => {
                let password = decode(password.unwrap_or_default())?;
                let pair = Zeroizing::new(format!("{}:{}", *decode(user)?, *password));
                let encoded = Zeroizing::new(Base64::encode_string(pair.as_bytes()));
                Some(Zeroizing::new(format!("Basic {}", *encoded)))
            }
        };
        Ok(Self {
            tls,
            endpoint: endpoint.map_err(HttpProxyError::Endpoint)?,
            authorization,
        })
    }
}

/// Whether there is a port behind the host.
fn names_port(text: &str) -> bool {
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let after_host = host.rsplit_once(']').map_or(host, |(_, after)| after);
    after_host
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty())
}

fn decode(text: &str) -> Result<Zeroizing<String>, HttpProxyError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(|text| Zeroizing::new(text.into_owned()))
        .map_err(|_| HttpProxyError::CredentialsNotUtf8)
}

/// Whether a list of `NO_PROXY` has the endpoint's host: `*` has every one, a name has itself and what ends in `.` and
/// it, an address has itself. A port behind it must be the endpoint's.
fn exempts(list: &str, to: &Endpoint) -> bool {
    let host = to.host().to_ascii_lowercase();
    list.split(',').map(str::trim).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let (name, port) = match entry.rsplit_once(':') {
            // An IPv6 address without brackets has colons of its own.
            Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, Some(port)),
            _ => (entry.as_str(), None),
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let name = name.trim_start_matches("*.").trim_start_matches('.');
        let named = match name {
            "" => false,
            "*" => true,
            name => {
                host == name
                    || host
                        .strip_suffix(name)
                        .is_some_and(|before| before.ends_with('.'))
            }
        };
        named && port.is_none_or(|port| port.parse() == Ok(to.port()))
    })
}

impl fmt::Display for HttpProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.endpoint)
    }
}

impl fmt::Debug for HttpProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpProxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_taken_apart_and_shows_no_password() {
        for (text, shown, authorization) in [
            ("http://proxy:3128", "http://proxy:3128", None),
            ("proxy:3128", "http://proxy:3128", None),
            ("https://proxy", "https://proxy:3128", None),
            ("http://proxy/", "http://proxy:3128", None),
            ("proxy", "http://proxy:3128", None),
            ("http://proxy:80", "http://proxy:80", None),
            (
                "https://me:x@proxy:443/",
                "https://proxy:443",
                Some("Basic bWU6eA=="),
            ),
            ("http:proxy:8080", "http://proxy:8080", None),
            ("HTTP:proxy", "http://proxy:3128", None),
            ("https:proxy:8443", "https://proxy:8443", None),
            ("http:8080", "http://http:8080", None),
            (" \"http://proxy:8080\"\r\n", "http://proxy:8080", None),
            ("http://[::1]", "http://[::1]:3128", None),
            (
                "http://me:p%40ss@[::1]:8080",
                "http://[::1]:8080",
                Some("Basic bWU6cEBzcw=="),
            ),
        ] {
            let proxy: HttpProxy = text.parse().expect(text);
            assert_eq!(proxy.to_string(), shown);
            assert_eq!(format!("{proxy:?}"), format!("HttpProxy({shown})"));
            assert_eq!(
                proxy.authorization.as_ref().map(|text| text.as_str()),
                authorization
            );
        }
    }

    #[test]
    fn a_broken_proxy_is_refused_with_its_reason_and_without_its_password() {
        for (text, why) in [
            ("socks5://me:secret@proxy", HttpProxyError::Scheme),
            (
                "http://me:secret@proxy:99999",
                HttpProxyError::NotAUrl(ParseError::InvalidPort),
            ),
            ("http://me:%ff@proxy", HttpProxyError::CredentialsNotUtf8),
        ] {
            let error = text.parse::<HttpProxy>().expect_err(text);
            assert_eq!(error, why, "{text}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_request_asks_for_the_host_and_port() {
        let proxy: HttpProxy = "http://me:secret@proxy".parse().expect("a proxy");
        let to = Endpoint::parse("host").expect("an endpoint");
        assert_eq!(
            *proxy.connect_request(&to),
            "CONNECT host:443 HTTP/1.1\r\nhost: host:443\r\nproxy-authorization: Basic bWU6c2VjcmV0\r\n\r\n"
        );
        let to = Endpoint::parse("[::1]:8443").expect("an endpoint");
        let proxy: HttpProxy = "http://proxy".parse().expect("a proxy");
        assert_eq!(
            *proxy.connect_request(&to),
            "CONNECT [::1]:8443 HTTP/1.1\r\nhost: [::1]:8443\r\n\r\n"
        );
    }

    #[test]
    fn exempt_is_a_host_that_the_list_has() {
        for (list, to, exempt) in [
            ("", "host", false),
            ("*", "host", true),
            ("host", "host", true),
            ("HOST", "host", true),
            ("other, host", "host", true),
            ("example.com", "a.example.com", true),
            (".example.com", "a.example.com", true),
            ("*.example.com", "a.example.com", true),
            ("example.com", "badexample.com", false),
            ("host:443", "host", true),
            ("host:8443", "host", false),
            ("127.0.0.1", "127.0.0.1:9", true),
            ("::1", "[::1]:9", true),
            ("[::1]:9", "[::1]:9", true),
            ("[::1]:8", "[::1]:9", false),
            (",", "host", false),
        ] {
            let to = Endpoint::parse(to).expect(to);
            assert_eq!(exempts(list, &to), exempt, "{list} {to}");
        }
    }
}
