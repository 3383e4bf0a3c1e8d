//! Pausing and resuming in this very process: a function of the test plays the service.
//!
//! There is one crossing in a process, so every test takes the lock first.

use std::arch::asm;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use mote_sigctx::arch::{
    Context, Crossing, CrossingResult, Hooks, Pending, ReturnPath, SavedFrame, SigInfo, enter,
    leave, resume,
};
use mote_sigctx::host_call;
use mote_sigctx::redirect::Redirect;
use mote_sigctx::signal;

const STACK_BYTES: usize = 256 << 10;

static LOCK: Mutex<()> = Mutex::new(());
static STACK_START: AtomicU64 = AtomicU64::new(0);

/// What a service spins on, and what it says at its end.
static MAY_END: AtomicU64 = AtomicU64::new(0);
static SEEN: AtomicU64 = AtomicU64::new(0);
static WAY: AtomicU64 = AtomicU64::new(u64::MAX);

/// Where the code is that signals pause: a function may have several addresses.
static SERVICE: AtomicU64 = AtomicU64::new(0);

/// Whether the next signal pauses service text, or the next call to the host strikes itself.
static IS_PAUSING: AtomicBool = AtomicBool::new(false);

/// Whether a call to the host strikes itself now: the handler sets a pause pending.
static IS_IN_CALL: AtomicBool = AtomicBool::new(false);

struct Frame(UnsafeCell<SavedFrame>);

// SAFETY: used under the lock, by one thread and its handler, which never overlap.
unsafe impl Sync for Frame {}

static FRAME: Frame = Frame(UnsafeCell::new(SavedFrame::new()));

host_call!(quiet "test_quiet" => look);
host_call!(raising "test_raising" => look);
host_call!(creating "test_creating" => look, when pending look);

unsafe extern "C" {
    fn test_quiet(value: u64) -> u64;
    fn test_raising(value: u64) -> u64;
    fn test_creating(value: u64) -> u64;
    fn gettid() -> i32;
    fn tgkill(process: i32, thread: i32, signal: i32) -> i32;
}

/// Strikes itself once, if it is to be paused: host text is interrupted.
extern "C" fn look(value: u64) -> u64 {
    if IS_PAUSING.swap(false, Relaxed) {
        IS_IN_CALL.store(true, Relaxed);
        strike(std::process::id() as i32, thread_id());
    }
    value + 1
}

fn frame() -> *mut SavedFrame {
    FRAME.0.get()
}

extern "C" fn on_pending(way: ReturnPath) -> ! {
    WAY.store(way as u64, Relaxed);
    if Crossing::get().pending() != Pending::Pause {
        // SAFETY: called by a crossing on the host stack; nothing is owned here.
        unsafe { leave(CrossingResult::Discarded) }
    }
    Crossing::get().set_pending(Pending::Nothing);
    // SAFETY: the test looks at the frame only after this.
    unsafe { (*frame()).save_call(&Crossing::get().captured()) };
    // SAFETY: as above.
    unsafe { leave(CrossingResult::Paused) }
}

extern "C" fn on_raise() -> ! {
    // SAFETY: as above.
    unsafe { leave(CrossingResult::Unwound) }
}

extern "C" fn on_signal(_: u32, _: &SigInfo, context: &mut Context) {
    if is_in(SERVICE.load(Relaxed), context.rip()) {
        if IS_PAUSING.swap(false, Relaxed) {
            // SAFETY: this is the handler, and the test looks at the frame only after it.
            let frame = unsafe { &mut *frame() };
            // SAFETY: the context is the kernel's.
            assert!(unsafe { frame.save(context) });
            // SAFETY: the handler of this test, and `spin` runs inside `enter` and `resume` only.
            unsafe { Redirect::pause().apply(context) };
        }
    } else if IS_IN_CALL.swap(false, Relaxed) {
        // SAFETY: as above.
        unsafe { (*frame()).prepare(context) };
        Crossing::get().set_pending(Pending::Pause);
    }
}

fn is_in(function: u64, rip: u64) -> bool {
    (function..function + 512).contains(&rip)
}

fn setup() -> (MutexGuard<'static, ()>, Range<u64>) {
    let guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let stack = Box::leak(vec![0u128; STACK_BYTES / 16].into_boxed_slice());
        STACK_START.store(stack.as_ptr() as u64, Relaxed);
        Crossing::get().install(Hooks { on_pending, on_raise });
        // SAFETY: the handler redirects the service only.
        unsafe { signal::install(signal::PREEMPT, on_signal, &[]) }.unwrap();
    });
    let alternate = Box::leak(vec![0u128; (64 << 10) / 16].into_boxed_slice());
    // SAFETY: leaked memory, given to this thread only.
    unsafe { signal::set_alternate_stack(alternate.as_mut_ptr().cast(), 64 << 10) }.unwrap();
    Crossing::get().set_pending(Pending::Nothing);
    WAY.store(u64::MAX, Relaxed);
    SEEN.store(0, Relaxed);
    MAY_END.store(0, Relaxed);
    let start = STACK_START.load(Relaxed);
    (guard, start..start + STACK_BYTES as u64)
}

/// Runs `step` while another thread sends the signal until the service has been paused.
fn struck(step: impl FnOnce() -> CrossingResult) -> CrossingResult {
    let (process, thread) = (std::process::id() as i32, thread_id());
    IS_PAUSING.store(true, Relaxed);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..10_000 {
                if !IS_PAUSING.load(Relaxed) {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(1));
                strike(process, thread);
            }
        });
        step()
    })
}

/// Runs what signals are to pause.
fn begin(service: extern "C" fn(u64, u64) -> u64, stack: &Range<u64>) -> CrossingResult {
    SERVICE.store(service as *const () as u64, Relaxed);
    run(service, stack)
}

