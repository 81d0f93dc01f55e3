//! RFC 6455 framing for whoever has only a socket, with TLS or without.

pub mod receive;
pub mod send;

use iot_tunnel_core::websocket::{CloseCode, CloseHandshake, Receiver, Sender};
use iot_tunnel_core::{Misuse, PeerFault};

use crate::memory::{Area, Out, apart};
use crate::status::{Code, answer};
use crate::storage::{Storage, vacant, view, wipe};

/// The two ends of a WebSocket: what is received and what is sent. Storage only; make it with iot_tunnel_websocket_init.
#[repr(C)]
pub struct WebsocketStorage {
    opaque: [u64; 20],
}

// SAFETY: one member of words.
unsafe impl Storage for WebsocketStorage {
    type Value = Websocket;
    const MARK: u64 = u64::from_be_bytes(*b"websock1");
}

/// How `WebsocketRole` stands in a signature.
pub type WebsocketRoleCode = i32;

/// Which end of a WebSocket it is.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebsocketRole {
    /// Who asked for it: a device.
    Client = 1,
    /// Who answered: a gateway that is the service.
    Server = 2,
}

/// How `Frame` stands in a signature.
pub type FrameCode = i32;

/// What a frame is.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// None: the input is used up.
    None = 0,
    /// Bytes of the tunnel.
    Binary = 1,
    /// To be answered with a PONG of the same payload.
    Ping = 2,
    /// The answer to a PING.
    Pong = 3,
    /// The last frame. To be answered with one, unless one was sent; then close the socket.
    Close = 4,
}

/// Where the closing of a WebSocket stands.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebsocketState {
    /// Nobody has sent a close frame.
    Open = 1,
    /// We have; the peer's is awaited, and its data until then.
    CloseSent = 2,
    /// The peer has; ours is due.
    CloseReceived = 3,
    /// Both have: the socket can go.
    Closed = 4,
}

/// What lies in the storage.
pub struct Websocket {
    receiver: Receiver,
    sender: Sender,
    role: WebsocketRole,
}

/// Makes a WebSocket, right behind the answer to the upgrade request.
///
/// @param websocket The storage. Whatever is in it is forgotten.
/// @param sizeof_websocket sizeof(iot_tunnel_websocket).
/// @param role Which end this is, an iot_tunnel_websocket_role.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_UNKNOWN_ENUM_VALUE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_websocket_init(
    websocket: *mut WebsocketStorage,
    sizeof_websocket: usize,
    role: WebsocketRoleCode,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage.
        let place = unsafe { vacant(websocket, sizeof_websocket) }?;
        let (receiver, role) = match role {
            1 => (Receiver::new(), WebsocketRole::Client),
            2 => (Receiver::of_client(), WebsocketRole::Server),
            _ => return Err(Misuse::UnknownEnumValue.into()),
        };
        let sender = Sender::new();
        place.make(|place| {
            place.write(Websocket {
                receiver,
                sender,
                role,
            })
        });
        Ok(())
    })
}

/// Zeroes the storage: afterwards it is "not initialised". Twice is harmless.
///
/// @param websocket The WebSocket, or storage without one.
/// @return OK, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_websocket_wipe(websocket: *mut WebsocketStorage) -> Code {
    // SAFETY: the header's rules for storage.
    answer(|| Ok(unsafe { wipe(websocket) }?))
}

/// Says where the closing stands.
///
/// @param websocket The WebSocket.
/// @param state Where it stands.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_websocket_describe(
    websocket: *const WebsocketStorage,
    state: *mut WebsocketState,
) -> Code {
    answer(|| {
        apart(&[Area::of(state, 1)], &[Area::of(websocket, 1)])?;
        // SAFETY: the header's rules for storage and results.
        let (websocket, out) = unsafe { (view(websocket)?, Out::new(state)?) };
        out.set(match CloseHandshake::of(&websocket.sender, &websocket.receiver) {
            CloseHandshake::Open => WebsocketState::Open,
            CloseHandshake::CloseSent => WebsocketState::CloseSent,
            CloseHandshake::CloseReceived => WebsocketState::CloseReceived,
            CloseHandshake::Done => WebsocketState::Closed,
        });
        Ok(())
    })
}

/// The code of the close frame that answers a fault.
///
/// @param status A PEER_FAULT that a function answered.
/// @return The code; 1002, a protocol error, for every number that has none of its own.
#[unsafe(no_mangle)]
pub extern "C" fn iot_tunnel_websocket_close_code(status: Code) -> u16 {
    let fault = PeerFault::EVERY
        .iter()
        .find(|fault| Code::from(fault.code()) == status);
    fault
        .map_or(CloseCode::PROTOCOL_ERROR, |fault| fault.close_code())
        .number()
}
