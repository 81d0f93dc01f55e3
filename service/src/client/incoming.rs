//! [`Incoming`]: where a source's local connections come from.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use super::local_socket::LocalSocket;

/// Where a source's local connections come from.
#[derive(Debug)]
pub enum Incoming {
    /// A TCP port.
    Tcp(TcpListener),
    /// A Unix socket. It knows no reset: a connection that was cut ends there like any other.
    #[cfg(unix)]
    Unix(UnixListener),
    /// One connection that exists already, and none after it, such as the standard input and output of a program. It is served
    /// once the tunnel is open.
    #[cfg(unix)]
    Single {
        /// The connection, until it is served.
        stream: Option<UnixStream>,
        /// What became of it.
        end: OrderlyEnd,
    },
}

impl From<TcpListener> for Incoming {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

#[cfg(unix)]
impl From<UnixListener> for Incoming {
    fn from(listener: UnixListener) -> Self {
        Self::Unix(listener)
    }
}

/// Whether a connection was ended in order, by the peer on a living tunnel: what a TCP connection says by FIN or RST.
#[derive(Clone, Debug, Default)]
pub struct OrderlyEnd(Arc<AtomicBool>);

impl OrderlyEnd {
    /// Whether the connection was ended in order. Until it has ended this is false.
    #[must_use]
    pub fn came(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Incoming {
    /// The next connection.
    pub(super) fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<LocalSocket>> {
        match self {
            Self::Tcp(listener) => {
                let accepted = ready!(listener.poll_accept(cx));
                Poll::Ready(accepted.map(|(stream, _)| LocalSocket::new(stream)))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let accepted = ready!(listener.poll_accept(cx));
                Poll::Ready(accepted.map(|(stream, _)| LocalSocket::unix(stream, OrderlyEnd::default())))
            }
            #[cfg(unix)]
            Self::Single { stream, end } => match stream.take() {
                Some(stream) => Poll::Ready(Ok(LocalSocket::unix(stream, end.clone()))),
                None => Poll::Pending,
            },
        }
    }
}
