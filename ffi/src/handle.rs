//! From C's pointers to Rust's references, and the boundary that no panic passes.

use core::cell::UnsafeCell;
use core::ffi::{c_char, c_void};
use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{
    Result, SAWLOG_BAD_LENGTH, SAWLOG_BAD_POINTER, SAWLOG_BAD_STRUCT_SIZE, SAWLOG_BAD_UTF8,
    SAWLOG_BUSY, SAWLOG_OK, SAWLOG_PANICKED, Status,
};
use crate::types::Str;

/// Bytes of the largest struct that is believed: 4 KiB. Stops a `struct_size` that was never set from
/// being read as one.
const MAX_STRUCT_BYTES: usize = 4096;

/// Runs the body of a function; a panic becomes a status.
pub(crate) fn call(body: impl FnOnce() -> Result) -> i32 {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => SAWLOG_OK,
        Ok(Err(Status(status))) => status,
        Err(payload) => {
            // What a panic carries may panic once more when it is dropped.
            let dropped = catch_unwind(AssertUnwindSafe(move || drop(payload)));
            core::mem::forget(dropped);
            SAWLOG_PANICKED
        }
    }
}

fn check<T>(pointer: *const T) -> Result {
    if pointer.is_null() || !pointer.is_aligned() {
        Err(Status(SAWLOG_BAD_POINTER))
    } else {
        Ok(())
    }
}

/// What a pointer leads to.
///
/// # Safety
/// A pointer that is aligned and not NULL leads to a `T` that nobody changes during `'a`.
pub(crate) unsafe fn shared<'a, T>(pointer: *const T) -> Result<&'a T> {
    check(pointer)?;
    // SAFETY: it is neither NULL nor misaligned, and the caller vouches for the rest.
    Ok(unsafe { &*pointer })
}

/// As [`shared`], where NULL stands for nothing.
///
/// # Safety
/// As [`shared`].
pub(crate) unsafe fn optional<'a, T>(pointer: *const T) -> Result<Option<&'a T>> {
    // SAFETY: the caller vouches for it.
    if pointer.is_null() { Ok(None) } else { unsafe { shared(pointer) }.map(Some) }
}

/// Bytes; of length 0, from any pointer.
///
/// # Safety
/// A pointer that is not NULL leads to `len` bytes that nobody changes during `'a`.
pub(crate) unsafe fn bytes<'a>(pointer: *const c_void, len: usize) -> Result<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(Status(SAWLOG_BAD_POINTER));
    }
    if isize::try_from(len).is_err() {
        return Err(Status(SAWLOG_BAD_LENGTH));
    }
    // SAFETY: it is not NULL, the length fits, and the caller vouches for the rest.
    Ok(unsafe { core::slice::from_raw_parts(pointer.cast(), len) })
}

/// Room for bytes; of length 0, from any pointer.
///
/// # Safety
/// A pointer that is not NULL leads to `len` bytes that may be written and are nobody else's during `'a`.
pub(crate) unsafe fn room<'a>(
    pointer: *mut c_void,
    len: usize,
) -> Result<&'a mut [MaybeUninit<u8>]> {
    if len == 0 {
        return Ok(&mut []);
    }
    if pointer.is_null() {
        return Err(Status(SAWLOG_BAD_POINTER));
    }
    if isize::try_from(len).is_err() {
        return Err(Status(SAWLOG_BAD_LENGTH));
    }
    // SAFETY: it is not NULL, the length fits, and the caller vouches for the rest.
    Ok(unsafe { core::slice::from_raw_parts_mut(pointer.cast(), len) })
}

/// A text.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn text<'a>(pointer: *const c_char, len: usize) -> Result<&'a str> {
    // SAFETY: the caller vouches for it.
    let bytes = unsafe { bytes(pointer.cast(), len) }?;
    core::str::from_utf8(bytes).map_err(|_| Status(SAWLOG_BAD_UTF8))
}

