//! The loop: take a request, run it, publish its completion; spin while idle, then sleep.

use core::hint::spin_loop;
use core::sync::atomic::Ordering::Relaxed;

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::{Line, index};
use mote_abi::message::{Invoke, Words};
use rustix::thread::futex;

use crate::ahead;
use crate::alarm;
use crate::clock::now_ns;
use crate::host::Areas;
use crate::invocation;

/// Polls between two looks at the clock. There is no `pause` between polls: it takes as long as a line's
/// way from the other processor, and nobody shares the processor of a worker that spins.
const POLLS_PER_LOOK: u32 = 1024;

/// Serves requests for ever.
pub fn run(areas: Areas) -> ! {
    let spin_ns = u64::from(areas.inbox().boot.spin_us.load(Relaxed)) * 1000;
    for sequence in 1.. {
        let invoke = Invoke::from_words(take(&areas, sequence, spin_ns));
        ahead::fetch(&invoke, areas.request(sequence));
        fetch_next(&areas, sequence + 1);
        // SAFETY: the start set the host, and this loop holds no reference to it.
        let completion = unsafe { invocation::run(sequence, invoke) };
        publish(&areas, sequence, completion.to_words());
    }
    unreachable!("2^64 invocations take longer than any machine lasts")
}

/// Asks for what the request behind this one needs, if there is one already.
#[inline]
fn fetch_next(areas: &Areas, sequence: u64) {
    if let Some(words) = areas.inbox().requests[index(sequence, RING_ENTRIES)].poll(sequence) {
        ahead::fetch(&Invoke::from_words(words), areas.request(sequence));
    }
}

fn publish(areas: &Areas, sequence: u64, words: Words) {
    let outbox = areas.outbox();
    outbox.completions[index(sequence, RING_ENTRIES)].publish(sequence, words);
    if areas.inbox().dispatcher_asleep.must_ring() {
        outbox.doorbell.ring();
        // Waking fails for a bad address only.
        let _ = futex::wake(outbox.doorbell.futex(), futex::Flags::empty(), 1);
    }
}

fn take(areas: &Areas, sequence: u64, spin_ns: u64) -> Words {
    let line = &areas.inbox().requests[index(sequence, RING_ENTRIES)];
    loop {
        if let Some(words) = spin(line, sequence, spin_ns) {
            return words;
        }
        sleep(areas, line, sequence);
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
fn sleep(areas: &Areas, line: &Line, sequence: u64) {
    let (inbox, outbox) = (areas.inbox(), areas.outbox());
    let value = inbox.doorbell.value();
    outbox.worker_asleep.announce();
    alarm::set_asleep(true);
    if line.poll(sequence).is_none() {
        // Any way that this returns, the loop looks again.
        let _ = futex::wait(inbox.doorbell.futex(), futex::Flags::empty(), value, None);
    }
    alarm::set_asleep(false);
    outbox.worker_asleep.clear();
}
