//! Frames out of a stream of bytes.

use iot_tunnel_core::wire::Deframer;

use crate::lent::{Lent, Place};
use crate::memory::{Area, Bytes, Out, apart, object_mut};
use crate::status::{Code, answer};
use crate::storage::{Storage, vacant, value, wipe};

/// Cuts a stream of bytes into the messages of its frames. Storage only; make it with iot_tunnel_deframer_init.
#[repr(C)]
pub struct DeframerStorage {
    opaque: [u64; 8],
}

// SAFETY: one member of words.
unsafe impl Storage for DeframerStorage {
    type Value = Cutter;
    const MARK: u64 = u64::from_be_bytes(*b"deframe1");
}

/// What lies in a deframer's storage.
pub struct Cutter {
    deframer: Deframer<Lent>,
    buffer: Place,
}

/// Makes a deframer at the start of a stream. The buffer is lent to it until iot_tunnel_deframer_wipe.
///
/// @param deframer The storage. Whatever is in it is forgotten.
/// @param sizeof_deframer sizeof(iot_tunnel_deframer).
/// @param buffer Reassembles messages that come in parts.
/// @param buffer_length Its length in bytes: the longest message that is taken. IOT_TUNNEL_MAX_MESSAGE for every one.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_STORAGE_SIZE_MISMATCH, MISUSE_OVERLAPPING_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_deframer_init(
    deframer: *mut DeframerStorage,
    sizeof_deframer: usize,
    buffer: *mut u8,
    buffer_length: usize,
) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage.
        let place = unsafe { vacant(deframer, sizeof_deframer) }?;
        apart(&[Area::of(deframer, 1), Area::of(buffer, buffer_length)], &[])?;
        // SAFETY: the header's rules for storage; the buffer is lent until the deframer is wiped.
        let lent = unsafe { Lent::new(buffer, buffer_length) }?;
        let buffer = lent.place();
        let deframer = Deframer::new(lent);
        place.make(|place| place.write(Cutter { deframer, buffer }));
        Ok(())
    })
}

/// Zeroes the storage: afterwards it is "not initialised", and the buffer is the caller's again. Twice is harmless.
///
/// @param deframer The deframer, or storage without one.
/// @return OK, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_deframer_wipe(deframer: *mut DeframerStorage) -> Code {
    // SAFETY: the header's rules for storage.
    answer(|| Ok(unsafe { wipe(deframer) }?))
}

/// Takes the next message off the start of the input.
///
/// @param deframer The deframer.
/// @param input What was received. It is moved behind what was taken. It must not lie in the deframer's buffer.
/// @param message The message. It lies in the input or in the deframer's buffer and lasts until the next call. Empty: all
///        input is taken, and the message goes on in what comes next.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED, MISUSE_OVERLAPPING_MEMORY, PEER_FAULT_EMPTY_FRAME,
///         CAPACITY_BUFFER_TOO_SMALL (the message is longer than the deframer's buffer). After either of these two nothing is
///         taken, and every further call says the same until iot_tunnel_deframer_clear.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_deframer_next(
    deframer: *mut DeframerStorage,
    input: *mut Bytes,
    message: *mut Bytes,
) -> Code {
    answer(|| {
        let written = [Area::of(deframer, 1), Area::of(input, 1), Area::of(message, 1)];
        apart(&written, &[])?;
        // SAFETY: the header's rules for storage, objects and results.
        let (cutter, input, out) = unsafe { (value(deframer)?, object_mut(input)?, Out::new(message)?) };
        let [first, second, third] = written;
        apart(&[first, second, third, cutter.buffer.area()], &[input.area()])?;
        // SAFETY: the header's rules for bytes.
        let mut rest = unsafe { input.get() }?;
        out.set(cutter.deframer.next(&mut rest)?.map_or(Bytes::EMPTY, Bytes::of));
        input.move_on(rest.len());
        Ok(())
    })
}

/// Forgets what has come of a frame, for a new connection: its stream starts with a frame.
///
/// @param deframer The deframer.
/// @return OK, MISUSE_NULL_POINTER, MISUSE_NOT_INITIALISED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_deframer_clear(deframer: *mut DeframerStorage) -> Code {
    answer(|| {
        // SAFETY: the header's rules for storage.
        unsafe { value(deframer) }?.deframer.clear();
        Ok(())
    })
}