/// A text in a struct of options; nothing when it is missing.
///
/// # Safety
/// As [`bytes`].
pub(crate) unsafe fn member<'a>(member: Str) -> Result<Option<&'a str>> {
    if member.data.is_null() && member.len == 0 {
        return Ok(None);
    }
    // SAFETY: the caller vouches for it.
    unsafe { text(member.data, member.len) }.map(Some)
}

/// A place for a result.
#[derive(Debug)]
pub(crate) struct Out<'a, T>(&'a mut MaybeUninit<T>);

impl<T> Out<'_, T> {
    pub(crate) fn set(self, value: T) {
        self.0.write(value);
    }
}

impl<T> Out<'_, *mut T> {
    /// Gives a new handle to the caller.
    pub(crate) fn give(self, value: T) {
        self.set(Box::into_raw(Box::new(value)));
    }
}

/// A place for a result.
///
/// # Safety
/// A pointer that is aligned and not NULL leads to room for a `T` that is nobody else's during `'a`.
pub(crate) unsafe fn out<'a, T>(pointer: *mut T) -> Result<Out<'a, T>> {
    check(pointer)?;
    // SAFETY: it is neither NULL nor misaligned, and the caller vouches for the rest.
    Ok(Out(unsafe { &mut *pointer.cast::<MaybeUninit<T>>() }))
}

/// A struct that begins with its `struct_size`.
///
/// # Safety
/// The type is `repr(C)`, begins with a `usize`, and any bytes are a value of it, zeros included.
pub(crate) unsafe trait Sized0: Copy {
    /// Bytes of the struct in the first version of the library that had it.
    const FIRST_BYTES: usize;
}

/// The `struct_size` that stands at the head of a struct.
///
/// # Safety
/// A pointer that is aligned and not NULL leads to a `usize`.
unsafe fn struct_size<T: Sized0>(pointer: *const T) -> Result<usize> {
    check(pointer)?;
    // SAFETY: it is neither NULL nor misaligned, and the type begins with it.
    let size = unsafe { pointer.cast::<usize>().read() };
    let is_known = (T::FIRST_BYTES..=MAX_STRUCT_BYTES).contains(&size);
    if is_known { Ok(size) } else { Err(Status(SAWLOG_BAD_STRUCT_SIZE)) }
}

/// Reads a struct of options of any version; NULL gives zeros, which are the defaults.
///
/// # Safety
/// A pointer that is aligned and not NULL leads to a struct of as many bytes as its `struct_size` says.
pub(crate) unsafe fn options<T: Sized0>(pointer: *const T) -> Result<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    if !pointer.is_null() {
        // SAFETY: the caller vouches for it.
        let size = unsafe { struct_size(pointer) }?;
        let known = size.min(size_of::<T>());
        // SAFETY: both have as many bytes, and `value` is another place.
        unsafe {
            core::ptr::copy_nonoverlapping(pointer.cast::<u8>(), value.as_mut_ptr().cast(), known);
        }
        // SAFETY: the caller vouches for `size` bytes, and `known` is no more.
        let rest =
            unsafe { core::slice::from_raw_parts(pointer.cast::<u8>().add(known), size - known) };
        if rest.iter().any(|byte| *byte != 0) {
            return Err(Status(SAWLOG_BAD_STRUCT_SIZE));
        }
    }
    // SAFETY: any bytes are a value of the type.
    Ok(unsafe { value.assume_init() })
}

/// A place for a result that is a struct of any version.
#[derive(Debug)]
pub(crate) struct OutStruct<T> {
    pointer: *mut T,
    size: usize,
}

impl<T: Sized0> OutStruct<T> {
    /// Writes what the caller's version has of the value; the size stays.
    pub(crate) fn set(self, value: &T) {
        let head = size_of::<usize>();
        let known = self.size.min(size_of::<T>()) - head;
        let from: *const T = value;
        // SAFETY: `structure` was told that there are `size` bytes behind the pointer, `value` has as many as `known`
        // and the head, and is another place.
        unsafe {
            let from = from.cast::<u8>().add(head);
            core::ptr::copy_nonoverlapping(from, self.pointer.cast::<u8>().add(head), known);
        }
    }
}

