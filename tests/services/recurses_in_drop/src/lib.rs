//! Never ends, and recurses for ever in a destructor when it is unwound. Shows that a stack overflow
//! during unwinding is one: the service is discarded, its tokens are taken back.
#![no_std]

use core::hint::black_box;

use mote_service::{Context, Request, Response, Result, Token};

/// A value whose destructor never comes back.
struct Abyss(Token);

impl Drop for Abyss {
    fn drop(&mut self) {
        black_box((descend(0), &self.0));
    }
}

#[inline(never)]
fn descend(depth: u64) -> u64 {
    let here = black_box([depth; 32]);
    if depth == u64::MAX {
        return 0;
    }
    black_box(descend(depth + 1)) + here[0]
}

/// Runs away below a frame that has something to drop.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let abyss = Abyss(context.token());
    let turns = run_away(context);
    drop(abyss);
    Ok(Response::new(turns.to_le_bytes()))
}

/// The panic is what lets the compiler believe that this may unwind at any call.
#[inline(never)]
fn run_away(context: &mut Context) -> u64 {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
        assert_ne!(turns, u64::MAX, "counted to the end");
        context.checkpoint();
    }
}
