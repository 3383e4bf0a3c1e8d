//! Sleeping without missing a wake: each side owns an `parked` flag, the other a doorbell.
//!
//! The sleeper says it sleeps, then looks once more; the waker publishes, then asks whether the other
//! sleeps. With a sequentially consistent fence between the two steps on both sides, at least one
//! sees the other (Dekker). The doorbell is the futex word: it changes before every wake, so a sleeper
//! that read it before its last look cannot sleep through one. Source: futex(2), "lost wake-ups".
//!
//! A waker publishes for every invocation, a sleeper sleeps seldom, and a fence costs the waker the way
//! of the line that it has just written. So where both sides spin first, the waker has none
//! ([`WakeFence::BySleeper`]): the sleeper asks the kernel for a fence on every processor that runs one of
//! them, which comes either after the waker's store or before its load. Source: membarrier(2),
//! `MEMBARRIER_CMD_GLOBAL_EXPEDITED`.

use core::sync::atomic::compiler_fence;

use crate::sync::{AtomicU32, Ordering, fence};

/// Who keeps a waker's publishing and its question apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum WakeFence {
    /// The waker, by a fence each time.
    #[default]
    ByWaker,
    /// The sleeper: it calls membarrier(2) between announcing and its last look.
    BySleeper,
}

impl WakeFence {
    /// The order that `number` stands for; for an unknown one, that which needs nobody else.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        if number == Self::BySleeper as u32 { Self::BySleeper } else { Self::ByWaker }
    }
}

/// The sleeper's flag, written by the sleeper only.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct ParkedFlag(AtomicU32);

impl ParkedFlag {
    /// Awake.
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Says that the caller sleeps. It must look for work once more before it does, and in
    /// [`WakeFence::BySleeper`] have the kernel fence before that.
    pub fn set(&self) {
        self.0.store(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Says that the caller is awake.
    pub fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Asked by the waker after it published: must it ring?
    #[inline]
    #[must_use]
    pub fn must_wake(&self, order: WakeFence) -> bool {
        match order {
            WakeFence::ByWaker => fence(Ordering::SeqCst),
            WakeFence::BySleeper => compiler_fence(Ordering::SeqCst),
        }
        self.0.load(Ordering::Relaxed) != 0
    }
}

impl Default for ParkedFlag {
    fn default() -> Self {
        Self::new()
    }
}

/// The waker's futex word, written by the waker only.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Doorbell(AtomicU32);

impl Doorbell {
    /// Never rung.
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// The value to sleep on: read it before the last look for work.
    #[must_use]
    pub fn value(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Changes the word. The caller then wakes its futex.
    pub fn ring(&self) {
        let next = self.0.load(Ordering::Relaxed).wrapping_add(1);
        self.0.store(next, Ordering::Release);
    }

    /// The word itself, for the futex call.
    #[cfg(not(loom))]
    #[must_use]
    pub fn futex(&self) -> &AtomicU32 {
        &self.0
    }
}

impl Default for Doorbell {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a process lives: a robust futex, which the kernel marks, and wakes, when the process that it names
/// ends, however it does. Source: get_robust_list(2), Documentation/locking/robust-futex-ABI.rst of Linux.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct LifeWord(AtomicU32);

impl LifeWord {
    /// `FUTEX_WAITERS`: somebody is to be woken.
    const WAITERS: u32 = 1 << 31;
    /// `FUTEX_OWNER_DIED`.
    const ENDED: u32 = 1 << 30;

    /// Of no process.
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Names the process, by the number that it has in its own namespace.
    pub fn name(&self, process: u32) {
        self.0.store(process | Self::WAITERS, Ordering::Release);
    }

    /// The value to sleep on.
    #[must_use]
    pub fn value(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Whether the process is ending: it runs nothing any more, if the kernel says so and not itself.
    #[inline]
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed) & Self::ENDED != 0
    }

    /// The word itself, for the futex calls.
    #[cfg(not(loom))]
    #[must_use]
    pub fn futex(&self) -> &AtomicU32 {
        &self.0
    }
}

impl Default for LifeWord {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;

    use super::*;
    use crate::line::Line;

    /// Either the sleeper sees the message, or the waker rings: never neither. (Of [`WakeFence::ByWaker`]; the
    /// model knows no fence that one thread makes for another.)
    #[test]
    fn wake_is_never_missed_when_both_sides_race() {
        loom::model(|| {
            let shared = Arc::new((Line::new(), ParkedFlag::new(), Doorbell::new()));
            let theirs = shared.clone();
            let waker = loom::thread::spawn(move || {
                let (line, parked, doorbell) = &*theirs;
                line.publish(1, [1; 7]);
                if parked.must_wake(WakeFence::ByWaker) {
                    doorbell.ring();
                    return true;
                }
                false
            });
            let (line, parked, doorbell) = &*shared;
            let value = doorbell.value();
            parked.set();
            let saw_message = line.poll(1).is_some();
            let rang = waker.join().unwrap();
            assert!(saw_message || (rang && doorbell.value() != value));
        });
    }
}
