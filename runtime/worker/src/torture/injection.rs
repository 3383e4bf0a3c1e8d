//! What a child does between the trap and the service: its deadlines, its timers, and the call of the
//! production handler.
//!
//! Two timers: the hard deadline is SIGALRM by the kernel, as a one-shot timer would send it, and again
//! every millisecond, as the watchdog would; and a child that hangs ends by SIGKILL, which nothing can
//! mask.
//!
//! The grace is counted in the child's processor time. What others run meanwhile would make a cleanup
//! late that is not, and a sweep would tell of the machine.

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering::Relaxed};

use linux_raw_sys::general::{SIGALRM, SIGKILL};
use mote_abi::area::signal_value;
use mote_abi::torture::TARGET;
use mote_sigctx::arch::{Context, SigInfo};
use mote_sigctx::signal::{self, Errno, PREEMPT};

use crate::preempt::current::CURRENT;
use crate::preempt::handlers::on_preempt;
use crate::sys::clock::now_ns;
use crate::torture::sys;

/// How long an undisturbed or paused invocation may run, in nanoseconds of processor time: some services
/// never end.
pub const UNDISTURBED_NS: u64 = 50_000_000;

/// From one signal at the hard deadline to the next, in nanoseconds.
const REPEAT_NS: u64 = 1_000_000;

/// No time comes after it.
const NEVER_NS: u64 = u64::MAX;

/// The hard deadline that is to be delivered.
struct Deadline {
    /// The timer that [`disarm`] deletes; -1 if none is armed.
    timer: AtomicI32,
    /// The processor time before which its signals do nothing.
    used_ns: AtomicU64,
    /// Whether its signals are hints only, as in production: the invocation's own deadlines count.
    is_hint: AtomicBool,
}

static DEADLINE: Deadline = Deadline {
    timer: AtomicI32::new(-1),
    used_ns: AtomicU64::new(0),
    is_hint: AtomicBool::new(false),
};

/// Lets the timers of this module deliver the hard deadline.
///
/// # Errors
/// The kernel's.
pub fn install() -> Result<(), Errno> {
    // SAFETY: the handler is the production one, behind a few stores to atomics.
    unsafe { signal::install(PREEMPT, on_timer, &[]) }
}

/// The hard deadline of the tortured invocation has passed, also when its entry set the deadlines anew
/// after an injection that came before it.
extern "C" fn on_timer(_signal: u32, _info: &SigInfo, context: &mut Context) {
    // The worker's own timer runs too, in the parent; its invocations are far from any deadline.
    let is_armed = DEADLINE.timer.load(Relaxed) >= 0;
    let is_due = || sys::used_ns() >= DEADLINE.used_ns.load(Relaxed);
    if !is_armed || CURRENT.sequence() != TARGET || !is_due() {
        return;
    }
    if DEADLINE.is_hint.load(Relaxed) { deliver(context) } else { inject_again(context) }
}

/// Makes the soft deadline be now, and delivers it at `context`.
pub fn inject(context: &mut Context, grace_ns: u64, give_up_ns: u64) {
    let now = now_ns();
    // Without its timers a child that hangs stays; the tool's user sees the sweep stand still.
    let _killer = sys::arm(SIGKILL, give_up_ns.max(grace_ns), 0);
    arm_discard(grace_ns);
    CURRENT.set_deadlines(now, NEVER_NS);
    deliver(context);
}

/// Ends the slice now, and delivers that at `context`: the invocation is paused where that can be. One that
/// does not end by itself afterwards is discarded, as when undisturbed.
pub fn pause(context: &mut Context, give_up_ns: u64) {
    let now = now_ns();
    // As in `inject`.
    let _killer = sys::arm(SIGKILL, give_up_ns, 0);
    arm_discard(UNDISTURBED_NS);
    CURRENT.end_slice(now);
    deliver(context);
}

/// Makes the hard deadline be now, and delivers it at `context`.
pub fn inject_again(context: &mut Context) {
    let now = now_ns();
    CURRENT.set_deadlines(now, now);
    deliver(context);
}

/// Delivers SIGALRM after `after_ns` of processor time, and then again and again.
pub fn arm_discard(after_ns: u64) {
    arm(after_ns, sys::used_ns().saturating_add(after_ns));
}

/// Delivers a signal every millisecond, that lets the invocation's own deadlines come to pass.
pub fn arm_hints() {
    DEADLINE.is_hint.store(true, Relaxed);
    arm(REPEAT_NS, 0);
}

/// Delivers SIGALRM `from_now_ns` from now and then again and again, but to no effect before `used_ns` of
/// processor time.
fn arm(from_now_ns: u64, used_ns: u64) {
    DEADLINE.used_ns.store(used_ns, Relaxed);
    if let Ok(timer) = sys::arm(SIGALRM, from_now_ns, REPEAT_NS) {
        DEADLINE.timer.store(timer, Relaxed);
    }
}

/// No more SIGALRM.
pub fn disarm() {
    DEADLINE.is_hint.store(false, Relaxed);
    if let Some(timer) = Some(DEADLINE.timer.swap(-1, Relaxed)).filter(|&timer| timer >= 0) {
        sys::disarm(timer);
    }
}

/// Calls the production handler as the kernel would, with what the dispatcher sends.
fn deliver(context: &mut Context) {
    let value = signal_value(CURRENT.sequence());
    on_preempt(PREEMPT, &SigInfo::queued(PREEMPT, value.into()), context);
}

/// Where the one variable lies, for the oracle.
#[must_use]
pub fn addresses() -> core::ops::Range<u64> {
    let start = &raw const DEADLINE as u64;
    start..start + size_of::<Deadline>() as u64
}
