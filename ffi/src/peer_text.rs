//! Text of a peer, made fit to be shown.

use core::ffi::c_char;

use crate::memory::{Area, Buffer, Bytes, apart};
use crate::status::{Code, answer};

/// Bytes of a buffer that has room for every text of a peer that the library gives, once it is fit to be shown.
pub const MAX_SHOWN: usize = 1024;
const _: () = assert!(MAX_SHOWN == ESCAPE.len() * iot_tunnel_core::handshake::MAX_PEER_TEXT);

/// How a byte is shown that is none of visible ASCII and a space, or that begins such a sequence; its value stands in place of
/// the zeroes.
const ESCAPE: &[u8; 4] = b"\\x00";

/// Writes a text of a peer so that a terminal or a log can show it, whatever bytes it has: visible ASCII and spaces as they are,
/// everything else, and a backslash, as \xNN in hexadecimal digits.
///
/// @param text The text: `reason`, `location` or `channel_id` of an answer, or the bytes of a close frame's reason.
/// @param buffer Takes what can be shown.
/// @param capacity Its length in bytes. IOT_TUNNEL_MAX_SHOWN is enough for every text that the library gives.
/// @param length Its length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_peer_text_write(
    text: Bytes,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Code {
    answer(|| {
        apart(&[Area::of(buffer, capacity), Area::of(length, 1)], &[text.area()])?;
        // SAFETY: the header's rules for bytes, buffers and results.
        let (text, buffer) = unsafe { (text.get()?, Buffer::new(buffer, capacity, length)?) };
        buffer.whole(|room| Ok::<_, iot_tunnel_core::Capacity>(write(text, room)))
    })
}

/// Writes it, or nothing if it does not fit whole. Its whole length.
fn write(text: &[u8], room: &mut [u8]) -> usize {
    let width = |byte: &u8| if is_plain(*byte) { 1 } else { ESCAPE.len() };
    let length = text.iter().map(width).sum();
    let Some(mut room) = room.get_mut(..length) else {
        return length;
    };
    for byte in text {
        let escape = escaped(*byte);
        let shown: &[u8] = if is_plain(*byte) {
            core::slice::from_ref(byte)
        } else {
            &escape
        };
        let Some((place, rest)) = room.split_at_mut_checked(shown.len()) else {
            break;
        };
        place.copy_from_slice(shown);
        room = rest;
    }
    length
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'\\'
}

fn escaped(byte: u8) -> [u8; 4] {
    let [backslash, x, ..] = *ESCAPE;
    [backslash, x, digit(byte >> 4), digit(byte & 0xf)]
}

const fn digit(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' + nibble - 10,
    }
}
