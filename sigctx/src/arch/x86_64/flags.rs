//! Bits of EFLAGS. Source: Intel SDM 1, 3.4.3.

/// The processor traps after the next instruction.
pub const TRAP_FLAG: u64 = 1 << 8;

/// String instructions go downwards. psABI 3.2.1: clear on function entry and return.
const DIRECTION: u64 = 1 << 10;

/// Misaligned accesses trap.
pub(super) const ALIGNMENT_CHECK: u64 = 1 << 18;

/// What a service can set by itself and what host code must not run with.
pub(super) const SERVICES_FLAGS: u64 = TRAP_FLAG | DIRECTION | ALIGNMENT_CHECK;

/// What a process starts with: bit 1, which is always set. Besides the flags above, `popf` of it clears
/// those that code can change and that mean nothing here: nested task, identification, and those of
/// arithmetic.
pub(super) const INITIAL_FLAGS: u64 = 1 << 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_the_processors() {
        assert_eq!([TRAP_FLAG, DIRECTION, ALIGNMENT_CHECK], [0x100, 0x400, 0x4_0000]);
        assert_eq!((SERVICES_FLAGS, INITIAL_FLAGS), (0x4_0500, 2));
    }
}
