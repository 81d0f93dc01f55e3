//! [`Link`]: a stretch of network that can be cut.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::Failure;

/// Forwards TCP connections to an address, unless it is cut.
pub(crate) struct Link {
    /// Where it begins.
    pub(crate) at: SocketAddr,
    up: watch::Sender<bool>,
}

impl Link {
    pub(crate) async fn to(far: SocketAddr) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        let (up, is_up) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *is_up.borrow() {
                    tokio::spawn(carry(near, far, is_up.clone()));
                }
            }
        });
        Ok(Self { at, up })
    }

    /// Ends what it carries, and carries nothing.
    pub(crate) fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Carries what comes from now on.
    pub(crate) fn restore(&self) {
        self.up.send_replace(true);
    }
}

/// Forwards one connection until it ends or the link is cut, even for a moment.
async fn carry(mut near: TcpStream, far: SocketAddr, mut is_up: watch::Receiver<bool>) {
    is_up.mark_unchanged();
    let carrying = async {
        let mut far = TcpStream::connect(far).await?;
        for socket in [&near, &far] {
            socket.set_nodelay(true)?;
        }
        tokio::io::copy_bidirectional(&mut near, &mut far).await
    };
    tokio::select! {
        _ = carrying => {}
        _ = is_up.changed() => {}
    }
}
