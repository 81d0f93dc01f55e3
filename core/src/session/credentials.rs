//! [`Credentials`]: the tokens of a session, where they stay.

use super::event::Binding;
use crate::error::Error;
use crate::token::{AccessToken, ClientToken, Entropy};

/// The tokens that a session connects with: blank, unless its state is [`Active`](super::state::State::Active).
///
/// They stand beside the state and are written where they stay. An access token has kilobytes, which no device's stack has
/// room for; and what moves leaves a copy behind that nobody wipes.
pub(super) struct Credentials<const TOKEN: usize> {
    access_token: AccessToken<TOKEN>,
    /// Blank, too, if the access token goes without.
    client_token: ClientToken,
}

impl<const TOKEN: usize> Credentials<TOKEN> {
    pub(super) const fn blank() -> Self {
        Self {
            access_token: AccessToken::blank(),
            client_token: ClientToken::blank(),
        }
    }

    /// Takes tokens in the place of those before. An access token that is none leaves these.
    pub(super) fn replace(
        &mut self,
        access_token: &str,
        binding: &Binding,
        entropy: &Entropy,
    ) -> Result<(), Error> {
        self.access_token.replace(access_token)?;
        match binding {
            Binding::Fresh => self.client_token.refresh(entropy),
            Binding::With(client_token) => self.client_token.copy(client_token),
            Binding::Unbound => self.client_token.wipe(),
        }
        Ok(())
    }

    pub(super) const fn access_token(&self) -> &AccessToken<TOKEN> {
        &self.access_token
    }

    pub(super) fn client_token(&self) -> Option<&ClientToken> {
        Some(&self.client_token).filter(|token| !token.is_blank())
    }

    /// Whether there is nothing of any token, for the invariants of the tests.
    #[cfg(test)]
    pub(super) fn is_blank(&self) -> bool {
        self.access_token == AccessToken::blank() && self.client_token.is_blank()
    }

    /// Leaves nothing of them.
    pub(super) fn wipe(&mut self) {
        self.access_token.wipe();
        self.client_token.wipe();
    }
}
