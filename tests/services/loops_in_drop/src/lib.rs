//! Never ends in a destructor. Shows the hard deadline: a raise cannot end what runs because of one,
//! so the service is discarded and its token taken back.
#![no_std]

use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

/// A value whose destructor never ends.
struct Forever;

impl Drop for Forever {
    fn drop(&mut self) {
        let mut turns = 0_u64;
        loop {
            turns = black_box(turns.wrapping_add(1));
        }
    }
}

/// Panics, so that unwinding runs the destructor; with the body `return` it is run by returning, and
/// with `run away` by a raise.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    let _forever = Forever;
    if request.body() == b"return" {
        return Ok(Response::default());
    }
    if request.body() == b"run away" {
        return Ok(Response::new(run_away(context).to_le_bytes()));
    }
    panic!("now drop it");
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
