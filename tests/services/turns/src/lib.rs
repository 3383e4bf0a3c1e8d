//! Works for a while, with something of every kind in its hands: values in registers and on the stack,
//! a vector that grows, statics, tokens, a log. Shows that an invocation which is paused again and again
//! finds everything as it left it.
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::{AtomicU64, Ordering};

use mote_service::{Context, Error, Request, Response, Result};

/// Additions between two looks at the clock: some microseconds.
const STEPS: u64 = 2_000;

/// In `.bss`.
static ROUNDS: AtomicU64 = AtomicU64::new(0);
/// In `.data`.
static STARTED: AtomicU64 = AtomicU64::new(42);

/// The body is a number: the microseconds of its budget that it spends. Answers `done`, or with an error
/// that says what was not as it had been.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let text = core::str::from_utf8(request.body())?;
    let us: u64 = text.parse().map_err(|_| Error::new("the body is no number"))?;
    context.log("begun");
    let token = context.token();
    let begun_us = context.remaining_us();
    let mut kept = Vec::new();
    while begun_us.saturating_sub(context.remaining_us()) < us {
        round(&mut kept)?;
        if core::str::from_utf8(request.body())? != text {
            return Err(Error::new("the request was changed"));
        }
        if kept.len() % 64 == 0 {
            drop(context.token());
        }
    }
    let rounds = kept.len() as u64;
    let sum: u64 = kept.iter().sum();
    if sum != rounds * (rounds + 1) / 2 {
        return Err(Error::new(format!("{rounds} rounds add up to {sum}")));
    }
    drop(token);
    context.log("done");
    Ok(Response::new("done"))
}

#[inline(never)]
fn round(kept: &mut Vec<u64>) -> Result<()> {
    let number = ROUNDS.fetch_add(1, Ordering::Relaxed) + 1;
    if STARTED.load(Ordering::Relaxed) != 42 || number != kept.len() as u64 + 1 {
        return Err(Error::new("a static was changed"));
    }
    let whole = (1..=STEPS).fold(0, |sum, step| black_box(sum + step));
    let float = (1..=STEPS).fold(0.0, |sum, step| black_box(sum + step as f64));
    if whole != STEPS * (STEPS + 1) / 2 || float != whole as f64 {
        return Err(Error::new(format!("sums differ: {whole} and {float}")));
    }
    kept.push(number);
    Ok(())
}
