//! The two shared areas of a worker, each a memfd with one writer.
//!
//! ```text
//!  inbox  (dispatcher writes, worker maps read-only)    outbox (worker writes, dispatcher reads)
//!  ┌──────────────────────────────────┐                 ┌──────────────────────────────────┐
//!  │ start, doorbell, parked, stop    │                 │ running, doorbell, parked, stop  │
//!  │ requests    [Line; RING_ENTRIES] │                 │ completions [Line; RING_ENTRIES] │
//!  ├──────────────────────────────────┤ BODIES_OFFSET   ├──────────────────────────────────┤
//!  │ bodies, BODY_BYTES each          │                 │ bodies, then logs, of each entry │
//!  └──────────────────────────────────┘                 └──────────────────────────────────┘
//! ```

use crate::clock::TscScaleCell;
use crate::line::Line;
use crate::lockdown::Lockdown;
use crate::park::{Doorbell, LifeWord, ParkedFlag};
use crate::stop::{StopAnswer, StopDemand};
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// Invocations that one worker can have outstanding.
pub const RING_ENTRIES: usize = 16;

/// The longest body of a request or a response, in bytes. Both areas have room for one in each entry, and
/// take memory for those bytes only that were used.
pub const BODY_BYTES: usize = 6 << 20;

/// The longest log of one invocation, in bytes.
pub const LOG_BYTES: usize = 4096;

/// Offset of the bodies in both areas: everything before it is lines and flags.
pub const BODIES_OFFSET: usize = 4096;

/// Offset of the logs in the outbox.
pub const LOGS_OFFSET: usize = BODIES_OFFSET + RING_ENTRIES * BODY_BYTES;

/// Offset of the body at `index` of a ring, in both areas.
#[must_use]
pub const fn body_offset(index: usize) -> usize {
    BODIES_OFFSET + index * BODY_BYTES
}

/// Offset of the log at `index` of the ring, in the outbox.
#[must_use]
pub const fn log_offset(index: usize) -> usize {
    LOGS_OFFSET + index * LOG_BYTES
}

/// Length of the inbox, in bytes.
pub const INBOX_BYTES: usize = BODIES_OFFSET + RING_ENTRIES * BODY_BYTES;

/// Length of the outbox, in bytes.
pub const OUTBOX_BYTES: usize = LOGS_OFFSET + RING_ENTRIES * LOG_BYTES;

/// File descriptors that a worker is started with. It maps them and closes them.
pub mod fds {
    /// The inbox, opened read-only.
    pub const INBOX: i32 = 3;
    /// The outbox.
    pub const OUTBOX: i32 = 4;
    /// Only for a torture worker: the results of its sweep.
    pub const RESULTS: i32 = 5;

    /// The text window of `zone`, opened read-only.
    #[must_use]
    pub const fn text(zone: u8) -> i32 {
        6 + 2 * zone as i32
    }

    /// The read-only window of `zone`, opened read-only.
    #[must_use]
    pub const fn rodata(zone: u8) -> i32 {
        7 + 2 * zone as i32
    }

    /// A pidfd of the dispatcher, which must stay alive for the worker to stay alive.
    pub const DISPATCHER: i32 = text(crate::windows::ZONES_MAX as u8);
    /// One past the last of them.
    pub const END: i32 = DISPATCHER + 1;
}

/// What a worker is told once, before it starts.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct StartParameters {
    /// [`crate::image::ABI_VERSION`] of the dispatcher.
    pub abi_version: AtomicU32,
    /// The processor to run on, or [`ANY_CPU`].
    pub cpu: AtomicU32,
    /// How long an idle worker spins before it sleeps, in microseconds.
    pub spin_us: AtomicU32,
    /// The largest arena that any request will ask for, in KiB.
    pub arena_kib: AtomicU32,
    /// The service stack, in KiB.
    pub stack_kib: AtomicU32,
    /// How many zones there are: 1 to [`ZONES_MAX`](crate::windows::ZONES_MAX).
    pub zones: AtomicU32,
    /// A [`WakeFence`](crate::park::WakeFence): how both sides keep from missing a wake.
    pub wake_fence: AtomicU32,
    /// The period of the worker's own timer, in microseconds, or [`ONE_SHOT`].
    pub timer_us: AtomicU32,
    /// How long an invocation may run while others wait, in microseconds; 0: as long as it likes.
    pub slice_us: AtomicU32,
    /// Stack slots: one for the running invocation, the others for paused ones. 1 to
    /// [`MAX_STACK_SLOTS`].
    pub stack_slots: AtomicU32,
    /// What services are told of the clock is a multiple of this, in nanoseconds; 0 and 1: it is exact.
    pub clock_step_ns: AtomicU32,
    /// The address of the node's zone 0.
    pub zones_base: AtomicU64,
    /// How the node's clock goes.
    pub tsc_scale: TscScaleCell,
}

