//! Prefetching what an invocation will touch first, all of it at once, before it is needed.
//!
//! A service that is one of thousands is not in this processor's caches. Its first instructions, its
//! global offset table and its request's body lie in different places, and the service would miss them one
//! after the other. Prefetched together, the misses overlap; prefetched while the invocation before runs,
//! they are over. A hint that is wrong costs nothing but the hint: no address faults here.

use mote_abi::message::Invoke;
use mote_abi::prefetch::{self, LINE_BYTES};

use crate::host::zones;

/// Lines of a service's text, from its entry on: a small service is not longer.
const TEXT_LINES: u64 = 4;

/// Lines of its read-only segment, from the global offset table on.
const RODATA_LINES: u64 = 2;

/// Prefetches what the service that `invoke` names, whose request's body lies at `body`, begins with.
#[inline]
pub fn prefetch(invoke: &Invoke, body: *const u8) {
    let windows = zones::base().windows(invoke.zone);
    lines(windows.text() + u64::from(invoke.entry), TEXT_LINES);
    lines(windows.rodata() + u64::from(invoke.relocated), RODATA_LINES);
    if invoke.body_bytes > 0 {
        lines(body as u64, 1);
    }
}

#[inline]
fn lines(address: u64, count: u64) {
    (0..count).for_each(|line| prefetch::line(address + line * LINE_BYTES));
}
