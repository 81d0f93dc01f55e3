//! What a session is told once, and how it is made.

use iot_tunnel_core::session::{Config, MAX_BACKOFF, Services};
use iot_tunnel_core::wire::MAX_PAYLOAD;
use iot_tunnel_core::{Capacity, Misuse};

use super::{Client, SessionStorage};
use crate::handshake::{SubprotocolCode, subprotocol};
use crate::lent::Lent;
use crate::memory::{Area, Text, apart, object};
use crate::mode::{SideCode, side};
use crate::services::Services as Names;
use crate::status::{Code, answer};
use crate::storage::{check_size, vacant, wipe};

/// Fewest bytes of a session's incoming buffer: every message without payload has room (ours).
pub const MIN_INCOMING: usize = 512;

/// Fewest bytes of a session's outgoing buffer: a control message, and what stands around a payload, and some payload (ours).
pub const MIN_OUTGOING: usize = 512;
const _: () = assert!(MIN_OUTGOING == iot_tunnel_core::session::MIN_OUTGOING);

/// Bytes of an incoming buffer that has room for every message of the protocol.
pub const MAX_MESSAGE: usize = 65_535;
const _: () = assert!(MAX_MESSAGE == iot_tunnel_core::wire::MAX_MESSAGE);

/// What a session is told when it is made. Zero it, then set what you need.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SessionConfig {
    /// The side of the tunnel, an iot_tunnel_side: a token for the other side is refused.
    pub side: SideCode,
    /// The services that a source opens connections to, or that a destination serves, each once: 1 to 128 of
    /// [a-zA-Z0-9:_-]. Each is known by its place, from 0.
    pub services: [Text; 3],
    /// How many they are, 0 to 3. 0: one service without a configured name. Its name is then the tunnel's to say; if the
    /// tunnel has several, the event OPEN has needs_name.
    pub service_count: u32,
    /// For a source: the newest format of messages that it speaks, an iot_tunnel_subprotocol; 0 is V3. A destination
    /// answers in the format of each stream.
    pub format: SubprotocolCode,
    /// The longest payload of a message that is sent, 1 to 64512 bytes; 0 is 64512. Less where the peers agreed on less.
    pub max_payload: u32,
    /// The ceiling of the random waits after a failed connect or a lost connection, in milliseconds: 1 to 120000, which higher values
    /// count as; 0 is 120000. 5000 suits a person who waits, 120000 a fleet of devices. After 408, 429 and 5xx the ceiling is always
    /// 120000, and so it is while `contested` of iot_tunnel_session_status is set.
    pub max_backoff: u32,
}

/// Makes a session that awaits its token. It copies what the configuration says.
///
/// The two buffers are lent to it until iot_tunnel_session_wipe: they must stay where they are, and be changed by nobody.
/// Whatever is in them does not matter. They and the storage must not overlap.
///
/// @param session The storage. Whatever is in it is forgotten: wipe a session first.
/// @param sizeof_session sizeof(iot_tunnel_session).
/// @param config The configuration, needed for this call only.
/// @param sizeof_config sizeof(iot_tunnel_session_config).
/// @param incoming Reassembles messages that come in parts.
/// @param incoming_length Its length in bytes, 512 or more: the longest message that the session takes. With
///        IOT_TUNNEL_MAX_MESSAGE it takes every one; AWS's own clients send 63 KiB in one message if they have as much. A
///        longer one ends the connection to the service by the event LOST.
/// @param outgoing Holds what waits to be sent.
/// @param outgoing_length Its length in bytes, 512 or more. What goes out in one message has at most this length less
///        2 * IOT_TUNNEL_MAX_ENVELOPE.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_UTF8,
///         MISUSE_INVALID_SERVICE_ID, MISUSE_DUPLICATE_SERVICE, MISUSE_MAX_PAYLOAD_OUT_OF_RANGE,
///         MISUSE_OVERLAPPING_MEMORY, CAPACITY_TOO_MANY_SERVICES, CAPACITY_BUFFER_TOO_SMALL (the incoming one),
///         CAPACITY_OUTGOING_BUFFER_TOO_SMALL. On an error the storage is as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_init(
    session: *mut SessionStorage,
    sizeof_session: usize,
    config: *const SessionConfig,
    sizeof_config: usize,
    incoming: *mut u8,
    incoming_length: usize,
    outgoing: *mut u8,
    outgoing_length: usize,
) -> Code {
    answer(|| {
        let written = [
            Area::of(session, 1),
            Area::of(incoming, incoming_length),
            Area::of(outgoing, outgoing_length),
        ];
        check_size(config, sizeof_config)?;
        // SAFETY: the header's rules for storage.
        let place = unsafe { vacant(session, sizeof_session) }?;
        apart(&written, &[Area::of(config, 1)])?;
        // SAFETY: the header's rules for storage and objects; the buffers are lent until the session is wiped.
        let (config, incoming, outgoing) = unsafe {
            (
                object(config)?,
                Lent::new(incoming, incoming_length)?,
                Lent::new(outgoing, outgoing_length)?,
            )
        };
        if incoming_length < MIN_INCOMING {
            return Err(Capacity::BufferTooSmall.into());
        }
        let places = (incoming.place(), outgoing.place());
        // SAFETY: the header's rules for text.
        let names = unsafe { Names::get(&config.services, config.service_count, &written) }?;
        let config = config.with(names.names())?;
        place.try_make(|place| Client::make(place, &config, (incoming, outgoing), places))
    })
}

/// Ends a session and zeroes its storage, tokens included: afterwards it is "not initialised", and its buffers are the
/// caller's again. Twice is harmless. The buffers are not zeroed: what ran through the tunnel may be in them. Nobody is
/// told: call iot_tunnel_session_close and do what iot_tunnel_session_poll_output says before, if the WebSocket is to be
/// closed in order.
///
/// @param session The session, or storage without one.
/// @return OK, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_wipe(session: *mut SessionStorage) -> Code {
    // SAFETY: the header's rules for storage.
    answer(|| Ok(unsafe { wipe(session) }?))
}

impl SessionConfig {
    /// What it says, with its names.
    fn with<'a>(&self, names: &'a [&'a str]) -> Result<Config<'a, &'a str>, Misuse> {
        Ok(Config {
            side: side(self.side)?,
            services: match names {
                [] => Services::Unnamed,
                names => Services::Named(names),
            },
            format: subprotocol(self.format)?,
            max_payload: match self.max_payload {
                0 => MAX_PAYLOAD,
                length => usize::try_from(length).map_err(|_| Misuse::MaxPayloadOutOfRange)?,
            },
            max_backoff: match self.max_backoff {
                0 => MAX_BACKOFF as u32,
                ceiling => ceiling,
            },
        })
    }
}