/// The most stack slots of one worker. Each has address space for the longest bodies, and takes memory
/// for what its invocation uses.
pub const MAX_STACK_SLOTS: usize = 512;

/// In [`StartParameters::timer_us`]: the timer is set for the deadlines of each invocation.
pub const ONE_SHOT: u32 = 0;

/// In [`StartParameters::cpu`]: run anywhere.
pub const ANY_CPU: u32 = u32::MAX;

/// The first page of the inbox.
#[derive(Debug)]
#[repr(C)]
pub struct Inbox {
    /// What the worker is told once.
    pub start: StartParameters,
    /// Rung by the dispatcher for a worker that sleeps.
    pub doorbell: Doorbell,
    /// Set by the dispatcher while it sleeps.
    pub dispatcher_parked: ParkedFlag,
    /// What the watchdog demands by breakpoints.
    pub stop: StopDemand,
    /// The requests.
    pub requests: [Line; RING_ENTRIES],
    /// What the worker gives up before the first of them.
    pub lockdown: Lockdown,
    /// The sequence number of an invocation whose soft deadline is now, however much of its budget is left: a
    /// handler looks at it.
    pub cancelled: AtomicU64,
}

/// Which invocation runs, for the watchdog.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Running {
    entered_ns: AtomicU64,
    sequence: AtomicU64,
}

impl Running {
    /// Says that `sequence` entered its service at `entered_ns` (the node's clock, nanoseconds).
    #[inline]
    pub fn set(&self, sequence: u64, entered_ns: u64) {
        self.entered_ns.store(entered_ns, Ordering::Relaxed);
        self.sequence.store(sequence, Ordering::Release);
    }

    /// When `sequence` entered its service, if it is the one that runs.
    #[must_use]
    pub fn entered_ns(&self, sequence: u64) -> Option<u64> {
        (self.sequence.load(Ordering::Acquire) == sequence)
            .then(|| self.entered_ns.load(Ordering::Relaxed))
    }
}

/// What a worker says of itself, seldom.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct WorkerStatus {
    /// A [`Stage`]: how far the start has come.
    pub stage: AtomicU32,
    /// Signals that found another invocation than they were meant for, or none.
    pub stale_signals: AtomicU32,
    /// Traps on breakpoints that the dispatcher had restored by then.
    pub stale_traps: AtomicU32,
    /// The signal that is ending the worker, or 0.
    pub fatal_signal: AtomicU32,
    /// The errno that ended the start, or 0.
    pub errno: AtomicU32,
    /// Where the fatal signal struck.
    pub fatal_address: AtomicU64,
}

/// How far a worker's start has come, in [`WorkerStatus::stage`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Stage {
    /// Not yet alive.
    Starting,
    /// Its areas are mapped.
    AreasMapped,
    /// The windows, stacks and arena are mapped.
    MemoryMapped,
    /// Signals are handled.
    SignalsInstalled,
    /// It takes requests.
    Ready,
}

/// The first page of the outbox.
#[derive(Debug)]
#[repr(C)]
pub struct Outbox {
    /// Which invocation runs.
    pub running: Running,
    /// Rung by the worker for a dispatcher that sleeps.
    pub doorbell: Doorbell,
    /// Set by the worker while it sleeps.
    pub worker_parked: ParkedFlag,
    /// What the worker says of itself.
    pub status: WorkerStatus,
    /// Whether the worker lives.
    pub life: LifeWord,
    /// Which breakpoint was met.
    pub stopped: StopAnswer,
    /// The completions.
    pub completions: [Line; RING_ENTRIES],
}

/// The value that a preemption signal carries (`sigval` of `rt_sigqueueinfo`): the low half of the
/// sequence number it is meant for. Together with the deadline, which the handler checks itself, it
/// tells a stale signal; 2^32 invocations later it would need to be late by seconds to be mistaken.
#[must_use]
pub const fn signal_value(sequence: u64) -> u32 {
    sequence as u32
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn areas_fit_before_their_bodies() {
        assert!(size_of::<Inbox>() <= BODIES_OFFSET);
        assert!(size_of::<Outbox>() <= BODIES_OFFSET);
    }
}
