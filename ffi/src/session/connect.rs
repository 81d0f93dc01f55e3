//! From a token to a WebSocket.

use core::ffi::c_char;

use iot_tunnel_core::handshake::{
    Answer, Endpoint, Offer, PeerText, UnexpectedAnswer, Upgrade, UpgradeKey, UpgradeRequest,
    UpgradeRequestError,
};
use iot_tunnel_core::session::{Binding as Bound, TokenTaken as Taken};
use iot_tunnel_core::{ClientToken, Millis, Misuse, PeerFault};

use super::{SessionStorage, with};
use crate::handshake::{SubprotocolCode, subprotocol};
use crate::id::parse;
use crate::memory::{Area, Buffer, Bytes, Out, Plain, Text, bytes, entropy, object};
use crate::mode::{SideCode, side};
use crate::status::{Code, Status};

/// How `Binding` stands in a signature.
pub type BindingCode = i32;

/// With what client token an access token goes.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// A fresh one, so that the session can connect again after a drop. What a device wants.
    Fresh = 0,
    /// The one that is given. The service refuses it if it is in use with another access token.
    Given = 1,
    /// None: the access token can be used for one connection only.
    None = 2,
}

/// What an access token was to a session.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenTaken {
    /// Another than the latest: the session connects with it.
    New = 1,
    /// The latest once more, as a redelivered notification has it: nothing changes, even if it was refused.
    Same = 2,
    /// One of the three before the latest, as a late notification has it: a rotation has revoked it. Nothing changes.
    Earlier = 3,
}

/// How the handshake goes on.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeAnswerKind {
    /// Receive more, behind what is there, and call again with all of it. Nothing has changed.
    NeedMore = 0,
    /// 101: from here on the socket is a WebSocket. Its first bytes may stand behind the consumed ones.
    Accepted = 1,
    /// 400–499 but 408 and 429: the session has wiped the token and awaits another. Close the socket.
    Refused = 2,
    /// 408, 429 or 500–599: the session waits, at least as long as `retry_after` says, then it connects again. Close the socket.
    Retry = 3,
    /// Another status, such as the redirect or the page of a captive portal: what answers is not this service. Nothing of it is
    /// followed. The session waits as after a lost connection, then it connects again. Close the socket.
    Unexpected = 4,
}

/// The answer of the service to an upgrade request.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct UpgradeAnswer {
    /// How it goes on.
    pub kind: UpgradeAnswerKind,
    /// The HTTP status; 0 with NEED_MORE.
    pub http_status: u16,
    /// RETRY: the seconds to wait at least, as the service's header retry-after says; 0 if it has none. The session keeps to at most 600 of
    /// them, and adds a random wait.
    pub retry_after: u32,
    /// The bytes of the answer's head. With ACCEPTED, those behind it are the WebSocket's first.
    pub consumed: usize,
    /// REFUSED, RETRY: why, in the service's words, at most 256 bytes of anything: show it by iot_tunnel_peer_text_write. It lies in
    /// `received`. Empty if it gave none.
    pub reason: Bytes,
    /// An id of the attempt, for AWS's support; likewise.
    pub channel_id: Bytes,
    /// UNEXPECTED: where the answer leads to, as its header location says; likewise.
    pub location: Bytes,
}

