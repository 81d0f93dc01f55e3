//! The way to a service: TCP, an HTTP proxy if there is one, TLS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use iot_tunnel_core::handshake::{Endpoint, PeerText, UpgradeRequestError};
use iot_tunnel_core::{Misuse, PeerFault};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::http_proxy::HttpProxy;
use super::line::Line;
use super::target::Target;
use super::trust::{Trust, TrustError, Untrusted};

/// Longest wait for one of a host's addresses before the next is tried (ours: three fit a session's time to connect).
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes that one read of a TLS connection takes, four records (ours): rustls itself asks for one at a time.
const TLS_READ: usize = 64 * 1024;
/// Longest head of a proxy's answer, in bytes (ours).
const MAX_PROXY_ANSWER: usize = 8192;

/// A connection to a service, whatever it is made of.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// See [`Io`].
pub(crate) type Socket = Box<dyn Io>;

/// Makes connections to one service.
#[derive(Clone)]
pub struct Dialer {
    target: Target,
    /// The TLS of the target and of a proxy behind `https`, if one of them has it.
    tls: Option<TlsConnector>,
    proxy: Option<HttpProxy>,
}

/// Why there is no connection to a service.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The name has no address.
    #[error("cannot find the address of {host}: {source}")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No address takes the connection.
    #[error("cannot connect to {to}: {source}")]
    Connect {
        /// Host and port.
        to: String,
        /// What the operating system said, of the last address.
        source: io::Error,
    },
    /// The proxy does not connect to the service.
    #[error("the proxy {proxy} does not connect to {to}: {status} {reason}{}", sign_in(*status, *signed_in))]
    ProxyRefused {
        /// The proxy.
        proxy: String,
        /// Host and port.
        to: String,
        /// The HTTP status; 407 asks for a user name and a password.
        status: u16,
        /// The words behind it.
        reason: String,
        /// Whether a user name and a password were sent.
        signed_in: bool,
    },
    /// What the proxy said is no answer to CONNECT.
    #[error("the proxy {proxy} does not speak HTTP as a proxy does")]
    ProxyAnswer {
        /// The proxy.
        proxy: String,
    },
    /// The TLS handshake fails: the certificate is not trusted or for another host, or there is no TLS at all.
    #[error("TLS with {host} fails: {}", tls_reason(source))]
    Tls {
        /// The host.
        host: String,
        /// Why.
        source: io::Error,
    },
    /// The connection broke before the upgrade was answered.
    #[error("the connection broke before the service answered: {0}")]
    Broken(#[source] io::Error),
    /// What the service said is no answer to the upgrade request.
    #[error("{0}")]
    Answer(PeerFault),
    /// Something that is not the service answered the upgrade request: another HTTP server, a portal that wants a login.
    #[error(
        "the answer to the upgrade was {status}{}: this is not a tunnel service; check --proxy-endpoint, and any proxy or login \
         page in between",
        location.as_deref().map_or_else(String::new, |to| format!(", Location: {to}"))
    )]
    NoService {
        /// The HTTP status: 1xx but 101, 2xx, 3xx, or above 599.
        status: u16,
        /// Where the answer points.
        location: Option<String>,
    },
    /// The random source failed.
    #[error("the random source failed: {0}")]
    Random(#[from] getrandom::Error),
    /// The random source is stuck.
    #[error("{0}")]
    Stuck(#[from] Misuse),
    /// The tokens make a request that the service would not take.
    #[error("{0}")]
    Request(UpgradeRequestError),
}

/// Shortest waits, in seconds, before something is tried again that fails until somebody changes it (ours): accounts are
/// locked after some wrong passwords within minutes; a certificate is renewed within hours.
const PASSWORD_PAUSE: u32 = 600;
const CERTIFICATE_PAUSE: u32 = 60;

impl DialError {
    /// The shortest wait before the next attempt, in seconds, if only somebody's change can make it succeed.
    pub(super) fn pause(&self) -> Option<u32> {
        match self {
            Self::ProxyRefused {
                status: 401 | 407, ..
            } => Some(PASSWORD_PAUSE),
            Self::Tls { source, .. } => untrusted(source).map(|_| CERTIFICATE_PAUSE),
            _ => None,
        }
    }
}

/// What is wrong with the certificate, if that is why TLS fails.
fn untrusted(error: &io::Error) -> Option<&Untrusted> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::InvalidCertificate(CertificateError::Other(why)) => why.0.downcast_ref(),
        _ => None,
    }
}

/// Why TLS fails, in words.
fn tls_reason(error: &io::Error) -> String {
    if let Some(untrusted) = untrusted(error) {
        return format!("{untrusted}; retrying does not help until this is fixed");
    }
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidMessage(_)) => {
            "the endpoint does not speak TLS; for a service without TLS give ws://host:port (http://host:port for the API)".to_owned()
        }
        Some(rustls::Error::AlertReceived(alert)) => format!("the service ended the handshake: {alert:?}"),
        Some(rustls::Error::PeerIncompatible(why)) => {
            format!("the service has no TLS version or cipher in common with this program: {why:?}")
        }
        _ if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the connection was closed during the handshake; a firewall may be blocking it".to_owned()
        }
        _ => error.to_string(),
    }
}

