//! Names: what the API and the data plane call things by, checked and composed.

use core::ffi::c_char;

use iot_tunnel_core::id::{InvalidText, Rule, TextFault};
use iot_tunnel_core::{
    AccessToken, ClientToken, Error, Misuse, Region, ServiceId, ThingName, TunnelArn, TunnelId,
};

use crate::memory::{Area, Buffer, Out, Text, apart, entropy};
use crate::status::{Code, answer};

/// Checks text by a rule, and tells the place of the first character that breaks it.
///
/// # Safety
/// As of [`Text::get`] and, unless `position` is NULL, of [`Out::new`].
unsafe fn check(text: Text, position: *mut usize, rule: Rule) -> Code {
    answer(|| {
        // SAFETY: as this function's. The text is no longer looked at when the position is written.
        unsafe {
            rule.check(text.get()?).map_err(|invalid| {
                tell(position, invalid.fault);
                invalid.into()
            })
        }
    })
}

/// Tells the place of a fault to whoever wants to know it.
///
/// # Safety
/// Unless `position` is NULL, as of [`Out::new`].
unsafe fn tell(position: *mut usize, fault: TextFault) {
    // SAFETY: as this function's.
    if let Ok(out) = unsafe { Out::new(position) } {
        out.set(match fault {
            TextFault::Length { .. } => usize::MAX,
            TextFault::Character { position, .. } => position,
        });
    }
}

/// Checks a tunnel's id: 1 to 128 of [a-zA-Z0-9_+=:-].
///
/// @param text The id.
/// @param position Unless NULL: where the first character stands that is not allowed, counted in characters from 0; SIZE_MAX
///        if the length is wrong. Written on MISUSE_INVALID_TUNNEL_ID only.
/// @return OK, MISUSE_INVALID_TUNNEL_ID, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_tunnel_id_check(text: Text, position: *mut usize) -> Code {
    // SAFETY: the header's rules for text and results.
    unsafe { check(text, position, TunnelId::RULE) }
}

/// Checks the name of a thing: 1 to 128 of [a-zA-Z0-9:_-].
///
/// @param text The name.
/// @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_THING_NAME only.
/// @return OK, MISUSE_INVALID_THING_NAME, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_thing_name_check(text: Text, position: *mut usize) -> Code {
    // SAFETY: the header's rules for text and results.
    unsafe { check(text, position, ThingName::RULE) }
}

/// Checks the name of a service, such as SSH: 1 to 128 of [a-zA-Z0-9:_-].
///
/// @param text The name.
/// @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_SERVICE_ID only.
/// @return OK, MISUSE_INVALID_SERVICE_ID, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_service_id_check(text: Text, position: *mut usize) -> Code {
    // SAFETY: the header's rules for text and results.
    unsafe { check(text, position, ServiceId::RULE) }
}

/// Checks a region, such as us-east-1: 1 to 32 of [a-z0-9-].
///
/// @param text The region.
/// @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_REGION only.
/// @return OK, MISUSE_INVALID_REGION, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_region_check(text: Text, position: *mut usize) -> Code {
    // SAFETY: the header's rules for text and results.
    unsafe { check(text, position, Region::RULE) }
}

/// Checks a tunnel's ARN: 1 to 1600 visible ASCII characters. Whether it names a tunnel, iot_tunnel_tunnel_arn_tunnel_id
/// says.
///
/// @param text The ARN.
/// @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_TUNNEL_ARN only.
/// @return OK, MISUSE_INVALID_TUNNEL_ARN, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_tunnel_arn_check(text: Text, position: *mut usize) -> Code {
    // SAFETY: the header's rules for text and results.
    unsafe { check(text, position, TunnelArn::RULE) }
}

/// Checks a client token: 32 to 128 of [a-zA-Z0-9-].
///
/// @param text The client token.
/// @param position As of iot_tunnel_tunnel_id_check. Written on MISUSE_INVALID_CLIENT_TOKEN only.
/// @return OK, MISUSE_INVALID_CLIENT_TOKEN, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_client_token_check(text: Text, position: *mut usize) -> Code {
    // SAFETY: the header's rules for text and results.
    unsafe { check(text, position, ClientToken::RULE) }
}

