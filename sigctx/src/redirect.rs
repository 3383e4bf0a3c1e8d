//! Where a signal sends a service: the register edits that `sigreturn` applies.
//!
//! Planning is pure: [`Redirect`]'s constructors look at copied registers and ranges and return the
//! new values, or the reason why not. Only [`Redirect::apply`] touches the live context.
//!
//! ```text
//!  high │ interrupted frame          │
//!       ├────────────────────────────┤ ← interrupted rsp
//!       │ red zone (128 B)           │
//!       ├────────────────────────────┤ ← rounded down to 16
//!       │ rip, r15 … rdx, rax        │   the trampoline's CFI describes these
//!       └────────────────────────────┘ ← new rsp, 16-aligned
//! ```
//!
//! Spec: System V AMD64 psABI 3.2.2 (red zone, alignment), 6.2 (unwinding); sigreturn(2); the paper,
//! section 4. The paper's published code decremented the word at the top of the stack instead of the
//! stack pointer; here the stack pointer moves.

use core::ops::Range;

use crate::arch::registers::{COUNT, Registers};
use crate::arch::{
    CALL_BYTES, Context, Crossing, CrossingResult, FAKE_FRAME_BYTES, RED_ZONE_BYTES,
    STACK_ALIGN_BYTES,
};

/// A planned edit of an interrupted context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect {
    rip: u64,
    rsp: u64,
    rax: u64,
    frame: Option<Registers>,
}

/// Why a raise cannot be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectError {
    /// The interrupted stack pointer is not on the service's stack.
    ForeignStack {
        /// The stack pointer.
        rsp: u64,
    },
    /// The fake frame would not fit.
    NoRoom {
        /// The stack pointer.
        rsp: u64,
        /// The stack's lowest address.
        lowest: u64,
    },
}

impl Redirect {
    /// To the recovery point: the service never runs again.
    #[must_use]
    pub fn discard() -> Self {
        Self::to_recovery_point(CrossingResult::Discarded)
    }

    /// To the recovery point: the service was saved, and goes on when it is resumed.
    #[must_use]
    pub fn pause() -> Self {
        Self::to_recovery_point(CrossingResult::Paused)
    }

    fn to_recovery_point(ending: CrossingResult) -> Self {
        Self {
            rip: Crossing::recovery_rip(),
            rsp: Crossing::get().recovery_rsp(),
            rax: ending as u64,
            frame: None,
        }
    }

    /// To a fake frame on `stack` that looks as if the interrupted instruction had called `raise`.
    ///
    /// # Errors
    /// The stack pointer is not on `stack`, or there is no room for the frame.
    pub fn raise(interrupted: &Registers, stack: &Range<u64>) -> Result<Self, RedirectError> {
        let rsp = interrupted.rsp();
        if !(stack.start..=stack.end).contains(&rsp) {
            return Err(RedirectError::ForeignStack { rsp });
        }
        let room = rsp - stack.start;
        if room < RED_ZONE_BYTES + STACK_ALIGN_BYTES - 1 + FAKE_FRAME_BYTES + CALL_BYTES {
            return Err(RedirectError::NoRoom { rsp, lowest: stack.start });
        }
        Ok(Self {
            rip: Crossing::fake_frame_rip(),
            rsp: ((rsp - RED_ZONE_BYTES) & !(STACK_ALIGN_BYTES - 1)) - FAKE_FRAME_BYTES,
            rax: 0,
            frame: Some(*interrupted),
        })
    }

    /// Where execution will continue.
    #[must_use]
    pub const fn rip(&self) -> u64 {
        self.rip
    }

    /// The stack pointer there.
    #[must_use]
    pub const fn rsp(&self) -> u64 {
        self.rsp
    }

    /// Carries the plan out: writes the fake frame, if there is one, and edits `context`.
    ///
    /// # Safety
    /// The caller is the handler that interrupted this context, [`Redirect`] was planned from it, the
    /// range given to [`Redirect::raise`] is the mapped, writable stack that it runs on, and an
    /// [`enter`](crate::arch::enter) is under way.
    pub unsafe fn apply(self, context: &mut Context) {
        if let Some(saved) = self.frame {
            let frame = self.rsp as *mut [u64; COUNT];
            // SAFETY:
            // 1. `raise` proved that the frame lies inside the mapped service stack.
            // 2. It is below the red zone, so it overlaps nothing that the service still reads; and
            //    it is 16-aligned.
            unsafe { frame.write(*saved.values()) };
        }
        context.redirect(self.rip, self.rsp, self.rax);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::arch::registers::dwarf;

    const STACK: Range<u64> = 0x10000..0x20000;

    fn at(rsp: u64) -> Registers {
        let mut registers = Registers::default();
        registers.set(dwarf::RSP, rsp).unwrap();
        registers
    }

    proptest! {
        #[test]
        fn fake_frame_spares_the_red_zone_and_stays_on_the_stack(rsp in 0u64..0x30000) {
            match Redirect::raise(&at(rsp), &STACK) {
                Ok(plan) => {
                    prop_assert_eq!(plan.rsp() % 16, 0);
                    prop_assert!(plan.rsp() + FAKE_FRAME_BYTES <= rsp - RED_ZONE_BYTES);
                    prop_assert!(plan.rsp() - CALL_BYTES >= STACK.start);
                }
                Err(RedirectError::ForeignStack { .. }) => {
                    prop_assert!(!(STACK.start..=STACK.end).contains(&rsp));
                }
                Err(RedirectError::NoRoom { .. }) => prop_assert!(rsp < STACK.start + 300),
            }
        }
    }

    #[test]
    fn raise_fits_to_the_last_byte() {
        let needed = RED_ZONE_BYTES + STACK_ALIGN_BYTES - 1 + FAKE_FRAME_BYTES + CALL_BYTES;
        let fitting = Redirect::raise(&at(STACK.start + needed), &STACK).unwrap();
        assert_eq!(fitting.rip(), Crossing::fake_frame_rip());
        let rsp = STACK.start + needed - 1;
        let error = RedirectError::NoRoom { rsp, lowest: STACK.start };
        assert_eq!(Redirect::raise(&at(rsp), &STACK), Err(error));
    }

    #[test]
    fn frame_holds_all_registers() {
        const { assert!(FAKE_FRAME_BYTES >= 8 * COUNT as u64 && FAKE_FRAME_BYTES.is_multiple_of(16)) };
    }
}
