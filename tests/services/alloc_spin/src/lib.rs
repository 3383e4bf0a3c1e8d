//! Never ends, and allocates. Shows `guarded`: past its budget the next allocation fails, which the
//! compiler knows may unwind, so every destructor runs: strings, vectors, a map, tokens inside it.
//!
//! It allocates slowly, about 32 bytes each microsecond, so that its budget ends before its memory
//! even on a heap that never frees.
#![no_std]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::hint::black_box;

use mote_service::{Context, Request, Response, Result, Token};

const TOKENS: usize = 4;
const WORDS: usize = 8;
const TURNS_BETWEEN_ALLOCATIONS: u64 = 3000;

/// What must be dropped when the service is unwound.
struct Ledger {
    tokens: BTreeMap<usize, (String, Token)>,
    words: Vec<String>,
}

/// Opens four tokens, then replaces strings for ever.
pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let mut ledger = open(context);
    let mut turn = 0;
    loop {
        compute();
        ledger.words[turn % WORDS] = String::from("a word of no more than 32 bytes");
        turn = turn.wrapping_add(1);
        black_box((&ledger.words, &ledger.tokens));
    }
}

fn open(context: &mut Context) -> Ledger {
    let named = |index| (index, (String::from("token"), context.token()));
    let words = (0..WORDS).map(|_| String::from("word")).collect();
    Ledger { tokens: (0..TOKENS).map(named).collect(), words }
}

/// About a microsecond without a call.
#[inline(never)]
fn compute() {
    for turn in 0..TURNS_BETWEEN_ALLOCATIONS {
        black_box(turn);
    }
}
