//! Bringing near what an invocation will touch, all of it at once, before it is needed.
//!
//! One of thousands of services has been out of this processor's caches for long. Its first
//! instructions, its global offset table and its request's body lie in different places, and the
//! service meets them one after the other, at some ten nanoseconds each. Asked for together, they
//! arrive together; asked for while the invocation before runs, they are there. A hint that is wrong
//! costs nothing but the hint: no address faults here.

use mote_abi::message::Invoke;
use mote_abi::prefetch::{self, LINE_BYTES};

/// Lines of a service's text, from its entry on: a small service is not longer.
const TEXT_LINES: u64 = 4;

/// Lines of its read-only segment, from the global offset table on.
const RODATA_LINES: u64 = 2;

/// Asks for what the service that `invoke` names, whose request's body lies at `body`, begins with.
#[inline]
pub fn fetch(invoke: &Invoke, body: *const u8) {
    let windows = invoke.windows();
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
