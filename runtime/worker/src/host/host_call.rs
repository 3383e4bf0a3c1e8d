//! A host call in which a service waits: what it needs to return, perhaps after others have run.

use mote_sigctx::arch::ControlWords;
use mote_sigctx::registers::{Registers, dwarf};

/// A host call in which a service waits.
#[derive(Clone, Debug)]
pub struct HostCall {
    /// The registers that the service has after it, but for what it returns.
    pub registers: Registers,
    /// What it computes with.
    pub control_words: ControlWords,
    /// Bytes of what it asks, in the outbox.
    pub bytes: usize,
}

impl HostCall {
    /// `registers` after a call that returns these two words.
    #[must_use]
    pub fn returning(registers: Registers, first: u64, second: u64) -> Registers {
        let mut values = *registers.values();
        values[usize::from(dwarf::RAX)] = first;
        values[usize::from(dwarf::RDX)] = second;
        Registers::new(values)
    }
}