/// Takes an access token, in any state but CLOSED: the first one, or one that a rotation issued. A new one replaces the latest:
/// a live connection is closed with all that was in it, and another is made at once. The latest once more and the three before
/// it are no news and change nothing, so every notification can be brought here. An older one counts as new: the service
/// refuses it, and the session awaits another.
///
/// @param session The session.
/// @param now The time, in milliseconds of a monotonic clock.
/// @param side The side that the token came for, an iot_tunnel_side: clientMode of the notification.
/// @param access_token 1 to 3072 visible ASCII characters. The session keeps a copy: wipe yours.
/// @param binding With what client token it goes, an iot_tunnel_binding.
/// @param client_token With GIVEN: 32 to 128 of [a-zA-Z0-9-]. Otherwise it is not looked at.
/// @param entropy 64 fresh bytes of a cryptographic random source, used once; wipe yours.
/// @param taken What the token was.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_UTF8,
///         MISUSE_INVALID_ACCESS_TOKEN, MISUSE_INVALID_CLIENT_TOKEN, MISUSE_STUCK_ENTROPY, MISUSE_TOKEN_OF_OTHER_SIDE,
///         MISUSE_SESSION_CLOSED, MISUSE_OVERLAPPING_MEMORY, CAPACITY_ACCESS_TOKEN_TOO_LONG.
///
/// cbindgen:ptrs-as-arrays=[[entropy;64]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_handle_token(
    session: *mut SessionStorage,
    now: u64,
    side: SideCode,
    access_token: Text,
    binding: BindingCode,
    client_token: Text,
    entropy: *const u8,
    taken: *mut TokenTaken,
) -> Code {
    let written = [Area::of(taken, 1)];
    // What is not looked at may be anything.
    let client_token = match binding {
        GIVEN => client_token,
        _ => Text::EMPTY,
    };
    let read = [access_token.area(), client_token.area(), Area::of(entropy, 64)];
    // SAFETY: the header's rules for storage, text, entropy and results.
    unsafe {
        with(session, &written, &read, |client| {
            let out = Out::new(taken)?;
            let side = self::side(side)?;
            let access_token = access_token.get()?;
            let binding = match binding {
                FRESH => Bound::Fresh,
                GIVEN => Bound::With(parse(client_token, ClientToken::parse)?),
                NONE => Bound::Unbound,
                _ => return Err(Misuse::UnknownEnumValue.into()),
            };
            let entropy = self::entropy(entropy);
            let entropy = entropy.as_ref().map_err(|misuse| *misuse)?;
            let taken = client
                .session
                .handle_token(Millis(now), side, access_token, &binding, entropy)?;
            if taken == Taken::New {
                client.pending = None;
            }
            out.set(match taken {
                Taken::New => TokenTaken::New,
                Taken::Same => TokenTaken::Same,
                Taken::Earlier => TokenTaken::Earlier,
            });
            Ok(Status::Ok)
        })
    }
}

const FRESH: BindingCode = Binding::Fresh as BindingCode;
const GIVEN: BindingCode = Binding::Given as BindingCode;
const NONE: BindingCode = Binding::None as BindingCode;

/// Writes the upgrade request of the connection that iot_tunnel_session_poll_output asked for with CONNECT. Send all of it,
/// then wipe the buffer: it holds the tokens in clear. The session remembers what judges the answer; written once more, the
/// request replaces the one before.
///
/// @param session The session.
/// @param endpoint The host, as iot_tunnel_endpoint_check allows it: it goes into the header `host`.
/// @param offer The subprotocol to offer, an iot_tunnel_subprotocol; 0 is V3, as AWS's own clients do.
/// @param nonce 16 fresh bytes of a random source, used once.
/// @param buffer Takes the request.
/// @param capacity Its length in bytes. IOT_TUNNEL_MAX_UPGRADE_REQUEST is always enough.
/// @param length The request's length in bytes; with CAPACITY_BUFFER_TOO_SMALL the length needed.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTING, MISUSE_SESSION_CLOSED,
///         MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_UTF8, MISUSE_INVALID_ENDPOINT, MISUSE_STUCK_ENTROPY,
///         MISUSE_OVERLAPPING_MEMORY, CAPACITY_BUFFER_TOO_SMALL.
///
/// cbindgen:ptrs-as-arrays=[[nonce;16]]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_upgrade_request(
    session: *mut SessionStorage,
    endpoint: Text,
    offer: SubprotocolCode,
    nonce: *const u8,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Code {
    let written = [Area::of(buffer, capacity), Area::of(length, 1)];
    let read = [endpoint.area(), Area::of(nonce, 16)];
    // SAFETY: the header's rules for storage, text, bytes, buffers and results.
    unsafe {
        with(session, &written, &read, |client| {
            let buffer = Buffer::new(buffer, capacity, length)?;
            let connect = client.session.connect()?;
            let endpoint = Endpoint::parse(endpoint.get()?);
            let request = UpgradeRequest {
                endpoint: endpoint.as_ref().map_err(|fault| *fault)?,
                side: connect.side,
                access_token: connect.access_token,
                client_token: connect.client_token,
                offer: Offer::Only(subprotocol(offer)?),
                key: UpgradeKey::new(*object(nonce.cast::<[u8; 16]>())?)?,
            };
            buffer.fill(|room| request.write(room), needed)?;
            client.pending = Some(request.pending());
            Ok(Status::Ok)
        })
    }
}

