//! The versions of the tunneling protocol, and what a client offers of them.

use core::fmt;

/// A version of the tunneling protocol, as agreed in the handshake: it says which messages exist. How a peer writes
/// them is read from its first STREAM_START, not from here (data-plane.md §4).
///
/// | subprotocol | adds the message types |
/// |---|---|
/// | V1 | DATA 1, STREAM_START 2, STREAM_RESET 3, SESSION_RESET 4 |
/// | V2 | SERVICE_IDS 5 |
/// | V3 | CONNECTION_START 6, CONNECTION_RESET 7 |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subprotocol {
    /// One service, one connection.
    V1,
    /// Several services.
    V2,
    /// Several services, each with several connections.
    V3,
}

/// The names of all, the newest first. Each stands here only.
const ALL: &str = "aws.iot.securetunneling-3.0, aws.iot.securetunneling-2.0, aws.iot.securetunneling-1.0";
const V3: &str = ALL.split_at(27).0;
const V2: &str = ALL.split_at(29).1.split_at(27).0;
const V1: &str = ALL.split_at(58).1;

impl Subprotocol {
    /// All three, the oldest first.
    pub const EVERY: [Self; 3] = [Self::V1, Self::V2, Self::V3];

    /// The name in `sec-websocket-protocol`.
    // A function of its own: with it inside, an offer's becomes a table of lengths, which a linker drags others along with.
    #[must_use]
    #[inline(never)]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => V1,
            Self::V2 => V2,
            Self::V3 => V3,
        }
    }

    /// Reads a name; case matters (RFC 6455 §4.1).
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::EVERY
            .into_iter()
            .find(|subprotocol| subprotocol.as_str().as_bytes() == name)
    }

    /// Whether a message type, by its number on the wire, exists in this version.
    ///
    /// ```
    /// use iot_tunnel_core::handshake::Subprotocol;
    /// const SERVICE_IDS: i32 = 5;
    /// assert!(Subprotocol::V2.defines(SERVICE_IDS) && !Subprotocol::V1.defines(SERVICE_IDS));
    /// ```
    #[must_use]
    pub const fn defines(self, message_type: i32) -> bool {
        let last = match self {
            Self::V1 => 4,
            Self::V2 => 5,
            Self::V3 => 7,
        };
        1 <= message_type && message_type <= last
    }
}

impl fmt::Display for Subprotocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which subprotocols a client offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offer {
    /// One. AWS's own clients offer only V3.
    Only(Subprotocol),
    /// All three, the newest first.
    All,
}

impl Offer {
    /// The value of `sec-websocket-protocol`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Only(subprotocol) => subprotocol.as_str(),
            Self::All => ALL,
        }
    }

    /// Whether it has that one.
    #[must_use]
    pub fn has(self, subprotocol: Subprotocol) -> bool {
        match self {
            Self::Only(only) => only == subprotocol,
            Self::All => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::header;

    #[test]
    fn an_offer_lists_what_it_has() {
        for offer in [
            Offer::All,
            Offer::Only(Subprotocol::V1),
            Offer::Only(Subprotocol::V3),
        ] {
            for subprotocol in Subprotocol::EVERY {
                let listed = header::lists(offer.as_str().as_bytes(), subprotocol.as_str());
                assert_eq!(offer.has(subprotocol), listed, "{offer:?} {subprotocol}");
            }
        }
    }

    #[test]
    fn every_type_exists_since_one_version() {
        let since = |message_type| {
            Subprotocol::EVERY
                .into_iter()
                .find(|version| version.defines(message_type))
        };
        let versions = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8].map(since);
        let (v1, v2, v3) = (
            Some(Subprotocol::V1),
            Some(Subprotocol::V2),
            Some(Subprotocol::V3),
        );
        assert_eq!(versions, [None, None, v1, v1, v1, v1, v2, v3, v3, None]);
    }

    #[test]
    fn names_are_read_exactly() {
        for subprotocol in Subprotocol::EVERY {
            assert_eq!(
                Subprotocol::from_name(subprotocol.as_str().as_bytes()),
                Some(subprotocol)
            );
        }
        for name in [
            "",
            "AWS.iot.securetunneling-3.0",
            "aws.iot.securetunneling-4.0",
            "aws.iot.securetunneling-3.0 ",
        ] {
            assert_eq!(Subprotocol::from_name(name.as_bytes()), None, "{name}");
        }
    }
}
