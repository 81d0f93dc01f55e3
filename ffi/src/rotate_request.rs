//! The request of RotateTunnelAccessToken: read in place, judged as a whole, written.

use core::ffi::c_char;

use iot_tunnel_core::Error;
use iot_tunnel_core::json::{DestinationConfigRef, RotateRequestRef};

use crate::destination::DestinationConfig;
use crate::json;
use crate::memory::{Area, Text};
use crate::mode::{ClientModeCode, client_mode, client_mode_code};
use crate::status::Code;

/// The longest body that iot_tunnel_rotate_request_write writes, in bytes.
pub const MAX_ROTATE_REQUEST: usize = 741;

/// The request of RotateTunnelAccessToken.
#[repr(C)]
pub struct RotateRequest {
    /// The tunnel.
    pub tunnel_id: Text,
    /// Whose token is replaced: one of iot_tunnel_client_mode.
    pub client_mode: ClientModeCode,
    /// Whether destination_config is meant. It is not allowed with SOURCE.
    pub has_destination_config: bool,
    /// The tunnel's new destination config.
    pub destination_config: DestinationConfig,
}

/// Reads the body of a request, and judges it by every rule that needs no state. Members that are not known are ignored.
///
/// @param body The body. On OK it has become the memory of the texts in request: where one has escapes, they are decoded in its
///        place. Otherwise it is as it was, so that iot_tunnel_rotate_request_explain can be asked about it.
/// @param length Its length in bytes.
/// @param request Where the result goes. Its texts last as long as body.
/// @return OK, PEER_FAULT_MALFORMED_JSON and PEER_FAULT_UNEXPECTED_JSON (the API's SerializationException),
///         PEER_FAULT_INVALID_MEMBER (ValidationException), CAPACITY_TOO_MANY_SERVICES (LimitExceededException),
///         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_rotate_request_parse(
    body: *mut u8,
    length: usize,
    request: *mut RotateRequest,
) -> Code {
    // SAFETY: the header's rules for buffers and results.
    unsafe {
        json::parse_in_place(body, length, request, |body| {
            RotateRequestRef::parse_in_place(body).map(RotateRequest::of)
        })
    }
}

/// Writes the body of a request.
///
/// @param request The request.
/// @param buffer Where the JSON goes, without a zero at its end.
/// @param capacity The bytes there is room for; IOT_TUNNEL_MAX_ROTATE_REQUEST are always enough.
/// @param length The length of the JSON in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL. In the latter case nothing of the
///        JSON is left in buffer.
/// @return OK, MISUSE_INVALID_TUNNEL_ID, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_DESTINATION_CONFIG_WITH_SOURCE,
///         MISUSE_NO_SERVICES, MISUSE_INVALID_SERVICE_ID, MISUSE_INVALID_THING_NAME, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER,
///         MISUSE_OVERLAPPING_MEMORY, CAPACITY_TOO_MANY_SERVICES, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_rotate_request_write(
    request: *const RotateRequest,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Code {
    // SAFETY: the header's rules for objects, text, buffers and results.
    unsafe {
        json::write(
            request,
            buffer,
            capacity,
            length,
            |request, written| request.get(written),
            RotateRequestRef::write,
        )
    }
}

/// Says what is wrong with the body of a request: every broken constraint in one message, as the API words it.
///
/// @param body The body, as it was given to iot_tunnel_rotate_request_parse.
/// @param length Its length in bytes.
/// @param buffer Where the message goes, without a zero at its end.
/// @param capacity The bytes there is room for.
/// @param message_length The length of the message in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL; 0 if nothing is wrong.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_rotate_request_explain(
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
            RotateRequestRef::check,
        )
    }
}

impl RotateRequest {
    /// Checked, its texts lent.
    ///
    /// # Safety
    /// As of [`Text::beside`], of each text.
    unsafe fn get<'a>(&self, written: &[Area]) -> Result<RotateRequestRef<'a>, Error> {
        // SAFETY: as this function's.
        let (tunnel_id, config) = unsafe {
            let config = self
                .has_destination_config
                .then(|| self.destination_config.beside(written));
            (self.tunnel_id.beside(written)?, config.transpose()?)
        };
        RotateRequestRef::new(tunnel_id, client_mode(self.client_mode)?, config)
    }

    fn of(request: RotateRequestRef<'_>) -> Self {
        let config = request.destination_config();
        let services = config
            .as_ref()
            .map(DestinationConfigRef::services)
            .unwrap_or_default();
        Self {
            tunnel_id: Text::of(request.tunnel_id()),
            client_mode: client_mode_code(request.client_mode()),
            has_destination_config: config.is_some(),
            destination_config: DestinationConfig::of(
                config.and_then(|config| config.thing_name()),
                services.iter().copied(),
            ),
        }
    }
}
