//! An upgrade request, as a gateway that is the service judges it.

use iot_tunnel_core::handshake::{HandshakeRequest, Rejection as No};
use iot_tunnel_core::{Misuse, Refusal};

use super::{SubprotocolCode, subprotocol_code};
use crate::memory::{Area, Bytes, Out, Text, apart, objects};
use crate::mode::{SideCode, side_code};
use crate::status::{Code, answer};

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
    pub side: SideCode,
    /// The highest subprotocol offered: name it in the answer.
    pub subprotocol: SubprotocolCode,
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
/// @return OK, PEER_FAULT_INVALID_UPGRADE_REQUEST, MISUSE_NULL_POINTER, MISUSE_NOT_UTF8 (method or target),
///         MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_handshake_judge(
    method: Text,
    target: Text,
    headers: *const Header,
    header_count: usize,
    handshake: *mut Handshake,
    rejection: *mut Rejection,
) -> Code {
    answer(|| {
        let written = [Area::of(handshake, 1), Area::of(rejection, 1)];
        apart(
            &written,
            &[method.area(), target.area(), Area::of(headers, header_count)],
        )?;
        // SAFETY: the header's rules for text, objects and results.
        let (method, target, headers, handshake, rejection) = unsafe {
            (
                method.get()?,
                target.get()?,
                objects(headers, header_count)?,
                Out::new(handshake)?,
                Out::new(rejection)?,
            )
        };
        for header in headers {
            apart(&written, &[header.name.area(), header.value.area()])?;
            // SAFETY: the header's rules for bytes.
            unsafe { header.get() }?;
        }
        // SAFETY: the header's rules for bytes. None fails: all were looked at.
        let pairs = headers
            .iter()
            .map(|header| unsafe { header.get() }.unwrap_or_default());
        match HandshakeRequest::judge(method, target, pairs.clone()) {
            Ok(request) => {
                handshake.set(Handshake::of(&request, pairs));
                Ok(())
            }
            Err(fault) => {
                rejection.set(Rejection::of(fault.rejection()));
                Err(fault.into())
            }
        }
    })
}

impl Header {
    /// Name and value.
    ///
    /// # Safety
    /// As of [`Bytes::get`].
    unsafe fn get<'a>(&self) -> Result<(&'a [u8], &'a [u8]), Misuse> {
        // SAFETY: as this function's.
        unsafe { Ok((self.name.get()?, self.value.get()?)) }
    }
}

impl Handshake {
    fn of<'a>(request: &HandshakeRequest<'a>, headers: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut accept = [0; 28];
        for (to, from) in accept.iter_mut().zip(request.key.accept().as_str().bytes()) {
            *to = from;
        }
        // The one that was judged, where the caller has it: the judge copied it.
        let mut client_tokens = headers.filter(|(name, _)| name.eq_ignore_ascii_case(b"client-token"));
        let client_token = client_tokens
            .next()
            .and_then(|(_, value)| str::from_utf8(value).ok());
        Self {
            side: side_code(request.side),
            subprotocol: subprotocol_code(request.subprotocol),
            access_token: Text::of(request.access_token),
            client_token: client_token.map_or(Text::EMPTY, Text::of),
            accept,
        }
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
    answer(|| {
        // SAFETY: the header's rules for results.
        let out = unsafe { Out::new(rejection) }?;
        let refusal = Refusal::EVERY
            .iter()
            .find(|refusal| Code::from(refusal.code()) == status);
        out.set(Rejection::of(
            refusal.map_or(No::UNAVAILABLE, |refusal| (*refusal).into()),
        ));
        Ok(())
    })
}
