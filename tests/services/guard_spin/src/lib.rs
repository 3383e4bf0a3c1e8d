//! Never ends in a callee, while three frames above it each hold a token. Shows `inject`: the fake
//! frame unwinds from the interrupted instruction, and each of the three destructors runs. Its own
//! loop calls nothing, so in `guarded` it is discarded at the hard deadline and the worker takes the
//! tokens back.
#![no_std]

use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

const FRAMES: u32 = 3;

/// Answers only in a world where a counter of 64 bits overflows.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    Ok(Response::new(hold(context, FRAMES).to_le_bytes()))
}

/// One frame with one token. The call inside may unwind as far as the compiler knows, so the frame
/// has a landing pad for it.
#[inline(never)]
fn hold(context: &mut Context, frames: u32) -> u64 {
    let token = context.token();
    let turns = if frames > 1 { hold(context, frames - 1) } else { spin() };
    drop(token);
    black_box(turns)
}

/// Counts for ever. The panic is what lets the compiler believe that this may unwind.
#[inline(never)]
fn spin() -> u64 {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
        assert_ne!(turns, u64::MAX, "counted to the end");
    }
}
