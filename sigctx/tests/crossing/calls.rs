//! A service calls the host, and leaves it.

use std::sync::atomic::Ordering::Relaxed;

use mote_sigctx::arch::{Crossing, CrossingResult, Pending, ReturnPath};

use crate::host::{
    GOES_ON, SEEN, WAY, run, stack, test_create, test_give_up, test_go_on, test_look,
    test_look_quietly,
};

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
