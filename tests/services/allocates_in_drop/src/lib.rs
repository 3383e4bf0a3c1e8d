//! Never ends, and allocates in a destructor when it is unwound. Shows that allocations succeed again
//! once a raise is under way: the token is released behind the last of them, or not at all.
#![no_std]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use core::hint::black_box;

use mote_service::{Context, Request, Response, Result, Token};

const WORDS: usize = 16;

/// Writes its will before it goes.
struct Testator {
    heirs: Vec<String>,
    token: Option<Token>,
}

impl Drop for Testator {
    fn drop(&mut self) {
        let will: Vec<String> = self.heirs.iter().cloned().collect();
        if black_box(&will).len() == WORDS {
            self.token.take();
        }
        // A token that is left would be released by its own destructor.
        core::mem::forget(self.token.take());
    }
}

/// Runs away below a frame that has something to drop.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let heirs = (0..WORDS).map(|_| String::from("heir")).collect();
    let testator = Testator { heirs, token: Some(context.token()) };
    let turns = run_away(context);
    drop(testator);
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