/// Checks an access token: 1 to 3072 visible ASCII characters.
///
/// @param text The token.
/// @param position Unless NULL: where the first character stands that is not allowed, counted in characters from 0; SIZE_MAX
///        if there is none at all. Written on MISUSE_INVALID_ACCESS_TOKEN only.
/// @return OK, MISUSE_INVALID_ACCESS_TOKEN, CAPACITY_ACCESS_TOKEN_TOO_LONG, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_access_token_check(text: Text, position: *mut usize) -> Code {
    answer(|| {
        // SAFETY: the header's rules for text.
        let text = unsafe { text.get() }?;
        <AccessToken>::check(text).inspect_err(|error| {
            if *error == Misuse::InvalidAccessToken.into() {
                let wrong = text
                    .char_indices()
                    .position(|(_, character)| !character.is_ascii_graphic());
                // SAFETY: the header's rules for results.
                if let Ok(out) = unsafe { Out::new(position) } {
                    out.set(wrong.unwrap_or(usize::MAX));
                }
            }
        })
    })
}

/// Composes a tunnel's ARN: arn:aws:iot:<region>:<account>:tunnel/<tunnel id>, in the regions cn-* with aws-cn, in us-gov-*
/// with aws-us-gov.
///
/// @param region The region.
/// @param account The account, usually 12 digits.
/// @param tunnel_id The tunnel's id.
/// @param buffer Where the ARN goes, without a zero at its end; nothing is written unless it fits.
/// @param capacity The bytes there is room for; 256 are enough for an account of 12 digits.
/// @param length The length of the ARN in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL.
/// @return OK, MISUSE_INVALID_REGION, MISUSE_INVALID_TUNNEL_ARN (the account), MISUSE_INVALID_TUNNEL_ID, MISUSE_NOT_UTF8,
///         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_tunnel_arn_write(
    region: Text,
    account: Text,
    tunnel_id: Text,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Code {
    answer(|| {
        let written = [Area::of(buffer, capacity), Area::of(length, 1)];
        apart(&written, &[region.area(), account.area(), tunnel_id.area()])?;
        // SAFETY: the header's rules for text, buffers and results; they have been found apart.
        let (region, account, id, buffer) = unsafe {
            let buffer = Buffer::new(buffer, capacity, length)?;
            (region.get()?, account.get()?, tunnel_id.get()?, buffer)
        };
        let region = Region::parse(region)?;
        let id = TunnelId::parse(id)?;
        buffer.whole(|room| TunnelArn::write_of(&region, account, &id, room))
    })
}

/// The id of the tunnel that an ARN names.
///
/// @param arn The ARN.
/// @param tunnel_id Where the result goes: a part of arn, which lasts as long as that.
/// @return OK, MISUSE_INVALID_TUNNEL_ARN if it does not have the form arn:...:iot:...:...:tunnel/<tunnel id>, MISUSE_NOT_UTF8,
///         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_tunnel_arn_tunnel_id(arn: Text, tunnel_id: *mut Text) -> Code {
    answer(|| {
        apart(&[Area::of(tunnel_id, 1)], &[arn.area()])?;
        // SAFETY: the header's rules for text and results.
        let (arn, out) = unsafe { (arn.get()?, Out::new(tunnel_id)?) };
        let id = TunnelArn::tunnel_id_in(arn)
            .filter(|id| TunnelArn::RULE.check(arn).is_ok() && TunnelId::RULE.check(id).is_ok())
            .ok_or(Misuse::InvalidTunnelArn)?;
        out.set(Text::of(id));
        Ok(())
    })
}

/// Makes a fresh client token: 64 hexadecimal digits. A session makes its own; this is for a client that keeps one to
/// come back with after a restart. It is a secret like the access token.
///
/// @param entropy 64 fresh random bytes, used for nothing else.
/// @param buffer Where the client token goes, without a zero at its end; nothing is written unless it fits.
/// @param capacity The bytes there is room for.
/// @param length 64, on OK and on CAPACITY_BUFFER_TOO_SMALL.
/// @return OK, MISUSE_STUCK_ENTROPY, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_client_token_write(
    entropy: *const u8,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Code {
    answer(|| {
        let written = [Area::of(buffer, capacity), Area::of(length, 1)];
        apart(&written, &[Area::of(entropy, 64)])?;
        // SAFETY: the header's rules for entropy, buffers and results; they have been found apart.
        let (entropy, buffer) = unsafe { (self::entropy(entropy)?, Buffer::new(buffer, capacity, length)?) };
        buffer.put(ClientToken::fresh(&entropy).expose())
    })
}

/// A text as one of core's types.
///
/// # Safety
/// As of [`Text::get`].
pub(crate) unsafe fn parse<T>(text: Text, parse: fn(&str) -> Result<T, InvalidText>) -> Result<T, Error> {
    // SAFETY: as this function's.
    Ok(parse(unsafe { text.get() }?)?)
}
