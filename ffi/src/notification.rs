//! The device's notification: read in place, written.

use core::ffi::c_char;

use iot_tunnel_core::Error;
use iot_tunnel_core::json::NotificationRef;

use crate::json;
use crate::memory::{Area, Text};
use crate::mode::{SideCode, side, side_code};
use crate::services::{self, Services};
use crate::status::Code;

/// The longest notification with a token that a record has issued, in bytes.
pub const MAX_NOTIFICATION: usize = 725;

/// What comes over MQTT on $aws/things/<thing name>/tunnels/notify when a tunnel is opened for the thing, and again each time
/// its token is rotated. It may come twice, and late.
#[repr(C)]
pub struct Notification {
    /// The token to connect with: 1 to 3072 visible ASCII characters. A secret.
    pub client_access_token: Text,
    /// The side that the token is for, one of iot_tunnel_side; a device's is the destination.
    pub client_mode: SideCode,
    /// The tunnel's region, a part of the host name to connect to.
    pub region: Text,
    /// The tunnel's services, the first service_count of them.
    pub services: [Text; 3],
    /// How many: 0 to 3. A tunnel without a destination config has none.
    pub service_count: u32,
}

/// Reads a notification out of an untrusted network: as a whole, or not at all. Members that are not known are ignored.
///
/// @param payload The payload. On OK it has become the memory of the texts in notification: where one has escapes, they are
///        decoded in its place, so the token is not copied; wipe it when the session has taken the token. Otherwise it is as it
///        was.
/// @param length Its length in bytes.
/// @param notification Where the result goes. Its texts last as long as payload.
/// @return OK, PEER_FAULT_MALFORMED_JSON, PEER_FAULT_UNEXPECTED_JSON, PEER_FAULT_INVALID_MEMBER,
///         CAPACITY_ACCESS_TOKEN_TOO_LONG (over 3072 characters), MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_notification_parse(
    payload: *mut u8,
    length: usize,
    notification: *mut Notification,
) -> Code {
    // SAFETY: the header's rules for buffers and results.
    unsafe {
        json::parse_in_place(payload, length, notification, |payload| {
            NotificationRef::parse_in_place(payload).map(Notification::of)
        })
    }
}

/// Writes a notification.
///
/// @param notification The notification.
/// @param buffer Where the JSON goes, without a zero at its end. It holds the token: wipe it when it was sent.
/// @param capacity The bytes there is room for; IOT_TUNNEL_MAX_NOTIFICATION are enough for a token that a
///        record has issued.
/// @param length The length of the JSON in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL. In the latter case no part of the
///        token is left in buffer.
/// @return OK, MISUSE_INVALID_ACCESS_TOKEN, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_INVALID_REGION, MISUSE_INVALID_SERVICE_ID,
///         MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_ACCESS_TOKEN_TOO_LONG,
///         CAPACITY_TOO_MANY_SERVICES, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_notification_write(
    notification: *const Notification,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Code {
    // SAFETY: the header's rules for objects, text, buffers and results.
    unsafe {
        json::write(
            notification,
            buffer,
            capacity,
            length,
            |notification, written| notification.get(written),
            NotificationRef::write,
        )
    }
}

/// Says what is wrong with a notification: the first thing, naming the member, never showing the token.
///
/// @param payload The payload, as it was given to iot_tunnel_notification_parse.
/// @param length Its length in bytes.
/// @param buffer Where the message goes, without a zero at its end.
/// @param capacity The bytes there is room for.
/// @param message_length The length of the message in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL; 0 if nothing is wrong.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_notification_explain(
    payload: *const u8,
    length: usize,
    buffer: *mut c_char,
    capacity: usize,
    message_length: *mut usize,
) -> Code {
    // SAFETY: the header's rules for bytes, buffers and results.
    unsafe {
        json::explain_body(
            payload,
            length,
            buffer,
            capacity,
            message_length,
            NotificationRef::check,
        )
    }
}

impl Notification {
    /// Checked, its texts lent.
    ///
    /// # Safety
    /// As of [`Text::beside`], of each text.
    unsafe fn get<'a>(&self, written: &[Area]) -> Result<NotificationRef<'a>, Error> {
        // SAFETY: as this function's.
        let (token, region, services) = unsafe {
            (
                self.client_access_token.beside(written)?,
                self.region.beside(written)?,
                Services::get(&self.services, self.service_count, written)?,
            )
        };
        NotificationRef::new(token, side(self.client_mode)?, region, services.names())
    }

    fn of(notification: NotificationRef<'_>) -> Self {
        let (services, service_count) = services::list(notification.services().iter().copied());
        Self {
            client_access_token: Text::of(notification.client_access_token()),
            client_mode: side_code(notification.client_mode()),
            region: Text::of(notification.region()),
            services,
            service_count,
        }
    }
}
