//! What both sides of a crossing and the signal handlers know, and the numbers that its assembly speaks.

use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::super::registers::{COUNT, Registers};
use super::super::state::{HAS_AVX, Processor};

/// What must happen before service code runs again. A later one takes the place of an earlier one.
/// Each is a bit, so that a way back asks for all that concern it by one instruction.
///
/// | way | looks for |
/// | --- | --- |
/// | into the service, to a landing pad, to where it was paused | `RaiseHere`, `Discard` |
/// | back from a quiet call | the same, and `Pause` |
/// | into a call that creates | all but `Pause` |
/// | back from a call that may raise | all |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Pending {
    /// Nothing.
    Nothing = 0,
    /// Pause, to be resumed later.
    Pause = 1,
    /// Raise at the next call that may raise.
    RaiseAtCall = 2,
    /// Raise at the instruction that would run next.
    RaiseHere = 4,
    /// Discard.
    Discard = 8,
}

impl Pending {
    /// What happens at once, wherever the service would go on.
    pub(super) const AT_ONCE: u32 = Self::RaiseHere as u32 | Self::Discard as u32;

    /// What happens on the way back from a call that must not raise by itself.
    pub(super) const QUIETLY: u32 = Self::AT_ONCE | Self::Pause as u32;

    /// The value of an untrusted word; an unknown one is the safest.
    #[inline]
    fn from_bits(bits: u32) -> Self {
        const NOTHING: u32 = Pending::Nothing as u32;
        const PAUSE: u32 = Pending::Pause as u32;
        const RAISE_AT_CALL: u32 = Pending::RaiseAtCall as u32;
        const RAISE_HERE: u32 = Pending::RaiseHere as u32;
        match bits {
            NOTHING => Self::Nothing,
            PAUSE => Self::Pause,
            RAISE_AT_CALL => Self::RaiseAtCall,
            RAISE_HERE => Self::RaiseHere,
            _ => Self::Discard,
        }
    }
}

/// How control came back to the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum CrossingResult {
    /// The entry returned.
    Returned,
    /// Its stack was unwound to the bottom.
    Unwound,
    /// The recovery point was taken.
    Discarded,
    /// The recovery point was taken, by a service that was saved and may be resumed.
    Paused,
}

impl CrossingResult {
    /// The value of a number; a service that jumps where it must not may come back with any.
    #[inline]
    pub(super) fn from_number(number: u32) -> Self {
        const RETURNED: u32 = CrossingResult::Returned as u32;
        const UNWOUND: u32 = CrossingResult::Unwound as u32;
        const PAUSED: u32 = CrossingResult::Paused as u32;
        match number {
            RETURNED => Self::Returned,
            UNWOUND => Self::Unwound,
            PAUSED => Self::Paused,
            _ => Self::Discarded,
        }
    }
}

/// Which way to the service was being taken when something was found pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ReturnPath {
    /// Back from a host call that may raise.
    Raising,
    /// Back from a host call that must not raise by itself.
    Quiet,
    /// To a landing pad.
    Landing,
    /// To where the service was paused.
    Resuming,
}

/// What must be reset when the service that is about to run returns, beyond what any can change. After
/// everything but a return, all of it is reset in any case, except segment registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resets {
    /// The x87 and MMX state and the flags.
    pub has_state: bool,
    /// Segment registers.
    pub has_segments: bool,
}

impl Resets {
    /// In [`Crossing::resets`]: segment registers.
    pub(super) const SEGMENTS: u32 = 1 << 1;

    const fn bits(self) -> u32 {
        self.has_state as u32 | (self.has_segments as u32 * Self::SEGMENTS)
    }
}

/// The functions that the crossings call, on the host stack. None of them returns.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// Something is pending on the way back to the service. [`Crossing::captured`] holds the
    /// service's registers as they would be there (not on the way to a landing pad, nor to where it
    /// was paused).
    pub on_pending: extern "C" fn(ReturnPath) -> !,
    /// The fake frame called: [`Crossing::captured`] holds the registers inside its trampoline.
    pub on_raise: extern "C" fn() -> !,
}

/// What both sides of a crossing and the signal handlers know. There is one in a process: Mote's
/// workers have one thread.
#[derive(Debug)]
#[repr(C)]
pub struct Crossing {
    pub(super) host_rsp: AtomicU64,
    pub(super) service_rsp: AtomicU64,
    pub(super) pending: AtomicU32,
    /// The [`Resets`] of the service that runs.
    pub(super) resets: AtomicU32,
    pub(super) on_pending: AtomicPtr<()>,
    pub(super) on_raise: AtomicPtr<()>,
    pub(super) captured: [AtomicU64; COUNT],
    /// What `xrstor` resets when a service is given up.
    pub(super) components: AtomicU32,
    /// Which vector registers there are to forget.
    pub(super) vectors: AtomicU32,
}

