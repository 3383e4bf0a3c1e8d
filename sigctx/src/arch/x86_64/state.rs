//! What of the processor's vector and floating-point state must be forgotten after a service, and how
//! this processor does it.
//!
//! | after | forgotten | how |
//! | --- | --- | --- |
//! | a return | vector and mask registers, MXCSR | zeroing idioms |
//! | a return, where the image's code can change more | all of it, flags, segment registers | `xrstor` of the initial state, `popf` |
//! | a raise, a discard, a pause | the same | the same |
//!
//! Compilers for x86-64 use neither x87 nor MMX registers by themselves, and leave control words and flags
//! alone, so ordinary images can change nothing but vector registers. Which image can change more is known
//! when it is deployed, from its instructions ([`Resets`](super::Resets)).
//!
//! Spec: Intel SDM volume 1, chapter 13 (XSAVE feature set), 15.1 (AVX-512 state).

use core::arch::asm;
use core::arch::x86_64::__cpuid;

/// Leaf 1, ECX: the system has enabled `xgetbv` and `xrstor`.
const OSXSAVE: u32 = 1 << 27;

/// XCR0: upper halves of ymm registers.
const AVX: u32 = 1 << 2;

/// XCR0: mask registers, upper halves of zmm0 to zmm15, zmm16 to zmm31.
const AVX_512: u32 = 0b111 << 5;

/// XCR0: what a service can change without asking the kernel: x87, SSE, AVX, AVX-512, APX. Not
/// protection keys (not a service's) and not AMX (its use needs a system call).
const SERVICES: u32 = 0b11 | AVX | AVX_512 | 1 << 19;

/// In [`Processor::vectors`]: there are ymm registers.
pub(super) const HAS_AVX: u32 = 1;

/// In [`Processor::vectors`]: there are zmm and mask registers.
pub(super) const HAS_AVX_512: u32 = 2;

/// The x87 control word of a process's start: psABI 3.4.1.
const INITIAL_X87_CONTROL: u16 = 0x037f;

/// MXCSR of a process's start: psABI 3.4.1.
const INITIAL_MXCSR: u32 = 0x1f80;

/// An image for `xrstor` whose header says that every component is in its initial state: only MXCSR
/// is loaded from it (SDM volume 1, 13.8.1). For `fxrstor`, it holds that state (10.5.1).
#[repr(C, align(64))]
pub(super) struct InitialState {
    x87_control: u16,
    before: [u16; 11],
    pub(super) mxcsr: u32,
    after: [u32; 137],
}

pub(super) static INITIAL_STATE: InitialState = InitialState {
    x87_control: INITIAL_X87_CONTROL,
    before: [0; 11],
    mxcsr: INITIAL_MXCSR,
    after: [0; 137],
};

/// What this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Processor {
    /// The components that `xrstor` resets; 0 where there is no `xrstor`.
    pub(super) components: u32,
    /// [`HAS_AVX`], [`HAS_AVX_512`].
    pub(super) vectors: u32,
}

impl Processor {
    /// Asks the processor. Slow in virtual machines, where `cpuid` traps.
    pub(super) fn this() -> Self {
        if __cpuid(1).ecx & OSXSAVE == 0 { Self::new(0) } else { Self::new(xcr0()) }
    }

    const fn new(xcr0: u32) -> Self {
        let has_avx = (xcr0 & AVX == AVX) as u32 * HAS_AVX;
        let has_avx_512 = (xcr0 & AVX_512 == AVX_512) as u32 * HAS_AVX_512;
        Self { components: xcr0 & SERVICES, vectors: has_avx | has_avx_512 }
    }
}

fn xcr0() -> u32 {
    let low;
    // SAFETY: the caller saw that the system has enabled the instruction; it only reads.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") _, options(nomem, nostack));
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_state_is_the_legacy_area_and_the_header() {
        assert_eq!(size_of::<InitialState>(), 512 + 64);
        assert_eq!(core::mem::offset_of!(InitialState, mxcsr), 24);
    }

    #[test]
    fn keys_and_tiles_are_left_alone() {
        let everything = Processor::new(u32::MAX);
        assert_eq!(everything.components & (1 << 9 | 0b11 << 17), 0);
        assert_eq!(everything.vectors, HAS_AVX | HAS_AVX_512);
        assert_eq!(everything.components, 0x8_00e7, "x87, SSE, AVX, AVX-512 in three parts, APX");
    }

    #[test]
    fn machine_without_extended_states_has_nothing_to_restore() {
        assert_eq!(Processor::new(0), Processor { components: 0, vectors: 0 });
        assert_eq!(Processor::new(0b111).vectors, HAS_AVX);
    }
}
