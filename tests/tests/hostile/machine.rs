//! Machine code for hostile images: what the loader refuses, hidden where no loader can look; the way to the
//! worker's own instruction `syscall`; and an answer.

use mote_tests::machine_code;

/// The import by which code of this room responds.
pub(crate) const RESPOND: &str = "mote_respond";

/// Two codes that do the same: an instruction as it is, between what stands before it and after it; and in the
/// last bytes of another one, into whose middle the code jumps. What comes before must leave `r8` and `r9` alone.
#[macro_export]
macro_rules! plain_and_hidden {
    ([$($before:literal),*], $instruction:literal, [$($after:literal),*]) => {
        [
            mote_tests::machine_code!("nop", $($before,)* $instruction, $($after,)*),
            mote_tests::machine_code!(
                "nop",
                $($before,)*
                "lea r8, [rip + 4f]",
                "lea r9, [rip + 5f]",
                "add r8, 2",
                "jmp r8",
                "4: .byte 0x48, 0xba", // mov rdx, …
                $instruction,
                "jmp r9",
                ".skip 10 - (. - 4b), 0x90",
                "5: nop",
                $($after,)*
            ),
        ]
    };
}

/// Responds with the eight bytes of `rax`, and returns. The stack is as it was at the entry.
pub(crate) fn respond_with_rax() -> Vec<u8> {
    machine_code!(
        "sub rsp, 24",
        "mov [rsp], rax",
        "xor edi, edi",
        "mov rsi, rsp",
        "mov edx, 8",
        "call [rip + 0x11223344]",
        "add rsp, 24",
        "ret",
    )
}

/// Leaves in `r8` the address of an instruction `syscall` of the worker: in its executable segment, which its
/// program headers tell, which lie behind its ELF header, which is on a page below the import.
pub(crate) fn find_call_of_worker() -> Vec<u8> {
    machine_code!(
        "mov rcx, [rip + 0x11223344]",
        "and rcx, -4096",
        "2: cmp dword ptr [rcx], 0x464c457f",
        "je 3f",
        "sub rcx, 4096",
        "jmp 2b",
        "3: mov rdx, [rcx + 32]",
        "add rdx, rcx",
        "mov rax, 0x500000001", // PT_LOAD, R and X
        "4: cmp [rdx], rax",
        "je 5f",
        "add rdx, 56",
        "jmp 4b",
        "5: mov r8, [rdx + 16]",
        "cmp r8, rcx",
        "jae 6f",
        "add r8, rcx", // a program that may lie anywhere
        "6: inc r8",
        "cmp word ptr [r8], 0x050f",
        "jne 6b",
    )
}

/// Sets the registers of a system call: its number, and its first four arguments.
pub(crate) fn set_registers(number: u64, arguments: [u64; 4]) -> Vec<u8> {
    /// `mov r64, imm64`, of `rax`, `rdi`, `rsi`, `rdx`, `r10`.
    const MOVES: [[u8; 2]; 5] =
        [[0x48, 0xb8], [0x48, 0xbf], [0x48, 0xbe], [0x48, 0xba], [0x49, 0xba]];
    let [first, second, third, fourth] = arguments;
    let values = [number, first, second, third, fourth];
    MOVES
        .iter()
        .zip(values)
        .flat_map(|(code, value)| [&code[..], &value.to_le_bytes()].concat())
        .collect()
}
