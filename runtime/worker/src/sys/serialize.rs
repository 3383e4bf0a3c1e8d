//! Serializing: what a processor must do before it runs code that another one wrote.
//!
//! Source: Intel SDM 3A, 9.1.3 "Handling Self- and Cross-Modifying Code" and 9.3 "Serializing
//! Instructions"; AMD APM 2, 7.6.1. `cpuid` serializes too, but traps in virtual machines.

use core::arch::asm;
use core::arch::x86_64::__cpuid_count;

/// Leaf 7, EDX: the processor has the `serialize` instruction.
const HAS_SERIALIZE: u32 = 1 << 14;

/// How this processor serializes.
static HAS: spin::Once<bool> = spin::Once::new();

/// Finds out how this processor serializes, so that later calls do not ask (`cpuid` traps in virtual
/// machines).
pub fn prepare() {
    HAS.call_once(|| __cpuid_count(7, 0).edx & HAS_SERIALIZE != 0);
}

/// Executes a serializing instruction: `serialize`, or `iretq` to the next instruction.
#[cold]
pub fn serialize() {
    if HAS.get() == Some(&true) {
        // SAFETY: changes nothing but the order of things.
        unsafe { asm!("serialize", options(nostack, preserves_flags)) };
    } else {
        // SAFETY: returns to the next instruction with the same stack, flags and segments. It moves
        // rsp past the red zone itself, because it pushes.
        unsafe {
            asm!(
                "mov {rsp}, rsp",
                "mov {segment:e}, ss",
                "push {segment}",
                "push {rsp}",
                "pushfq",
                "mov {segment:e}, cs",
                "push {segment}",
                "lea {segment}, [rip + 2f]",
                "push {segment}",
                "iretq",
                "2:",
                rsp = out(reg) _,
                segment = out(reg) _,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn execution_goes_on_after_serializing() {
        // Without `prepare`, by `iretq`, which every processor has; then as this one prefers.
        serialize();
        prepare();
        serialize();
    }
}
