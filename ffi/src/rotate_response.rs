//! The answer to RotateTunnelAccessToken: read in place, written.

use core::ffi::c_char;

use iot_tunnel_core::Error;
use iot_tunnel_core::json::RotateResponseRef;

use crate::explain::explain;
use crate::memory::{Area, Buffer, Out, Text, apart, bytes, bytes_mut, object};
use crate::status::{Code, answer};

/// The answer to RotateTunnelAccessToken: the tokens of the rotated sides, and no other. Its tokens are secrets.
#[repr(C)]
pub struct RotateResponse {
    /// The tunnel's ARN.
    pub tunnel_arn: Text,
    /// The source's new token; empty: the source was not rotated.
    pub source_access_token: Text,
    /// The destination's new token; empty: the destination was not rotated.
    pub destination_access_token: Text,
}

/// Reads the body of an answer. Members that are not known are ignored.
///
/// @param body The body. On OK it has become the memory of the texts in response: where one has escapes, they are decoded in
///        its place, so no token is copied; wipe it when the tokens are no longer needed. Otherwise it is as it was.
/// @param length Its length in bytes.
/// @param response Where the result goes. Its texts last as long as body.
/// @return OK, PEER_FAULT_MALFORMED_JSON, PEER_FAULT_UNEXPECTED_JSON, PEER_FAULT_INVALID_MEMBER,
///         CAPACITY_ACCESS_TOKEN_TOO_LONG (over 3072 characters), MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_rotate_response_parse(
    body: *mut u8,
    length: usize,
    response: *mut RotateResponse,
) -> Code {
    answer(|| {
        apart(&[Area::of(body, length), Area::of(response, 1)], &[])?;
        // SAFETY: the header's rules for buffers and results; they have been found apart.
        let (body, out) = unsafe { (bytes_mut(body, length)?, Out::new(response)?) };
        let response = RotateResponseRef::parse_in_place(body).map_err(Error::from)?;
        out.set(RotateResponse {
            tunnel_arn: Text::of(response.tunnel_arn()),
            source_access_token: Text::optional(response.source_access_token()),
            destination_access_token: Text::optional(response.destination_access_token()),
        });
        Ok(())
    })
}

/// Writes the body of an answer.
///
/// @param response The answer.
/// @param buffer Where the JSON goes, without a zero at its end. It holds the tokens: wipe it when it was sent.
/// @param capacity The bytes there is room for.
/// @param length The length of the JSON in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL. In the latter case no part of a token
///        is left in buffer.
/// @return OK, MISUSE_INVALID_TUNNEL_ARN, MISUSE_INVALID_ACCESS_TOKEN, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER,
///         MISUSE_OVERLAPPING_MEMORY, CAPACITY_ACCESS_TOKEN_TOO_LONG, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_rotate_response_write(
    response: *const RotateResponse,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Code {
    answer(|| {
        let written = [Area::of(buffer, capacity), Area::of(length, 1)];
        apart(&written, &[Area::of(response, 1)])?;
        // SAFETY: the header's rules for objects; what is written is apart from it.
        let response = unsafe { object(response) }?;
        let (source, destination) = (response.source_access_token, response.destination_access_token);
        apart(
            &written,
            &[response.tunnel_arn.area(), source.area(), destination.area()],
        )?;
        // SAFETY: the header's rules for text, buffers and results; they have been found apart.
        let (arn, source, destination, buffer) = unsafe {
            let buffer = Buffer::new(buffer, capacity, length)?;
            (
                response.tunnel_arn.get()?,
                source.given()?,
                destination.given()?,
                buffer,
            )
        };
        let response = RotateResponseRef::new(arn, source, destination)?;
        buffer.fill(|room| response.write(room), |error| error.needed)
    })
}

/// Says what is wrong with the body of an answer: the first thing, naming the member, never showing a token.
///
/// @param body The body, as it was given to iot_tunnel_rotate_response_parse.
/// @param length Its length in bytes.
/// @param buffer Where the message goes, without a zero at its end.
/// @param capacity The bytes there is room for.
/// @param message_length The length of the message in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL; 0 if nothing is wrong.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_rotate_response_explain(
    body: *const u8,
    length: usize,
    buffer: *mut c_char,
    capacity: usize,
    message_length: *mut usize,
) -> Code {
    answer(|| {
        let written = [Area::of(buffer, capacity), Area::of(message_length, 1)];
        apart(&written, &[Area::of(body, length)])?;
        // SAFETY: the header's rules for bytes, buffers and results; they have been found apart.
        let (body, buffer) = unsafe {
            (
                bytes(body, length)?,
                Buffer::new(buffer, capacity, message_length)?,
            )
        };
        explain(buffer, RotateResponseRef::check(body))
    })
}
