//! What a caller points to: text, bytes, room for a result.

use core::ffi::c_char;
use core::slice;

use iot_tunnel_core::{Capacity, Entropy, Error, Misuse};

/// Text: UTF-8, without a zero at its end. `{NULL, 0}` is empty. It belongs to whoever made it; a text that a function
/// gives says how long it lasts.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    /// The first byte.
    pub ptr: *const c_char,
    /// How many bytes.
    pub len: usize,
}

/// Bytes. `{NULL, 0}` is none. They belong to whoever made them, as a text does.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Bytes {
    /// The first one.
    pub ptr: *const u8,
    /// How many.
    pub len: usize,
}

/// Bytes that are changed where they lie.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Writable {
    /// The first one.
    pub ptr: *mut u8,
    /// How many.
    pub len: usize,
}

impl Text {
    /// No text.
    pub const EMPTY: Self = Self {
        ptr: core::ptr::null(),
        len: 0,
    };

    /// Text that lasts as long as what it is of.
    pub(crate) const fn of(text: &str) -> Self {
        Self {
            ptr: text.as_ptr().cast(),
            len: text.len(),
        }
    }

    /// Text, if there is any.
    pub(crate) fn optional(text: Option<&str>) -> Self {
        text.map_or(Self::EMPTY, Self::of)
    }

    /// Where it stands.
    pub(crate) fn area(self) -> Area {
        Area::of(self.ptr, self.len)
    }

    /// The text.
    ///
    /// # Safety
    /// It points to `len` bytes that last and do not change for `'a`.
    pub(crate) unsafe fn get<'a>(self) -> Result<&'a str, Misuse> {
        // SAFETY: as this function's.
        let bytes = unsafe { bytes(self.ptr.cast(), self.len) }?;
        str::from_utf8(bytes).map_err(|_| Misuse::NotUtf8)
    }

    /// The text, if it is apart from what is written. That is found out first.
    ///
    /// # Safety
    /// As of [`get`](Self::get), if it is apart.
    pub(crate) unsafe fn beside<'a>(self, written: &[Area]) -> Result<&'a str, Misuse> {
        apart(written, &[self.area()])?;
        // SAFETY: as this function's.
        unsafe { self.get() }
    }
}

impl Bytes {
    /// No bytes.
    pub const EMPTY: Self = Self {
        ptr: core::ptr::null(),
        len: 0,
    };

    /// Bytes that last as long as what they are of.
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        Self {
            ptr: bytes.as_ptr(),
            len: bytes.len(),
        }
    }

    /// Where they stand.
    pub(crate) fn area(self) -> Area {
        Area::of(self.ptr, self.len)
    }

    /// Moves past all but the last `left` bytes.
    pub(crate) const fn move_on(&mut self, left: usize) {
        self.ptr = self.ptr.wrapping_add(self.len.saturating_sub(left));
        self.len = left;
    }

    /// The bytes.
    ///
    /// # Safety
    /// It points to `len` bytes that last and do not change for `'a`.
    pub(crate) unsafe fn get<'a>(self) -> Result<&'a [u8], Misuse> {
        // SAFETY: as this function's.
        unsafe { bytes(self.ptr, self.len) }
    }
}

impl Writable {
    /// No bytes.
    pub(crate) const EMPTY: Self = Self {
        ptr: core::ptr::null_mut(),
        len: 0,
    };

    /// Where they stand.
    pub(crate) fn area(self) -> Area {
        Area::of(self.ptr, self.len)
    }

    /// Moves past all but the last `left` bytes.
    pub(crate) const fn move_on(&mut self, left: usize) {
        self.ptr = self.ptr.wrapping_add(self.len.saturating_sub(left));
        self.len = left;
    }

    /// The bytes.
    ///
    /// # Safety
    /// It points to `len` bytes that last for `'a`, and nobody else uses them.
    pub(crate) unsafe fn get<'a>(self) -> Result<&'a mut [u8], Misuse> {
        // SAFETY: as this function's.
        unsafe { bytes_mut(self.ptr, self.len) }
    }
}

