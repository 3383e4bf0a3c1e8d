//! A service that was paused: its signal frame, saved beyond the handler, to be returned from later.
//!
//! A handler that pauses a service copies what the kernel saved of it and sends the original to the
//! recovery point. [`resume`](super::resume) then does what the handler did not: it returns from the
//! signal, on the copy, and the kernel loads every register that there is. So a paused service gets
//! back all of its vector, mask and floating-point registers, bit for bit, whichever this processor has.
//!
//! ```text
//!  saved frame                         a handler's frame, on the alternate stack
//!  ┌──────────────────────────┐ ◀ 64   ┌──────────────────────────┐
//!  │ vector and floating-point│        │ siginfo                  │
//!  │ state, as xsave has it   │        │ ucontext: fpstate ───────┼─▶ state, 64-aligned
//!  ├──────────────────────────┤        │ return address           │
//!  │ ucontext: fpstate ─▶ top │        └──────────────────────────┘
//!  ├──────────────────────────┤
//!  │ another, as a pattern    │
//!  └──────────────────────────┘
//! ```
//!
//! A service that is paused on its way back from a host call has no such frame: its registers were
//! captured. One is made of them, on the pattern of the signal that set a pause pending. By the psABI only the
//! control words of the floating-point state survive a call (3.2.1), and so they do here.
//!
//! Source: Linux `arch/x86/kernel/{signal_64,fpu/signal}.c`, `arch/x86/include/uapi/asm/sigcontext.h`
//! (`_fpx_sw_bytes`); Intel SDM volume 1, 10.5.1 (layout of the first 512 bytes), 13.4 (xsave area).

use core::ptr;

use super::context::Context;
use super::control_words::ControlWords;
use super::registers::Registers;

/// Room for the vector and floating-point state, in bytes: with AVX-512 it takes 2.7 KiB, with tiles
/// 11 KiB.
pub const STATE_BYTES: usize = 12 << 10;

/// The part of it that every processor has, as `fxsave` writes it.
const LEGACY_BYTES: usize = 512;

/// Offset in it of the x87 control word.
const X87_CONTROL_OFFSET: usize = 0;

/// Offset in it of MXCSR.
const MXCSR_OFFSET: usize = 24;

/// Offset in it of what the kernel says of the whole state: two words, a mark and its length in bytes.
const EXTENT_OFFSET: usize = 464;

/// `FP_XSTATE_MAGIC1`: there is more than the legacy part.
const EXTENDED: u32 = 0x4650_5853;

/// See the module.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct SavedFrame {
    state: [u8; STATE_BYTES],
    context: Context,
    /// What a signal in host text left: all of it but registers and state serves for the service too.
    pattern: Context,
}

impl SavedFrame {
    /// A frame in which nothing is saved.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: [0; STATE_BYTES], context: Context::zeroed(), pattern: Context::zeroed() }
    }

    /// Saves the service that a signal interrupted. False if its state is larger than there is room:
    /// then nothing was saved.
    ///
    /// # Safety
    /// `context` is what the kernel gave to the handler that is running.
    #[must_use]
    pub unsafe fn save(&mut self, context: &Context) -> bool {
        let state = context.state();
        // SAFETY: passed on to the caller.
        let Some(bytes) = state_bytes(unsafe { extent(state) }) else { return false };
        // SAFETY: the kernel wrote that many bytes there, in the handler's frame, which this is not; and
        // `state_bytes` is no more than there is room.
        unsafe { ptr::copy_nonoverlapping(state, self.state.as_mut_ptr(), bytes) };
        self.context = *context;
        self.context.set_state(self.state.as_ptr() as u64);
        true
    }

    /// A signal in host text set a pause pending: saves the pattern of its
    /// frame, for [`SavedFrame::save_call`]. What was saved before stays: the signal may strike just before
    /// the service is resumed.
    pub const fn prepare(&mut self, context: &Context) {
        self.pattern = *context;
    }

    /// Saves a service as it would be on return from a host call: these registers, and its control
    /// words, which are this processor's now. [`SavedFrame::prepare`] came before.
    pub fn save_call(&mut self, registers: &Registers) {
        let ControlWords { mxcsr, x87 } = ControlWords::now();
        self.state[..LEGACY_BYTES].fill(0);
        self.state[X87_CONTROL_OFFSET..X87_CONTROL_OFFSET + 2].copy_from_slice(&x87.to_le_bytes());
        self.state[MXCSR_OFFSET..MXCSR_OFFSET + 4].copy_from_slice(&mxcsr.to_le_bytes());
        self.context = self.pattern;
        self.context.set_registers(registers);
        self.context.set_state(self.state.as_ptr() as u64);
    }

    /// The registers that the service goes on with.
    #[must_use]
    pub const fn registers(&self) -> Registers {
        self.context.registers()
    }

    /// Where the context of `frame` lies.
    pub(super) fn context(frame: *mut Self) -> *mut Context {
        frame.wrapping_byte_add(core::mem::offset_of!(Self, context)).cast()
    }
}

