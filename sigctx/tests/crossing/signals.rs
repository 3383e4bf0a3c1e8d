//! A signal strikes a service.

use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

use mote_sigctx::arch::{Context, CrossingResult, SigInfo};
use mote_sigctx::redirect::Redirect;
use mote_sigctx::signal;

use crate::host::{SEEN, STACK_BYTES, STACK_START, run, stack};

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
