//! [`LocalSocket`]: the socket of a local application, which ends by a reset unless it was ended in order.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;

use super::incoming::OrderlyEnd;

/// Longest wait for one of several addresses before the next is tried (ours).
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(3);

/// The send buffer that is asked for, in bytes (ours). The system makes it some megabytes otherwise, and lets nothing more in until a third
/// of it has drained: an application that reads slowly would look like one that reads nothing. A smaller one costs speed on the same machine.
const SEND_BUFFER: usize = 512 * 1024;

/// A connected socket.
///
/// It lingers for no time (`SO_LINGER` of 0) from the start, so whatever closes it resets the connection: a drop in this program, but
/// also a SIGKILL. An application then cannot take the first part of a transfer for the whole. Only after
/// [`poll_shutdown`](Self::poll_shutdown) is the end an orderly one.
///
/// A Unix socket knows no reset: there every end is an orderly one.
pub(super) struct LocalSocket(Kind);

enum Kind {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream, OrderlyEnd),
}

impl LocalSocket {
    pub(super) fn new(stream: TcpStream) -> Self {
        // Keystrokes must not wait for an acknowledgement. Without the option they do, and nothing else fails.
        let _ = stream.set_nodelay(true);
        // If it fails the buffer stays as large as the system makes it.
        let _ = SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER);
        // It fails only on a connection that has broken already.
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        Self(Kind::Tcp(stream))
    }

    /// `end` is set when the connection has ended in order.
    #[cfg(unix)]
    pub(super) const fn unix(stream: tokio::net::UnixStream, end: OrderlyEnd) -> Self {
        Self(Kind::Unix(stream, end))
    }

    /// Connects to a Unix socket if the address is an absolute path, otherwise to `host:port`, by one address of the host after the
    /// other. `localhost` has both loopback addresses, whatever the hosts file says.
    pub(super) async fn connect(address: &str) -> io::Result<Self> {
        #[cfg(unix)]
        if address.starts_with('/') {
            let stream = tokio::net::UnixStream::connect(address).await?;
            return Ok(Self::unix(stream, OrderlyEnd::default()));
        }
        let addresses = addresses(address).await?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match timeout(ADDRESS_TIMEOUT, connect_to(address)).await {
                Ok(Ok(stream)) => return Ok(Self::new(stream)),
                Ok(Err(error)) => last = error,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(last)
    }

    /// What broke the connection, if that has not been told.
    pub(super) fn take_error(&self) -> io::Result<Option<io::Error>> {
        match &self.0 {
            Kind::Tcp(stream) => stream.take_error(),
            #[cfg(unix)]
            Kind::Unix(stream, _) => stream.take_error(),
        }
    }

    /// The other end's address, for people.
    pub(super) fn peer_address(&self) -> Option<String> {
        match &self.0 {
            Kind::Tcp(stream) => Some(stream.peer_addr().ok()?.to_string()),
            #[cfg(unix)]
            Kind::Unix(stream, _) => Some(stream.peer_addr().ok()?.as_pathname()?.display().to_string()),
        }
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            #[cfg(unix)]
            Kind::Unix(stream, _) => Pin::new(stream).poll_read(cx, buffer),
        }
    }

    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Kind::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(unix)]
            Kind::Unix(stream, _) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    /// Tells the application that all bytes have come. From now on a close is orderly.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Kind::Tcp(stream) => {
                ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
                Poll::Ready(SockRef::from(&*stream).set_linger(None))
            }
            #[cfg(unix)]
            Kind::Unix(stream, end) => {
                // Before the other end can see it.
                end.set();
                Pin::new(stream).poll_shutdown(cx)
            }
        }
    }
}

/// The addresses of a `host:port`, in the resolver's order.
async fn addresses(address: &str) -> io::Result<Vec<SocketAddr>> {
    let resolved = lookup_host(address).await.map(Iterator::collect::<Vec<_>>);
    let Some((_, port)) = address
        .rsplit_once(':')
        .filter(|(host, _)| host.eq_ignore_ascii_case("localhost"))
    else {
        return resolved;
    };
    // A host:port has a port; if not, the resolver's error says so.
    let Ok(port) = port.parse() else { return resolved };
    let mut addresses = resolved.unwrap_or_default();
    for ip in [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)] {
        let address = SocketAddr::new(ip, port);
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

/// As [`TcpStream::connect`], but the socket does not linger from the start: one that is given up before it is used is reset, too.
async fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    SockRef::from(&socket).set_linger(Some(Duration::ZERO))?;
    socket.connect(address).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn localhost_is_both_loopback_addresses() {
        for listens in ["127.0.0.1:0", "[::1]:0"] {
            let listener = match TcpListener::bind(listens).await {
                Ok(listener) => listener,
                // A machine without IPv6.
                Err(_) if listens.starts_with('[') => continue,
                Err(error) => panic!("{error}"),
            };
            let port = listener.local_addr().expect("an address").port();
            let connected = LocalSocket::connect(&format!("localhost:{port}")).await;
            assert!(connected.is_ok(), "{listens}");
            let found = addresses(&format!("localhost:{port}")).await.expect("addresses");
            let ips: Vec<_> = found.iter().map(SocketAddr::ip).collect();
            assert!(ips.contains(&Ipv4Addr::LOCALHOST.into()) && ips.contains(&Ipv6Addr::LOCALHOST.into()));
        }
    }
}
