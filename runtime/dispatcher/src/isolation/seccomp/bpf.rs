//! Instructions of a seccomp filter, and what they look at.
//!
//! Source: seccomp(2); Linux `include/uapi/linux/{bpf_common,filter,seccomp}.h`.

/// Offsets in `struct seccomp_data`. All words are 32 bits; of 64-bit ones the low half comes first.
pub(crate) mod data {
    /// The call's number.
    pub(crate) const NUMBER: u32 = 0;
    /// The architecture by whose rules the number is meant.
    pub(crate) const ARCH: u32 = 4;
    /// The address behind the instruction that makes the call.
    pub(crate) const INSTRUCTION_POINTER: u32 = 8;

    /// The argument `index`, from 0.
    pub(crate) const fn argument(index: u8) -> u32 {
        16 + 8 * index as u32
    }
}

/// `AUDIT_ARCH_X86_64`.
pub(crate) const ARCH_X86_64: u32 = 0xc000_003e;

/// What a filter answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Verdict {
    /// `SECCOMP_RET_KILL_PROCESS`.
    Kill = 0x8000_0000,
    /// `SECCOMP_RET_TRAP`: SIGSYS, and the call is not made.
    Trap = 0x0003_0000,
    /// `SECCOMP_RET_ALLOW`.
    Allow = 0x7fff_0000,
}

/// `struct sock_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(crate) code: u16,
    /// Instructions to skip if the comparison holds.
    pub(crate) if_true: u8,
    /// Instructions to skip if it does not.
    pub(crate) if_false: u8,
    pub(crate) constant: u32,
}

/// `BPF_LD | BPF_W | BPF_ABS`: loads a word of the data into the accumulator.
pub(crate) const LOAD: u16 = 0x20;
/// `BPF_JMP | BPF_JEQ | BPF_K`.
pub(crate) const IF_EQUAL: u16 = 0x15;
/// `BPF_JMP | BPF_JGE | BPF_K`.
pub(crate) const IF_AT_LEAST: u16 = 0x35;
/// `BPF_RET | BPF_K`.
pub(crate) const RETURN: u16 = 0x06;

impl Instruction {
    pub(crate) const fn load(offset: u32) -> Self {
        Self { code: LOAD, if_true: 0, if_false: 0, constant: offset }
    }

    /// Compares the accumulator by `code`, and skips so many instructions.
    pub(crate) const fn compare(code: u16, constant: u32, if_true: u8, if_false: u8) -> Self {
        Self { code, if_true, if_false, constant }
    }

    pub(crate) const fn answer(verdict: Verdict) -> Self {
        Self { code: RETURN, if_true: 0, if_false: 0, constant: verdict as u32 }
    }

    /// As it lies in memory.
    pub(crate) const fn to_bits(self) -> u64 {
        self.code as u64
            | (self.if_true as u64) << 16
            | (self.if_false as u64) << 24
            | (self.constant as u64) << 32
    }
}
