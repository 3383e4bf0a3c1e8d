//! The control words of the floating-point units: all of their state that survives a call (psABI 3.2.1).

use core::arch::asm;

/// What a service computes with: its rounding, its masked exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ControlWords {
    /// MXCSR.
    pub mxcsr: u32,
    /// The x87 control word.
    pub x87: u16,
}

impl ControlWords {
    /// This processor's, now.
    #[must_use]
    pub fn now() -> Self {
        let (mut mxcsr, mut x87) = (0_u32, 0_u16);
        // SAFETY: writes four bytes to `mxcsr` and changes nothing else.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut mxcsr, options(nostack, preserves_flags)) };
        // SAFETY: writes two bytes to `x87` and changes nothing else.
        unsafe { asm!("fnstcw [{}]", in(reg) &raw mut x87, options(nostack, preserves_flags)) };
        Self { mxcsr, x87 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_words_are_the_initial_ones_in_a_new_program() {
        assert_eq!(ControlWords::now(), ControlWords { mxcsr: 0x1f80, x87: 0x037f });
    }
}
