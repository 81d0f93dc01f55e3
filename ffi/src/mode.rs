//! Which side of a tunnel, and which sides a rotation touches.

use iot_tunnel_core::{self as core, Misuse};

use crate::memory::{Area, Out, Text, apart};
use crate::status::{Code, answer};

/// How `Side` stands in a signature: any number comes in, and it is checked.
pub type SideCode = i32;

/// How `ClientMode` stands in a signature.
pub type ClientModeCode = i32;

/// One end of a tunnel. 0 is none.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The operator's end: it opens connections.
    Source = 1,
    /// The device's end: it serves them.
    Destination = 2,
}

/// Whose access token a rotation replaces. 0 is none.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientMode {
    /// The source's.
    Source = 1,
    /// The destination's.
    Destination = 2,
    /// Both.
    All = 3,
}

/// What one rotation does.
#[repr(C)]
pub struct Rotation {
    /// The source gets a new token.
    pub source: bool,
    /// The destination gets a new token.
    pub destination: bool,
    /// The tunnel's destination config is replaced by the request's.
    pub replaces_destination_config: bool,
}

/// Core's side of a number.
pub(crate) const fn side(code: SideCode) -> Result<core::Side, Misuse> {
    match code {
        1 => Ok(core::Side::Source),
        2 => Ok(core::Side::Destination),
        _ => Err(Misuse::UnknownEnumValue),
    }
}

/// The number of a side.
pub(crate) const fn side_code(side: core::Side) -> SideCode {
    match side {
        core::Side::Source => Side::Source as SideCode,
        core::Side::Destination => Side::Destination as SideCode,
    }
}

/// Core's mode of a number.
pub(crate) const fn client_mode(code: ClientModeCode) -> Result<core::ClientMode, Misuse> {
    match code {
        1 => Ok(core::ClientMode::Source),
        2 => Ok(core::ClientMode::Destination),
        3 => Ok(core::ClientMode::All),
        _ => Err(Misuse::UnknownEnumValue),
    }
}

/// The number of a mode.
pub(crate) const fn client_mode_code(mode: core::ClientMode) -> ClientModeCode {
    match mode {
        core::ClientMode::Source => ClientMode::Source as ClientModeCode,
        core::ClientMode::Destination => ClientMode::Destination as ClientModeCode,
        core::ClientMode::All => ClientMode::All as ClientModeCode,
    }
}

/// Reads a name, and gives its number.
///
/// # Safety
/// As of [`Text::get`] and [`Out::new`].
unsafe fn parse(
    name: Text,
    out: *mut i32,
    number: impl FnOnce(&str) -> Result<i32, Misuse>,
) -> Result<(), core::Error> {
    apart(&[Area::of(out, 1)], &[name.area()])?;
    // SAFETY: as this function's.
    let (name, out) = unsafe { (name.get()?, Out::new(out)?) };
    out.set(number(name)?);
    Ok(())
}

/// Reads a side's name, in lower case, as a notification and the header `local-proxy-mode` have it.
///
/// @param name `source` or `destination`.
/// @param side Where the result goes.
/// @return OK, MISUSE_UNKNOWN_SIDE, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_side_parse(name: Text, side: *mut SideCode) -> Code {
    // SAFETY: the header's rules for text and results.
    answer(|| unsafe {
        parse(name, side, |name| {
            core::Side::from_name(name)
                .map(side_code)
                .ok_or(Misuse::UnknownSide)
        })
    })
}

/// The name of a side: `source` or `destination`.
///
/// @param side One of iot_tunnel_side.
/// @param name Where the result goes. The text lasts for ever.
/// @return OK, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_side_text(side: SideCode, name: *mut Text) -> Code {
    answer(|| {
        // SAFETY: the header's rules for results.
        let out = unsafe { Out::new(name) }?;
        out.set(Text::of(self::side(side)?.as_str()));
        Ok(())
    })
}

/// Reads the name of a clientMode, in upper case, as the API has it.
///
/// @param name `SOURCE`, `DESTINATION` or `ALL`.
/// @param client_mode Where the result goes.
/// @return OK, MISUSE_UNKNOWN_CLIENT_MODE, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_client_mode_parse(name: Text, client_mode: *mut ClientModeCode) -> Code {
    // SAFETY: the header's rules for text and results.
    answer(|| unsafe {
        parse(name, client_mode, |name| {
            core::ClientMode::from_name(name)
                .map(client_mode_code)
                .ok_or(Misuse::UnknownClientMode)
        })
    })
}

/// The name of a clientMode: `SOURCE`, `DESTINATION` or `ALL`.
///
/// @param client_mode One of iot_tunnel_client_mode.
/// @param name Where the result goes. The text lasts for ever.
/// @return OK, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_client_mode_text(client_mode: ClientModeCode, name: *mut Text) -> Code {
    answer(|| {
        // SAFETY: the header's rules for results.
        let out = unsafe { Out::new(name) }?;
        out.set(Text::of(self::client_mode(client_mode)?.as_str()));
        Ok(())
    })
}

/// What a rotation does.
///
/// | clientMode  | without destination config | with destination config                       |
/// |-------------|----------------------------|-----------------------------------------------|
/// | SOURCE      | source token               | refused                                       |
/// | DESTINATION | destination token          | destination token; the config is replaced     |
/// | ALL         | both                       | both; the config is replaced                  |
///
/// @param client_mode One of iot_tunnel_client_mode.
/// @param with_destination_config Whether the request has a destination config.
/// @param rotation Where the result goes.
/// @return OK, MISUSE_DESTINATION_CONFIG_WITH_SOURCE, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_client_mode_rotation(
    client_mode: ClientModeCode,
    with_destination_config: bool,
    rotation: *mut Rotation,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for results.
        let out = unsafe { Out::new(rotation) }?;
        let rotation = self::client_mode(client_mode)?.rotation(with_destination_config)?;
        out.set(Rotation {
            source: rotation.source,
            destination: rotation.destination,
            replaces_destination_config: rotation.replaces_destination_config,
        });
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_side_and_mode_has_its_number() {
        for number in -1..9 {
            if let Ok(side) = side(number) {
                assert_eq!(side_code(side), number);
            }
            if let Ok(mode) = client_mode(number) {
                assert_eq!(client_mode_code(mode), number);
            }
        }
        assert!(core::Side::BOTH.iter().all(|of| side(side_code(*of)) == Ok(*of)));
        assert!(
            core::ClientMode::EVERY
                .iter()
                .all(|of| client_mode(client_mode_code(*of)) == Ok(*of))
        );
        assert_eq!(side(0).is_err(), client_mode(0).is_err());
    }
}
