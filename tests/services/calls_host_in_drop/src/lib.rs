//! Never ends, and calls the host in a destructor when it is unwound: log, clock, random bytes, a new
//! token. Shows that these calls work during a raise, and start no other.
#![no_std]

extern crate alloc;

use alloc::format;
use core::hint::black_box;

use mote_service::{Context, Request, Response, Result, Token};

/// Says goodbye when dropped.
struct Goodbye<'a> {
    context: &'a mut Context,
    _token: Token,
}

impl Drop for Goodbye<'_> {
    fn drop(&mut self) {
        let at_ns = self.context.now_ns();
        let another = self.context.token();
        let mut bytes = [0; 32];
        self.context.random_bytes(&mut bytes);
        self.context.checkpoint();
        let is_over = self.context.remaining_us() == 0 && at_ns > 0 && bytes != [0; 32];
        drop(another);
        self.context.log(&format!("goodbye, over: {is_over}"));
    }
}

/// Runs away below a frame that has something to drop.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let token = context.token();
    let mut goodbye = Goodbye { context, _token: token };
    let turns = run_away(&mut goodbye);
    Ok(Response::new(turns.to_le_bytes()))
}

/// The panic is what lets the compiler believe that this may unwind at any call.
#[inline(never)]
fn run_away(goodbye: &mut Goodbye<'_>) -> u64 {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
        assert_ne!(turns, u64::MAX, "counted to the end");
        goodbye.context.checkpoint();
    }
}
