//! Arbitrary bytes as code and as the slots that it calls through.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mote_sigctx::code::{Code, Search};

/// Where the code lies.
const TEXT: u64 = 0x1000_0000;

/// Where the slots lie.
const RODATA: u64 = 0x2000_0000;

/// Bytes that are slots.
const SLOTS_BYTES: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let (rodata, text) = bytes.split_at(bytes.len().min(SLOTS_BYTES));
    let code =
        Code {
            text,
            text_address: TEXT,
            rodata,
            rodata_address: RODATA,
            resume: 0x7000_0000,
            panicking: 0x7000_1000,
        };
    let mut search = Search::new(code);
    for offset in 0..text.len().min(64) as u64 {
        let _: bool = search.can_unwind(TEXT + offset);
    }
});
