//! What every function answers, and what it means.

use iot_tunnel_core::{Capacity, Error, Misuse, PeerFault, Refusal};

use crate::memory::Text;

/// How `Status` stands in the signature of a function: any number is one, so that none can be wrong.
pub type Code = i32;

/// What a function answers. Numbers in the hundreds say whose fault it is and what helps; they are the same in Rust and
/// JavaScript, and none is ever used again for something else.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// Nothing was done, and nothing is wrong: call again when some of what waits to be sent was sent.
    WouldBlock = 1,
    /// A SOURCE rotation came with a destination config.
    MisuseDestinationConfigWithSource = 101,
    /// A lifetime outside 1–720 minutes.
    MisuseLifetimeOutOfRange = 102,
    /// A destination config or a session without a service.
    MisuseNoServices = 103,
    /// All bytes of the entropy are the same: the random source is not running.
    MisuseStuckEntropy = 104,
    /// A tunnel with that id is in the table already.
    MisuseTunnelIdTaken = 105,
    /// An access token with no character, or with one that is not visible ASCII.
    MisuseInvalidAccessToken = 106,
    /// A payload to be sent is over the protocol's maximum.
    MisusePayloadTooLong = 107,
    /// A message to be sent is longer than a frame can say.
    MisuseMessageTooLong = 108,
    /// A frame was to hold a message whose every field has its default.
    MisuseEmptyMessage = 109,
    /// What is no tunnel id.
    MisuseInvalidTunnelId = 110,
    /// What is no thing name.
    MisuseInvalidThingName = 111,
    /// What is no service.
    MisuseInvalidServiceId = 112,
    /// What is no region.
    MisuseInvalidRegion = 113,
    /// What is no tunnel's ARN.
    MisuseInvalidTunnelArn = 114,
    /// What is no client token.
    MisuseInvalidClientToken = 115,
    /// What is no clientMode.
    MisuseUnknownClientMode = 116,
    /// What is no side.
    MisuseUnknownSide = 117,
    /// What is no host name or address with an optional port.
    MisuseInvalidEndpoint = 120,
    /// A WebSocket frame with more payload than a peer takes.
    MisuseFramePayloadTooLong = 140,
    /// A ping, pong or close frame with more payload than RFC 6455 allows.
    MisuseControlPayloadTooLong = 141,
    /// A WebSocket frame after the close frame.
    MisuseSendAfterClose = 142,
    /// A report of a handshake that the session does not wait for.
    MisuseNotConnecting = 160,
    /// A report of a WebSocket that the session does not have.
    MisuseNotConnected = 161,
    /// A connection was to be opened too early.
    MisuseNotOpen = 162,
    /// A connection that is over was used.
    MisuseConnectionEnded = 163,
    /// A call after the end.
    MisuseSessionClosed = 164,
    /// A token for the other side.
    MisuseTokenOfOtherSide = 165,
    /// A service that is not in the session's list.
    MisuseUnknownService = 166,
    /// The tunnel was opened with other services.
    MisuseServiceNotInTunnel = 167,
    /// The peers cannot tell services apart.
    MisuseServiceNeedsName = 168,
    /// A destination was to open a connection.
    MisuseNotSource = 169,
    /// More bytes were reported as sent than there were.
    MisuseSentTooMuch = 170,
    /// The same service twice.
    MisuseDuplicateService = 171,
    /// An agreed maximum outside of the protocol's.
    MisuseMaxPayloadOutOfRange = 172,
    /// A session without a name for its service came into a tunnel with several.
    MisuseServiceNotChosen = 173,
    /// A pointer that must not be NULL is.
    MisuseNullPointer = 180,
    /// Storage without a value in it.
    MisuseNotInitialised = 181,
    /// Header and library do not belong together.
    MisuseStorageSizeMismatch = 182,
    /// A number that is no value of its enum.
    MisuseUnknownEnumValue = 183,
    /// Text that is not UTF-8.
    MisuseNotUtf8 = 184,
    /// Two areas of memory that must be apart are not.
    MisuseOverlappingMemory = 185,
    /// Of JavaScript only: there is no WebSocket that serves.
    MisuseNoWebSocket = 190,
    /// Never issued, or malformed.
    RefusalUnknownAccessToken = 201,
    /// The tunnel was closed by CloseTunnel.
    RefusalTunnelClosed = 202,
    /// The tunnel's lifetime is over.
    RefusalTunnelExpired = 203,
    /// A rotation has replaced the token.
    RefusalAccessTokenRevoked = 204,
    /// The token belongs to the other side.
    RefusalModeMismatch = 205,
    /// Used before, and bound to no client token.
    RefusalAccessTokenUsed = 206,
    /// Used before with another client token.
    RefusalClientTokenMismatch = 207,
    /// The client token is bound to another access token of an open tunnel.
    RefusalClientTokenInUse = 208,
    /// No such tunnel, or it has been deleted.
    RefusalTunnelNotFound = 209,
    /// Of JavaScript only: any other rule of whoever answered the handshake.
    RefusalHandshakeRefused = 210,
    /// Not JSON text, or deeper than allowed.
    PeerFaultMalformedJson = 301,
    /// JSON, but not of the message's shape.
    PeerFaultUnexpectedJson = 302,
    /// A member's value breaks its rule.
    PeerFaultInvalidMember = 303,
    /// A frame without a message.
    PeerFaultEmptyFrame = 304,
    /// Not protobuf.
    PeerFaultMalformedMessage = 305,
    /// A type that is not known on a message that may not be ignored, or the type 0.
    PeerFaultUnknownMessageType = 306,
    /// Not from this side, or not from the service.
    PeerFaultUnexpectedMessage = 307,
    /// A stream without an id.
    PeerFaultStreamIdMissing = 308,
    /// A payload over the protocol's maximum.
    PeerFaultPayloadTooLong = 309,
    /// What should answer the upgrade request is no HTTP.
    PeerFaultMalformedUpgradeAnswer = 320,
    /// The head of the answer does not end within its limit.
    PeerFaultUpgradeAnswerTooLong = 321,
    /// The connection ended before the answer did.
    PeerFaultUpgradeAnswerEndsEarly = 322,
    /// A status that is no answer to an upgrade request.
    PeerFaultUnexpectedUpgradeStatus = 323,
    /// A 101 that does not switch to WebSocket.
    PeerFaultNotWebSocket = 324,
    /// A 101 to another request.
    PeerFaultWrongWebSocketAccept = 325,
    /// A 101 without a subprotocol, or with one that was not offered.
    PeerFaultWrongSubprotocol = 326,
    /// A 101 with an extension.
    PeerFaultUnofferedExtension = 327,
    /// An upgrade request that the service refuses; the iot_tunnel_rejection says why.
    PeerFaultInvalidUpgradeRequest = 328,
    /// A WebSocket frame uses reserved bits.
    PeerFaultReservedBitsSet = 340,
    /// A WebSocket frame is of an unknown kind.
    PeerFaultReservedOpcode = 341,
    /// A ping, pong or close frame comes in parts.
    PeerFaultFragmentedControlFrame = 342,
    /// A ping, pong or close frame is too long.
    PeerFaultControlFrameTooLong = 343,
    /// The length of a WebSocket frame could be written with fewer bytes.
    PeerFaultFrameLengthNotMinimal = 344,
    /// The length of a WebSocket frame has its highest bit set.
    PeerFaultFrameLengthOutOfRange = 345,
    /// A WebSocket frame has more payload than a peer takes.
    PeerFaultFramePayloadTooLong = 346,
    /// The server masks its frames.
    PeerFaultMaskedFrame = 347,
    /// A text message.
    PeerFaultTextFrame = 348,
    /// A further fragment, but of no message.
    PeerFaultContinuationWithoutStart = 349,
    /// A new message before the end of another.
    PeerFaultMessageInterrupted = 350,
    /// A close frame with half of a code.
    PeerFaultCloseCodeTruncated = 351,
    /// A close frame with a number that is no code.
    PeerFaultCloseCodeNotAllowed = 352,
    /// A close frame with a reason that is not text.
    PeerFaultCloseReasonNotUtf8 = 353,
    /// Anything after a close frame.
    PeerFaultFrameAfterClose = 354,
    /// A client does not mask its frames.
    PeerFaultUnmaskedFrame = 355,
    /// Something else came first.
    PeerFaultMessageBeforeServiceIds = 360,
    /// CONNECTION_START or CONNECTION_RESET in a stream without connection ids.
    PeerFaultStreamWithoutConnectionIds = 361,
    /// Of JavaScript only: a connection in the tunnel did not end in order.
    PeerFaultConnectionLost = 370,
    /// The output buffer.
    CapacityBufferTooSmall = 401,
    /// The table of tunnels.
    CapacityTableFull = 402,
    /// More services than a tunnel can have.
    CapacityTooManyServices = 403,
    /// The token is longer than the room for it.
    CapacityAccessTokenTooLong = 404,
    /// A side has been rotated 4,294,967,295 times.
    CapacityRotationsExhausted = 405,
    /// The upgrade request would be longer than the service takes.
    CapacityUpgradeRequestTooLong = 420,
    /// The service has as many connections as the session has room for.
    CapacityConnectionTableFull = 440,
    /// V1 and V2 have one connection a service.
    CapacityOneConnectionOnly = 441,
    /// More services than the session has room for.
    CapacityServiceTableFull = 442,
    /// A buffer for what is to be sent without room for two messages.
    CapacityOutgoingBufferTooSmall = 443,
    /// Of JavaScript only: more was received than the application reads.
    CapacityReceiveLimitExceeded = 450,
}

