//! `memcpy` and its like for services: in a section of their own, because they are preemptible.
//!
//! They hold no host state and run on the service's stack, so a signal treats them as service text: a
//! service inside a long fill or copy is stopped as promptly as anywhere else. `rep` instructions are
//! interruptible at every iteration, and FSRM/ERMS processors run them at full width.
//!
//! Source: C standard 7.24; Intel SDM 2B, "REP"; Intel Optimization Manual 3.7.6 (ERMSB).

use core::arch::global_asm;
use core::ops::Range;

global_asm!(
    ".pushsection .text.mote_service_mem, \"axR\", @progbits",
    ".globl mote_service_mem_start",
    "mote_service_mem_start:",
    // memcpy(rdi to, rsi from, rdx bytes) -> to
    ".globl mote_import_memcpy",
    ".type mote_import_memcpy, @function",
    "mote_import_memcpy:",
    ".cfi_startproc",
    "mov rax, rdi",
    "cmp rdx, 16",
    "jbe 2f",
    "cmp rdx, 32",
    "jbe 3f",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
    "3:",
    "movups xmm0, [rsi]",
    "movups xmm1, [rsi + rdx - 16]",
    "movups [rdi], xmm0",
    "movups [rdi + rdx - 16], xmm1",
    "ret",
    "2:",
    "cmp edx, 8",
    "jb 4f",
    "mov rcx, [rsi]",
    "mov r8, [rsi + rdx - 8]",
    "mov [rdi], rcx",
    "mov [rdi + rdx - 8], r8",
    "ret",
    "4:",
    "cmp edx, 4",
    "jb 5f",
    "mov ecx, [rsi]",
    "mov r8d, [rsi + rdx - 4]",
    "mov [rdi], ecx",
    "mov [rdi + rdx - 4], r8d",
    "ret",
    "5:",
    "test edx, edx",
    "je 6f",
    "movzx ecx, byte ptr [rsi]",
    "movzx r8d, byte ptr [rsi + rdx - 1]",
    "cmp edx, 3",
    "jne 7f",
    "movzx r9d, byte ptr [rsi + 1]",
    "mov [rdi + 1], r9b",
    "7:",
    "mov [rdi], cl",
    "mov [rdi + rdx - 1], r8b",
    "6:",
    "ret",
    ".cfi_endproc",
    ".size mote_import_memcpy, . - mote_import_memcpy",
    // memmove(rdi to, rsi from, rdx bytes) -> to: forwards unless `to` lies inside `from`. Backwards
    // it copies words, then bytes, with the direction flag clear.
    ".globl mote_import_memmove",
    ".type mote_import_memmove, @function",
    "mote_import_memmove:",
    ".cfi_startproc",
    "mov rax, rdi",
    "mov rcx, rdi",
    "sub rcx, rsi",
    "cmp rcx, rdx",
    "jb 2f",
    "cmp rdx, 16",
    "jbe mote_import_memcpy",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
    "2:",
    "sub rdx, 8",
    "jb 4f",
    "3:",
    "mov rcx, [rsi + rdx]",
    "mov [rdi + rdx], rcx",
    "sub rdx, 8",
    "jae 3b",
    "4:",
    "add rdx, 8",
    "je 6f",
    "5:",
    "movzx ecx, byte ptr [rsi + rdx - 1]",
    "mov [rdi + rdx - 1], cl",
    "dec rdx",
    "jne 5b",
    "6:",
    "ret",
    ".cfi_endproc",
    ".size mote_import_memmove, . - mote_import_memmove",
    // memset(rdi to, esi byte, rdx bytes) -> to
    ".globl mote_import_memset",
    ".type mote_import_memset, @function",
    "mote_import_memset:",
    ".cfi_startproc",
    "mov r8, rdi",
    "mov eax, esi",
    "mov rcx, rdx",
    "rep stosb",
    "mov rax, r8",
    "ret",
    ".cfi_endproc",
    ".size mote_import_memset, . - mote_import_memset",
    // memcmp(rdi, rsi, rdx bytes) -> the difference of the first bytes that differ
    ".globl mote_import_memcmp",
    ".type mote_import_memcmp, @function",
    ".globl mote_import_bcmp",
    ".type mote_import_bcmp, @function",
    "mote_import_memcmp:",
    "mote_import_bcmp:",
    ".cfi_startproc",
    "xor ecx, ecx",
    "jmp 3f",
    "2:",
    "mov rax, [rdi + rcx]",
    "mov r8, [rsi + rcx]",
    "cmp rax, r8",
    "jne 6f",
    "add rcx, 8",
    "3:",
    "lea r9, [rcx + 8]",
    "cmp r9, rdx",
    "jbe 2b",
    "jmp 5f",
    "4:",
    "movzx eax, byte ptr [rdi + rcx]",
    "movzx r8d, byte ptr [rsi + rcx]",
    "sub eax, r8d",
    "jne 7f",
    "inc rcx",
    "5:",
    "cmp rcx, rdx",
    "jb 4b",
    "xor eax, eax",
    "7:",
    "ret",
    "6:",
    "bswap rax",
    "bswap r8",
    "cmp rax, r8",
    "sbb eax, eax",
    "or eax, 1",
    "ret",
    ".cfi_endproc",
    ".size mote_import_memcmp, . - mote_import_memcmp",
    ".globl mote_service_mem_end",
    "mote_service_mem_end:",
    ".popsection",
);

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
