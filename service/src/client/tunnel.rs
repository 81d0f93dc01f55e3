//! The handle of a tunnel that runs.

use iot_tunnel_core::session::Binding;
use iot_tunnel_core::{AccessToken, ClientToken};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::driver::Handed;
use crate::entropy::{EntropyError, EntropySource};

/// A tunnel that runs. When this is dropped it closes, in its own time.
#[derive(Debug)]
pub struct Tunnel {
    /// Their end is the wish to close.
    tokens: mpsc::Sender<Handed>,
    task: JoinHandle<()>,
}

/// Why a token was not handed to a tunnel, which is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// There is no entropy for a client token.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The tunnel is over.
    #[error("the tunnel is over: start another one")]
    Ended,
}

impl Tunnel {
    pub(super) const fn new(tokens: mpsc::Sender<Handed>, task: JoinHandle<()>) -> Self {
        Self { tokens, task }
    }

    /// Hands in an access token: the first one, or one that a rotation issued. The tunnel connects with it at once, and
    /// what connection it has is closed; one that it has had before changes nothing. Without a client token a fresh one
    /// is made, so that the tunnel can connect again after a drop.
    ///
    /// # Errors
    /// [`ReplaceError`]; nothing has changed.
    pub async fn replace_token(
        &self,
        access_token: AccessToken,
        client_token: Option<ClientToken>,
    ) -> Result<(), ReplaceError> {
        let handed = Handed {
            access_token,
            binding: client_token.map_or(Binding::Fresh, Binding::With),
            entropy: EntropySource::system().draw()?,
        };
        self.tokens.send(handed).await.map_err(|_| ReplaceError::Ended)
    }

    /// Closes the tunnel and waits until it has ended: the service is told, and local applications get what came for
    /// them, as far as they take it within 2 seconds.
    pub async fn close(self) {
        drop(self.tokens);
        // The task does not panic, and nobody else ends it.
        let _ = self.task.await;
    }
}

impl std::fmt::Debug for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handed(..)")
    }
}
