//! `memcpy` and its like, written once and assembled twice: for the host, and for services in [`service`].
//!
//! Small blocks are copied by a few moves that overlap, large ones by `rep`, which is interruptible at
//! every iteration and runs at full width on processors with ERMS and FSRM. No compiler turns these
//! into calls to themselves, as it would a loop in Rust.
//!
//! Those of the host work `at_once`. Those of services do so `looking` at the stop word every 4 KiB.
//!
//! Source: C standard 7.24; psABI 3.2; Intel SDM 2B, "REP"; Intel Optimization Manual, 3.7.6 (ERMSB).

pub mod service;

/// Assembles `memcpy`, `memmove`, `memset`, `memcmp`, `bcmp` and `strlen` into `$section`, their names behind
/// `$prefix`, between the labels `$start` and `$end`: `$how` is `at_once` or `looking`.
#[macro_export]
macro_rules! memory_functions {
    ($section:literal, $prefix:literal, $start:literal, $end:literal, $how:ident) => {
        core::arch::global_asm!(
            concat!(".pushsection ", $section, ", \"axR\", @progbits"),
            concat!(".globl ", $start),
            concat!($start, ":"),
            // memcpy(rdi to, rsi from, rdx bytes) -> to
            $crate::memory_functions!(@begin $prefix, "memcpy"),
            "mov rax, rdi",
            "cmp rdx, 16",
            "jbe 2f",
            "cmp rdx, 32",
            "jbe 3f",
            $crate::memory_functions!(@copy $how),
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
            $crate::memory_functions!(@end $prefix, "memcpy"),
            // memmove(rdi to, rsi from, rdx bytes) -> to: forwards, unless `to` lies inside `from`;
            // then backwards by words and bytes, with the direction flag clear.
            $crate::memory_functions!(@begin $prefix, "memmove"),
            "mov rax, rdi",
            "mov rcx, rdi",
            "sub rcx, rsi",
            "cmp rcx, rdx",
            "jb 2f",
            "cmp rdx, 16",
            concat!("jbe ", $prefix, "memcpy"),
            $crate::memory_functions!(@copy $how),
            "2:",
            "sub rdx, 8",
            "jb 4f",
            "3:",
            "mov rcx, [rsi + rdx]",
            "mov [rdi + rdx], rcx",
            $crate::memory_functions!(@word $how, "edx"),
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
            $crate::memory_functions!(@end $prefix, "memmove"),
            // memset(rdi to, esi byte, rdx bytes) -> to
            $crate::memory_functions!(@begin $prefix, "memset"),
            "mov rax, rdi",
            "cmp rdx, 32",
            "ja 2f",
            "movzx ecx, sil",
            "mov r8, 0x0101010101010101",
            "imul rcx, r8",
            "cmp edx, 8",
            "jb 3f",
            "cmp edx, 16",
            "jbe 7f",
            "mov [rdi + 8], rcx",
            "mov [rdi + rdx - 16], rcx",
            "7:",
            "mov [rdi], rcx",
            "mov [rdi + rdx - 8], rcx",
            "ret",
            "3:",
            "cmp edx, 4",
            "jb 4f",
            "mov [rdi], ecx",
            "mov [rdi + rdx - 4], ecx",
            "ret",
            "4:",
            "test edx, edx",
            "je 6f",
            "mov [rdi], cl",
            "mov [rdi + rdx - 1], cl",
            "shr edx",
            "mov [rdi + rdx], cl",
            "6:",
            "ret",
            "2:",
            "mov r8, rdi",
            "mov eax, esi",
            $crate::memory_functions!(@fill $how),
            $crate::memory_functions!(@end $prefix, "memset"),
            // memcmp(rdi, rsi, rdx bytes) -> the sign of the first bytes that differ
            concat!(".globl ", $prefix, "bcmp"),
            concat!(".type ", $prefix, "bcmp, @function"),
            concat!($prefix, "bcmp:"),
            $crate::memory_functions!(@begin $prefix, "memcmp"),
            "xor ecx, ecx",
            "jmp 3f",
            "2:",
            "mov rax, [rdi + rcx]",
            "mov r8, [rsi + rcx]",
            "cmp rax, r8",
            "jne 6f",
            "add rcx, 8",
            $crate::memory_functions!(@word $how, "ecx"),
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
            $crate::memory_functions!(@end $prefix, "memcmp"),
            // strlen(rdi text) -> the bytes before the first zero
            $crate::memory_functions!(@begin $prefix, "strlen"),
            "mov rax, rdi",
            "2:",
            "cmp byte ptr [rax], 0",
            "je 3f",
            "inc rax",
            "jmp 2b",
            "3:",
            "sub rax, rdi",
            "ret",
            $crate::memory_functions!(@end $prefix, "strlen"),
            concat!(".globl ", $end),
            concat!($end, ":"),
            ".popsection",
        );
    };
    // rdi to, rsi from, rdx bytes: copies forwards, and returns.
    (@copy at_once) => {
        "mov rcx, rdx\nrep movsb\nret"
    };
    (@copy looking) => {
        $crate::memory_functions!(@blocks "movsb", "ret")
    };
    // rdi to, al byte, rdx bytes: fills, and returns r8.
    (@fill at_once) => {
        "mov rcx, rdx\nrep stosb\nmov rax, r8\nret"
    };
    (@fill looking) => {
        $crate::memory_functions!(@blocks "stosb", "mov rax, r8\nret")
    };
    // One word more was done, and `$counter` counts bytes by eights.
    (@word at_once, $counter:literal) => {
        ""
    };
    (@word looking, $counter:literal) => {
        concat!("test ", $counter, ", 0xff8\njne 8f\n", $crate::memory_functions!(@look), "8:")
    };
    (@blocks $operation:literal, $end:literal) => {
        concat!(
            "8:\ncmp rdx, 4096\njbe 9f\n",
            "mov ecx, 4096\nsub rdx, rcx\nrep ", $operation, "\n",
            $crate::memory_functions!(@look),
            "jmp 8b\n",
            "9:\nmov rcx, rdx\nrep ", $operation, "\n", $end,
        )
    };
    // Traps if the dispatcher wants the service to stop; then it goes on behind the trap. Takes r11.
    (@look) => {
        concat!("mov r11, [rip + mote_stop_word]\ntest byte ptr [r11], 1\nje 7f\nint3\n7:\n")
    };
    (@begin $prefix:literal, $name:literal) => {
        concat!(
            ".globl ", $prefix, $name, "\n",
            ".type ", $prefix, $name, ", @function\n",
            $prefix, $name, ":\n",
            ".cfi_startproc",
        )
    };
    (@end $prefix:literal, $name:literal) => {
        concat!(".cfi_endproc\n", ".size ", $prefix, $name, ", . - ", $prefix, $name)
    };
}
