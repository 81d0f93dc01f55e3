//! Many records in the caller's memory: a gateway's tunnels.

use core::ffi::c_char;

use iot_tunnel_core::tunnel::TableIn;
use iot_tunnel_core::{ConnectionId, Error, Handshake, Millis, Misuse, Tunnel, TunnelId};

use crate::destination::{DestinationConfig, lent};
use crate::effects::Effects;
use crate::id::parse;
use crate::issued::{Issued, Results};
use crate::memory::{Area, Out, Plain, Text, apart, entropy, object, objects_mut};
use crate::mode::{ClientModeCode, SideCode, client_mode, side};
use crate::record::{Record, lifetime, presented};
use crate::status::{Code, answer};

/// As many tunnels as there are slots. It adds the rule that no record can know alone: a client token belongs to one access
/// token among all open tunnels. All that it knows is in the slots: any number of these structs may say the same.
///
/// iot_tunnel_table table = { slots, 8, sizeof slots[0] };
///
/// Every call on a table uses its slots, so there is one at a time, also where the struct is const to it. A tunnel is looked up by
/// walking the slots: meant for tens of tunnels, not thousands. The id that a call is given may be one
/// that iot_tunnel_record_describe has lent out of a slot; a destination config may not.
#[repr(C)]
pub struct Table {
    /// The slots. Zeroes are a free one.
    pub slots: *mut Record,
    /// How many.
    pub count: usize,
    /// sizeof(iot_tunnel_record).
    pub slot_size: usize,
}

/// What time has done to one tunnel of a table.
#[repr(C)]
pub struct Expired {
    /// The tunnel's id, without a zero at its end unless it is shorter than the room for it.
    pub tunnel_id: [c_char; 128],
    /// Its length; 0: there is nothing to do at that time, or no more.
    pub length: usize,
    /// What to do next.
    pub effects: Effects,
}

const _: () = assert!(TunnelId::RULE.max() == 128);

// SAFETY: numbers, and bools for which 0 is one.
unsafe impl Plain for Expired {}

/// The slots of a table, once they have been found apart from what else is written.
type Slots<'a> = TableIn<&'a mut [Record]>;

/// Where the slots of a table are.
///
/// # Safety
/// `table` is NULL or points to a valid one.
unsafe fn slots(table: *const Table) -> Result<Area, Misuse> {
    // SAFETY: as this function's.
    let table = unsafe { object(table) }?;
    match table.slot_size == size_of::<Record>() {
        true => Ok(Area::of(table.slots, table.count)),
        false => Err(Misuse::StorageSizeMismatch),
    }
}

/// The table that a caller has, apart from its results and from what is read while it changes.
///
/// # Safety
/// `table` is NULL or points to a valid one, whose slots last for `'a` and are used by nobody else.
unsafe fn table<'a>(table: *const Table, others: &[Area]) -> Result<Slots<'a>, Misuse> {
    // SAFETY: as this function's.
    let (changing, table) = unsafe { (slots(table)?, object(table)?) };
    apart(&[changing, Area::of(table, 1)], others)?;
    // SAFETY: as this function's; they are apart from everything else.
    Ok(TableIn::over(unsafe { objects_mut(table.slots, table.count) }?))
}

/// Opens a tunnel in a free slot; see iot_tunnel_record_open.
///
/// @param table The table.
/// @param id The tunnel's id. It must never have been used before, not even by a deleted tunnel.
/// @param config What stands at the destination; NULL: nothing, a tunnel without services.
/// @param lifetime_minutes How long the tunnel lives, 1 to 720; 0: 720.
/// @param now The time, in milliseconds.
/// @param entropy 64 fresh random bytes, used for nothing else.
/// @param source Where the source's token goes.
/// @param destination Where the destination's token goes.
/// @param effects Where it goes what to do next.
/// @return OK, MISUSE_TUNNEL_ID_TAKEN, CAPACITY_TABLE_FULL (closed tunnels count until they are deleted), and what
///         iot_tunnel_record_open answers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_table_open(
    table: *const Table,
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
        // SAFETY: the header's rules for storage, text, objects, entropy and results. The id and the entropy are copied here; the
        // others are found apart.
        let (id, config, entropy, mut results, mut table) = unsafe {
            (
                parse(id, TunnelId::parse)?,
                lent(config, slots(table)?)?,
                self::entropy(entropy)?,
                Results::new(source, destination, effects)?,
                self::table(table, &Results::areas(source, destination, effects))?,
            )
        };
        let lifetime = lifetime(lifetime_minutes)?;
        let slot = table.vacancy(&id)?;
        let give = |side, token: &_| results.give(side, token);
        let effects = Tunnel::open_in(slot, &id, config, lifetime, Millis(now), &entropy, give)?;
        results.set(&effects);
        Ok(())
    })
}

