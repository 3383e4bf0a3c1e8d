//! Panics below as many frames as the request says, each with a token. Shows that a long way up is unwound frame by
//! frame, wherever on it an invocation is stopped.
#![no_std]

use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

/// Holds a token in each frame, panics in the last.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let depth = core::str::from_utf8(request.body())?.parse()?;
    Ok(Response::new(descend(context, depth).to_le_bytes()))
}

#[inline(never)]
fn descend(context: &mut Context, depth: u64) -> u64 {
    let token = context.token();
    if depth == 0 {
        panic!("at the bottom");
    }
    let below = descend(context, black_box(depth - 1));
    drop(token);
    below + 1
}
