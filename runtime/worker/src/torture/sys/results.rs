//! The results file as this process has mapped it.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed, Ordering::Release};

use mote_abi::torture::{Head, MAX_RECORDS, RECORD_BYTES, RECORDS_OFFSET, Record};

static RESULTS: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());

/// Says where the start has mapped the file.
///
/// # Safety
/// The whole file is mapped there, readable and writable, until the process ends.
pub unsafe fn set(base: NonNull<u8>) {
    RESULTS.store(base.as_ptr(), Relaxed);
}

/// The sweep request, and where progress is told.
///
/// # Panics
/// Before [`set`].
#[must_use]
pub fn head() -> &'static Head {
    let start = NonNull::new(RESULTS.load(Relaxed)).expect("the start maps the results");
    // SAFETY: the mapping is long enough, aligned to a page, and never unmapped; all fields are atomic.
    unsafe { start.cast().as_ref() }
}

/// How many records are complete.
#[must_use]
pub fn completed() -> u64 {
    head().progress.records.load(Relaxed)
}

/// Writes the next record, which becomes complete when the parent [`count`]s it.
pub fn complete(record: Record) {
    let number = completed() as usize;
    if number >= MAX_RECORDS {
        return;
    }
    let at = RESULTS.load(Relaxed).wrapping_add(RECORDS_OFFSET + number * RECORD_BYTES);
    // SAFETY: the mapping has room for `MAX_RECORDS`, and both the offset and the length keep it aligned.
    unsafe { at.cast::<Record>().write(record) };
}

/// Counts the record that was just written.
pub fn count() {
    head().progress.records.store(completed() + 1, Release);
}
