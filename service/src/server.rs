//! Accepts connections and serves HTTP on them, until it is told to stop: then it finishes what is under way.

mod drain;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use self::drain::Drained;
use crate::transport::Security;

/// The time a client has for its TLS handshake, to send the head of a request, and an idle connection to send another one
/// (ours).
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The most that is read of a connection before it is dealt with, in bytes (ours): the longest head of a request, and what
/// may come behind it. A longer head is refused with 431.
const READ_BUFFER: usize = 65_536;

/// The time that requests under way have to finish once the service is told to stop (ours).
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP server that runs until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens; the address can have port 0.
    pub(crate) async fn start(address: SocketAddr, security: Security, router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, security, router, stopped));
        Ok(Self {
            address,
            stop: Some(stop),
            task,
        })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, and returns when those under way are answered or their time is over.
    pub(crate) async fn stop(mut self) {
        self.stop = None;
        // A task that panicked has nothing left to finish.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    listener: TcpListener,
    security: Security,
    router: Router,
    mut stopped: oneshot::Receiver<()>,
) {
    // They end with this task: nobody is served by a service that has stopped or was dropped.
    let mut connections = JoinSet::new();
    let stop = CancellationToken::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let served = connection(stream, security.clone(), router.clone(), stop.clone());
                    connections.spawn(served);
                }
                Err(error) => {
                    // Such as too many open files: wait until some are closed, rather than spin.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    stop.cancel();
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(DRAIN_TIMEOUT, all).await.is_err() {
        tracing::warn!("some requests were not finished in time");
    }
    connections.shutdown().await;
}

/// Serves one connection until it ends, becomes something else than HTTP, or has finished what it had under way when the
/// server was stopped.
async fn connection(stream: TcpStream, security: Security, router: Router, stop: CancellationToken) {
    // Answers are small: sending them at once beats waiting for more.
    let _ = stream.set_nodelay(true);
    let stream = tokio::select! {
        accepted = timeout(HEAD_TIMEOUT, security.accept(stream)) => accepted,
        () = stop.cancelled() => return,
    };
    let stream = match stream {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return tracing::debug!("a TLS handshake took too long"),
    };
    let service = router.map_request(Drained::of);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}
