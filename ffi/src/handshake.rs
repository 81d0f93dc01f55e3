//! Where a client connects to, and how a service judges an upgrade request.

use iot_tunnel_core::handshake::{
    Endpoint, HandshakeRequest, MAX_ANSWER_HEAD, MAX_PEER_TEXT, MAX_REQUEST, Rejection as No,
    Subprotocol as Version,
};
use iot_tunnel_core::{Error, Misuse, Refusal, Region, Side as End};

use crate::area::Area;
use crate::memory::{Buffer, Bytes, Out, Text, bytes};
use crate::status::{Code, code};

/// A side of a tunnel. 0 is none.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who opens connections.
    Source = 1,
    /// Who serves them: the device.
    Destination = 2,
}

pub(crate) const fn side(number: i32) -> Result<End, Misuse> {
    match number {
        1 => Ok(End::Source),
        2 => Ok(End::Destination),
        _ => Err(Misuse::UnknownEnumValue),
    }
}

/// A version of the tunneling protocol, as offered and accepted in the handshake.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subprotocol {
    /// aws.iot.securetunneling-1.0: one service, one connection.
    V1 = 1,
    /// aws.iot.securetunneling-2.0: several services.
    V2 = 2,
    /// aws.iot.securetunneling-3.0: several services, each with several connections.
    V3 = 3,
}

/// 0 is V3.
pub(crate) const fn subprotocol(number: i32) -> Result<Version, Misuse> {
    match number {
        1 => Ok(Version::V1),
        2 => Ok(Version::V2),
        0 | 3 => Ok(Version::V3),
        _ => Err(Misuse::UnknownEnumValue),
    }
}

/// Longest upgrade request, in bytes.
pub const MAX_UPGRADE_REQUEST: usize = 4096;
const _: () = assert!(MAX_UPGRADE_REQUEST == MAX_REQUEST);

/// Bytes of a buffer that takes in every answer to an upgrade request.
pub const MAX_UPGRADE_ANSWER: usize = 4352;
const _: () = assert!(MAX_UPGRADE_ANSWER == MAX_ANSWER_HEAD + MAX_PEER_TEXT);

/// Checks where to connect to: `host`, `host:port`, `[IPv6 address]` or `[IPv6 address]:port`. A host name is 1–253 of
/// [a-zA-Z0-9._-] with labels of 1–63 that neither start nor end with '-'; a port is 1–65535.
///
/// @param endpoint The text.
/// @return OK, MISUSE_INVALID_ENDPOINT, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_endpoint_check(endpoint: Text) -> Code {
    let checked = || -> Result<(), Error> {
        // SAFETY: the header's rules for text.
        let text = unsafe { endpoint.get() }?;
        Endpoint::parse(text)?;
        Ok(())
    };
    code(checked())
}

/// Says what to resolve and to dial.
///
/// @param endpoint What iot_tunnel_endpoint_check allows.
/// @param host The host name or address, without brackets, also the name in TLS. It lies in `endpoint`.
/// @param port The port, 1–65535; 443 if none is given.
/// @return OK, MISUSE_INVALID_ENDPOINT, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_endpoint_split(endpoint: Text, host: *mut Text, port: *mut u16) -> Code {
    let split = || -> Result<(), Error> {
        // SAFETY: the header's rules for text and results.
        let (text, host, port) = unsafe { (endpoint.get()?, Out::new(host)?, Out::new(port)?) };
        let endpoint = Endpoint::parse(text)?;
        let start = usize::from(text.starts_with('['));
        let length = endpoint.host().len();
        host.set(Text::of(text.get(start..start + length).unwrap_or_default()));
        port.set(endpoint.port());
        Ok(())
    };
    code(split())
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
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
) -> Code {
    let written = || -> Result<(), Error> {
        // SAFETY: the header's rules for text, buffers and results.
        let (region, buffer) = unsafe {
            let text = region.get()?;
            Area::of(text.as_bytes()).apart(&[Area::of(bytes(buffer, capacity)?)])?;
            (text, Buffer::new(buffer, capacity, length)?)
        };
        let region = Region::parse(region).map_err(|_| Misuse::InvalidEndpoint)?;
        let endpoint = match fips {
            true => Endpoint::aws_fips(&region),
            false => Endpoint::aws(&region),
        };
        buffer.put(endpoint.authority())
    };
    code(written())
}

/// A header of an HTTP request.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Header {
    /// Its name, in any case.
    pub name: Bytes,
    /// Its value, without white space around it.
    pub value: Bytes,
}

