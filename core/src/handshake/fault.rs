//! What can be wrong with an upgrade request.

use core::fmt;

use super::rejection::Rejection;
use crate::error::{Error, PeerFault};

/// Defines the faults: variants, HTTP statuses and texts in one table.
macro_rules! faults {
    ($($(#[$note:meta])* $variant:ident = $status:literal, $text:literal;)+) => {
        /// The rule of the handshake that an upgrade request breaks (data-plane.md §1). The text says what is
        /// allowed and never what was given: that may be a token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum HandshakeFault {
            $($(#[$note])* $variant,)+
        }

        impl HandshakeFault {
            /// Every variant, in the order in which the rules are judged.
            pub const EVERY: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name: the variant's, as written here.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }

            /// The answer that refuses such a request.
            #[must_use]
            pub const fn rejection(self) -> Rejection {
                match self { $(Self::$variant => Rejection { status: $status, text: $text },)+ }
            }
        }
    };
}

faults! {
    /// More than [`MAX_REQUEST`](super::MAX_REQUEST) bytes.
    TooLong = 431, "The request is too long: a handshake has at most 4096 bytes";
    /// Another method.
    Method = 400, "The method must be GET";
    /// Another path.
    Path = 400, "The path must be /tunnel";
    /// No such parameter.
    ModeMissing = 400, "The query must be local-proxy-mode=source or local-proxy-mode=destination";
    /// The parameter stands more than once.
    ModeRepeated = 400, "local-proxy-mode must be given once";
    /// The parameter has another value.
    ModeInvalid = 400, "local-proxy-mode must be source or destination, in lower case";
    /// Another parameter: the protocol guide refuses it.
    ParameterUnknown = 400, "The query has another parameter: local-proxy-mode is the only one";
    /// No upgrade to WebSocket.
    NotWebSocket = 400, "The request must have the headers 'upgrade: websocket' and 'connection: upgrade'";
    /// Another version of WebSocket, none, or several. The answer should tell ours
    /// (`sec-websocket-version: 13`, RFC 6455 §4.4).
    Version = 400, "sec-websocket-version must be given once and be 13";
    /// No key, several, or one that is not 16 bytes in base64.
    Key = 400, "sec-websocket-key must be given once and be 16 bytes in base64";
    /// No access token.
    AccessTokenMissing = 400, "The access token is missing: send it in header access-token or cookie awsiot-tunnel-token";
    /// More than one value of any kind.
    AccessTokenRepeated = 400, "More than one access token: send one, in header access-token or cookie awsiot-tunnel-token";
    /// An empty value, or one with a character that no token has.
    AccessTokenInvalid = 400, "Invalid access token: it is 1 or more visible ASCII characters";
    /// More than one value.
    ClientTokenRepeated = 400, "client-token must be given at most once";
    /// A value that breaks the rule.
    ClientTokenInvalid = 400, "client-token must be 32 to 128 of a-z, A-Z, 0-9 and '-'";
    /// None of the subprotocols that we speak.
    Subprotocol = 400, "sec-websocket-protocol must offer aws.iot.securetunneling-1.0, -2.0 or -3.0";
}

impl HandshakeFault {
    /// What is wrong, for people.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.rejection().text
    }
}

impl fmt::Display for HandshakeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for HandshakeFault {}

impl From<HandshakeFault> for Error {
    fn from(_: HandshakeFault) -> Self {
        PeerFault::InvalidUpgradeRequest.into()
    }
}
