//! Never ends, while it holds what the body asks for: frames with a token each, and memory. Shows what
//! taking all of that back costs.
#![no_std]

extern crate alloc;

use alloc::vec::Vec;
use core::hint::black_box;

use mote_service::{Context, Error, Request, Response, Result};

/// The body is two little-endian numbers of 32 bits: frames, each with a token, and KiB of memory.
/// Answers only if the body is something else: with an error.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let Some((frames, rest)) = request.body().split_first_chunk() else {
        return Err(Error::new("the body has no number of frames"));
    };
    let Ok(kib) = rest.try_into().map(u32::from_le_bytes) else {
        return Err(Error::new("the body has no number of KiB"));
    };
    let memory = filled(kib);
    let turns = hold(context, u32::from_le_bytes(*frames));
    drop(memory);
    Ok(Response::new(turns.to_le_bytes()))
}

fn filled(kib: u32) -> Vec<u8> {
    let mut memory = Vec::new();
    memory.resize(kib as usize * 1024, 0x5a);
    black_box(memory)
}

/// One frame with one token.
#[inline(never)]
fn hold(context: &mut Context, frames: u32) -> u64 {
    if frames == 0 {
        return spin(context);
    }
    let token = context.token();
    let turns = hold(context, frames - 1);
    drop(token);
    black_box(turns)
}

/// Counts for ever, and offers a place to be unwound every so often.
#[inline(never)]
fn spin(context: &mut Context) -> u64 {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
        if turns % 64 == 0 {
            context.checkpoint();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_refused_when_it_is_not_two_numbers() {
        let mut context = Context::for_test();
        assert!(handle(&Request::new(b"ab"), &mut context).is_err());
        assert!(handle(&Request::new(&[1; 9]), &mut context).is_err());
    }
}
