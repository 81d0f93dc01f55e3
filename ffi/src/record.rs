//! The service's record of one tunnel, in the caller's memory.

use iot_tunnel_core::{
    ClientToken, ConnectionId, Error, Handshake, Lifetime, Millis, Misuse, Side, Slot, Tunnel, TunnelId,
};

use crate::description::Description;
use crate::destination::{DestinationConfig, lent};
use crate::effects::Effects;
use crate::id::parse;
use crate::issued::{Issued, Results};
use crate::memory::{Area, Out, Text, apart, entropy, object_mut};
use crate::mode::{ClientModeCode, SideCode, client_mode, side};
use crate::status::{Code, answer};
use crate::storage::{Storage, check_size, fits, vacant, value, view, wipe};

/// The service's record of one tunnel. All zeroes: a free slot, not a tunnel.
///
/// It holds no pointer, so it may be copied and moved like any struct: an operation on a copy, and the copy stored when all is
/// well, is how a call is undone. It holds no token, only digests. Its bytes have no meaning outside of the program that made
/// them.
#[repr(C)]
pub struct Record {
    opaque: [u64; 110],
}

// SAFETY: `repr(C)`, one member; `fits` is proved below.
unsafe impl Storage for Record {
    type Value = Tunnel;
    const MARK: u64 = 0x696f_745f_7265_6331;
}

const _: () = fits::<Record>();

impl Slot for Record {
    fn get(&self) -> Option<&Tunnel> {
        // SAFETY: a reference points to what it says.
        unsafe { view(self) }.ok()
    }

    fn get_mut(&mut self) -> Option<&mut Tunnel> {
        // SAFETY: as above.
        unsafe { value(self) }.ok()
    }

    fn fill(&mut self, make: impl FnOnce() -> Tunnel) {
        // SAFETY: as above. Neither pointer nor size is wrong.
        if let Ok(vacant) = unsafe { vacant(self, size_of::<Self>()) } {
            vacant.make(|place| place.write(make()));
        }
    }

    fn free(&mut self) {
        // SAFETY: as above. The pointer is not NULL.
        let _ = unsafe { wipe(self) };
    }
}

/// Opens a tunnel: both sides disconnected, a fresh access token each.
///
/// @param record Where the record goes. Whatever was there is forgotten. On an error it stays as it was.
/// @param size sizeof(iot_tunnel_record).
/// @param id The tunnel's id. It must never have been used before, not even by a deleted tunnel: that is what makes every
///        token unique.
/// @param config What stands at the destination; NULL: nothing, a tunnel without services. It is copied into the record, so it
///        may not be one that this record has lent out.
/// @param lifetime_minutes How long the tunnel lives, 1 to 720; 0: 720. Nothing extends it.
/// @param now The time, in milliseconds. For a service it should be UTC, so that records mean the same after a restart.
/// @param entropy 64 fresh random bytes, used for nothing else.
/// @param source Where the source's token goes.
/// @param destination Where the destination's token goes.
/// @param effects Where it goes what to do next: notify, if the config names a thing.
/// @return OK, MISUSE_INVALID_TUNNEL_ID, MISUSE_INVALID_THING_NAME, MISUSE_INVALID_SERVICE_ID, MISUSE_NO_SERVICES,
///         MISUSE_LIFETIME_OUT_OF_RANGE, MISUSE_STUCK_ENTROPY, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NOT_UTF8,
///         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY, CAPACITY_TOO_MANY_SERVICES.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_record_open(
    record: *mut Record,
    size: usize,
    id: Text,
    config: *const DestinationConfig,
    lifetime_minutes: u32,
    now: u64,
    entropy: *const u8,
    source: *mut Issued,
    destination: *mut Issued,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        check_size(record, size)?;
        let changing = Area::of(record, 1);
        apart(&[changing], &Results::areas(source, destination, effects))?;
        // SAFETY: the header's rules for text, objects, entropy and results. The id and the entropy are copied here; the others
        // are found apart.
        let (id, config, entropy, mut results) = unsafe {
            (
                parse(id, TunnelId::parse)?,
                lent(config, changing)?,
                self::entropy(entropy)?,
                Results::new(source, destination, effects)?,
            )
        };
        let lifetime = lifetime(lifetime_minutes)?;
        // SAFETY: the header's rules for storage; it has been found apart. Any bits are storage.
        let record = unsafe { object_mut(record) }?;
        let give = |side, token: &_| results.give(side, token);
        let effects = Tunnel::open_in(record, &id, config, lifetime, Millis(now), &entropy, give)?;
        results.set(&effects);
        Ok(())
    })
}

