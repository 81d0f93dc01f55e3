//! Where a client connects to.

use core::ffi::c_char;

use iot_tunnel_core::Region;
use iot_tunnel_core::handshake::Endpoint;

use crate::explain::explain;
use crate::id::parse;
use crate::memory::{Area, Buffer, Out, Text, apart};
use crate::status::{Code, answer};

/// Checks where to connect to: `host`, `host:port`, `[IPv6 address]` or `[IPv6 address]:port`. A host name is 1–253 of
/// [a-zA-Z0-9._-] with labels of 1–63 that neither start nor end with '-'; a port is 1–65535.
///
/// @param endpoint The text.
/// @return OK, MISUSE_INVALID_ENDPOINT, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_endpoint_check(endpoint: Text) -> Code {
    answer(|| {
        // SAFETY: the header's rules for text.
        Endpoint::parse(unsafe { endpoint.get() }?)?;
        Ok(())
    })
}

/// Says what is wrong with a text that iot_tunnel_endpoint_check refuses: the first thing, and what is allowed.
///
/// @param endpoint The text.
/// @param buffer Where the message goes, without a zero at its end.
/// @param capacity The bytes there is room for. 128 are always enough.
/// @param length The length of the message in bytes, on OK and on CAPACITY_BUFFER_TOO_SMALL; 0 if nothing is wrong.
/// @return OK, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_endpoint_explain(
    endpoint: Text,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Code {
    answer(|| {
        apart(
            &[Area::of(buffer, capacity), Area::of(length, 1)],
            &[endpoint.area()],
        )?;
        // SAFETY: the header's rules for text, buffers and results.
        let (text, buffer) = unsafe { (endpoint.get()?, Buffer::new(buffer, capacity, length)?) };
        explain(buffer, Endpoint::parse(text).map(|_| ()))
    })
}

/// Says what to resolve and to dial.
///
/// @param endpoint What iot_tunnel_endpoint_check allows.
/// @param host The host name or address, without brackets, also the name in TLS. It lies in `endpoint`.
/// @param port The port, 1–65535; 443 if none is given.
/// @return OK, MISUSE_INVALID_ENDPOINT, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_endpoint_split(endpoint: Text, host: *mut Text, port: *mut u16) -> Code {
    answer(|| {
        apart(&[Area::of(host, 1), Area::of(port, 1)], &[endpoint.area()])?;
        // SAFETY: the header's rules for text and results.
        let (text, host, port) = unsafe { (endpoint.get()?, Out::new(host)?, Out::new(port)?) };
        let endpoint = Endpoint::parse(text)?;
        let inside = text.strip_prefix('[').unwrap_or(text);
        host.set(Text::of(inside.get(..endpoint.host().len()).unwrap_or_default()));
        port.set(endpoint.port());
        Ok(())
    })
}

/// Writes AWS's endpoint of the data plane in a region, as iot_tunnel_session_upgrade_request takes it:
/// data.tunneling.iot.<region>.amazonaws.com, .amazonaws.com.cn in China.
///
/// @param region The region: 1 to 32 of [a-z0-9-].
/// @param fips Whether that with FIPS 140 cryptography (`iot-fips`). Not every region has one.
/// @param buffer Takes the text.
/// @param capacity Its length in bytes. 96 is always enough.
/// @param length The text's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
/// @return OK, MISUSE_INVALID_REGION, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY,
///         CAPACITY_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_endpoint_aws(
    region: Text,
    fips: bool,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Code {
    answer(|| {
        apart(
            &[Area::of(buffer, capacity), Area::of(length, 1)],
            &[region.area()],
        )?;
        // SAFETY: the header's rules for text, buffers and results.
        let (region, buffer) = unsafe {
            (
                parse(region, Region::parse)?,
                Buffer::new(buffer, capacity, length)?,
            )
        };
        let endpoint = match fips {
            true => Endpoint::aws_fips(&region),
            false => Endpoint::aws(&region),
        };
        buffer.put(endpoint.authority())
    })
}