/// A place for a result that is a struct; the caller has set its `struct_size`.
///
/// # Safety
/// A pointer that is aligned and not NULL leads to as many bytes as its `struct_size` says, which are nobody
/// else's during the call.
pub(crate) unsafe fn structure<T: Sized0>(pointer: *mut T) -> Result<OutStruct<T>> {
    // SAFETY: the caller vouches for it.
    let size = unsafe { struct_size(pointer) }?;
    Ok(OutStruct { pointer, size })
}

/// As [`structure`], where NULL stands for nothing.
///
/// # Safety
/// As [`structure`].
pub(crate) unsafe fn optional_structure<T: Sized0>(
    pointer: *mut T,
) -> Result<Option<OutStruct<T>>> {
    // SAFETY: the caller vouches for it.
    if pointer.is_null() { Ok(None) } else { unsafe { structure(pointer) }.map(Some) }
}

/// Frees what a handle leads to and makes the handle NULL; nothing happens to a handle that is NULL.
///
/// # Safety
/// A handle that is not NULL was given by [`Out::give`] and has not been freed.
pub(crate) unsafe fn free<T: Freed>(handle: *mut *mut T) -> Result {
    if handle.is_null() {
        return Ok(());
    }
    check(handle)?;
    // SAFETY: it is neither NULL nor misaligned, and the caller vouches for the rest.
    let handle = unsafe { &mut *handle };
    if handle.is_null() {
        return Ok(());
    }
    check(*handle)?;
    // SAFETY: it leads to what `give` made.
    unsafe { &**handle }.check_free()?;
    let pointer = core::mem::replace(handle, core::ptr::null_mut());
    // SAFETY: it comes from `Box::into_raw` in `give`, and the caller's handle no longer has it.
    drop(unsafe { Box::from_raw(pointer) });
    Ok(())
}

/// What stands behind a handle.
pub(crate) trait Freed {
    /// Refuses to be freed while another thread is inside.
    fn check_free(&self) -> Result {
        Ok(())
    }
}

/// A value that one call at a time may change: the second of two threads is turned away instead of let in.
#[derive(Debug)]
pub(crate) struct Exclusive<T> {
    is_taken: AtomicBool,
    is_broken: AtomicBool,
    value: UnsafeCell<T>,
}

impl<T> Exclusive<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            is_taken: AtomicBool::new(false),
            is_broken: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, for one call.
    #[inline]
    pub(crate) fn enter(&self) -> Result<Entered<'_, T>> {
        if self.is_taken.swap(true, Ordering::Acquire) {
            return Err(Status(SAWLOG_BUSY));
        }
        let entered = Entered { owner: self };
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(Status(SAWLOG_PANICKED));
        }
        Ok(entered)
    }

    pub(crate) fn check_free(&self) -> Result {
        if self.is_taken.load(Ordering::Acquire) { Err(Status(SAWLOG_BUSY)) } else { Ok(()) }
    }
}

/// The one call that is inside.
#[derive(Debug)]
pub(crate) struct Entered<'a, T> {
    owner: &'a Exclusive<T>,
}

impl<T> Deref for Entered<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `is_taken` was false when this was made, so that this is the only way to the value.
        unsafe { &*self.owner.value.get() }
    }
}

impl<T> DerefMut for Entered<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`.
        unsafe { &mut *self.owner.value.get() }
    }
}

impl<T> Drop for Entered<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // What was being changed when the panic came is in no state to go on with.
        if std::thread::panicking() {
            self.owner.is_broken.store(true, Ordering::Relaxed);
        }
        self.owner.is_taken.store(false, Ordering::Release);
    }
}