/// Judges a peer's handshake, and marks the token used if it is accepted: with the record so stored, answer 101. The use must
/// be durable before that answer is sent.
///
/// The refusals come in this order: REFUSAL_UNKNOWN_ACCESS_TOKEN, REFUSAL_TUNNEL_CLOSED or REFUSAL_TUNNEL_EXPIRED,
/// REFUSAL_ACCESS_TOKEN_REVOKED, REFUSAL_MODE_MISMATCH, REFUSAL_ACCESS_TOKEN_USED, REFUSAL_CLIENT_TOKEN_MISMATCH,
/// REFUSAL_CLIENT_TOKEN_IN_USE. Their texts can be sent to the peer. On any error the record stays as it was.
///
/// @param record The record.
/// @param access_token The access token as the peer sent it. Whatever it holds, it is judged.
/// @param side The side that the peer wants to be: its local-proxy-mode.
/// @param client_token The client token, if the peer sent one; else empty.
/// @param client_token_in_use Whether the client token is bound to another access token of any open tunnel; see
///        iot_tunnel_record_has_client_token. In a table, iot_tunnel_table_connect finds that out.
/// @param connection A name for the new connection, which differs from every other of this tunnel.
/// @param now The time, in milliseconds.
/// @param effects Where it goes what to do next: the connection that is replaced, and the peer to reset.
/// @return OK, the refusals above, MISUSE_INVALID_CLIENT_TOKEN, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_INITIALISED,
///         MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_record_connect(
    record: *mut Record,
    access_token: Text,
    side: SideCode,
    client_token: Text,
    client_token_in_use: bool,
    connection: u64,
    now: u64,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for text. It is copied here.
        let client_token = unsafe { presented(client_token) }?;
        apart(&[Area::of(record, 1)], &[access_token.area()])?;
        // SAFETY: the header's rules for text, storage and results; they have been found apart.
        let (access_token, (tunnel, out)) = unsafe { (access_token.get()?, operation(record, effects)?) };
        let handshake = Handshake {
            access_token,
            side: self::side(side)?,
            client_token: client_token.as_ref(),
        };
        let in_use = |_: &_| client_token_in_use;
        let effects = tunnel.connect(handshake, ConnectionId(connection), in_use, Millis(now))?;
        out.set(Effects::of(&effects));
        Ok(())
    })
}

/// Says that a peer's connection has ended. What a connection that was replaced, rotated out or closed leaves behind is no
/// news: that changes nothing and has no effects.
///
/// @param record The record.
/// @param side The connection's side.
/// @param connection The connection, as it was named when it connected.
/// @param now The time, in milliseconds.
/// @param effects Where it goes what to do next: the peer to reset.
/// @return OK, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_NOT_INITIALISED, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_record_disconnect(
    record: *mut Record,
    side: SideCode,
    connection: u64,
    now: u64,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage and results.
        let (tunnel, out) = unsafe { operation(record, effects) }?;
        let effects = tunnel.disconnect(self::side(side)?, ConnectionId(connection), Millis(now));
        out.set(Effects::of(&effects));
        Ok(())
    })
}

/// RotateTunnelAccessToken: revokes the current token of each chosen side and issues a new one. The end of the tunnel does not
/// move. On an error the record stays as it was.
///
/// @param record The record.
/// @param client_mode Whose token is replaced: one of iot_tunnel_client_mode.
/// @param config The tunnel's new destination config; NULL: it stays. Not allowed with SOURCE. It is copied into the record, so
///        it may not be one that this record has lent out.
/// @param now The time, in milliseconds.
/// @param entropy 64 fresh random bytes, used for nothing else.
/// @param source Where the source's token goes; all zeroes if the source is not rotated.
/// @param destination Where the destination's token goes; all zeroes if the destination is not rotated.
/// @param effects Where it goes what to do next: the connections of rotated sides to close, the peer to reset, and notify.
/// @return OK, REFUSAL_TUNNEL_CLOSED, REFUSAL_TUNNEL_EXPIRED, MISUSE_DESTINATION_CONFIG_WITH_SOURCE, MISUSE_NO_SERVICES,
///         MISUSE_INVALID_THING_NAME, MISUSE_INVALID_SERVICE_ID, MISUSE_STUCK_ENTROPY, MISUSE_UNKNOWN_ENUM_VALUE,
///         MISUSE_NOT_INITIALISED, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY,
///         CAPACITY_TOO_MANY_SERVICES, CAPACITY_ROTATIONS_EXHAUSTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_record_rotate(
    record: *mut Record,
    client_mode: ClientModeCode,
    config: *const DestinationConfig,
    now: u64,
    entropy: *const u8,
    source: *mut Issued,
    destination: *mut Issued,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        let changing = Area::of(record, 1);
        apart(&[changing], &Results::areas(source, destination, effects))?;
        // SAFETY: the header's rules for objects, entropy, storage and results. The entropy is copied here; the others are found
        // apart.
        let (config, entropy, mut results, tunnel) = unsafe {
            (
                lent(config, changing)?,
                self::entropy(entropy)?,
                Results::new(source, destination, effects)?,
                value(record)?,
            )
        };
        let client_mode = self::client_mode(client_mode)?;
        let give = |side, token: &_| results.give(side, token);
        let effects = tunnel.rotate_in(client_mode, config, Millis(now), &entropy, give)?;
        results.set(&effects);
        Ok(())
    })
}