/// Finds the record of a tunnel.
///
/// @param table The table.
/// @param id The tunnel's id.
/// @param record Where the result goes: the slot. It holds the tunnel until that is deleted.
/// @return OK, REFUSAL_TUNNEL_NOT_FOUND, MISUSE_INVALID_TUNNEL_ID, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NOT_UTF8,
///         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_table_find(
    table: *const Table,
    id: Text,
    record: *mut *mut Record,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage, text and results. The id is copied; the others are found apart.
        let (id, mut table, out) = unsafe {
            let id = parse(id, TunnelId::parse)?;
            (id, self::table(table, &[Area::of(record, 1)])?, Out::new(record)?)
        };
        out.set(table.slot(&id)?);
        Ok(())
    })
}

/// Judges a peer's handshake, and marks the token used if it is accepted; see iot_tunnel_record_connect. The token says which
/// tunnel is meant.
///
/// @param table The table.
/// @param access_token The access token as the peer sent it. Whatever it holds, it is judged.
/// @param side The side that the peer wants to be: its local-proxy-mode.
/// @param client_token The client token, if the peer sent one; else empty.
/// @param connection A name for the new connection, which differs from every other of its tunnel.
/// @param now The time, in milliseconds.
/// @param record Where the tunnel's slot goes.
/// @param effects Where it goes what to do next.
/// @return OK, MISUSE_STORAGE_SIZE_MISMATCH, and what iot_tunnel_record_connect answers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_table_connect(
    table: *const Table,
    access_token: Text,
    side: SideCode,
    client_token: Text,
    connection: u64,
    now: u64,
    record: *mut *mut Record,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        let results = [Area::of(record, 1), Area::of(effects, 1)];
        apart(&results, &[])?;
        // SAFETY: the header's rules for text. It is copied here.
        let client_token = unsafe { presented(client_token) }?;
        let [first, second] = results;
        // SAFETY: the header's rules for storage, text and results; they are found apart.
        let (mut table, access_token, slot, out) = unsafe {
            let table = self::table(table, &[first, second, access_token.area()])?;
            (table, access_token.get()?, Out::new(record)?, Out::new(effects)?)
        };
        let handshake = Handshake {
            access_token,
            side: self::side(side)?,
            client_token: client_token.as_ref(),
        };
        let (found, effects) = table.connect_in(handshake, ConnectionId(connection), Millis(now))?;
        slot.set(found);
        out.set(Effects::of(&effects));
        Ok(())
    })
}

/// Says that a peer's connection has ended; see iot_tunnel_record_disconnect.
///
/// @param table The table.
/// @param id The tunnel's id.
/// @param side The connection's side.
/// @param connection The connection, as it was named when it connected.
/// @param now The time, in milliseconds.
/// @param effects Where it goes what to do next.
/// @return OK, REFUSAL_TUNNEL_NOT_FOUND, MISUSE_INVALID_TUNNEL_ID, MISUSE_UNKNOWN_ENUM_VALUE, MISUSE_STORAGE_SIZE_MISMATCH,
///         MISUSE_NOT_UTF8, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_table_disconnect(
    table: *const Table,
    id: Text,
    side: SideCode,
    connection: u64,
    now: u64,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage, text and results; they are found apart.
        let (mut table, id, out) = unsafe { operation(table, id, effects) }?;
        let effects = table.disconnect(&id, self::side(side)?, ConnectionId(connection), Millis(now))?;
        out.set(Effects::of(&effects));
        Ok(())
    })
}

