//! Why an operation was not done.

use iot_tunnel_core::token::looks_issued;
use iot_tunnel_core::{Error, Refusal, TunnelId};

use crate::auth::AccessDenied;
use crate::entropy::EntropyError;
use crate::store::StoreError;

/// Why an operation was not done. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum TunnelsError {
    /// The caller may not do this to the tunnel as it is: AccessDeniedException.
    #[error(transparent)]
    Denied(#[from] AccessDenied),
    /// There is no such tunnel, or it is not open any more: ResourceNotFoundException, with which of them it is.
    #[error("Tunnel {} {}", shown(.id), why_not_found(.why))]
    NotFound {
        /// The tunnel asked for.
        id: Box<TunnelId>,
        /// [`Refusal::TunnelNotFound`], [`Refusal::TunnelClosed`] or [`Refusal::TunnelExpired`].
        why: Refusal,
    },
    /// As many tunnels are open as may be: LimitExceededException.
    #[error("{0} tunnels are open, as many as this service allows; close one, or wait for one to end")]
    TooManyOpen(u64),
    /// A tunnel would have more tags than it can.
    #[error("a tunnel has at most {max} tags; it would have {count}")]
    TooManyTags {
        /// How many it would have.
        count: usize,
        /// How many it can have.
        max: usize,
    },
    /// A rule of core that validation comes before, so that requests do not meet it.
    #[error("{0}")]
    Rule(#[from] Error),
    /// The record kept changing while it was being changed.
    #[error("the tunnel is being changed by many requests at once; try again")]
    Contention,
    /// The random source failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What cannot happen did.
    #[error("{0} failed")]
    Internal(&'static str),
}

impl TunnelsError {
    pub(crate) fn unknown(id: &TunnelId) -> Self {
        Self::NotFound {
            id: Box::new(id.clone()),
            why: Refusal::TunnelNotFound,
        }
    }

    /// What core said of a tunnel, as this service's error.
    pub(crate) fn of(id: &TunnelId, error: Error) -> Self {
        match error {
            Error::Refusal(
                why @ (Refusal::TunnelNotFound | Refusal::TunnelClosed | Refusal::TunnelExpired),
            ) => Self::NotFound {
                id: Box::new(id.clone()),
                why,
            },
            other => Self::Rule(other),
        }
    }
}

/// An id for an error's text. A token pasted where an id belongs is not repeated.
fn shown(id: &TunnelId) -> &str {
    match looks_issued(id.as_str()) {
        true => "(an access token was given, not an id)",
        false => id.as_str(),
    }
}

fn why_not_found(why: &Refusal) -> &'static str {
    match why {
        Refusal::TunnelClosed => "is closed",
        Refusal::TunnelExpired => "is closed: its lifetime has ended",
        _ => "does not exist, or has been deleted",
    }
}
