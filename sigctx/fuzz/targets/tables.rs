//! Arbitrary bytes as a read-only segment that begins with an `.eh_frame_hdr`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mote_fuzz::use_everything;
use mote_sigctx::unwind::Module;

/// Where the segment lies.
const ADDRESS: u64 = 0x2000_0000;

/// Where the code lies that it describes.
const TEXT: std::ops::Range<u64> = 0x1000_0000..0x1010_0000;

fuzz_target!(|bytes: &[u8]| {
    let header = ADDRESS..ADDRESS + bytes.len() as u64;
    if let Ok(module) = Module::new(TEXT, ADDRESS, bytes, header) {
        use_everything(&module);
    }
});
