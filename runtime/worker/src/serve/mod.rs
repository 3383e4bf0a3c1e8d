//! The worker's loop: take a request, run it, publish its completion; spin while idle, then park.

pub mod prefetch;

use core::hint::spin_loop;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::{Line, index};
use mote_abi::message::{Invoke, Words};
use mote_abi::park::WakeFence;

use crate::host::areas::Areas;
use crate::invocation;
use crate::preempt::timer;
use crate::sys::clock::now_ns;
use crate::sys::{barrier, futex};

/// Polls between two looks at the clock. There is no `pause` between polls: it takes as long as a line's
/// way from the other processor, and nobody shares the processor of a worker that spins.
const POLLS_PER_LOOK: u32 = 1024;

/// How many requests behind the running one have their memory prefetched: memory takes as long to answer
/// as a few small services to run.
const PREFETCHED: u64 = 3;

/// Serves requests until the process ends.
pub fn run(areas: Areas) -> ! {
    let start = &areas.inbox().start;
    let wake_fence = WakeFence::from_number(start.wake_fence.load(Relaxed));
    let mut prefetched = 0;
    for sequence in 1.. {
        let invoke = Invoke::from_words(take(&areas, sequence, wake_fence));
        if prefetched < sequence {
            prefetch::prefetch(&invoke, areas.request(sequence));
            prefetched = sequence;
        }
        prefetched = prefetch_behind(&areas, prefetched, sequence + PREFETCHED);
        // SAFETY: the request comes from the dispatcher, and this loop runs one at a time.
        let completion = unsafe { invocation::run::run(sequence, invoke) };
        publish(&areas, sequence, completion.to_words(), wake_fence);
    }
    unreachable!("2^64 invocations take longer than any machine lasts")
}

/// Prefetches what the requests behind `prefetched` need, as far as there are any and up to `last`. The
/// last that was prefetched.
#[inline]
fn prefetch_behind(areas: &Areas, mut prefetched: u64, last: u64) -> u64 {
    while prefetched < last {
        let next = prefetched + 1;
        let line = &areas.inbox().requests[index(next, RING_ENTRIES)];
        let Some(words) = line.poll(next) else { break };
        prefetch::prefetch(&Invoke::from_words(words), areas.request(next));
        prefetched = next;
    }
    prefetched
}

fn publish(areas: &Areas, sequence: u64, words: Words, wake_fence: WakeFence) {
    let outbox = areas.outbox();
    outbox.completions[index(sequence, RING_ENTRIES)].publish(sequence, words);
    if areas.inbox().dispatcher_parked.must_wake(wake_fence) {
        futex::ring(&outbox.doorbell);
    }
}

fn take(areas: &Areas, sequence: u64, wake_fence: WakeFence) -> Words {
    let line = &areas.inbox().requests[index(sequence, RING_ENTRIES)];
    loop {
        if let Some(words) = spin(line, sequence, &areas.inbox().start.spin_us) {
            return words;
        }
        park(areas, line, sequence, wake_fence);
    }
}

/// Polls for at most `spin_us`, and once at least. That is looked at each time: it changes when a spare begins to
/// serve.
#[inline]
fn spin(line: &Line, sequence: u64, spin_us: &AtomicU32) -> Option<Words> {
    let mut give_up_ns = None;
    loop {
        for _ in 0..POLLS_PER_LOOK {
            let words = line.poll(sequence);
            if words.is_some() {
                return words;
            }
        }
        spin_loop();
        let now = now_ns();
        let spin_ns = u64::from(spin_us.load(Relaxed)) * 1000;
        if now >= *give_up_ns.get_or_insert(now.saturating_add(spin_ns)) {
            return None;
        }
    }
}

/// Sleeps until the dispatcher rings. Signals and spurious wakes only cost another spin.
fn park(areas: &Areas, line: &Line, sequence: u64, wake_fence: WakeFence) {
    let (inbox, outbox) = (areas.inbox(), areas.outbox());
    let value = inbox.doorbell.value();
    outbox.worker_parked.set();
    timer::set_parked(true);
    if wake_fence == WakeFence::BySleeper {
        barrier::everywhere();
    }
    if line.poll(sequence).is_none() {
        futex::wait(&inbox.doorbell, value);
    }
    timer::set_parked(false);
    outbox.worker_parked.clear();
}
