//! Crossings and redirections in this very process: a function of the test plays the service, on a
//! stack of its own, and signals strike it.
//!
//! There is one crossing in a process, so every test takes the lock first.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use mote_sigctx::arch::{
    Context, Crossing, CrossingResult, Hooks, Pending, ReturnPath, SigInfo, enter, land, leave,
};
use mote_sigctx::host_call;
use mote_sigctx::redirect::Redirect;
use mote_sigctx::registers::dwarf;
use mote_sigctx::signal;

const STACK_BYTES: usize = 256 << 10;

static LOCK: Mutex<()> = Mutex::new(());
static STACK_START: AtomicU64 = AtomicU64::new(0);
static SEEN: AtomicU64 = AtomicU64::new(0);
static WAY: AtomicU64 = AtomicU64::new(u64::MAX);
/// Whether what is pending is put off.
static GOES_ON: AtomicBool = AtomicBool::new(false);

host_call!(raising "test_look" => look);
host_call!(quiet "test_look_quietly" => look);
host_call!(diverging "test_give_up" => give_up);
host_call!(creating "test_create" => look, when pending look_late);
host_call!(raising "test_go_on" => ask_and_go_on);

unsafe extern "C" {
    fn test_look(value: u64) -> u64;
    fn test_look_quietly(value: u64) -> u64;
    fn test_give_up(ending: u64) -> !;
    fn test_create(value: u64) -> u64;
    fn test_go_on(value: u64) -> u64;
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

fn stack() -> (MutexGuard<'static, ()>, Range<u64>) {
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

fn run(service: extern "C" fn(u64, u64) -> u64, stack: &Range<u64>) -> CrossingResult {
    // SAFETY: the service takes two integers; the stack is leaked memory under the lock.
    unsafe { enter(service as *const () as u64, 20, 22, stack.end) }
}

#[test]
fn service_runs_on_its_own_stack_and_returns() {
    extern "C" fn service(a: u64, b: u64) -> u64 {
        let local = a + b;
        SEEN.store(&raw const local as u64 + (local - 42), Relaxed);
        0
    }
    let (_guard, stack) = stack();
    assert_eq!(run(service, &stack), CrossingResult::Returned);
    assert!(stack.contains(&SEEN.load(Relaxed)));
}

#[test]
fn host_call_runs_on_the_host_stack_and_returns_its_value() {
    extern "C" fn service(a: u64, b: u64) -> u64 {
        // SAFETY: the stubs take an integer and return one.
        let looked = unsafe { test_look(a) };
        // SAFETY: the same.
        let quietly = unsafe { test_look_quietly(b) };
        if (looked, quietly) != (21, 23) {
            // SAFETY: the stub takes an integer.
            unsafe { test_give_up(0) }
        }
        0
    }
    let (_guard, stack) = stack();
    assert_eq!(run(service, &stack), CrossingResult::Returned);
    assert!(!stack.contains(&SEEN.load(Relaxed)));
}

#[test]
fn diverging_call_captures_the_service_and_leaves_it() {
    extern "C" fn service(_: u64, _: u64) -> u64 {
        // SAFETY: the stub takes an integer.
        unsafe { test_give_up(0) }
    }
    let (_guard, stack) = stack();
    assert_eq!(run(service, &stack), CrossingResult::Unwound);
    assert!(stack.contains(&SEEN.load(Relaxed)));
}

#[test]
fn pending_raise_acts_at_a_raising_call_only() {
    extern "C" fn service(a: u64, b: u64) -> u64 {
        Crossing::get().set_pending(Pending::RaiseAtCall);
        // SAFETY: the stub takes an integer.
        unsafe { test_look_quietly(a) };
        SEEN.store(1, Relaxed);
        // SAFETY: the stub takes an integer.
        unsafe { test_look(b) };
        SEEN.store(2, Relaxed);
        0
    }
    let (_guard, stack) = stack();
    assert_eq!(run(service, &stack), CrossingResult::Discarded);
    assert_eq!(WAY.load(Relaxed), ReturnPath::Raising as u64);
    assert_ne!(SEEN.load(Relaxed), 2, "service code ran after the raising call");
}

#[test]
fn creating_call_captures_and_asks_when_a_raise_is_pending() {
    extern "C" fn service(a: u64, b: u64) -> u64 {
        let rsp: u64;
        // SAFETY: reads a register.
        unsafe { std::arch::asm!("mov {}, rsp", out(reg) rsp, options(nomem, nostack)) };
        // SAFETY: the stub takes an integer and returns one.
        let early = unsafe { test_create(a) };
        Crossing::get().set_pending(Pending::RaiseAtCall);
        // SAFETY: the same.
        let late = unsafe { test_create(b) };
        let is_captured = SEEN.load(Relaxed).abs_diff(rsp) < 64;
        if (early, late, is_captured) != (21, 122, true) {
            // SAFETY: the stub takes an integer.
            unsafe { test_give_up(0) }
        }
        0
    }
    let (_guard, stack) = stack();
    assert_eq!(run(service, &stack), CrossingResult::Returned);
}

#[test]
fn raise_that_is_put_off_lets_the_call_return_what_it_would_have() {
    extern "C" fn service(a: u64, b: u64) -> u64 {
        // SAFETY: the stub takes an integer and returns one.
        let sum = (1..=20).fold(a, |sum, value| sum + unsafe { test_go_on(value) });
        if (sum, b) != (20 + 210 + 20, 22) {
            // SAFETY: the stub takes an integer.
            unsafe { test_give_up(0) }
        }
        0
    }
    let (_guard, stack) = stack();
    GOES_ON.store(true, Relaxed);
    let ending = run(service, &stack);
    GOES_ON.store(false, Relaxed);
    assert_eq!(ending, CrossingResult::Returned);
    assert_eq!(WAY.load(Relaxed), ReturnPath::Raising as u64);
}

#[test]
fn pending_discard_acts_at_any_call_and_before_the_entry() {
    extern "C" fn service(a: u64, _: u64) -> u64 {
        Crossing::get().set_pending(Pending::Discard);
        // SAFETY: the stub takes an integer.
        unsafe { test_look_quietly(a) };
        0
    }
    let (_guard, stack) = stack();
    assert_eq!(run(service, &stack), CrossingResult::Discarded);
    assert_eq!(WAY.load(Relaxed), ReturnPath::Quiet as u64);
    WAY.store(u64::MAX, Relaxed);
    assert_eq!(
        run(service, &stack),
        CrossingResult::Discarded,
        "the entry is refused while it is pending"
    );
    assert_eq!(WAY.load(Relaxed), u64::MAX);
}

#[test]
fn raise_that_begins_leaves_a_discard_pending() {
    let (_guard, _) = stack();
    let crossing = Crossing::get();
    for (before, after) in [
        (Pending::Pause, Pending::Nothing),
        (Pending::RaiseAtCall, Pending::Nothing),
        (Pending::RaiseHere, Pending::Nothing),
        (Pending::Discard, Pending::Discard),
    ] {
        crossing.set_pending(before);
        crossing.clear_raise();
        assert_eq!(crossing.pending(), after);
    }
}

/// Spins with every callee-saved register and the direction flag spoilt, until a signal ends it.
extern "C" fn spin(_: u64, _: u64) -> u64 {
    // SAFETY: never returns, so what it spoils matters only to whoever recovers from it.
    unsafe {
        std::arch::asm!(
            "mov rbx, -1",
            "mov r12, -1",
            "mov r13, -1",
            "mov r14, -1",
            "mov r15, -1",
            "mov rbp, -1",
            "std",
            "push 0x7f80",
            "ldmxcsr [rsp]",
            "2:",
            "jmp 2b",
            options(noreturn)
        )
    }
}

/// Sends `SIGALRM` to this thread, from another, until `done`.
fn struck_by(
    handler: signal::Handler,
    stack: &Range<u64>,
    service: extern "C" fn(u64, u64) -> u64,
) -> CrossingResult {
    // SAFETY: the handlers of these tests redirect the service only.
    unsafe { signal::install(signal::PREEMPT, handler, &[]) }.unwrap();
    let alternate = Box::leak(vec![0u128; (64 << 10) / 16].into_boxed_slice());
    // SAFETY: leaked memory, given to this thread only.
    unsafe { signal::set_alternate_stack(alternate.as_mut_ptr().cast(), 64 << 10) }.unwrap();
    let (process, thread) = (std::process::id() as i32, thread_id());
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                std::thread::sleep(std::time::Duration::from_millis(1));
                // SAFETY: sends a signal that is handled to a thread of this process.
                unsafe { tgkill(process, thread, signal::PREEMPT as i32) };
            }
        });
        let ending = run(service, stack);
        done.store(true, Relaxed);
        ending
    })
}

