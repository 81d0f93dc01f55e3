//! RFC 6455 framing for whoever has only a socket, with TLS or without.

use iot_tunnel_core::websocket::{
    Close, CloseCode, CloseHandshake, Event, Frame as Sent, FrameHeader, MAX_CONTROL_PAYLOAD,
    MAX_FRAME_PAYLOAD, MaskKey, Opcode, Receiver, Sender,
};
use iot_tunnel_core::{Error, Misuse, PeerFault};

use crate::area::Area;
use crate::memory::{Buffer, Bytes, Out, Text, Writable, bytes, bytes_mut, object_mut};
use crate::status::{Code, code};
use crate::storage::{Storage, vacant, value};

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

/// Which end of a WebSocket it is.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebsocketRole {
    /// Who asked for it: a device.
    Client = 1,
    /// Who answered: a gateway that is the service.
    Server = 2,
}

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

/// What was received. What a kind does not name is zero.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct WebsocketEvent {
    /// What it is.
    pub kind: Frame,
    /// BINARY: the next bytes, at least one; where they end means nothing. PING, PONG: the payload, at most 125 bytes.
    /// BINARY lies in the input; the others in the storage until the next call of iot_tunnel_websocket_receive.
    pub payload: Bytes,
    /// CLOSE: the code; 0 if none was given.
    pub close_code: u16,
    /// CLOSE: the reason, at most 123 bytes, as `payload`. It is the peer's text: escape it before you show it.
    pub close_reason: Text,
}

/// What lies in the storage.
pub struct Websocket {
    receiver: Receiver,
    sender: Sender,
    role: WebsocketRole,
}

/// Longest header of a frame, in bytes.
pub const MAX_FRAME_HEADER: usize = 14;
const _: () = assert!(MAX_FRAME_HEADER == FrameHeader::MAX_LENGTH);

/// Longest payload of a BINARY frame, in bytes.
pub const MAX_BINARY_PAYLOAD: usize = 131_076;
const _: () = assert!(MAX_BINARY_PAYLOAD == MAX_FRAME_PAYLOAD as usize);

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
    role: i32,
) -> Code {
    let made = || -> Result<(), Error> {
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
    };
    code(made())
}

/// Zeroes the storage: afterwards it is "not initialised". Twice is harmless.
///
/// @param websocket The WebSocket, or storage without one.
/// @return OK, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_websocket_wipe(websocket: *mut WebsocketStorage) -> Code {
    // SAFETY: the header's rules for storage.
    let wiped = unsafe { crate::storage::wipe(websocket) };
    code(wiped.map_err(Into::into))
}

/// Takes the next event out of the input, bytes of the socket in any split. Call it until it gives NONE.
///
/// @param websocket The WebSocket.
/// @param input What was received. It is moved behind what was taken; a server's is unmasked where it lies, a client's is
///        only read.
/// @param event What it means.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY. A PEER_FAULT 340–355 is what the peer
///         broke; every later call gives the same. Send a close frame with iot_tunnel_websocket_close_code of it, close the
///         socket and call iot_tunnel_session_handle_closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_websocket_receive(
    websocket: *mut WebsocketStorage,
    input: *mut Writable,
    event: *mut WebsocketEvent,
) -> Code {
    let received = || -> Result<(), Error> {
        // SAFETY: the header's rules for storage, bytes and results.
        let (websocket, input, out) = unsafe { (value(websocket)?, object_mut(input)?, Out::new(event)?) };
        // SAFETY: the header's rules for bytes.
        let given = unsafe { bytes(input.ptr, input.len) }?;
        Area::of(given).apart(&[Area::of_object(websocket)])?;
        match websocket.role {
            WebsocketRole::Client => {
                let mut rest = given;
                let event = websocket.receiver.receive(&mut rest)?;
                out.set(WebsocketEvent::of(event));
                input.move_on(rest.len());
            }
            WebsocketRole::Server => {
                // SAFETY: the header's rules for bytes.
                let mut rest = unsafe { input.get() }?;
                let event = websocket.receiver.receive_masked(&mut rest)?;
                out.set(WebsocketEvent::of(event));
                input.move_on(rest.len());
            }
        }
        Ok(())
    };
    code(received())
}

impl WebsocketEvent {
    fn of(event: Option<Event<'_>>) -> Self {
        let (kind, payload, close) = match event {
            None => (Frame::None, Bytes::EMPTY, None),
            Some(Event::Binary(payload)) => (Frame::Binary, Bytes::of(payload), None),
            Some(Event::Ping(payload)) => (Frame::Ping, Bytes::of(payload), None),
            Some(Event::Pong(payload)) => (Frame::Pong, Bytes::of(payload), None),
            Some(Event::Close(close)) => (Frame::Close, Bytes::EMPTY, close),
        };
        Self {
            kind,
            payload,
            close_code: close.map_or(0, |close| close.code.number()),
            close_reason: close.map_or(Text::EMPTY, |close| Text::of(close.reason)),
        }
    }
}