fn run(service: extern "C" fn(u64, u64) -> u64, stack: &Range<u64>) -> CrossingResult {
    // SAFETY: the service takes two integers; the stack is leaked memory under the lock, and what is
    // paused on it is not resumed after this.
    unsafe { enter(service as *const () as u64, 20, 22, stack.end) }
}

fn go_on() -> CrossingResult {
    // SAFETY: the frame keeps the service that was just paused, and its stack is as it was.
    unsafe { resume(frame()) }
}

fn thread_id() -> i32 {
    // SAFETY: no arguments, no effects.
    unsafe { gettid() }
}

fn strike(process: i32, thread: i32) {
    // SAFETY: sends a signal that is handled to a thread of this process.
    unsafe { tgkill(process, thread, signal::PREEMPT as i32) };
}

/// Fills registers of every kind, spins until it may end, and says whether all are as they were.
extern "C" fn spin(_: u64, _: u64) -> u64 {
    let (seen, may_end) = (SEEN.as_ptr(), MAY_END.as_ptr());
    // SAFETY: saves what the C ABI asks for, writes `SEEN`, and leaves the x87 stack empty.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "mov rbx, 0x1b1b1b1b",
            "mov rbp, 0x2b2b2b2b",
            "mov r12, 0x3c3c3c3c",
            "movq xmm7, rbx",
            "movq xmm15, rbp",
            "fldpi",
            "push 0x5f80",
            "ldmxcsr [rsp]",
            "mov [rsp - 64], r12",
            "2:",
            "cmp qword ptr [rsi], 0",
            "je 2b",
            "movq rax, xmm7",
            "xor rax, rbx",
            "movq rcx, xmm15",
            "xor rcx, rbp",
            "or rax, rcx",
            "mov rcx, [rsp - 64]",
            "xor rcx, r12",
            "or rax, rcx",
            "mov ecx, 0x3c3c3c3c",
            "xor rcx, r12",
            "or rax, rcx",
            "stmxcsr [rsp + 4]",
            "mov ecx, [rsp + 4]",
            "and ecx, 0xffc0",
            "xor ecx, 0x5f80",
            "or rax, rcx",
            "fldpi",
            "fucompp",
            "fnstsw [rsp + 4]",
            "mov ecx, [rsp + 4]",
            "and ecx, 0x4500",
            "xor ecx, 0x4000",
            "or rax, rcx",
            "inc rax",
            "mov [rdi], rax",
            "mov dword ptr [rsp], 0x1f80",
            "ldmxcsr [rsp]",
            "pop rcx",
            "pop rbp",
            "pop rbx",
            inout("rdi") seen => _,
            inout("rsi") may_end => _,
            out("rcx") _,
            out("rax") _,
            out("r12") _,
            clobber_abi("C"),
        );
    }
    0
}

/// Another service, which leaves other values wherever it can.
extern "C" fn spoil(_: u64, _: u64) -> u64 {
    // SAFETY: changes what is declared.
    unsafe {
        asm!(
            "movq xmm7, rax", "movq xmm15, rax", "movq mm0, rax", "movq mm7, rax", "emms",
            inout("rax") -1_i64 => _, clobber_abi("C"),
        );
    }
    0
}

#[test]
fn paused_service_gets_its_registers_back() {
    let (_guard, stack) = setup();
    let upper = stack.start..stack.start + STACK_BYTES as u64 / 2;
    assert_eq!(struck(|| begin(spin, &stack)), CrossingResult::Paused);
    for _ in 0..3 {
        assert_eq!(run(spoil, &upper), CrossingResult::Returned);
        let before = 1.0f64 / std::hint::black_box(3.0);
        assert_eq!(before.to_bits(), 0x3fd5_5555_5555_5555, "the host rounds as ever");
        assert_eq!(struck(go_on), CrossingResult::Paused);
    }
    MAY_END.store(1, Relaxed);
    assert_eq!(run(spoil, &upper), CrossingResult::Returned);
    assert_eq!(go_on(), CrossingResult::Returned);
    assert_eq!(SEEN.load(Relaxed), 1, "a register is not what it was");
}

/// Calls the host in each way, with a local that must be there after every call.
extern "C" fn caller(a: u64, b: u64) -> u64 {
    let calls: [unsafe extern "C" fn(u64) -> u64; 3] = [test_quiet, test_raising, test_creating];
    let mut sum = b;
    for call in calls {
        IS_PAUSING.store(true, Relaxed);
        // SAFETY: the stubs take an integer and return one.
        sum = sum * 10 + unsafe { call(a) };
    }
    SEEN.store(sum, Relaxed);
    0
}

#[test]
fn service_is_paused_on_its_way_back_from_a_call_of_any_kind() {
    let (_guard, stack) = setup();
    let mut ending = begin(caller, &stack);
    for way in [ReturnPath::Quiet, ReturnPath::Raising, ReturnPath::Quiet] {
        assert_eq!((ending, WAY.swap(u64::MAX, Relaxed)), (CrossingResult::Paused, way as u64));
        ending = go_on();
    }
    assert_eq!(ending, CrossingResult::Returned);
    assert_eq!(SEEN.load(Relaxed), 22_000 + 21 * 111, "each call ran once");
}

#[test]
fn resuming_is_refused_while_a_discard_is_pending() {
    let (_guard, stack) = setup();
    assert_eq!(struck(|| begin(spin, &stack)), CrossingResult::Paused);
    Crossing::get().set_pending(Pending::Discard);
    assert_eq!(
        (go_on(), WAY.load(Relaxed)),
        (CrossingResult::Discarded, ReturnPath::Resuming as u64)
    );
}
