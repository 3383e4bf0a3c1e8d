//! Drops tokens and boxes one after the other until long past its budget, then logs. Shows that a raise
//! never starts inside a call that releases something: all of them are dropped by the loop, and the
//! log, the first call that may raise, is written before it does.
#![no_std]

extern crate alloc;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hint::black_box;

use mote_service::{Context, Request, Response, Result, Token};

const HELD: u32 = 100;
const TURNS_BETWEEN_DROPS: u64 = 300_000;

/// Answers only if its budget was ample.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let last = context.token();
    let held: Vec<Box<Token>> = (0..HELD).map(|_| Box::new(context.token())).collect();
    let dropped = drop_slowly(held);
    context.log(if dropped == HELD { "all dropped" } else { "some dropped" });
    drop(last);
    Ok(Response::new(b"done"))
}

#[inline(never)]
fn drop_slowly(held: Vec<Box<Token>>) -> u32 {
    let mut dropped = 0;
    for token in held {
        compute();
        drop(token);
        dropped += 1;
    }
    dropped
}

/// A tenth of a millisecond without a call.
#[inline(never)]
fn compute() {
    for turn in 0..TURNS_BETWEEN_DROPS {
        black_box(turn);
    }
}
