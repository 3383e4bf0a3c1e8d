//! Recurses without end. Shows that the guard of the service stack is found and the service
//! discarded, with the outcome `stack_overflow`; its token is taken back.
#![no_std]

use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

/// Holds a token at the bottom of the stack.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    Ok(Response::new(descend(1).to_le_bytes()))
}

/// Not a tail call: the frame is needed after the deeper ones.
#[inline(never)]
fn descend(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    if depth == 0 {
        return 0;
    }
    descend(depth.wrapping_add(1)).wrapping_add(frame[(depth % 16) as usize])
}