fn is_spin(rip: u64) -> bool {
    (spin as *const () as u64..).take(128).any(|address| address == rip)
}

#[test]
fn discard_restores_the_host_whatever_the_registers_were() {
    extern "C" fn handler(_: u32, _: &SigInfo, context: &mut Context) {
        if is_spin(context.rip()) && context.registers().get(6) == Some(u64::MAX) {
            // SAFETY: the handler of this test, and `spin` runs inside `enter` only.
            unsafe { Redirect::discard().apply(context) };
        }
    }
    let (_guard, stack) = stack();
    let before = 1.0f64 / std::hint::black_box(3.0);
    for _ in 0..3 {
        assert_eq!(struck_by(handler, &stack, spin), CrossingResult::Discarded);
        // The direction flag is clear and MXCSR is the default again: a copy and a division are right.
        let copied: Vec<u8> = std::hint::black_box(&[7u8; 100]).to_vec();
        assert_eq!(copied, [7u8; 100]);
        assert_eq!(before, 1.0f64 / std::hint::black_box(3.0));
    }
}

#[test]
fn raise_enters_the_fake_frame_of_the_interrupted_instruction() {
    extern "C" fn handler(_: u32, _: &SigInfo, context: &mut Context) {
        let start = STACK_START.load(Relaxed);
        let stack = start..start + STACK_BYTES as u64;
        if is_spin(context.rip())
            && let Ok(plan) = Redirect::raise(&context.registers(), &stack)
        {
            // SAFETY: the handler of this test; the stack is the service's.
            unsafe { plan.apply(context) };
        }
    }
    let (_guard, stack) = stack();
    assert_eq!(struck_by(handler, &stack, spin), CrossingResult::Unwound);
    assert!(is_spin(SEEN.load(Relaxed)), "the frame holds the interrupted instruction");
}

fn thread_id() -> i32 {
    // SAFETY: no arguments, no effects.
    unsafe { gettid() }
}

unsafe extern "C" {
    fn gettid() -> i32;
    fn tgkill(process: i32, thread: i32, signal: i32) -> i32;
}