/// A text that may be left out by leaving it empty.
pub(crate) fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Bytes that a caller has.
///
/// # Safety
/// `ptr` points to `len` bytes that last and do not change for `'a`.
pub(crate) unsafe fn bytes<'a>(ptr: *const u8, len: usize) -> Result<&'a [u8], Misuse> {
    // SAFETY: as this function's.
    unsafe { objects(ptr, len) }
}

/// Bytes that a caller lends for writing.
///
/// # Safety
/// `ptr` points to `len` bytes that last for `'a`, and nobody else uses them.
pub(crate) unsafe fn bytes_mut<'a>(ptr: *mut u8, len: usize) -> Result<&'a mut [u8], Misuse> {
    match (ptr.is_null(), len) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(Misuse::NullPointer),
        // SAFETY: not NULL, and as this function's.
        (false, _) => Ok(unsafe { slice::from_raw_parts_mut(ptr, len) }),
    }
}

/// An object that a caller has.
///
/// # Safety
/// `ptr` is NULL or points to a valid `T` that lasts and does not change for `'a`.
pub(crate) unsafe fn object<'a, T>(ptr: *const T) -> Result<&'a T, Misuse> {
    // SAFETY: as this function's.
    unsafe { ptr.as_ref() }.ok_or(Misuse::NullPointer)
}

/// Objects in a row that a caller has.
///
/// # Safety
/// `ptr` points to `count` valid `T` that last and do not change for `'a`.
pub(crate) unsafe fn objects<'a, T>(ptr: *const T, count: usize) -> Result<&'a [T], Misuse> {
    match (ptr.is_null(), count) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Misuse::NullPointer),
        // SAFETY: not NULL, and as this function's. No object is longer than half the address space.
        (false, _) => Ok(unsafe { slice::from_raw_parts(ptr, count) }),
    }
}

/// A stretch of memory that a caller points to.
#[derive(Clone, Copy)]
pub(crate) struct Area {
    start: usize,
    length: usize,
}

impl Area {
    /// `count` objects in a row. NULL is nowhere.
    pub(crate) fn of<T>(ptr: *const T, count: usize) -> Self {
        Self {
            start: ptr.addr(),
            length: count.saturating_mul(size_of::<T>()),
        }
    }

    const fn is_nowhere(self) -> bool {
        self.start == 0 || self.length == 0
    }

    fn overlaps(self, other: Self) -> bool {
        let end = |area: Self| area.start.saturating_add(area.length);
        !self.is_nowhere() && !other.is_nowhere() && self.start < end(other) && other.start < end(self)
    }
}

/// Checks that what a call writes overlaps with nothing else that it writes or reads. This comes first: Rust must not even
/// see such memory.
pub(crate) fn apart(written: &[Area], read: &[Area]) -> Result<(), Misuse> {
    let mut rest = written.iter();
    while let Some(area) = rest.next() {
        if rest.clone().chain(read).any(|other| area.overlaps(*other)) {
            return Err(Misuse::OverlappingMemory);
        }
    }
    Ok(())
}

/// An object that a caller lends for writing.
///
/// # Safety
/// `ptr` is NULL or points to a valid `T` that lasts for `'a`, and nobody else uses it.
pub(crate) unsafe fn object_mut<'a, T>(ptr: *mut T) -> Result<&'a mut T, Misuse> {
    // SAFETY: as this function's.
    unsafe { ptr.as_mut() }.ok_or(Misuse::NullPointer)
}

/// Objects in a row that a caller lends for writing.
///
/// # Safety
/// `ptr` points to `count` valid ones that last for `'a`, and nobody else uses them.
pub(crate) unsafe fn objects_mut<'a, T>(ptr: *mut T, count: usize) -> Result<&'a mut [T], Misuse> {
    match (ptr.is_null(), count) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(Misuse::NullPointer),
        // SAFETY: not NULL, and as this function's.
        (false, _) => Ok(unsafe { slice::from_raw_parts_mut(ptr, count) }),
    }
}

