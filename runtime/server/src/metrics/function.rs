//! What is counted of one function.

use std::sync::atomic::{AtomicU64, Ordering};

use mote_dispatcher::{Cleanup, Completed, Outcome};

use super::histogram::Histogram;

/// Counts of one function since the node started.
#[derive(Debug)]
pub(crate) struct FunctionMetrics {
    /// By outcome, then by cleanup.
    ended: Vec<[AtomicU64; Cleanup::ALL.len()]>,
    /// From the request's arrival to its answer, where its client waited for that.
    pub(crate) request: Histogram,
    /// From the request's arrival until a worker had it.
    pub(crate) queue: Histogram,
    /// From there until the service was entered.
    pub(crate) start: Histogram,
    /// From its entry until the answer was there.
    pub(crate) run: Histogram,
    /// From a deadline until the service was stopped.
    pub(crate) late: Histogram,
    billed_us: AtomicU64,
    arena_bytes: AtomicU64,
    arena_peak_bytes: AtomicU64,
}

impl Default for FunctionMetrics {
    fn default() -> Self {
        Self {
            ended: Outcome::ALL.iter().map(|_| Default::default()).collect(),
            request: Histogram::default(),
            queue: Histogram::default(),
            start: Histogram::default(),
            run: Histogram::default(),
            late: Histogram::default(),
            billed_us: AtomicU64::new(0),
            arena_bytes: AtomicU64::new(0),
            arena_peak_bytes: AtomicU64::new(0),
        }
    }
}

impl FunctionMetrics {
    /// Counts an invocation that ended, and had waited for a worker for `queue_ns`.
    pub(crate) fn add(&self, completed: &Completed, queue_ns: u64) {
        let counter = &self.ended[completed.outcome as usize][completed.cleanup as usize];
        counter.fetch_add(1, Ordering::Relaxed);
        if completed.stamp_ns > 0 {
            self.queue.add(queue_ns);
        }
        if let Some(start_ns) = completed.latency_ns {
            self.start.add(start_ns);
            self.run.add(completed.total_ns.saturating_sub(start_ns));
        }
        if let Some(late_ns) = completed.late_ns {
            self.late.add(late_ns);
        }
        self.billed_us.fetch_add(billed_us(completed), Ordering::Relaxed);
        self.arena_bytes.fetch_add(completed.arena_peak_bytes, Ordering::Relaxed);
        self.arena_peak_bytes.fetch_max(completed.arena_peak_bytes, Ordering::Relaxed);
    }

    /// Invocations that ended so.
    pub(crate) fn ended(&self, outcome: Outcome, cleanup: Cleanup) -> u64 {
        self.ended[outcome as usize][cleanup as usize].load(Ordering::Relaxed)
    }

    /// Microseconds that were billed.
    pub(crate) fn billed_us(&self) -> u64 {
        self.billed_us.load(Ordering::Relaxed)
    }

    /// What arenas held at their most, in bytes, of all invocations together.
    pub(crate) fn arena_bytes(&self) -> u64 {
        self.arena_bytes.load(Ordering::Relaxed)
    }

    /// The most that an arena held, in bytes.
    pub(crate) fn arena_peak_bytes(&self) -> u64 {
        self.arena_peak_bytes.load(Ordering::Relaxed)
    }
}

/// The time from the service's entry to the end of the invocation, in microseconds, rounded up.
pub(crate) fn billed_us(completed: &Completed) -> u64 {
    completed.total_ns.saturating_sub(completed.latency_ns.unwrap_or(0)).div_ceil(1_000)
}
