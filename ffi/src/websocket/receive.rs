//! What is received.

use iot_tunnel_core::websocket::Event;

use super::{Frame, WebsocketStorage};
use crate::memory::{Area, Bytes, Out, Text, Writable, apart, object_mut};
use crate::status::{Code, answer};
use crate::storage::value;

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
    answer(|| {
        let written = [Area::of(websocket, 1), Area::of(input, 1), Area::of(event, 1)];
        apart(&written, &[])?;
        // SAFETY: the header's rules for storage, objects and results.
        let (websocket, input, out) = unsafe { (value(websocket)?, object_mut(input)?, Out::new(event)?) };
        apart(&written, &[input.area()])?;
        // SAFETY: the header's rules for bytes. A client's are only read: there is no mask on them.
        let mut rest = unsafe { input.get() }?;
        out.set(WebsocketEvent::of(websocket.receiver.receive_masked(&mut rest)?));
        input.move_on(rest.len());
        Ok(())
    })
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
