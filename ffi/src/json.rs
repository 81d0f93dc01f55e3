//! What the functions for the JSON of a message have in common: their checks come first, then core does the work.

use core::ffi::c_char;

use iot_tunnel_core::json::BufferTooSmall;
use iot_tunnel_core::{Error, Misuse, Words};

use crate::explain::explain;
use crate::memory::{Area, Buffer, Out, apart, bytes, bytes_mut, object};
use crate::status::{Code, answer};

/// Reads a body in its place.
///
/// # Safety
/// As of [`bytes_mut`] for the body, and of [`Out::new`] for `message`.
pub(crate) unsafe fn parse_in_place<'a, T>(
    body: *mut u8,
    length: usize,
    message: *mut T,
    read: impl FnOnce(&'a mut [u8]) -> Result<T, Error>,
) -> Code {
    answer(|| {
        // SAFETY: as this function's; they are found apart.
        let (body, out) = unsafe {
            (
                body_apart(body, length, Area::of(message, 1))?,
                Out::new(message)?,
            )
        };
        out.set(read(body)?);
        Ok(())
    })
}

/// # Safety
/// As of [`bytes_mut`].
#[inline(never)]
unsafe fn body_apart<'a>(body: *mut u8, length: usize, message: Area) -> Result<&'a mut [u8], Misuse> {
    apart(&[Area::of(body, length), message], &[])?;
    // SAFETY: as this function's.
    unsafe { bytes_mut(body, length) }
}

/// Writes a message into a buffer. `get` checks and lends it, if its texts are apart from what is written.
///
/// # Safety
/// As of [`object`] for the message, and of [`Buffer::new`].
pub(crate) unsafe fn write<T, M>(
    message: *const T,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
    get: impl FnOnce(&T, &[Area]) -> Result<M, Error>,
    write: impl FnOnce(&M, &mut [u8]) -> Result<usize, BufferTooSmall>,
) -> Code {
    answer(|| {
        let written = [Area::of(buffer, capacity), Area::of(length, 1)];
        apart(&written, &[Area::of(message, 1)])?;
        // SAFETY: as this function's; what is written has been found apart from the message, and is from its texts by `get`.
        let (message, buffer) = unsafe {
            let message = get(object(message)?, &written)?;
            (message, Buffer::new(buffer, capacity, length)?)
        };
        buffer.fill(|room| write(&message, room), |error| Some(error.needed))
    })
}

/// Says in words what `check` finds wrong with a body; nothing, if nothing is.
///
/// # Safety
/// As of [`bytes`] for the body, and of [`Buffer::new`].
pub(crate) unsafe fn explain_body<'a, E: Words>(
    body: *const u8,
    length: usize,
    buffer: *mut c_char,
    capacity: usize,
    message_length: *mut usize,
    check: impl FnOnce(&'a [u8]) -> Result<(), E>,
) -> Code {
    answer(|| {
        let written = [Area::of(buffer, capacity), Area::of(message_length, 1)];
        apart(&written, &[Area::of(body, length)])?;
        // SAFETY: as this function's; they have been found apart.
        let (body, buffer) = unsafe {
            (
                bytes(body, length)?,
                Buffer::new(buffer, capacity, message_length)?,
            )
        };
        explain(buffer, check(body))
    })
}