/// The place for a result. It is written once, when nothing can fail any more.
pub(crate) struct Out<T>(*mut T);

/// An object of which all zeroes are a valid one.
///
/// # Safety
/// They are.
pub(crate) unsafe trait Plain {}

impl<T: Plain> Out<T> {
    /// Writes zeroes, and gives the object to be filled where it is: what is large or secret needs no copy.
    pub(crate) fn zeroed<'a>(self) -> &'a mut T {
        // SAFETY: `new` was promised room that lasts until the end of the call, and zeroes are a `T`.
        unsafe {
            self.0.write_bytes(0, 1);
            &mut *self.0
        }
    }
}

impl<T> Out<T> {
    /// The place that a caller points to.
    ///
    /// # Safety
    /// `ptr` is NULL or points to room for a `T` that nobody else uses until the end of the call.
    pub(crate) unsafe fn new(ptr: *mut T) -> Result<Self, Misuse> {
        match ptr.is_null() {
            true => Err(Misuse::NullPointer),
            false => Ok(Self(ptr)),
        }
    }

    /// Writes the result.
    pub(crate) fn set(self, value: T) {
        // SAFETY: `new` was promised room.
        unsafe { self.0.write(value) }
    }
}

/// What buffers in C are of.
pub(crate) trait Byte {}
impl Byte for u8 {}
impl Byte for i8 {}

/// The entropy of a call.
///
/// # Safety
/// `ptr` is NULL or points to 64 bytes.
pub(crate) unsafe fn entropy(ptr: *const u8) -> Result<Entropy, Misuse> {
    // SAFETY: as this function's.
    Entropy::new(*unsafe { object(ptr.cast::<[u8; 64]>()) }?)
}

/// A buffer for a result of any length, and where its length goes.
pub(crate) struct Buffer<'a> {
    room: &'a mut [u8],
    length: Out<usize>,
}

impl<'a> Buffer<'a> {
    /// What a caller points to.
    ///
    /// # Safety
    /// As of [`bytes_mut`] and [`Out::new`].
    pub(crate) unsafe fn new<T: Byte>(
        ptr: *mut T,
        capacity: usize,
        length: *mut usize,
    ) -> Result<Self, Misuse> {
        Ok(Self {
            // SAFETY: as this function's.
            room: unsafe { bytes_mut(ptr.cast(), capacity) }?,
            // SAFETY: as this function's.
            length: unsafe { Out::new(length) }?,
        })
    }

    /// Copies a text that is ready, if it fits; says its length in any case.
    pub(crate) fn put(self, text: &str) -> Result<(), Error> {
        self.length.set(text.len());
        let room = self.room.get_mut(..text.len());
        room.ok_or(Capacity::BufferTooSmall)?
            .copy_from_slice(text.as_bytes());
        Ok(())
    }

    /// Has `write` fill it, which writes only what fits whole, and says the length of that.
    pub(crate) fn whole<E: Into<Error>>(
        self,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), Error> {
        let room = self.room.len();
        let length = write(self.room).map_err(Into::into)?;
        self.length.set(length);
        match length <= room {
            true => Ok(()),
            false => Err(Capacity::BufferTooSmall.into()),
        }
    }

    /// Has `write` fill it. `needed` says of its error how much room it would take, if that is what is wrong.
    pub(crate) fn fill<E: Copy + Into<Error>>(
        self,
        write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
        needed: impl FnOnce(E) -> Option<usize>,
    ) -> Result<(), Error> {
        let written = write(self.room);
        if let Some(length) = written.map_or_else(needed, Some) {
            self.length.set(length);
        }
        written.map(drop).map_err(Into::into)
    }
}
