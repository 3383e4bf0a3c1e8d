//! Computes past its budget, then panics with a message that allocates. Shows that a panic which
//! meets a raise that is already due is the raise: its message is written and its token released.
#![no_std]

extern crate alloc;

use core::fmt;
use core::hint::black_box;

use mote_service::{Context, Request, Response, Result};

/// Turns of some tenths of a second in all.
const TURNS: u64 = 200_000_000;

/// Text that is made when it is asked for.
struct Late;

impl fmt::Display for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&alloc::format!("late by {TURNS} turns"))
    }
}

/// Holds a token, computes, panics.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let _token = context.token();
    for turn in 0..TURNS {
        black_box(turn);
    }
    panic!("{Late}");
}
