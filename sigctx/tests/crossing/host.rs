//! The host: a stack for services, calls that they may make, and what has become of one.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use mote_sigctx::arch::{Crossing, CrossingResult, Hooks, Pending, ReturnPath, enter, land, leave};
use mote_sigctx::host_call;
use mote_sigctx::registers::dwarf;

pub(crate) const STACK_BYTES: usize = 256 << 10;

static LOCK: Mutex<()> = Mutex::new(());
pub(crate) static STACK_START: AtomicU64 = AtomicU64::new(0);
pub(crate) static SEEN: AtomicU64 = AtomicU64::new(0);
pub(crate) static WAY: AtomicU64 = AtomicU64::new(u64::MAX);
/// Whether what is pending is put off.
pub(crate) static GOES_ON: AtomicBool = AtomicBool::new(false);

host_call!(raising "test_look" => look);
host_call!(quiet "test_look_quietly" => look);
host_call!(diverging "test_give_up" => give_up);
host_call!(creating "test_create" => look, when pending look_late);
host_call!(raising "test_go_on" => ask_and_go_on);

unsafe extern "C" {
    pub(crate) fn test_look(value: u64) -> u64;
    pub(crate) fn test_look_quietly(value: u64) -> u64;
    pub(crate) fn test_give_up(ending: u64) -> !;
    pub(crate) fn test_create(value: u64) -> u64;
    pub(crate) fn test_go_on(value: u64) -> u64;
}

/// Says where it runs: the address of a local, and its argument plus one.
extern "C" fn look(value: u64) -> u64 {
    let local = 0u8;
    SEEN.store(&raw const local as u64, Relaxed);
    value + 1
}

/// What a creating call does when something is pending: remembers the service's stack pointer, which is
/// that of its call, and answers otherwise.
extern "C" fn look_late(value: u64) -> u64 {
    SEEN.store(Crossing::get().captured().rsp(), Relaxed);
    value + 100
}

extern "C" fn ask_and_go_on(value: u64) -> u64 {
    Crossing::get().set_pending(Pending::RaiseAtCall);
    value + 1
}

extern "C" fn give_up(_: u64) -> ! {
    SEEN.store(Crossing::get().captured().get(dwarf::RSP).unwrap(), Relaxed);
    // SAFETY: called by a service on the host stack; nothing is owned here.
    unsafe { leave(CrossingResult::Unwound) }
}

extern "C" fn on_pending(way: ReturnPath) -> ! {
    WAY.store(way as u64, Relaxed);
    if GOES_ON.load(Relaxed) {
        // SAFETY: the call that is returned from has done its work.
        unsafe { land(&Crossing::get().captured()) }
    }
    // SAFETY: as above.
    unsafe { leave(CrossingResult::Discarded) }
}

/// The fake frame called: remembers where the service was interrupted, by the frame's own contents.
extern "C" fn on_raise() -> ! {
    let trampoline = Crossing::get().captured();
    let rip = (trampoline.rsp() + 8 * u64::from(dwarf::RIP)) as *const u64;
    // SAFETY: the fake frame lies at the trampoline's stack pointer, rip last of its 17 words.
    SEEN.store(unsafe { rip.read() }, Relaxed);
    // SAFETY: as above.
    unsafe { leave(CrossingResult::Unwound) }
}

pub(crate) fn stack() -> (MutexGuard<'static, ()>, Range<u64>) {
    let guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let stack = Box::leak(vec![0u128; STACK_BYTES / 16].into_boxed_slice());
        STACK_START.store(stack.as_ptr() as u64, Relaxed);
        Crossing::get().install(Hooks { on_pending, on_raise });
    });
    Crossing::get().set_pending(Pending::Nothing);
    let start = STACK_START.load(Relaxed);
    (guard, start..start + STACK_BYTES as u64)
}

pub(crate) fn run(service: extern "C" fn(u64, u64) -> u64, stack: &Range<u64>) -> CrossingResult {
    // SAFETY: the service takes two integers; the stack is leaked memory under the lock.
    unsafe { enter(service as *const () as u64, 20, 22, stack.end) }
}
