//! [`Line`]: the TCP connection to a service, with the operating system watching whether it still leads anywhere.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Silence before the operating system asks the other end whether it is there (ours: as often as a client pings).
const KEEPALIVE_IDLE: Duration = Duration::from_secs(20);
/// Time between two such questions (ours).
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// Unanswered questions that end the connection (ours).
#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
const KEEPALIVE_PROBES: u32 = 3;
/// Shortest time without a user timeout, so that a fast upload does not change it at every full buffer (ours).
const REARM_AFTER: Duration = Duration::from_secs(10);
/// How long written bytes may stay unacknowledged (ours: an idle connection that is lost takes as long to be noticed).
#[cfg(any(target_os = "linux", target_os = "android"))]
const USER_TIMEOUT: Duration = Duration::from_secs(50);

/// A TCP connection.
///
/// A service may leave pings unanswered, so silence alone does not show that a connection is lost; the operating system's own means do. The
/// user timeout also ends a connection whose other end lives and takes nothing for now, as when an application at the far end of a tunnel
/// has stopped reading. So it is lifted as soon as the socket takes no more, and set again when it takes bytes [`REARM_AFTER`] later.
pub(super) struct Line {
    stream: TcpStream,
    /// When the user timeout was lifted, if it is not set.
    lifted: Option<Instant>,
}

impl Line {
    pub(super) fn new(stream: TcpStream) -> Self {
        // Keystrokes must not wait for an acknowledgement. Without the option they do, and nothing else fails.
        let _ = stream.set_nodelay(true);
        let keepalive = TcpKeepalive::new()
            .with_time(KEEPALIVE_IDLE)
            .with_interval(KEEPALIVE_INTERVAL);
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
        let keepalive = keepalive.with_retries(KEEPALIVE_PROBES);
        // A lost connection is then noticed later, and nothing else fails.
        let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
        let line = Self { stream, lifted: None };
        line.time(true);
        line
    }

    /// Sets or lifts the user timeout, where there is one.
    fn time(&self, timed: bool) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = SockRef::from(&self.stream).set_tcp_user_timeout(timed.then_some(USER_TIMEOUT));
    }
}

impl Line {
    /// Notes whether the socket took what was to be written.
    fn watch(&mut self, took: bool) {
        match (took, self.lifted) {
            (false, None) => {
                self.lifted = Some(Instant::now());
                self.time(false);
            }
            (true, Some(lifted)) if lifted.elapsed() >= REARM_AFTER => {
                self.lifted = None;
                self.time(true);
            }
            _ => {}
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(written.is_ready());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch(written.is_ready());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    async fn pair() -> (Line, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (other, _) = listener.accept().await.expect("a connection");
        (Line::new(stream), other)
    }

    fn user_timeout(line: &Line) -> Option<Duration> {
        SockRef::from(&line.stream).tcp_user_timeout().expect("an option")
    }

    #[tokio::test]
    async fn the_operating_system_watches_a_connection() {
        let (line, _other) = pair().await;
        let socket = SockRef::from(&line.stream);
        assert!(socket.keepalive().expect("an option"));
        assert!(socket.tcp_nodelay().expect("an option"));
        assert_eq!(socket.tcp_keepalive_time().expect("an option"), KEEPALIVE_IDLE);
        assert_eq!(
            socket.tcp_keepalive_interval().expect("an option"),
            KEEPALIVE_INTERVAL
        );
        assert_eq!(
            socket.tcp_keepalive_retries().expect("an option"),
            KEEPALIVE_PROBES
        );
        assert_eq!(user_timeout(&line), Some(USER_TIMEOUT));
    }

    #[tokio::test]
    async fn a_service_that_takes_nothing_for_now_is_not_taken_for_lost() {
        let (mut line, mut other) = pair().await;
        let chunk = vec![0; 256 * 1024];
        let mut written = 0;
        let moment = Duration::from_millis(200);
        while let Ok(count) = tokio::time::timeout(moment, line.write(&chunk)).await {
            written += count.expect("written");
        }
        assert_eq!(user_timeout(&line), None);
        let mut sink = vec![0; 1 << 20];
        while written > 0 {
            written -= other.read(&mut sink).await.expect("bytes");
        }
        tokio::time::pause();
        tokio::time::advance(REARM_AFTER).await;
        line.write_all(b"x").await.expect("written");
        assert_eq!(user_timeout(&line), Some(USER_TIMEOUT));
    }
}
