//! The loop: take a request, run it, publish its completion; spin while idle, then sleep.

use core::hint::spin_loop;
use core::sync::atomic::Ordering::Relaxed;

use mote_abi::area::RING_ENTRIES;
use mote_abi::doze::Order;
use mote_abi::line::{Line, index};
use mote_abi::message::{Invoke, Words};
use rustix::thread::futex;

use crate::clock::now_ns;
use crate::host::Areas;
use crate::invocation;
use crate::{ahead, alarm, barrier};

/// Polls between two looks at the clock. There is no `pause` between polls: it takes as long as a line's
/// way from the other processor, and nobody shares the processor of a worker that spins.
const POLLS_PER_LOOK: u32 = 1024;

/// How many requests ahead of the running one their services are asked for: memory takes as long to
/// answer as a few small services to run.
const AHEAD: u64 = 3;

/// Serves requests for ever.
pub fn run(areas: Areas) -> ! {
    let boot = &areas.inbox().boot;
    let spin_ns = u64::from(boot.spin_us.load(Relaxed)) * 1000;
    let order = Order::from_number(boot.order.load(Relaxed));
    let mut fetched = 0;
    for sequence in 1.. {
        let invoke = Invoke::from_words(take(&areas, sequence, spin_ns, order));
        if fetched < sequence {
            ahead::fetch(&invoke, areas.request(sequence));
            fetched = sequence;
        }
        fetched = fetch_behind(&areas, fetched, sequence + AHEAD);
        // SAFETY: the start set the host, and this loop holds no reference to it.
        let completion = unsafe { invocation::run(sequence, invoke) };
        publish(&areas, sequence, completion.to_words(), order);
    }
    unreachable!("2^64 invocations take longer than any machine lasts")
}

/// Asks for what the requests behind `fetched` need, as far as there are any and up to `last`. The last
/// that was asked for.
#[inline]
fn fetch_behind(areas: &Areas, mut fetched: u64, last: u64) -> u64 {
    while fetched < last {
        let next = fetched + 1;
        let line = &areas.inbox().requests[index(next, RING_ENTRIES)];
        let Some(words) = line.poll(next) else { break };
        ahead::fetch(&Invoke::from_words(words), areas.request(next));
        fetched = next;
    }
    fetched
}

fn publish(areas: &Areas, sequence: u64, words: Words, order: Order) {
    let outbox = areas.outbox();
    outbox.completions[index(sequence, RING_ENTRIES)].publish(sequence, words);
    if areas.inbox().dispatcher_asleep.must_ring(order) {
        outbox.doorbell.ring();
        // Waking fails for a bad address only.
        let _ = futex::wake(outbox.doorbell.futex(), futex::Flags::empty(), 1);
    }
}

fn take(areas: &Areas, sequence: u64, spin_ns: u64, order: Order) -> Words {
    let line = &areas.inbox().requests[index(sequence, RING_ENTRIES)];
    loop {
        if let Some(words) = spin(line, sequence, spin_ns) {
            return words;
        }
        sleep(areas, line, sequence, order);
    }
}

/// Polls for at most `spin_ns`, and once at least.
#[inline]
fn spin(line: &Line, sequence: u64, spin_ns: u64) -> Option<Words> {
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
        if now >= *give_up_ns.get_or_insert(now.saturating_add(spin_ns)) {
            return None;
        }
    }
}

/// Sleeps until the dispatcher rings. Signals and spurious wakes only cost another spin.
fn sleep(areas: &Areas, line: &Line, sequence: u64, order: Order) {
    let (inbox, outbox) = (areas.inbox(), areas.outbox());
    let value = inbox.doorbell.value();
    outbox.worker_asleep.announce();
    alarm::set_asleep(true);
    if order == Order::Kernel {
        barrier::everywhere();
    }
    if line.poll(sequence).is_none() {
        // Any way that this returns, the loop looks again.
        let _ = futex::wait(inbox.doorbell.futex(), futex::Flags::empty(), value, None);
    }
    alarm::set_asleep(false);
    outbox.worker_asleep.clear();
}
