//! What is sent.

use iot_tunnel_core::websocket::{
    Close, CloseCode, Frame as Sent, FrameHeader, MAX_CONTROL_PAYLOAD, MAX_FRAME_PAYLOAD, MaskKey, Opcode,
    SendError,
};
use iot_tunnel_core::{Error, Misuse};

use super::{Frame, FrameCode, WebsocketRole, WebsocketStorage};
use crate::memory::{Area, Buffer, Bytes, Text, apart, bytes_mut, object};
use crate::status::{Code, answer};
use crate::storage::value;

/// Longest header of a frame, in bytes.
pub const MAX_FRAME_HEADER: usize = 14;
const _: () = assert!(MAX_FRAME_HEADER == FrameHeader::MAX_LENGTH);

/// Longest payload of a BINARY frame, in bytes.
pub const MAX_BINARY_PAYLOAD: usize = 131_076;
const _: () = assert!(MAX_BINARY_PAYLOAD == MAX_FRAME_PAYLOAD as usize);

const BINARY: FrameCode = Frame::Binary as FrameCode;
const PING: FrameCode = Frame::Ping as FrameCode;
const PONG: FrameCode = Frame::Pong as FrameCode;

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
    kind: FrameCode,
    payload: Bytes,
    mask_key: *const u8,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> Code {
    answer(|| {
        let copied;
        let frame = match kind {
            BINARY => {
                apart(
                    &[Area::of(websocket, 1), Area::of(buffer, capacity)],
                    &[payload.area()],
                )?;
                // SAFETY: the header's rules for bytes.
                Sent::Binary(unsafe { payload.get() }?)
            }
            PING | PONG => {
                // SAFETY: the header's rules for bytes.
                copied = Copied::of(unsafe { payload.get() }?)?;
                match kind {
                    PING => Sent::Ping(copied.get()),
                    _ => Sent::Pong(copied.get()),
                }
            }
            _ => return Err(Misuse::UnknownEnumValue.into()),
        };
        // SAFETY: the header's rules for storage, buffers and results.
        unsafe { write(websocket, frame, mask_key, buffer, capacity, length) }
    })
}

/// Writes a frame whose content lies apart from the storage and the buffer.
///
/// # Safety
/// The header's rules for storage, buffers and results; `mask_key` is NULL or points to 4 bytes.
unsafe fn write(
    websocket: *mut WebsocketStorage,
    frame: Sent<'_>,
    mask_key: *const u8,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> Result<(), Error> {
    let written = [
        Area::of(websocket, 1),
        Area::of(buffer, capacity),
        Area::of(length, 1),
    ];
    apart(&written, &[Area::of(mask_key, 4)])?;
    // SAFETY: as this function's.
    let (websocket, buffer) = unsafe { (value(websocket)?, Buffer::new(buffer, capacity, length)?) };
    let key = match websocket.role {
        // SAFETY: as this function's.
        WebsocketRole::Client => Some(unsafe { key(mask_key) }?),
        WebsocketRole::Server => None,
    };
    let sender = &mut websocket.sender;
    buffer.fill(
        |room| match key {
            Some(key) => sender.write(frame, key, room),
            None => sender.write_unmasked(frame, room),
        },
        |error| match error {
            SendError::BufferTooSmall(error) => Some(error.needed),
            SendError::Misuse(_) => None,
        },
    )
}

/// The key of a client's frame.
///
/// # Safety
/// `mask_key` is NULL or points to 4 bytes.
unsafe fn key(mask_key: *const u8) -> Result<MaskKey, Misuse> {
    // SAFETY: as this function's.
    Ok(MaskKey::new(*unsafe { object(mask_key.cast::<[u8; 4]>()) }?))
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
    answer(|| {
        // SAFETY: the header's rules for text.
        let copied = Copied::of(unsafe { close_reason.get() }?.as_bytes())?;
        let reason = str::from_utf8(copied.get()).map_err(|_| Misuse::NotUtf8)?;
        let close = match (CloseCode::from_number(close_code), close_code, reason) {
            (Some(code), _, reason) => Some(Close { code, reason }),
            (None, 0, "") => None,
            (None, _, _) => return Err(Misuse::UnknownEnumValue.into()),
        };
        // SAFETY: the header's rules for storage, buffers and results.
        unsafe { write(websocket, Sent::Close(close), mask_key, buffer, capacity, length) }
    })
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
    answer(|| {
        let written = [
            Area::of(websocket, 1),
            Area::of(payload, length),
            Area::of(header, MAX_FRAME_HEADER),
            Area::of(header_length, 1),
        ];
        apart(&written, &[Area::of(mask_key, 4)])?;
        // SAFETY: the header's rules for storage, bytes, buffers and results.
        let (websocket, payload, buffer) = unsafe {
            (
                value(websocket)?,
                bytes_mut(payload, length)?,
                Buffer::new(header, MAX_FRAME_HEADER, header_length)?,
            )
        };
        let sender = &websocket.sender;
        match websocket.role {
            WebsocketRole::Client => {
                // SAFETY: the header's rules for bytes.
                let key = unsafe { key(mask_key) }?;
                buffer.fill(|room| sender.mask(payload, key, room), |_| None)
            }
            WebsocketRole::Server if sender.has_closed() => Err(Misuse::SendAfterClose.into()),
            WebsocketRole::Server => {
                let header = FrameHeader::whole(Opcode::BINARY, payload.len(), None)?;
                buffer.fill(|room| header.encode(room), |error| Some(error.needed))
            }
        }
    })
}
