//! The registers that unwinding and redirection speak of, in DWARF's numbering.
//!
//! Spec: System V AMD64 psABI, figure 3.36 (DWARF register number mapping).

/// Number of registers: sixteen general ones and the return address column.
pub const COUNT: usize = 17;

/// DWARF numbers of the registers that code here names.
pub mod dwarf {
    /// First return value; at a landing pad, the exception pointer.
    pub const RAX: u16 = 0;
    /// Second return value; at a landing pad, the selector.
    pub const RDX: u16 = 1;
    /// A general register.
    pub const RCX: u16 = 2;
    /// A general register.
    pub const RBX: u16 = 3;
    /// A general register.
    pub const RSI: u16 = 4;
    /// A general register.
    pub const RDI: u16 = 5;
    /// The frame pointer.
    pub const RBP: u16 = 6;
    /// The stack pointer.
    pub const RSP: u16 = 7;
    /// The first of those that have numbers in their names; the others follow in order.
    pub const R8: u16 = 8;
    /// The return address column: where execution is, or continues.
    pub const RIP: u16 = 16;
}

/// The sixteen general registers and the instruction pointer of one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Registers([u64; COUNT]);

impl Registers {
    /// From values in DWARF order: rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15, rip.
    #[must_use]
    pub const fn new(values: [u64; COUNT]) -> Self {
        Self(values)
    }

    /// The values in DWARF order.
    #[must_use]
    pub const fn values(&self) -> &[u64; COUNT] {
        &self.0
    }

    /// The register with DWARF number `number`, if it is one of these.
    #[must_use]
    pub fn get(&self, number: u16) -> Option<u64> {
        self.0.get(usize::from(number)).copied()
    }

    /// Sets the register with DWARF number `number`; `None` if it is not one of these.
    #[must_use]
    pub fn set(&mut self, number: u16, value: u64) -> Option<()> {
        self.0.get_mut(usize::from(number)).map(|register| *register = value)
    }

    /// The instruction pointer.
    #[must_use]
    pub const fn rip(&self) -> u64 {
        self.0[dwarf::RIP as usize]
    }

    /// The stack pointer.
    #[must_use]
    pub const fn rsp(&self) -> u64 {
        self.0[dwarf::RSP as usize]
    }
}