/// The crossing of this process.
#[doc(hidden)]
pub static CROSSING: Crossing = Crossing {
    host_rsp: AtomicU64::new(0),
    service_rsp: AtomicU64::new(0),
    pending: AtomicU32::new(0),
    resets: AtomicU32::new(0),
    on_pending: AtomicPtr::new(core::ptr::null_mut()),
    on_raise: AtomicPtr::new(core::ptr::null_mut()),
    captured: [const { AtomicU64::new(0) }; COUNT],
    components: AtomicU32::new(0),
    vectors: AtomicU32::new(0),
};

impl Crossing {
    /// The crossing of this process.
    #[must_use]
    pub fn get() -> &'static Self {
        &CROSSING
    }

    /// Sets the functions that the crossings call, and how they forget vector registers. Must happen
    /// before the first [`enter`](super::enter).
    pub fn install(&self, hooks: Hooks) {
        let processor = Processor::this();
        self.components.store(processor.components, Ordering::Relaxed);
        self.vectors.store(processor.vectors, Ordering::Relaxed);
        self.on_pending.store(hooks.on_pending as *mut (), Ordering::Relaxed);
        self.on_raise.store(hooks.on_raise as *mut (), Ordering::Relaxed);
    }

    /// Whether this processor has ymm registers, and the system lets programs use them.
    #[inline]
    #[must_use]
    pub fn has_avx(&self) -> bool {
        self.vectors.load(Ordering::Relaxed) & HAS_AVX != 0
    }

    /// What is pending.
    #[inline]
    #[must_use]
    pub fn pending(&self) -> Pending {
        Pending::from_bits(self.pending.load(Ordering::Relaxed))
    }

    /// Sets what is pending.
    #[inline]
    pub fn set_pending(&self, pending: Pending) {
        self.pending.store(pending as u32, Ordering::Relaxed);
    }

    /// Sets `pending` pending, unless what is goes further.
    pub fn pend(&self, pending: Pending) {
        self.pending.fetch_max(pending as u32, Ordering::Relaxed);
    }

    /// Sets what is reset when the service that is about to run returns.
    #[inline]
    pub fn set_resets(&self, resets: Resets) {
        self.resets.store(resets.bits(), Ordering::Relaxed);
    }

    /// A raise begins: what asked for it, or for a pause, is no longer pending. A discard stays pending.
    pub fn clear_raise(&self) {
        for asked in [Pending::Pause, Pending::RaiseAtCall, Pending::RaiseHere] {
            // A handler may set a discard at any moment, so only what was asked is replaced.
            let _ = self.pending.compare_exchange(
                asked as u32,
                Pending::Nothing as u32,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }

    /// The service's registers, as the last crossing captured them.
    #[must_use]
    pub fn captured(&self) -> Registers {
        Registers::new(core::array::from_fn(|i| self.captured[i].load(Ordering::Relaxed)))
    }

    /// Makes the captured registers zeros.
    pub fn forget_captured(&self) {
        self.captured.iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
    }

    /// The stack pointer of the recovery point.
    #[must_use]
    pub fn recovery_rsp(&self) -> u64 {
        self.host_rsp.load(Ordering::Relaxed)
    }

    /// Where the hooks lie: they are set once, and all else of a crossing changes all the time.
    #[must_use]
    pub fn hooks_range() -> core::ops::Range<u64> {
        let start = &raw const CROSSING as u64;
        let first = core::mem::offset_of!(Self, on_pending) as u64;
        let end = core::mem::offset_of!(Self, captured) as u64;
        start + first..start + end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resets_are_bits_of_their_own() {
        let bits = |has_state, has_segments| Resets { has_state, has_segments }.bits();
        let all = [bits(false, false), bits(true, false), bits(false, true), bits(true, true)];
        assert_eq!(all, [0, 1, 2, 3]);
    }

    #[test]
    fn hooks_lie_between_what_changes() {
        let range = Crossing::hooks_range();
        let start = (&raw const CROSSING).addr() as u64;
        assert_eq!(range.end - range.start, 2 * size_of::<usize>() as u64);
        assert!(start < range.start && range.end < start + size_of::<Crossing>() as u64);
    }

    #[test]
    fn numbers_lead_back_to_what_they_stand_for() {
        use Pending::{Discard, Nothing, Pause, RaiseAtCall, RaiseHere};
        for pending in [Nothing, Pause, RaiseAtCall, RaiseHere, Discard] {
            assert_eq!(Pending::from_bits(pending as u32), pending);
        }
        use CrossingResult::{Discarded, Paused, Returned, Unwound};
        for result in [Returned, Unwound, Discarded, Paused] {
            assert_eq!(CrossingResult::from_number(result as u32), result);
        }
        assert_eq!(Pending::from_bits(3), Pending::Discard);
        assert_eq!(CrossingResult::from_number(77), CrossingResult::Discarded);
    }
}
