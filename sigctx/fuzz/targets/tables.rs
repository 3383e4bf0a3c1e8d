//! Arbitrary bytes as an unwind table: a worker reads it from memory that others write.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mote_fuzz::use_everything;
use mote_sigctx::unwind::UnwindTable;

/// As the tables of images are aligned.
#[repr(align(4))]
struct Aligned([u8; 4096]);

fuzz_target!(|bytes: &[u8]| {
    let mut table = Aligned([0; 4096]);
    let length = bytes.len().min(table.0.len());
    table.0[..length].copy_from_slice(&bytes[..length]);
    if let Some(table) = UnwindTable::new(&table.0[..length]) {
        use_everything(table);
    }
});
