//! `memcpy` and its like for services: in a section of their own, because they are preemptible.
//!
//! They hold no host state and run on the service's stack, so a signal treats them as service text: a
//! service inside a long fill or copy is stopped as promptly as anywhere else. No breakpoint is ever stored in
//! them: they look at the [stop word](set_stop_word) and trap by themselves.

use core::ops::Range;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use mote_abi::stop::StopDemand;

crate::memory_functions!(
    ".text.mote_service_mem",
    "mote_import_",
    "mote_service_mem_start",
    "mote_service_mem_end",
    looking
);

/// Where the memory functions look: the lowest bit says that they are to stop.
///
/// Exported by this name for them.
#[unsafe(no_mangle)]
static mote_stop_word: AtomicPtr<AtomicU64> = AtomicPtr::new((&raw const NOTHING).cast_mut());

/// Nobody stops anything.
static NOTHING: AtomicU64 = AtomicU64::new(0);

/// Lets the memory functions look there.
pub fn set_stop_word(demand: &'static StopDemand) {
    let word = core::ptr::from_ref(demand).cast::<AtomicU64>();
    mote_stop_word.store(word.cast_mut(), Ordering::Relaxed);
}

unsafe extern "C" {
    static mote_service_mem_start: u8;
    static mote_service_mem_end: u8;
}

/// The addresses of the section.
#[must_use]
pub fn range() -> Range<u64> {
    (&raw const mote_service_mem_start as u64)..(&raw const mote_service_mem_end as u64)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    unsafe extern "C" {
        fn mote_import_memcpy(to: *mut u8, from: *const u8, bytes: usize) -> *mut u8;
        fn mote_import_memmove(to: *mut u8, from: *const u8, bytes: usize) -> *mut u8;
        fn mote_import_memset(to: *mut u8, byte: i32, bytes: usize) -> *mut u8;
        fn mote_import_memcmp(a: *const u8, b: *const u8, bytes: usize) -> i32;
        fn mote_import_strlen(text: *const u8) -> usize;
    }

    fn noise(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|i| (i * 131 + i / 7) as u8).collect()
    }

    #[test]
    fn range_holds_the_functions() {
        assert!(range().contains(&(mote_import_memcpy as *const () as u64)));
        assert!(range().contains(&(mote_import_memcmp as *const () as u64)));
        assert!(!range().contains(&(noise as *const () as u64)));
    }

    /// The trap of each look, and no other byte like it: a trap in the section is a look's.
    #[test]
    fn breakpoints_of_the_section_are_those_of_its_looks() {
        let range = range();
        let length = (range.end - range.start) as usize;
        // SAFETY: the linker put the section there, and it is readable.
        let bytes = unsafe { core::slice::from_raw_parts(range.start as *const u8, length) };
        assert_eq!(bytes.iter().filter(|&&byte| byte == 0xcc).count(), 5);
    }

    #[test]
    fn long_copies_and_fills_are_exact_around_each_block() {
        for bytes in [4095, 4096, 4097, 8191, 8192, 8193, 20_000] {
            let from = noise(bytes);
            let mut to = std::vec![0xee; bytes + 2];
            // SAFETY: both ranges hold `bytes` bytes.
            unsafe { mote_import_memcpy(to.as_mut_ptr().wrapping_add(1), from.as_ptr(), bytes) };
            assert_eq!(&to[1..=bytes], &from[..]);
            assert_eq!((to[0], to[bytes + 1]), (0xee, 0xee));
            // SAFETY: the same.
            let sign =
                unsafe { mote_import_memcmp(to.as_ptr().wrapping_add(1), from.as_ptr(), bytes) };
            assert_eq!(sign, 0);
            let mut moved = to.clone();
            // SAFETY: both ranges lie in the same `bytes + 2` bytes.
            unsafe {
                mote_import_memmove(
                    moved.as_mut_ptr().wrapping_add(2),
                    moved.as_ptr().wrapping_add(1),
                    bytes,
                )
            };
            assert_eq!(&moved[2..], &from[..]);
            // SAFETY: the range holds `bytes` bytes.
            unsafe { mote_import_memset(to.as_mut_ptr().wrapping_add(1), 0x55, bytes) };
            assert!(to[1..=bytes].iter().all(|&byte| byte == 0x55));
            assert_eq!((to[0], to[bytes + 1]), (0xee, 0xee));
        }
    }

    #[test]
    fn copy_is_exact_at_every_small_length() {
        for bytes in 0..100 {
            let from = noise(bytes);
            let mut to = std::vec![0xee; bytes + 2];
            // SAFETY: both ranges hold `bytes` bytes.
            let result = unsafe {
                mote_import_memcpy(to.as_mut_ptr().wrapping_add(1), from.as_ptr(), bytes)
            };
            assert_eq!(result, to[1..].as_mut_ptr());
            assert_eq!(&to[1..=bytes], &from[..]);
            assert_eq!((to[0], to[bytes + 1]), (0xee, 0xee));
        }
    }

    #[test]
    fn length_of_text_is_up_to_its_first_zero() {
        for bytes in 0..100 {
            let mut text = std::vec![b'x'; bytes];
            text.extend([0, b'y', 0]);
            // SAFETY: the text ends with a zero.
            assert_eq!(unsafe { mote_import_strlen(text.as_ptr()) }, bytes);
        }
    }

    proptest! {
        #[test]
        fn move_equals_copy_within_for_any_overlap(
            from in 0usize..120, to in 0usize..120, bytes in 0usize..120,
        ) {
            let mut ours = noise(240);
            let mut theirs = ours.clone();
            theirs.copy_within(from..from + bytes, to);
            let base = ours.as_mut_ptr();
            // SAFETY: both ranges lie inside the 240 bytes.
            unsafe { mote_import_memmove(base.wrapping_add(to), base.wrapping_add(from), bytes) };
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn comparison_has_the_sign_of_the_first_difference(
            a in proptest::collection::vec(0u8..3, 0..40), b in proptest::collection::vec(0u8..3, 0..40),
        ) {
            let bytes = a.len().min(b.len());
            // SAFETY: both ranges hold `bytes` bytes.
            let sign = unsafe { mote_import_memcmp(a.as_ptr(), b.as_ptr(), bytes) };
            prop_assert_eq!(sign.signum(), a[..bytes].cmp(&b[..bytes]) as i32);
        }

        #[test]
        fn fill_touches_its_bytes_only(bytes in 0usize..300, byte in any::<u8>()) {
            let mut to = std::vec![!byte; bytes + 2];
            // SAFETY: the range lies inside `to`.
            unsafe { mote_import_memset(to.as_mut_ptr().wrapping_add(1), i32::from(byte), bytes) };
            prop_assert!(to[1..=bytes].iter().all(|&b| b == byte));
            prop_assert_eq!((to[0], to[bytes + 1]), (!byte, !byte));
        }
    }
}