/// RotateTunnelAccessToken; see iot_tunnel_record_rotate.
///
/// @param table The table.
/// @param id The tunnel's id.
/// @param client_mode Whose token is replaced: one of iot_tunnel_client_mode.
/// @param config The tunnel's new destination config; NULL: it stays. Not allowed with SOURCE.
/// @param now The time, in milliseconds.
/// @param entropy 64 fresh random bytes, used for nothing else.
/// @param source Where the source's token goes; all zeroes if the source is not rotated.
/// @param destination Where the destination's token goes; all zeroes if the destination is not rotated.
/// @param effects Where it goes what to do next.
/// @return OK, MISUSE_DESTINATION_CONFIG_WITH_SOURCE before all else about the tunnel, REFUSAL_TUNNEL_NOT_FOUND,
///         MISUSE_INVALID_TUNNEL_ID, MISUSE_STORAGE_SIZE_MISMATCH, and what iot_tunnel_record_rotate answers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_table_rotate(
    table: *const Table,
    id: Text,
    client_mode: ClientModeCode,
    config: *const DestinationConfig,
    now: u64,
    entropy: *const u8,
    source: *mut Issued,
    destination: *mut Issued,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage, text, objects, entropy and results. The id and the entropy are copied here; the
        // others are found apart.
        let (id, config, entropy, mut results, mut table) = unsafe {
            (
                parse(id, TunnelId::parse)?,
                lent(config, slots(table)?)?,
                self::entropy(entropy)?,
                Results::new(source, destination, effects)?,
                self::table(table, &Results::areas(source, destination, effects))?,
            )
        };
        let client_mode = self::client_mode(client_mode)?;
        let give = |side, token: &_| results.give(side, token);
        let effects = table.rotate_in(&id, client_mode, config, Millis(now), &entropy, give)?;
        results.set(&effects);
        Ok(())
    })
}

/// CloseTunnel; see iot_tunnel_record_close.
///
/// @param table The table.
/// @param id The tunnel's id.
/// @param delete_now Whether the tunnel is also to be deleted: its slot is then free.
/// @param now The time, in milliseconds.
/// @param effects Where it goes what to do next.
/// @return OK, REFUSAL_TUNNEL_NOT_FOUND, MISUSE_INVALID_TUNNEL_ID, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NOT_UTF8,
///         MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_table_close(
    table: *const Table,
    id: Text,
    delete_now: bool,
    now: u64,
    effects: *mut Effects,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage, text and results; they are found apart.
        let (mut table, id, out) = unsafe { operation(table, id, effects) }?;
        out.set(Effects::of(&table.close(&id, delete_now, Millis(now))?));
        Ok(())
    })
}

/// Does what time asks for, one tunnel at a time: closes it at the end of its lifetime, frees its slot three hours after it
/// closed. Call it until nothing is left to do, when iot_tunnel_table_next_deadline comes.
///
/// @param table The table.
/// @param now The time, in milliseconds.
/// @param expired Where it goes which tunnel that was and what to do next. Its length is 0 when nothing was left to do.
/// @return OK, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_table_expire(
    table: *const Table,
    now: u64,
    expired: *mut Expired,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage and results; they are found apart.
        let (mut table, out) = unsafe { (self::table(table, &[Area::of(expired, 1)])?, Out::new(expired)?) };
        let next = table.expire_next(Millis(now));
        let expired = out.zeroed();
        if let Some((id, effects)) = next {
            for (slot, byte) in expired.tunnel_id.iter_mut().zip(id.as_str().bytes()) {
                *slot = byte as c_char;
            }
            expired.length = id.as_str().len();
            expired.effects = Effects::of(&effects);
        }
        Ok(())
    })
}

/// When iot_tunnel_table_expire will next have something to do.
///
/// @param table The table.
/// @param deadline Where the result goes; UINT64_MAX: never, there is no tunnel.
/// @return OK, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_NULL_POINTER, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_table_next_deadline(table: *const Table, deadline: *mut u64) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage and results; they are found apart.
        let (table, out) = unsafe { (self::table(table, &[Area::of(deadline, 1)])?, Out::new(deadline)?) };
        out.set(table.next_deadline().map_or(u64::MAX, |Millis(at)| at));
        Ok(())
    })
}

/// What an operation on one tunnel needs.
///
/// # Safety
/// As of [`table()`], [`Text::get`] and [`Out::new`].
unsafe fn operation<'a>(
    table: *const Table,
    id: Text,
    effects: *mut Effects,
) -> Result<(Slots<'a>, TunnelId, Out<Effects>), Error> {
    // SAFETY: as this function's. The id is copied, so that it may stand in a slot; the others are found apart.
    unsafe {
        let id = parse(id, TunnelId::parse)?;
        Ok((
            self::table(table, &[Area::of(effects, 1)])?,
            id,
            Out::new(effects)?,
        ))
    }
}