/// Takes what the socket has received since the upgrade request was sent.
///
/// @param session The session.
/// @param now The time, in milliseconds of a monotonic clock.
/// @param received All of it, from the first byte on. IOT_TUNNEL_MAX_UPGRADE_ANSWER bytes take in every answer.
/// @param length Its length in bytes.
/// @param ended Whether no more will come, or there is no room for more.
/// @param answer What the service said.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_NOT_CONNECTING (also if no upgrade request was written),
///         MISUSE_SESSION_CLOSED, MISUSE_OVERLAPPING_MEMORY. A PEER_FAULT 320–327 but 323 is what the answer breaks: what
///         answers is not this service. Close the socket and call iot_tunnel_session_handle_closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_session_handle_upgrade(
    session: *mut SessionStorage,
    now: u64,
    received: *const u8,
    length: usize,
    ended: bool,
    answer: *mut UpgradeAnswer,
) -> Code {
    // SAFETY: the header's rules for storage, bytes and results.
    unsafe {
        with(
            session,
            &[Area::of(answer, 1)],
            &[Area::of(received, length)],
            |client| {
                let out = Out::new(answer)?;
                let received = bytes(received, length)?;
                client.session.connect()?;
                let pending = client.pending.as_ref().ok_or(Misuse::NotConnecting)?;
                let found = pending.read(received, ended);
                match &found {
                    Ok(Answer::Complete { upgrade, .. }) => {
                        client.session.handle_upgrade(Millis(now), upgrade)?;
                    }
                    Err(PeerFault::UnexpectedUpgradeStatus) => {
                        client.session.handle_closed(Millis(now), None)?;
                    }
                    Ok(Answer::NeedMore) => {}
                    Err(fault) => return Err((*fault).into()),
                }
                let said = out.zeroed();
                if let Ok(Answer::NeedMore) = found {
                    return Ok(Status::Ok);
                }
                client.pending = None;
                match &found {
                    Ok(Answer::Complete { upgrade, consumed }) => said.fill(upgrade, *consumed),
                    _ => said.fill_unexpected(received),
                }
                Ok(Status::Ok)
            },
        )
    }
}

// SAFETY: an answer of nothing but zeroes is NEED_MORE.
unsafe impl Plain for UpgradeAnswer {}

impl UpgradeAnswer {
    fn fill(&mut self, upgrade: &Upgrade<'_>, consumed: usize) {
        self.consumed = consumed;
        let channel = match *upgrade {
            Upgrade::Accepted { channel_id, .. } => {
                self.kind = UpgradeAnswerKind::Accepted;
                self.http_status = 101;
                channel_id
            }
            Upgrade::Refused {
                status,
                reason,
                channel_id,
            } => {
                self.kind = UpgradeAnswerKind::Refused;
                self.http_status = status;
                self.reason = Bytes::of(reason.as_bytes());
                channel_id
            }
            Upgrade::Retry {
                status,
                retry_after,
                reason,
                channel_id,
            } => {
                self.kind = UpgradeAnswerKind::Retry;
                self.http_status = status;
                self.retry_after = retry_after.unwrap_or_default();
                self.reason = Bytes::of(reason.as_bytes());
                channel_id
            }
        };
        self.channel_id = shown(channel);
    }

    /// An answer of something else than the service.
    fn fill_unexpected(&mut self, received: &[u8]) {
        self.kind = UpgradeAnswerKind::Unexpected;
        if let Some(found) = UnexpectedAnswer::find(received) {
            self.http_status = found.status;
            self.location = shown(found.location);
        }
    }
}

fn shown(text: Option<PeerText<'_>>) -> Bytes {
    text.map_or(Bytes::EMPTY, |text| Bytes::of(text.as_bytes()))
}

const fn needed(error: UpgradeRequestError) -> Option<usize> {
    match error {
        UpgradeRequestError::BufferTooSmall { needed } => Some(needed),
        UpgradeRequestError::TooLong { .. } => None,
    }
}
