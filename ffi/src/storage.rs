//! Storage that a caller owns and this library keeps a value in.

use core::mem::MaybeUninit;

use iot_tunnel_core::Misuse;
use zeroize::Zeroize as _;

/// A C type that is only storage: words with no meaning to the caller.
///
/// # Safety
/// It is `repr(C)` with one member `[u64; N]`, so that any bit pattern is one, and as large as `Kept<Self::Value>` at least
/// (see [`fits`]).
pub(crate) unsafe trait Storage: Sized {
    /// What is kept in it.
    type Value;
    /// Stands at its start while a value is in it: no two types have the same, and none has 0.
    const MARK: u64;
}

/// What storage holds.
#[repr(C)]
struct Kept<V> {
    mark: u64,
    value: MaybeUninit<V>,
}

/// Proves at compile time that a value fits its storage; on the targets with 64-bit pointers, that none of it is spare.
pub(crate) const fn fits<S: Storage>() {
    let (needed, given) = (size_of::<Kept<S::Value>>(), size_of::<S>());
    assert!(
        align_of::<Kept<S::Value>>() <= align_of::<S>(),
        "the storage is aligned for its value"
    );
    assert!(needed <= given, "the storage is too small for its value");
    assert!(
        size_of::<usize>() < 8 || needed == given,
        "the storage is larger than its value: the header says more than is needed"
    );
}

/// Checks that a caller's object is as large as this library has it: the caller may be compiled with another header. This
/// comes before all else that is done with it, and before it is asked where it ends.
pub(crate) fn check_size<T>(ptr: *const T, size: usize) -> Result<(), Misuse> {
    match size == size_of::<T>() {
        _ if ptr.is_null() => Err(Misuse::NullPointer),
        true => Ok(()),
        false => Err(Misuse::StorageSizeMismatch),
    }
}

/// Storage to make a value in. Whatever was in it is forgotten, not dropped: it may be garbage.
///
/// # Safety
/// `storage` is NULL or points to `size` bytes, aligned as an `S`, that last for `'a` and that nobody else uses.
pub(crate) unsafe fn vacant<'a, S: Storage>(storage: *mut S, size: usize) -> Result<Vacant<'a, S>, Misuse> {
    const { fits::<S>() };
    check_size(storage, size)?;
    // SAFETY: not NULL, of that size, and as this function's; any bits are a `Kept` whose value is not looked at.
    Ok(Vacant(unsafe { &mut *storage.cast() }))
}

/// See [`vacant`].
pub(crate) struct Vacant<'a, S: Storage>(&'a mut Kept<S::Value>);

impl<S: Storage> Vacant<'_, S> {
    /// Has `make` make the value where it stays.
    #[inline(always)]
    pub(crate) fn make(self, make: impl FnOnce(&mut MaybeUninit<S::Value>) -> &mut S::Value) {
        make(&mut self.0.value);
        self.0.mark = S::MARK;
    }

    /// As [`make`](Self::make); a `make` that fails leaves the storage as it was.
    #[inline(always)]
    pub(crate) fn try_make<E>(
        self,
        make: impl FnOnce(&mut MaybeUninit<S::Value>) -> Result<&mut S::Value, E>,
    ) -> Result<(), E> {
        make(&mut self.0.value)?;
        self.0.mark = S::MARK;
        Ok(())
    }
}

/// The value in storage.
///
/// # Safety
/// As of [`vacant`].
pub(crate) unsafe fn value<'a, S: Storage>(storage: *mut S) -> Result<&'a mut S::Value, Misuse> {
    // SAFETY: as this function's; any bits are a `Kept` whose value is not looked at.
    let kept = unsafe { storage.cast::<Kept<S::Value>>().as_mut() }.ok_or(Misuse::NullPointer)?;
    match kept.mark == S::MARK {
        // SAFETY: the mark is written behind a value only, and zeroed with it.
        true => Ok(unsafe { kept.value.assume_init_mut() }),
        false => Err(Misuse::NotInitialised),
    }
}

/// As [`value`], for a call that only looks.
///
/// # Safety
/// `storage` is NULL or points to an `S` that lasts and does not change for `'a`.
pub(crate) unsafe fn view<'a, S: Storage>(storage: *const S) -> Result<&'a S::Value, Misuse> {
    // SAFETY: as this function's; any bits are a `Kept` whose value is not looked at.
    let kept = unsafe { storage.cast::<Kept<S::Value>>().as_ref() }.ok_or(Misuse::NullPointer)?;
    match kept.mark == S::MARK {
        // SAFETY: as in `value`.
        true => Ok(unsafe { kept.value.assume_init_ref() }),
        false => Err(Misuse::NotInitialised),
    }
}

/// Ends the value and leaves zeroes, which are "not initialised". Storage without a value becomes zeroes too.
///
/// # Safety
/// As of [`vacant`].
pub(crate) unsafe fn wipe<S: Storage>(storage: *mut S) -> Result<(), Misuse> {
    if storage.is_null() {
        return Err(Misuse::NullPointer);
    }
    // SAFETY: as this function's.
    if let Ok(value) = unsafe { value(storage) } {
        // SAFETY: it is a value, and nobody sees it after this: the mark goes with it.
        unsafe { core::ptr::drop_in_place(value) };
    }
    // SAFETY: an `S` is words of any bits.
    let bytes = unsafe { core::slice::from_raw_parts_mut(storage.cast::<u8>(), size_of::<S>()) };
    bytes.zeroize();
    Ok(())
}
