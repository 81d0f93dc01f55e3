//! [`Credentials`]: the tokens of a session, where they stay.

use crate::error::Error;
use crate::token::{AccessToken, ClientToken};

/// The tokens that a session connects with: blank, unless its state is [`Active`](super::state::State::Active).
///
/// They stand beside the state, because an access token has kilobytes: it is written where it stays, and never moves
/// through the stack of a device.
pub(super) struct Credentials<const TOKEN: usize> {
    access_token: AccessToken<TOKEN>,
    client_token: Option<ClientToken>,
}

impl<const TOKEN: usize> Credentials<TOKEN> {
    pub(super) const fn blank() -> Self {
        Self {
            access_token: AccessToken::blank(),
            client_token: None,
        }
    }

    /// Takes tokens in the place of those before. An access token that is none leaves these.
    pub(super) fn replace(
        &mut self,
        access_token: &str,
        client_token: Option<ClientToken>,
    ) -> Result<(), Error> {
        self.access_token.replace(access_token)?;
        self.client_token = client_token;
        Ok(())
    }

    pub(super) const fn access_token(&self) -> &AccessToken<TOKEN> {
        &self.access_token
    }

    pub(super) const fn client_token(&self) -> Option<&ClientToken> {
        self.client_token.as_ref()
    }

    /// Whether there is nothing of any token, for the invariants of the tests.
    #[cfg(test)]
    pub(super) fn is_blank(&self) -> bool {
        self.access_token == AccessToken::blank() && self.client_token.is_none()
    }

    /// Leaves nothing of them.
    pub(super) fn wipe(&mut self) {
        self.access_token.wipe();
        self.client_token = None;
    }
}