/// CloseTunnel. Closing a closed tunnel is OK and changes nothing.
///
/// @param record The record. It stays until it is wiped.
/// @param delete_now Whether the tunnel is also to be deleted.
/// @param now The time, in milliseconds.
/// @param effects Where it goes what to do next: the connections to close, and deleted.
/// @return OK, MISUSE_NOT_INITIALISED, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_record_close(
    record: *mut Record,
    delete_now: bool,
    now: u64,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage and results.
        let (tunnel, out) = unsafe { operation(record, effects) }?;
        out.set(Effects::of(&tunnel.close(delete_now, Millis(now))));
        Ok(())
    })
}

/// Does what time asks for: closes the tunnel at the end of its lifetime, and has it deleted three hours after it closed.
/// Earlier or again it does nothing.
///
/// @param record The record. It stays until it is wiped.
/// @param now The time, in milliseconds.
/// @param effects Where it goes what to do next: the connections to close, and deleted.
/// @return OK, MISUSE_NOT_INITIALISED, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_record_expire(
    record: *mut Record,
    now: u64,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage and results.
        let (tunnel, out) = unsafe { operation(record, effects) }?;
        out.set(Effects::of(&tunnel.expire(Millis(now))));
        Ok(())
    })
}

/// How the tunnel looks at a moment: expired is closed, whether or not iot_tunnel_record_expire has run.
///
/// @param record The record.
/// @param now The time, in milliseconds.
/// @param description Where the result goes. Its texts are in the record; see there how long they last.
/// @return OK, MISUSE_NOT_INITIALISED, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_record_describe(
    record: *const Record,
    now: u64,
    description: *mut Description,
) -> Code {
    answer(|| {
        apart(&[Area::of(description, 1)], &[Area::of(record, 1)])?;
        // SAFETY: the header's rules for storage and results; they have been found apart.
        let (tunnel, out) = unsafe { (view(record)?, Out::new(description)?) };
        out.set(Description::of(tunnel, Millis(now)));
        Ok(())
    })
}

/// Whether a client token is bound to one of the tunnel's current access tokens, while the tunnel is open. A service asks all
/// its records before it lets a new access token be bound to a client token.
///
/// @param record The record.
/// @param client_token The client token.
/// @param now The time, in milliseconds.
/// @param has Where the result goes.
/// @return OK, MISUSE_INVALID_CLIENT_TOKEN, MISUSE_NOT_INITIALISED, MISUSE_NOT_UTF8, MISUSE_NULL_POINTER,
///         MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_record_has_client_token(
    record: *const Record,
    client_token: Text,
    now: u64,
    has: *mut bool,
) -> Code {
    answer(|| {
        apart(&[Area::of(has, 1)], &[Area::of(record, 1)])?;
        // SAFETY: the header's rules for storage, text and results; they have been found apart.
        let (tunnel, token, out) = unsafe {
            (
                view(record)?,
                parse(client_token, ClientToken::parse)?,
                Out::new(has)?,
            )
        };
        let (token, now) = (Some(token.digest()), Millis(now));
        let bound = |side| tunnel.bound_client_token(side) == token;
        out.set(tunnel.is_open(now) && Side::BOTH.into_iter().any(bound));
        Ok(())
    })
}

/// Makes a record a free slot: all zeroes, in a way that no compiler leaves out. Twice is harmless.
///
/// @param record The record, or anything else that is to be a free slot.
/// @return OK, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_record_wipe(record: *mut Record) -> Code {
    // SAFETY: the header's rules for storage.
    answer(|| Ok(unsafe { wipe(record) }?))
}

/// What every operation needs.
///
/// # Safety
/// As of [`value`] and [`Out::new`].
unsafe fn operation<'a>(
    record: *mut Record,
    effects: *mut Effects,
) -> Result<(&'a mut Tunnel, Out<Effects>), Misuse> {
    apart(&[Area::of(record, 1), Area::of(effects, 1)], &[])?;
    // SAFETY: as this function's; they have been found apart.
    unsafe { Ok((value(record)?, Out::new(effects)?)) }
}

/// A lifetime in minutes; 0 is the usual one.
pub(crate) fn lifetime(minutes: u32) -> Result<Lifetime, Misuse> {
    match minutes {
        0 => Ok(Lifetime::default()),
        minutes => Lifetime::from_minutes(minutes),
    }
}

/// The client token that a peer has sent, if it has.
///
/// # Safety
/// As of [`Text::get`].
pub(crate) unsafe fn presented(client_token: Text) -> Result<Option<ClientToken>, Error> {
    match client_token.len {
        0 => Ok(None),
        // SAFETY: as this function's.
        _ => unsafe { parse(client_token, ClientToken::parse) }.map(Some),
    }
}