/// Whose fault a status is.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Nobody's: it is no error, or no status at all.
    None = 0,
    /// The caller's, 100–199: mend the call.
    Caller = 1,
    /// The service's rule said no, 200–299: get another token or tunnel.
    Service = 2,
    /// The other side's, 300–399: drop what it sent.
    Peer = 3,
    /// Too little room, 400–499: give more.
    Room = 4,
}

/// The answer of a function whose work `call` does.
#[inline(always)]
pub(crate) fn answer(call: impl FnOnce() -> Result<(), Error>) -> Code {
    match call() {
        Ok(()) => Status::Ok as Code,
        Err(error) => Code::from(error.code()),
    }
}

/// Name and text of a number.
fn describe(status: Code) -> Option<(&'static str, &'static str)> {
    macro_rules! find {
        ($($kind:ident),*) => {
            $(if let Some(error) = $kind::EVERY.iter().find(|error| Code::from(error.code()) == status) {
                return Some((error.name(), error.text()));
            })*
        };
    }
    match status {
        0 => return Some(("Ok", "done")),
        1 => {
            return Some((
                "WouldBlock",
                "nothing was done: call again when something was sent",
            ));
        }
        _ => {}
    }
    find!(Misuse, Refusal, PeerFault, Capacity);
    None
}