/// An upgrade request that keeps the rules. Whether its token admits is the record's to say.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Handshake {
    /// The side that wants to connect.
    pub side: Side,
    /// The highest subprotocol offered: name it in the answer.
    pub subprotocol: Subprotocol,
    /// The access token, in the headers given.
    pub access_token: Text,
    /// The client token, likewise; empty if there is none.
    pub client_token: Text,
    /// The value of `sec-websocket-accept` in the answer. No zero follows it.
    pub accept: [u8; 28],
}

/// How to refuse an upgrade request, before any 101.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rejection {
    /// The HTTP status. With 400–499 a client gives its token up, with 500–599 it tries again.
    pub http_status: u16,
    /// The body and the value of `x-status-reason`: visible ASCII and spaces. It lasts for ever.
    pub reason: Text,
}

/// For a gateway that is the service: judges an upgrade request that its HTTP server has read.
///
/// @param method Such as GET.
/// @param target Path and query.
/// @param headers All its headers.
/// @param header_count How many.
/// @param handshake What it asks for. Written with OK.
/// @param rejection How to answer if it is refused. Written with PEER_FAULT_INVALID_UPGRADE_REQUEST.
/// @return OK, PEER_FAULT_INVALID_UPGRADE_REQUEST, MISUSE_NULL_POINTER, MISUSE_NOT_UTF8 (method or target).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_handshake_judge(
    method: Text,
    target: Text,
    headers: *const Header,
    header_count: usize,
    handshake: *mut Handshake,
    rejection: *mut Rejection,
) -> Code {
    let judged = || -> Result<(), Error> {
        // SAFETY: the header's rules for text, objects and results; the same for all headers.
        let (method, target, headers, handshake, rejection) = unsafe {
            let headers = objects(headers, header_count)?;
            for header in headers {
                header.name.get()?;
                header.value.get()?;
            }
            (
                method.get()?,
                target.get()?,
                headers,
                Out::new(handshake)?,
                Out::new(rejection)?,
            )
        };
        let pairs = headers.iter().map(|header| {
            // SAFETY: they were looked at above.
            unsafe {
                (
                    header.name.get().unwrap_or_default(),
                    header.value.get().unwrap_or_default(),
                )
            }
        });
        match HandshakeRequest::judge(method, target, pairs.clone()) {
            Ok(request) => {
                let mut client_tokens = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(b"client-token"));
                let client_token = client_tokens.next().map_or(Text::EMPTY, |(_, value)| Text {
                    ptr: value.as_ptr().cast(),
                    len: value.len(),
                });
                let mut accept = [0; 28];
                for (to, from) in accept.iter_mut().zip(request.key.accept().as_str().bytes()) {
                    *to = from;
                }
                handshake.set(Handshake {
                    side: match request.side {
                        End::Source => Side::Source,
                        End::Destination => Side::Destination,
                    },
                    subprotocol: match request.subprotocol {
                        Version::V1 => Subprotocol::V1,
                        Version::V2 => Subprotocol::V2,
                        Version::V3 => Subprotocol::V3,
                    },
                    access_token: Text::of(request.access_token),
                    client_token,
                    accept,
                });
                Ok(())
            }
            Err(fault) => {
                rejection.set(Rejection::of(fault.rejection()));
                Err(fault.into())
            }
        }
    };
    code(judged())
}

/// Objects in a row that a caller has.
///
/// # Safety
/// `ptr` points to `count` valid `T` that last and do not change for `'a`.
unsafe fn objects<'a, T>(ptr: *const T, count: usize) -> Result<&'a [T], Misuse> {
    match (ptr.is_null(), count) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Misuse::NullPointer),
        // SAFETY: not NULL, and as this function's.
        (false, _) => Ok(unsafe { core::slice::from_raw_parts(ptr, count) }),
    }
}

impl Rejection {
    fn of(no: No) -> Self {
        Self {
            http_status: no.status,
            reason: Text::of(no.text),
        }
    }
}

/// For a gateway that is the service: says how to refuse a client whose token the record did not admit.
///
/// @param status What iot_tunnel_record_connect answered: a REFUSAL 201–299. Every other number is an inner failure, of which
///        the client is told no more than that it may try again (503).
/// @param rejection How to answer.
/// @return OK, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_rejection_of(status: Code, rejection: *mut Rejection) -> Code {
    // SAFETY: the header's rules for results.
    let out = match unsafe { Out::new(rejection) } {
        Ok(out) => out,
        Err(misuse) => return code(Err(misuse.into())),
    };
    let refusal = Refusal::EVERY
        .iter()
        .find(|refusal| Code::from(refusal.code()) == status);
    out.set(Rejection::of(
        refusal.map_or(No::UNAVAILABLE, |refusal| (*refusal).into()),
    ));
    code(Ok(()))
}
