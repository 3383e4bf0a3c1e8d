//! Panics, and panics again in a destructor while it is unwound. Shows that a second panic discards:
//! the token of the outer frame is not released but taken back. With the body `run away` it does not
//! panic first but never ends, so that it is a raise that meets the panic.
#![no_std]

use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

/// A value whose destructor panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the second panic");
    }
}

/// Holds a token, then a [`Bomb`], which is dropped first.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    let _bomb = Bomb;
    if request.body() == b"run away" {
        return Ok(Response::new(run_away(context).to_le_bytes()));
    }
    panic!("the first panic");
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