/// What to do about a proxy that asks who we are.
const fn sign_in(status: u16, signed_in: bool) -> &'static str {
    match (status, signed_in) {
        (401 | 407, false) => {
            "; it asks for a user name and a password: HTTPS_PROXY=http://user:password@host:port"
        }
        (401 | 407, true) => {
            "; it rejects the user name and password of HTTPS_PROXY; the next attempt waits for ten minutes, so that the account \
             is not locked"
        }
        _ => "",
    }
}

impl Dialer {
    /// A dialer for a target, straight or through a proxy.
    ///
    /// # Errors
    /// [`TrustError`] if TLS is needed and there is nothing to trust.
    pub fn new(target: Target, trust: &Trust, proxy: Option<HttpProxy>) -> Result<Self, TrustError> {
        let needs_tls = target.tls() || proxy.as_ref().is_some_and(HttpProxy::tls);
        let config = needs_tls.then(|| trust.client_config()).transpose()?;
        Ok(Self {
            target,
            tls: config.map(|config: ClientConfig| TlsConnector::from(Arc::new(config))),
            proxy,
        })
    }

    /// Where it leads.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// The proxy in between.
    #[must_use]
    pub const fn proxy(&self) -> Option<&HttpProxy> {
        self.proxy.as_ref()
    }

    /// Makes a connection.
    pub(crate) async fn dial(&self) -> Result<Socket, DialError> {
        let to = self.target.endpoint();
        let Some(proxy) = &self.proxy else {
            let tcp = connect(to).await?;
            return match self.target.tls() {
                true => self.over_tls(tcp, to).await,
                false => Ok(Box::new(tcp)),
            };
        };
        let tcp = connect(proxy.endpoint()).await?;
        let mut socket: Socket = match proxy.tls() {
            true => self.over_tls(tcp, proxy.endpoint()).await?,
            false => Box::new(tcp),
        };
        ask_proxy(&mut socket, proxy, to).await?;
        match self.target.tls() {
            true => self.over_tls(socket, to).await,
            false => Ok(socket),
        }
    }

    async fn over_tls(&self, socket: impl Io + 'static, to: &Endpoint) -> Result<Socket, DialError> {
        let fails = |source| DialError::Tls {
            host: to.host().to_owned(),
            source,
        };
        let name = ServerName::try_from(to.host().to_owned())
            .map_err(|error| fails(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        // `new` made one for everything that needs one.
        let tls = self
            .tls
            .as_ref()
            .ok_or_else(|| fails(io::ErrorKind::Unsupported.into()))?;
        let socket = BufReader::with_capacity(TLS_READ, socket);
        let stream = tls.connect(name, socket).await.map_err(fails)?;
        Ok(Box::new(stream))
    }
}

/// Connects to the first address of a host that takes the connection.
async fn connect(to: &Endpoint) -> Result<Line, DialError> {
    let resolve = |source| DialError::Resolve {
        host: to.host().to_owned(),
        source,
    };
    let addresses = tokio::net::lookup_host((to.host(), to.port())).await;
    let mut last = None;
    for address in addresses.map_err(resolve)? {
        let attempt = timeout(ADDRESS_TIMEOUT, TcpStream::connect(address)).await;
        match attempt.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                return Ok(Line::new(stream));
            }
            Err(source) => last = Some(source),
        }
    }
    Err(match last {
        Some(source) => DialError::Connect {
            to: to.to_string(),
            source,
        },
        None => resolve(io::Error::new(io::ErrorKind::NotFound, "the name has no address")),
    })
}

/// Has the proxy connect to the endpoint. Nobody on its other side speaks before it is spoken to, so nothing stands
/// behind the head of an answer that says yes.
async fn ask_proxy(socket: &mut Socket, proxy: &HttpProxy, to: &Endpoint) -> Result<(), DialError> {
    let request = proxy.connect_request(to);
    socket
        .write_all(request.as_bytes())
        .await
        .map_err(DialError::Broken)?;
    socket.flush().await.map_err(DialError::Broken)?;
    let malformed = || DialError::ProxyAnswer {
        proxy: proxy.to_string(),
    };
    let mut answer = vec![0; MAX_PROXY_ANSWER];
    let mut length = 0;
    let head = loop {
        let room = answer.get_mut(length..).unwrap_or_default();
        // No room left is no head within the limit.
        match socket.read(room).await.map_err(DialError::Broken)? {
            0 => return Err(malformed()),
            count => length += count,
        }
        let received = answer.get(..length).unwrap_or_default();
        let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        if let Some(end) = end {
            break end + 4;
        }
    };
    match status_line(&answer).ok_or_else(malformed)? {
        (200..=299, _) if length == head => Ok(()),
        (200..=299, _) => Err(malformed()),
        (status, reason) => Err(DialError::ProxyRefused {
            proxy: proxy.to_string(),
            to: to.to_string(),
            status,
            reason: PeerText::new(reason).to_string(),
            signed_in: proxy.signs_in(),
        }),
    }
}

/// The status of an answer and the words behind it.
fn status_line(answer: &[u8]) -> Option<(u16, &[u8])> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let version = [&b"HTTP/1.1 "[..], b"HTTP/1.0 "];
    let rest = version
        .into_iter()
        .find_map(|version| line.strip_prefix(version))?;
    let (digits, reason) = rest.split_at_checked(3)?;
    let status = str::from_utf8(digits).ok()?.parse().ok()?;
    Some((status, reason))
}