/// The payload of a control frame, which may lie in the storage of the WebSocket.
struct Copied {
    bytes: [u8; MAX_CONTROL_PAYLOAD as usize],
    length: usize,
}

impl Copied {
    fn of(bytes: &[u8]) -> Result<Self, Misuse> {
        let mut copied = Self {
            bytes: [0; MAX_CONTROL_PAYLOAD as usize],
            length: bytes.len(),
        };
        let room = copied.bytes.get_mut(..bytes.len());
        room.ok_or(Misuse::ControlPayloadTooLong)?.copy_from_slice(bytes);
        Ok(copied)
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Writes a whole frame of any kind but CLOSE into a buffer. It counts as sent.
///
/// @param websocket The WebSocket.
/// @param kind BINARY, PING or PONG, an iot_tunnel_frame. A PONG answers a PING and is sent for no other reason.
/// @param payload What it carries: BINARY up to 131076 bytes, PING and PONG up to 125. That of a PING that was received may
///        be given as it is.
/// @param mask_key A client's: 4 fresh bytes of a cryptographic random source. A server's frames have none: NULL.
/// @param buffer Takes the frame.
/// @param capacity Its length in bytes. IOT_TUNNEL_MAX_FRAME_HEADER more than the payload's are enough.
/// @param length The frame's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_FRAME_PAYLOAD_TOO_LONG,
///         MISUSE_CONTROL_PAYLOAD_TOO_LONG, MISUSE_SEND_AFTER_CLOSE, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
///
/// cbindgen:ptrs-as-arrays=[[mask_key;4]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_websocket_write(
    websocket: *mut WebsocketStorage,
    kind: i32,
    payload: Bytes,
    mask_key: *const u8,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> Code {
    let written = || -> Result<(), Error> {
        // SAFETY: the header's rules for bytes.
        let payload = unsafe { payload.get() }?;
        let copied;
        let frame = match kind {
            1 => {
                Area::of(payload).apart(&[Area::of_object(websocket)])?;
                Sent::Binary(payload)
            }
            2 | 3 => {
                copied = Copied::of(payload)?;
                match kind {
                    2 => Sent::Ping(copied.get()),
                    _ => Sent::Pong(copied.get()),
                }
            }
            _ => return Err(Misuse::UnknownEnumValue.into()),
        };
        // SAFETY: as this function's.
        unsafe {
            write(
                websocket,
                frame,
                Area::of(payload),
                mask_key,
                buffer,
                capacity,
                length,
            )
        }
    };
    code(written())
}

/// Writes a frame whose content lies apart from the storage.
///
/// # Safety
/// The header's rules for storage, buffers and results; `mask_key` is NULL or points to 4 bytes.
unsafe fn write(
    websocket: *mut WebsocketStorage,
    frame: Sent<'_>,
    content: Area,
    mask_key: *const u8,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> Result<(), Error> {
    // SAFETY: as this function's.
    let (websocket, room) = unsafe { (value(websocket)?, Area::of(bytes(buffer, capacity)?)) };
    room.apart(&[content, Area::of_object(websocket)])?;
    let key = match websocket.role {
        // SAFETY: as this function's.
        WebsocketRole::Client => Some(unsafe { key(mask_key) }?),
        WebsocketRole::Server => None,
    };
    // SAFETY: as this function's.
    let buffer = unsafe { Buffer::new(buffer, capacity, length) }?;
    let sender = &mut websocket.sender;
    buffer.fill(
        |room| match key {
            Some(key) => sender.write(frame, key, room),
            None => sender.write_unmasked(frame, room),
        },
        |error| match error {
            iot_tunnel_core::websocket::SendError::BufferTooSmall(error) => error.needed,
            iot_tunnel_core::websocket::SendError::Misuse(_) => 0,
        },
    )
}

/// The key of a client's frame.
///
/// # Safety
/// `mask_key` is NULL or points to 4 bytes.
unsafe fn key(mask_key: *const u8) -> Result<MaskKey, Misuse> {
    // SAFETY: as this function's.
    let bytes = unsafe { bytes(mask_key, 4) }?;
    Ok(MaskKey::new(bytes.try_into().map_err(|_| Misuse::NullPointer)?))
}

/// Writes a close frame into a buffer. Nothing can be sent after it.
///
/// @param websocket The WebSocket.
/// @param close_code Why, for programs: 1000–1003, 1007–1014 or 3000–4999; 0 says nothing.
/// @param close_reason Why, for people: at most 123 bytes; none with code 0. That of a CLOSE that was received may be given as
///        it is.
/// @param mask_key As of iot_tunnel_websocket_write.
/// @param buffer Takes the frame.
/// @param capacity Its length in bytes. 131 are enough.
/// @param length The frame's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_UTF8, MISUSE_UNKNOWN_ENUM_VALUE (the code),
///         MISUSE_CONTROL_PAYLOAD_TOO_LONG, MISUSE_SEND_AFTER_CLOSE, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
///
/// cbindgen:ptrs-as-arrays=[[mask_key;4]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_websocket_write_close(
    websocket: *mut WebsocketStorage,
    close_code: u16,
    close_reason: Text,
    mask_key: *const u8,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> Code {
    let written = || -> Result<(), Error> {
        // SAFETY: the header's rules for text.
        let reason = unsafe { close_reason.get() }?;
        let content = Area::of(reason.as_bytes());
        let copied = Copied::of(reason.as_bytes())?;
        let reason = str::from_utf8(copied.get()).map_err(|_| Misuse::NotUtf8)?;
        let close = match (CloseCode::from_number(close_code), close_code, reason) {
            (Some(code), _, reason) => Some(Close { code, reason }),
            (None, 0, "") => None,
            (None, _, _) => return Err(Misuse::UnknownEnumValue.into()),
        };
        // SAFETY: as this function's.
        unsafe {
            write(
                websocket,
                Sent::Close(close),
                content,
                mask_key,
                buffer,
                capacity,
                length,
            )
        }
    };
    code(written())
}

/// Makes a BINARY frame of a payload without a copy: a client's is masked where it lies. Send the header, and right after it
/// the payload.
///
/// The bytes of iot_tunnel_output may be given: then send all of them as they are now, in any number of steps, and tell
/// each by iot_tunnel_session_sent. Until all are sent, they are masked already and stand in no further frame; bytes that the
/// session adds behind them are not.
///
/// @param websocket The WebSocket.
/// @param payload The bytes, at most 131076.
/// @param length How many.
/// @param mask_key As of iot_tunnel_websocket_write.
/// @param header Takes the header.
/// @param header_length The header's length in bytes, 2 to 14.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_FRAME_PAYLOAD_TOO_LONG, MISUSE_SEND_AFTER_CLOSE,
///         MISUSE_OVERLAPPING_MEMORY. On an error the payload is as it was.
///
/// cbindgen:ptrs-as-arrays=[[mask_key;4], [header;14]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_websocket_mask(
    websocket: *mut WebsocketStorage,
    payload: *mut u8,
    length: usize,
    mask_key: *const u8,
    header: *mut u8,
    header_length: *mut usize,
) -> Code {
    let masked = || -> Result<(), Error> {
        // SAFETY: the header's rules for storage, bytes, buffers and results.
        let (websocket, content, room) = unsafe {
            (
                value(websocket)?,
                Area::of(bytes(payload, length)?),
                Area::of(bytes(header, MAX_FRAME_HEADER)?),
            )
        };
        let storage = Area::of_object(websocket);
        room.apart(&[content, storage])?;
        content.apart(&[storage])?;
        // SAFETY: as above; the areas are apart.
        let (payload, buffer) = unsafe {
            (
                bytes_mut(payload, length)?,
                Buffer::new(header, MAX_FRAME_HEADER, header_length)?,
            )
        };
        match websocket.role {
            WebsocketRole::Client => {
                // SAFETY: as this function's.
                let key = unsafe { key(mask_key) }?;
                buffer.fill(|room| websocket.sender.mask(payload, key, room), |_| 0)
            }
            WebsocketRole::Server if websocket.sender.has_closed() => Err(Misuse::SendAfterClose.into()),
            WebsocketRole::Server => {
                let header = FrameHeader::whole(Opcode::BINARY, payload.len(), None)?;
                buffer.fill(|room| header.encode(room), |error| error.needed)
            }
        }
    };
    code(masked())
}

/// Says where the closing stands.
///
/// @param websocket The WebSocket.
/// @param state Where it stands.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_websocket_describe(
    websocket: *mut WebsocketStorage,
    state: *mut WebsocketState,
) -> Code {
    let told = || -> Result<(), Error> {
        // SAFETY: the header's rules for storage and results.
        let (websocket, out) = unsafe { (value(websocket)?, Out::new(state)?) };
        out.set(match CloseHandshake::of(&websocket.sender, &websocket.receiver) {
            CloseHandshake::Open => WebsocketState::Open,
            CloseHandshake::CloseSent => WebsocketState::CloseSent,
            CloseHandshake::CloseReceived => WebsocketState::CloseReceived,
            CloseHandshake::Done => WebsocketState::Closed,
        });
        Ok(())
    };
    code(told())
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
