//! Never ends, and is nearly always inside one long fill or copy. Shows that these are stopped as
//! promptly as anything else. The body says what it does: `fill BYTES`, `copy BYTES`, or `zeroed BYTES`,
//! which is an allocation that the host clears.
#![no_std]

extern crate alloc;

use alloc::vec;
use core::hint::black_box;

use mote_service::{Context, Error, Request, Response, Result};

/// Never answers, unless it does not understand.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    let text = core::str::from_utf8(request.body())?;
    let (what, bytes) = text.split_once(' ').ok_or(Error::new("say what, and how many bytes"))?;
    let bytes = bytes.parse().map_err(|_| Error::new("the number of bytes is not one"))?;
    let turns = match what {
        "fill" => fill(bytes),
        "copy" => copy(bytes),
        "zeroed" => zeroed(bytes),
        _ => return Err(Error::new("it is fill, copy or zeroed")),
    };
    Ok(Response::new(turns.to_le_bytes()))
}

#[inline(never)]
fn fill(bytes: usize) -> u64 {
    let mut buffer = vec![1_u8; bytes];
    for_ever(|turn| black_box(&mut buffer).fill(turn as u8))
}

#[inline(never)]
fn copy(bytes: usize) -> u64 {
    let (from, mut to) = (vec![1_u8; bytes], vec![2_u8; bytes]);
    for_ever(|_| black_box(&mut to).copy_from_slice(black_box(&from)))
}

#[inline(never)]
fn zeroed(bytes: usize) -> u64 {
    for_ever(|_| drop(black_box(vec![0_u8; bytes])))
}

/// The panic is what lets the compiler believe that this may unwind.
fn for_ever(mut each: impl FnMut(u64)) -> u64 {
    let mut turn = 0_u64;
    loop {
        turn = turn.wrapping_add(1);
        assert_ne!(black_box(turn), u64::MAX, "counted to the end");
        each(turn);
    }
}
