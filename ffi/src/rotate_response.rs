//! The answer to RotateTunnelAccessToken: read in place, written.

use core::ffi::c_char;

use iot_tunnel_core::Error;
use iot_tunnel_core::json::RotateResponseRef;

use crate::json;
use crate::memory::{Area, Text, given};
use crate::status::Code;

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
    // SAFETY: the header's rules for buffers and results.
    unsafe {
        json::parse_in_place(body, length, response, |body| {
            RotateResponseRef::parse_in_place(body).map(RotateResponse::of)
        })
    }
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
    // SAFETY: the header's rules for objects, text, buffers and results.
    unsafe {
        json::write(
            response,
            buffer,
            capacity,
            length,
            |response, written| response.get(written),
            RotateResponseRef::write,
        )
    }
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
    // SAFETY: the header's rules for bytes, buffers and results.
    unsafe {
        json::explain_body(
            body,
            length,
            buffer,
            capacity,
            message_length,
            RotateResponseRef::check,
        )
    }
}

impl RotateResponse {
    /// Checked, its texts lent.
    ///
    /// # Safety
    /// As of [`Text::beside`], of each text.
    unsafe fn get<'a>(&self, written: &[Area]) -> Result<RotateResponseRef<'a>, Error> {
        // SAFETY: as this function's.
        let [arn, source, destination] = unsafe {
            [
                self.tunnel_arn.beside(written)?,
                self.source_access_token.beside(written)?,
                self.destination_access_token.beside(written)?,
            ]
        };
        RotateResponseRef::new(arn, given(source), given(destination))
    }

    fn of(response: RotateResponseRef<'_>) -> Self {
        Self {
            tunnel_arn: Text::of(response.tunnel_arn()),
            source_access_token: Text::optional(response.source_access_token()),
            destination_access_token: Text::optional(response.destination_access_token()),
        }
    }
}
