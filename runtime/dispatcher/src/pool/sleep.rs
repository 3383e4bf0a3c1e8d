//! How a dispatcher sleeps, and what ends that: doorbells, the ends of workers, its own bell, a time.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use mote_abi::park::{ParkedFlag, WakeFence};
use rustix::thread::futex;
use rustix::time::{ClockId, Timespec};

use crate::pool::WorkerPool;
use crate::pool::bell::Bell;
use crate::pool::slot::WorkerSlot;
use crate::pool::worker::Worker;
use crate::sys::barrier;
use crate::sys::clock::monotonic_ns;

/// What else ends a dispatcher's sleep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alarm<'a> {
    pub(crate) bell: Option<&'a Bell>,
    /// On the node's clock.
    pub(crate) until_ns: u64,
}

impl Alarm<'_> {
    /// Nothing else.
    pub(crate) const NONE: Self = Self { bell: None, until_ns: u64::MAX };
}

/// The words that one call waits on at most (FUTEX_WAITV_MAX): with so many workers, the ends of some ring nothing.
const MAX_WAITS: usize = 128;

/// The longest sleep of a dispatcher whose workers are idle: where nothing rings at the end of one.
const IDLE_SLEEP_NS: u64 = 100_000_000;

/// The longest sleep of a dispatcher while spares start: they ring no doorbell.
const SPARES_SLEEP_NS: u64 = 100_000;

impl WorkerPool {
    /// Sleeps until a worker or `alarm` rings, or there is something to do, or a deadline is `lead_ns` away.
    /// Misses no ring: see [`mote_abi::park`].
    pub(crate) fn sleep(&self, now_ns: u64, lead_ns: u64, alarm: Alarm<'_>) {
        let wakes = self.slots.iter().filter_map(|slot| slot.wake_ns(now_ns, lead_ns));
        let Alarm { bell, until_ns } = alarm;
        let spares = self.spares.as_ref().filter(|spares| spares.is_short());
        let wakes = wakes.chain(spares.map(|_| now_ns + SPARES_SLEEP_NS));
        let until_ns = wakes.fold(until_ns.min(now_ns + IDLE_SLEEP_NS), u64::min);
        let workers: Vec<&Worker> = self
            .slots
            .iter()
            .filter_map(WorkerSlot::serving)
            .filter(|worker| worker.load() > 0)
            .collect();
        let doorbells = workers.iter().map(|worker| &worker.areas.outbox().doorbell);
        let doorbells = doorbells.chain(bell.map(Bell::doorbell));
        let rings = doorbells.map(|bell| wait_on(bell.value(), bell.futex()));
        let lives =
            self.slots.iter().filter_map(WorkerSlot::worker).map(|it| &it.areas.outbox().life);
        let ends = lives.map(|life| wait_on(life.value(), life.futex()));
        let waits: Vec<futex::Wait> = rings.chain(ends).take(MAX_WAITS).collect();
        let parked = || {
            let flags = workers.iter().map(|worker| &worker.areas.inbox().dispatcher_parked);
            flags.chain(bell.map(Bell::parked))
        };
        parked().for_each(ParkedFlag::set);
        if workers.iter().any(|worker| worker.wake_fence == WakeFence::BySleeper) {
            barrier::everywhere();
        }
        let is_rung = bell.is_some_and(Bell::is_rung);
        if !is_rung && !workers.iter().any(|worker| worker.has_completion()) {
            sleep_until(&waits, until_ns, now_ns);
        }
        parked().for_each(ParkedFlag::clear);
    }
}

fn wait_on(value: u32, word: &AtomicU32) -> futex::Wait {
    let mut wait = futex::Wait::new();
    wait.val = u64::from(value);
    wait.uaddr = futex::WaitPtr::new(word.as_ptr().cast());
    wait.flags = futex::WaitFlags::SIZE_U32;
    wait
}

/// Early returns (a ring, a signal, a word that has changed already) are all reasons to look again,
/// which the caller does in any case.
fn sleep_until(waits: &[futex::Wait], until_ns: u64, now_ns: u64) {
    let in_ns = until_ns.saturating_sub(now_ns);
    if waits.is_empty() {
        std::thread::sleep(Duration::from_nanos(in_ns));
        return;
    }
    let until_ns = monotonic_ns().saturating_add(in_ns);
    let until = Timespec {
        tv_sec: (until_ns / 1_000_000_000).cast_signed(),
        tv_nsec: (until_ns % 1_000_000_000).cast_signed(),
    };
    let _woken = futex::waitv(waits, futex::WaitvFlags::empty(), Some(&until), ClockId::Monotonic);
}