impl Default for SavedFrame {
    fn default() -> Self {
        Self::new()
    }
}

/// What the kernel says of the state at `state`: the mark and the length; `None` if it saved none.
///
/// # Safety
/// `state` is null or where the kernel put the state of the frame of the handler that is running.
unsafe fn extent(state: *const u8) -> Option<(u32, u32)> {
    if state.is_null() {
        return None;
    }
    let extent = state.wrapping_add(EXTENT_OFFSET).cast::<[u32; 2]>();
    // SAFETY: the legacy part is there in any case, and aligned to 64.
    let [mark, bytes] = unsafe { extent.read() };
    Some((mark, bytes))
}

/// How long the state is, of which the kernel says `extent`; `None` if there is no room for it.
fn state_bytes(extent: Option<(u32, u32)>) -> Option<usize> {
    match extent {
        None => None,
        Some((EXTENDED, bytes)) => {
            let bytes = bytes as usize;
            (LEGACY_BYTES..=STATE_BYTES).contains(&bytes).then_some(bytes)
        }
        Some(_) => Some(LEGACY_BYTES),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::registers::COUNT;
    use super::*;

    #[test]
    fn state_without_a_mark_is_the_legacy_part() {
        assert_eq!(state_bytes(Some((0, u32::MAX))), Some(LEGACY_BYTES));
        assert_eq!(state_bytes(Some((EXTENDED, 2700))), Some(2700));
        assert_eq!(state_bytes(Some((EXTENDED, STATE_BYTES as u32 + 1))), None);
        assert_eq!(state_bytes(None), None);
    }

    #[test]
    fn what_is_saved_stays_when_another_pause_is_prepared() {
        let registers = Registers::new(core::array::from_fn(|i| i as u64 + 100));
        let mut frame = SavedFrame::new();
        frame.save_call(&registers);
        frame.prepare(&Context::zeroed());
        assert_eq!(frame.registers(), registers);
        assert_eq!(frame.context.state(), frame.state.as_ptr());
    }

    #[test]
    fn call_is_saved_with_its_registers_and_control_words() {
        let registers = Registers::new(core::array::from_fn(|i| i as u64 + 100));
        let mut frame = SavedFrame::new();
        frame.state.fill(0xee);
        frame.save_call(&registers);
        assert_eq!(frame.registers(), registers);
        assert_eq!(frame.state[..2], 0x037f_u16.to_le_bytes());
        assert_eq!(frame.state[MXCSR_OFFSET..MXCSR_OFFSET + 4], 0x1f80_u32.to_le_bytes());
        assert_eq!(frame.state[EXTENT_OFFSET..LEGACY_BYTES], [0; 48]);
        assert_eq!(frame.context.state(), frame.state.as_ptr());
    }

    proptest! {
        #[test]
        fn no_state_overruns_its_room(mark: u32, bytes: u32) {
            let bytes = state_bytes(Some((mark, bytes)));
            prop_assert!(bytes.is_none_or(|it| (LEGACY_BYTES..=STATE_BYTES).contains(&it)));
        }

        #[test]
        fn registers_set_are_registers_read(values: [u64; COUNT]) {
            let mut context = Context::zeroed();
            context.set_registers(&Registers::new(values));
            prop_assert_eq!(*context.registers().values(), values);
        }
    }
}
