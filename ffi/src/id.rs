//! Checks of names: a tunnel's id and what else the API and the data plane call things by.

use iot_tunnel_core::id::{InvalidText, TextFault};
use iot_tunnel_core::{Misuse, TunnelId};

use crate::memory::{Out, Text};
use crate::status::{Code, code};

/// Checks text by a rule, and tells the place of the first character that breaks it.
///
/// # Safety
/// As of [`Text::get`] and, unless `position` is NULL, of [`Out::new`].
unsafe fn check<T>(
    text: Text,
    position: *mut usize,
    parse: impl FnOnce(&str) -> Result<T, InvalidText>,
    misuse: Misuse,
) -> Code {
    // SAFETY: as this function's.
    let text = match unsafe { text.get() } {
        Ok(text) => text,
        Err(misuse) => return code(Err(misuse.into())),
    };
    let Err(invalid) = parse(text) else {
        return code(Ok(()));
    };
    // SAFETY: as this function's.
    if let Ok(out) = unsafe { Out::new(position) } {
        out.set(match invalid.fault {
            TextFault::Length { .. } => usize::MAX,
            TextFault::Character { position, .. } => position,
        });
    }
    code(Err(misuse.into()))
}

/// Checks a tunnel's id: 1 to 128 of [a-zA-Z0-9_+=:-].
///
/// @param text The id.
/// @param position Unless NULL: where the first character stands that is not allowed, counted in characters from 0; SIZE_MAX
///        if the length is wrong. Written on MISUSE_INVALID_TUNNEL_ID only.
/// @return OK, MISUSE_INVALID_TUNNEL_ID, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_tunnel_id_check(text: Text, position: *mut usize) -> Code {
    // SAFETY: the header's rules for text and out-parameters.
    unsafe { check(text, position, TunnelId::parse, Misuse::InvalidTunnelId) }
}
