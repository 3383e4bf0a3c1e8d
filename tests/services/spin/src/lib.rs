//! Never ends, and never calls anything. Shows that a service which offers no place to be unwound is
//! still stopped: discarded in `guarded` and `discard`.
#![no_std]

use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

/// Counts for ever, in a register that the compiler must believe to be watched.
pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}
