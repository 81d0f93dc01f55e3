//! What can go wrong, by whose fault it is.
//!
//! Each kind is `Copy`, has a stable number that is never reused (the same in Rust, C and JavaScript), and a
//! text that says what was given and what is allowed. Numbers in the hundreds tell the party:
//!
//! | numbers | kind | whose fault | what to do |
//! |---|---|---|---|
//! | 100–199 | [`Misuse`] | the caller's | mend the call |
//! | 200–299 | [`Refusal`] | nobody's: a rule said no | get another token or tunnel |
//! | 300–399 | [`PeerFault`] | the other side's | drop what it sent |
//! | 400–499 | [`Capacity`] | nobody's | give more room |

#[cfg(test)]
mod tests;

use core::fmt;

/// Defines one kind of error: variants, numbers and texts in one table.
macro_rules! errors {
    ($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $code:literal, $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum $name {
            $($(#[$note])* $variant = $code,)+
        }

        impl $name {
            /// Every variant, in order of its number.
            pub const EVERY: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable number.
            #[must_use]
            pub const fn code(self) -> u16 {
                self as u16
            }

            /// The stable name: the variant's, as written here.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }

            /// What went wrong, for people.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.text())
            }
        }

        impl core::error::Error for $name {}
    };
}

errors! {
    /// The caller broke a rule of the API or of this library.
    Misuse {
        /// A SOURCE rotation came with a destination config.
        DestinationConfigWithSource = 101, "destinationConfig is allowed with clientMode DESTINATION or ALL, not with SOURCE";
        /// A lifetime outside 1–720 minutes.
        LifetimeOutOfRange = 102, "maxLifetimeTimeoutMinutes must be 1 to 720";
        /// A destination config or a session without a service.
        NoServices = 103, "a destination config or a session needs at least 1 service";
        /// All bytes of the entropy are the same: the random source is not running.
        StuckEntropy = 104, "every byte of the entropy is the same: the random source is not running";
        /// A tunnel with that id is in the table already.
        TunnelIdTaken = 105, "a tunnel with this id exists already; every tunnel needs an id of its own";
        /// An access token with no character, or with one that is not visible ASCII.
        InvalidAccessToken = 106, "an access token is 1 or more visible ASCII characters";
        /// A payload to be sent is over the protocol's maximum.
        PayloadTooLong = 107, "the payload of a message has at most 64,512 bytes: send more in several messages";
        /// A message to be sent is longer than a frame can say.
        MessageTooLong = 108, "a message has at most 65,535 bytes";
        /// A frame was to hold a message whose every field has its default.
        EmptyMessage = 109, "a message with no field set has no bytes, and a frame must hold some: set its type";
        /// What is no tunnel id.
        InvalidTunnelId = 110, r"a tunnelId is 1 to 128 characters of [a-zA-Z0-9_\-+=:]";
        /// What is no thing name.
        InvalidThingName = 111, "a thingName is 1 to 128 characters of [a-zA-Z0-9:_-]";
        /// What is no service.
        InvalidServiceId = 112, "a service is 1 to 128 characters of [a-zA-Z0-9:_-]";
        /// What is no region.
        InvalidRegion = 113, "a region is 1 to 32 characters of [a-z0-9-]";
        /// What is no ARN of a tunnel.
        InvalidTunnelArn = 114, "a tunnelArn is 1 to 1600 visible ASCII characters";
        /// What is no client token.
        InvalidClientToken = 115, "a client token is 32 to 128 characters of [a-zA-Z0-9-]";
        /// What is no client mode.
        UnknownClientMode = 116, "a clientMode is SOURCE, DESTINATION or ALL, in upper case";
        /// What is no side.
        UnknownSide = 117, "a side is source or destination, in lower case";
        /// What is no host name or address with an optional port.
        InvalidEndpoint = 120, "an endpoint is host, host:port, [IPv6 address] or [IPv6 address]:port";
        /// A WebSocket frame with more payload than a peer takes.
        FramePayloadTooLong = 140, "the payload of a WebSocket frame is at most 131,076 bytes";
        /// A ping, pong or close frame with more payload than RFC 6455 allows.
        ControlPayloadTooLong = 141, "a ping or pong carries at most 125 bytes, and the reason of a close has at most 123";
        /// A WebSocket frame after the close frame.
        SendAfterClose = 142, "a close frame has been sent: nothing may follow it";
        /// A report of a handshake that the session does not wait for.
        NotConnecting = 160, "the session waits for no handshake: report its end once, and only of the latest Connect";
        /// A report of a WebSocket that the session does not have.
        NotConnected = 161, "the session has no connection: report nothing of one that was lost or is to be closed";
        /// A connection was to be opened too early.
        NotOpen = 162, "the session is not open: wait until its status says so";
        /// A connection that is over was used.
        ConnectionEnded = 163, "this connection of the tunnel has ended";
        /// A call after the end.
        SessionClosed = 164, "the session is closed: make another one";
        /// A token for the other side.
        TokenOfOtherSide = 165, "the token is for the other side of the tunnel, and this session keeps its side";
        /// A service that is not in the session's list.
        UnknownService = 166, "there is no service of this number: count the configured ones from 0";
        /// The tunnel was opened with other services.
        ServiceNotInTunnel = 167, "the tunnel does not have this service";
        /// The peers cannot tell services apart.
        ServiceNeedsName = 168, "without service ids (V1, or a tunnel without services) a session has exactly one service";
        /// A destination was to open a connection.
        NotSource = 169, "a source opens connections, a destination does not";
        /// More bytes were reported as sent than there were.
        SentTooMuch = 170, "more bytes were reported as sent than the session had to send";
        /// The same service twice.
        DuplicateService = 171, "each service is configured once";
        /// An agreed maximum outside of the protocol's.
        MaxPayloadOutOfRange = 172, "the longest payload is 1 to 64512 bytes";
        /// A session without a name for its service came into a tunnel with several.
        ServiceNotChosen = 173, "the tunnel has several services, and the session has no name for its own: configure one of theirs";
        /// A pointer of C that points nowhere.
        NullPointer = 180, "a pointer is NULL, and only one to 0 bytes or to something optional may be";
        /// Storage of C that no call has made anything of, or that has been wiped.
        NotInitialised = 181, "the storage holds nothing yet, or was wiped: initialise it first";
        /// Storage of C that was compiled for another version of the library.
        StorageSizeMismatch = 182, "the size given is not this library's: compile with the header of the same version";
        /// A number that is no value of its enumeration.
        UnknownEnumValue = 183, "the number is no value of its enumeration: use the names in the header";
        /// Text of C that is not text.
        NotUtf8 = 184, "a text must be UTF-8";
        /// Memory of C that was given twice.
        OverlappingMemory = 185, "two regions of memory overlap, and one of them is to be written";
        /// Of JavaScript only: an engine without a WebSocket that serves.
        NoWebSocket = 190, "there is no WebSocket here that can carry an access token: give one";
    }
}

errors! {
    /// A rule of the service said no. The texts go into refusals of the data plane as they are.
    Refusal {
        /// Never issued, or malformed.
        UnknownAccessToken = 201, "Invalid access token";
        /// The tunnel was closed by CloseTunnel.
        TunnelClosed = 202, "The tunnel is closed";
        /// The tunnel's lifetime is over.
        TunnelExpired = 203, "The tunnel is closed: its lifetime has ended";
        /// A rotation has replaced the token.
        AccessTokenRevoked = 204, "Invalid access token: The access token was revoked by a rotation";
        /// The token belongs to the other side.
        ModeMismatch = 205, "The access token belongs to the other side: local-proxy-mode does not match it";
        /// Used before, and bound to no client token.
        AccessTokenUsed = 206, "Invalid access token: The access token was previously used and cannot be used again";
        /// Used before with another client token.
        ClientTokenMismatch = 207, "The client token does not match the one that the access token was first used with";
        /// The client token is bound to another access token of an open tunnel.
        ClientTokenInUse = 208, "The client token is in use with another access token: make a fresh one for each access token";
        /// No such tunnel, or it has been deleted.
        TunnelNotFound = 209, "There is no such tunnel";
        /// Of JavaScript only: any other rule of whoever answered the handshake, whose words come with it.
        HandshakeRefused = 210, "The handshake was refused";
    }
}

errors! {
    /// What came from the other side is not what the protocol allows.
    PeerFault {
        /// Not JSON text, or deeper than allowed.
        MalformedJson = 301, "the text is not JSON as RFC 8259 defines it, or is nested too deep";
        /// JSON, but not of the message's shape.
        UnexpectedJson = 302, "the JSON does not have the shape of this message";
        /// A member's value breaks its rule.
        InvalidMember = 303, "a member's value is not allowed";
        /// A frame without a message.
        EmptyFrame = 304, "a frame must hold a message, and this one has the length 0";
        /// Not protobuf.
        MalformedMessage = 305, "the bytes are not a message in protobuf";
        /// A type that is not known on a message that may not be ignored, or the type 0.
        UnknownMessageType = 306, "the message's type is not known, and the message may not be ignored";
        /// Not from this side, or not from the service.
        UnexpectedMessage = 307, "this sender may not send messages of this type";
        /// A stream without an id.
        StreamIdMissing = 308, "a message of this type needs a streamId other than 0";
        /// A payload over the protocol's maximum.
        PayloadTooLong = 309, "the payload of a message has at most 64,512 bytes";
        /// What should answer the upgrade request is no HTTP.
        MalformedUpgradeAnswer = 320, "the answer to the upgrade request is not the head of an HTTP/1.1 response";
        /// The head of the answer does not end within its limit.
        UpgradeAnswerTooLong = 321, "the head of the answer to the upgrade request is longer than 4096 bytes";
        /// The connection ended before the answer did.
        UpgradeAnswerEndsEarly = 322, "the connection ended before the answer to the upgrade request did";
        /// A status that is no answer to an upgrade request.
        UnexpectedUpgradeStatus = 323, "the answer to an upgrade request is 101, 400 to 499 or 500 to 599";
        /// A 101 that does not switch to WebSocket.
        NotWebSocket = 324, "a 101 needs one header 'upgrade: websocket' and 'connection: upgrade'";
        /// A 101 to another request.
        WrongWebSocketAccept = 325, "a 101 needs one sec-websocket-accept, and it must belong to the request's key";
        /// A 101 without a subprotocol, or with one that was not offered.
        WrongSubprotocol = 326, "a 101 needs one sec-websocket-protocol, and it must be one that was offered";
        /// A 101 with an extension.
        UnofferedExtension = 327, "a 101 must not have sec-websocket-extensions: none was offered";
        /// An upgrade request that the service refuses; `HandshakeFault` says why.
        InvalidUpgradeRequest = 328, "the upgrade request breaks a rule of the handshake";
        /// A WebSocket frame uses reserved bits.
        ReservedBitsSet = 340, "a WebSocket frame sets reserved bits, and no extension was agreed";
        /// A WebSocket frame is of an unknown kind.
        ReservedOpcode = 341, "a WebSocket frame has a reserved opcode";
        /// A ping, pong or close frame comes in parts.
        FragmentedControlFrame = 342, "a ping, pong or close frame must not be fragmented";
        /// A ping, pong or close frame is too long.
        ControlFrameTooLong = 343, "the payload of a ping, pong or close frame is at most 125 bytes";
        /// The length of a WebSocket frame could be written with fewer bytes.
        FrameLengthNotMinimal = 344, "the length of a WebSocket frame must be written with as few bytes as it needs";
        /// The length of a WebSocket frame has its highest bit set.
        FrameLengthOutOfRange = 345, "the length of a WebSocket frame is at most 2^63 - 1 bytes";
        /// A WebSocket frame has more payload than a peer takes.
        FramePayloadTooLong = 346, "the payload of a WebSocket frame is at most 131,076 bytes";
        /// The server masks its frames.
        MaskedFrame = 347, "a server must not mask its WebSocket frames";
        /// A text message.
        TextFrame = 348, "a tunnel takes binary WebSocket messages, not text";
        /// A further fragment, but of no message.
        ContinuationWithoutStart = 349, "a WebSocket continuation frame needs a message that it continues";
        /// A new message before the end of another.
        MessageInterrupted = 350, "a WebSocket message must be complete before the next one begins";
        /// A close frame with half of a code.
        CloseCodeTruncated = 351, "the payload of a close frame is empty or at least 2 bytes";
        /// A close frame with a number that is no code.
        CloseCodeNotAllowed = 352, "the code of a close frame is 1000 to 1003, 1007 to 1014 or 3000 to 4999";
        /// A close frame with a reason that is not text.
        CloseReasonNotUtf8 = 353, "the reason of a close frame must be UTF-8";
        /// Anything after a close frame.
        FrameAfterClose = 354, "nothing may follow a close frame";
        /// A client does not mask its frames.
        UnmaskedFrame = 355, "a client must mask its WebSocket frames";
        /// Something else came first.
        MessageBeforeServiceIds = 360, "the first message over V2 and V3 is SERVICE_IDS";
        /// CONNECTION_START or CONNECTION_RESET in a stream without connection ids.
        StreamWithoutConnectionIds = 361, "the stream was started without a connection id: it has one connection, and no CONNECTION_* message";
        /// Of JavaScript only: a connection in the tunnel that did not end in order.
        ConnectionLost = 370, "the connection was cut: the WebSocket, or the peer behind it, is gone";
    }
}

errors! {
    /// The room given is too small.
    Capacity {
        /// The output buffer.
        BufferTooSmall = 401, "the buffer is too small";
        /// The table of tunnels.
        TableFull = 402, "the table of tunnels is full";
        /// More services than a tunnel can have.
        TooManyServices = 403, "a tunnel has at most 3 services";
        /// The token is longer than the room for it.
        AccessTokenTooLong = 404, "the access token is longer than the room for it";
        /// A side has been rotated 4,294,967,295 times.
        RotationsExhausted = 405, "this side has been rotated as often as a tunnel can be";
        /// The upgrade request would be longer than the service takes.
        UpgradeRequestTooLong = 420, "the upgrade request would be longer than the 4096 bytes that the service takes";
        /// The service has as many connections as the session has room for.
        ConnectionTableFull = 440, "the service has as many connections as the session has room for";
        /// V1 and V2 have one connection a service.
        OneConnectionOnly = 441, "over V1 and V2 a service has one connection at a time";
        /// More services than the session has room for.
        ServiceTableFull = 442, "these are more services than the session has room for";
        /// A buffer for what is to be sent without room for two messages.
        OutgoingBufferTooSmall = 443, "the buffer for what is to be sent needs at least 512 bytes";
        /// Of JavaScript only: more was received than the application reads, over a socket that cannot be stopped.
        ReceiveLimitExceeded = 450, "more bytes wait to be read than the limit allows: read faster, or raise the limit";
    }
}

/// Any error of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// The caller's fault.
    Misuse(Misuse),
    /// A rule said no.
    Refusal(Refusal),
    /// The other side's fault.
    Peer(PeerFault),
    /// Too little room.
    Capacity(Capacity),
}

impl Error {
    /// The stable number.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Misuse(error) => error.code(),
            Self::Refusal(error) => error.code(),
            Self::Peer(error) => error.code(),
            Self::Capacity(error) => error.code(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misuse(error) => error.fmt(f),
            Self::Refusal(error) => error.fmt(f),
            Self::Peer(error) => error.fmt(f),
            Self::Capacity(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

macro_rules! from {
    ($($kind:ident => $variant:ident),+) => {
        $(impl From<$kind> for Error {
            fn from(error: $kind) -> Self {
                Self::$variant(error)
            }
        })+
    };
}

from!(Misuse => Misuse, Refusal => Refusal, PeerFault => Peer, Capacity => Capacity);
