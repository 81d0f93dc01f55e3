//! An access token that a record has issued, in the caller's memory.

use ::core::ffi::c_char;

use iot_tunnel_core::token::MAX_ISSUED as CORES;
use iot_tunnel_core::{self as core, IssuedToken, Misuse, Side};
use zeroize::Zeroize;

use crate::effects::Effects;
use crate::memory::{Area, Out, Plain, apart, object_mut};
use crate::status::{Code, answer};

/// Longest access token that a record issues, in characters.
pub const MAX_ISSUED: usize = 224;

const _: () = assert!(MAX_ISSUED == CORES);

/// An access token that was issued. It is a secret and stands nowhere else: a record keeps its digest only. Hand it to
/// whoever it is for, then wipe it with iot_tunnel_issued_wipe.
#[repr(C)]
pub struct Issued {
    /// The token, visible ASCII, without a zero at its end unless it is shorter than the room for it.
    pub text: [c_char; MAX_ISSUED],
    /// Its length; 0: none was issued.
    pub length: usize,
}

impl Issued {
    /// Core's, put to where a caller wants it; zeroes, if there is none.
    fn put(token: Option<&IssuedToken>, out: Out<Self>) {
        let issued = out.zeroed();
        if let Some(token) = token {
            let token = token.expose();
            for (slot, byte) in issued.text.iter_mut().zip(token.bytes()) {
                *slot = byte as c_char;
            }
            issued.length = token.len();
        }
    }
}

// SAFETY: numbers.
unsafe impl Plain for Issued {}

/// Where it goes what opening and rotating come to.
pub(crate) struct Results {
    /// Each until a token has been put there.
    source: Option<Out<Issued>>,
    destination: Option<Out<Issued>>,
    effects: Out<Effects>,
}

impl Results {
    /// Where a caller wants them.
    ///
    /// # Safety
    /// As of [`Out::new`], of each.
    pub(crate) unsafe fn new(
        source: *mut Issued,
        destination: *mut Issued,
        effects: *mut Effects,
    ) -> Result<Self, Misuse> {
        apart(&Self::areas(source, destination, effects), &[])?;
        // SAFETY: as this function's.
        unsafe {
            Ok(Self {
                source: Some(Out::new(source)?),
                destination: Some(Out::new(destination)?),
                effects: Out::new(effects)?,
            })
        }
    }

    /// Where they stand.
    pub(crate) fn areas(
        source: *const Issued,
        destination: *const Issued,
        effects: *const Effects,
    ) -> [Area; 3] {
        [
            Area::of(source, 1),
            Area::of(destination, 1),
            Area::of(effects, 1),
        ]
    }

    /// Writes a token, as it is issued.
    pub(crate) fn give(&mut self, side: Side, token: &IssuedToken) {
        let place = match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        };
        if let Some(out) = place.take() {
            Issued::put(Some(token), out);
        }
    }

    /// Writes the rest, when all is done.
    pub(crate) fn set(self, effects: &core::Effects) {
        for out in [self.source, self.destination].into_iter().flatten() {
            Issued::put(None, out);
        }
        self.effects.set(Effects::of(effects));
    }
}

/// Makes it zero in a way that no compiler leaves out.
///
/// @param issued What is no longer needed.
/// @return OK, MISUSE_NULL_POINTER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn iot_tunnel_issued_wipe(issued: *mut Issued) -> Code {
    answer(|| {
        // SAFETY: the header's rules for objects.
        let issued = unsafe { object_mut(issued) }?;
        issued.text.zeroize();
        issued.length.zeroize();
        Ok(())
    })
}
