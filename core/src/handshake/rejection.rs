//! How the service says no to an upgrade request.

use super::fault::HandshakeFault;
use crate::error::Refusal;

/// The answer to a request that is not accepted, sent before any 101 (data-plane.md §1).
///
/// | said no | status |
/// |---|---|
/// | a [`HandshakeFault`] | 400; 431 for one too long |
/// | a [`Refusal`] | 400 |
/// | [`RATE_LIMITED`](Self::RATE_LIMITED), [`UNAVAILABLE`](Self::UNAVAILABLE) | 503 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The HTTP status. With 400–499 a client gives its token up, but for 408 and 429; with those and 500–599 it tries again.
    pub status: u16,
    /// The body and the value of `x-status-reason`: visible ASCII and spaces.
    pub text: &'static str,
}

impl Rejection {
    /// Too many attempts with one token. Not 429: AWS's clients take every 4xx for the end of their token (ours).
    pub const RATE_LIMITED: Self = Self {
        status: 503,
        text: "Too many attempts with this access token: try again later",
    };

    /// The service itself failed; it tells no detail.
    pub const UNAVAILABLE: Self = Self {
        status: 503,
        text: "The service cannot answer now: try again later",
    };
}

impl From<HandshakeFault> for Rejection {
    fn from(fault: HandshakeFault) -> Self {
        fault.rejection()
    }
}

impl From<Refusal> for Rejection {
    /// Every [`Refusal`] is 400: with that token and that request there is no other answer (data-plane.md §1).
    fn from(refusal: Refusal) -> Self {
        Self {
            status: 400,
            text: refusal.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rejection_fits_a_header_and_tells_clients_whether_to_try_again() {
        let faults = HandshakeFault::EVERY.iter().map(|fault| Rejection::from(*fault));
        let refusals = Refusal::EVERY.iter().map(|refusal| Rejection::from(*refusal));
        for rejection in faults.chain(refusals) {
            assert!(matches!(rejection.status, 400 | 431), "{rejection:?}");
        }
        for rejection in [Rejection::RATE_LIMITED, Rejection::UNAVAILABLE] {
            assert_eq!(rejection.status, 503);
        }
        let faults = HandshakeFault::EVERY.iter().map(|fault| fault.text());
        let texts = faults
            .chain(Refusal::EVERY.iter().map(|refusal| refusal.text()))
            .chain([Rejection::RATE_LIMITED.text, Rejection::UNAVAILABLE.text]);
        for text in texts {
            assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{text}");
            assert!(text.len() <= crate::handshake::MAX_PEER_TEXT, "{text}");
        }
    }
}