/// What a status means, for people.
///
/// @param status Any number.
/// @return Text that lasts for ever; of a number that is no status, text that says so.
#[unsafe(no_mangle)]
pub extern "C" fn iot_tunnel_status_text(status: Code) -> Text {
    Text::of(describe(status).map_or("this number is no status of iot-tunnel", |(_, text)| text))
}

/// The name of a status, as Rust and JavaScript have it: DestinationConfigWithSource.
///
/// @param status Any number.
/// @return Text that lasts for ever; empty for a number that is no status.
#[unsafe(no_mangle)]
pub extern "C" fn iot_tunnel_status_name(status: Code) -> Text {
    describe(status).map_or(Text::EMPTY, |(name, _)| Text::of(name))
}

/// Whose fault a status is.
///
/// @param status Any number.
/// @return One of iot_tunnel_party.
#[unsafe(no_mangle)]
pub extern "C" fn iot_tunnel_status_party(status: Code) -> Party {
    match status {
        100..=199 => Party::Caller,
        200..=299 => Party::Service,
        300..=399 => Party::Peer,
        400..=499 => Party::Room,
        _ => Party::None,
    }
}

/// The library's version, 0x00MMmmpp for MM.mm.pp. A program that was compiled with another header sees it here: compare
/// it with IOT_TUNNEL_VERSION.
#[unsafe(no_mangle)]
pub extern "C" fn iot_tunnel_version() -> u32 {
    VERSION
}

/// The version of this header, as iot_tunnel_version has the library's.
pub const VERSION: u32 = 0x0000_0100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_crates() {
        let part = |text: &str| text.parse::<u32>().unwrap();
        let version = (part(env!("CARGO_PKG_VERSION_MAJOR")) << 16)
            | (part(env!("CARGO_PKG_VERSION_MINOR")) << 8)
            | part(env!("CARGO_PKG_VERSION_PATCH"));
        assert_eq!(iot_tunnel_version(), version);
        let define = concat!(
            "#define IOT_TUNNEL_VERSION_STRING \"",
            env!("CARGO_PKG_VERSION"),
            "\"\n"
        );
        assert!(include_str!("../cbindgen.toml").contains(define));
    }

    /// The variants of `Status` with their numbers, as they stand in this file.
    fn written() -> Vec<(String, Code)> {
        let (_, rest) = include_str!("status.rs").split_once("pub enum Status {").unwrap();
        let (variants, _) = rest.split_once("\n}").unwrap();
        let variants = variants.lines().filter_map(|line| line.split_once(" = "));
        variants
            .map(|(name, number)| {
                (
                    name.trim().to_owned(),
                    number.trim_end_matches(',').parse().unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn the_enum_is_cores_tables() {
        let mut expected = vec![("Ok".to_owned(), 0), ("WouldBlock".to_owned(), 1)];
        macro_rules! table {
            ($($kind:ident),*) => {$(
                expected.extend($kind::EVERY.iter().map(|error| {
                    (format!("{}{}", stringify!($kind), error.name()), Code::from(error.code()))
                }));
            )*};
        }
        table!(Misuse, Refusal, PeerFault, Capacity);
        assert_eq!(written(), expected);
    }

    #[test]
    fn every_number_has_name_text_and_party() {
        for (name, number) in written() {
            let (short, text) = describe(number).unwrap();
            assert!(name.ends_with(short) && !text.is_empty(), "{name}");
            let parties = ["Ok", "Misuse", "Refusal", "PeerFault", "Capacity"];
            let party = iot_tunnel_status_party(number) as usize;
            assert!(
                name.starts_with(parties[party]) || number == Status::WouldBlock as Code,
                "{name}"
            );
        }
        assert!(describe(2).is_none() && describe(-1).is_none() && describe(100).is_none());
    }
}
