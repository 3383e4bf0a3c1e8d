//! Arbitrary bytes as an image: parsed, checked, and its unwind table used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mote_fuzz::use_everything;
use mote_loader::{Expected, Image, functions, verify};

fuzz_target!(|bytes: &[u8]| {
    let Ok(image) = Image::parse(bytes) else { return };
    // What is refused, is; it must not be anything else.
    let _ = (image.imports(), functions(&image));
    let expected = Expected::of(image.toolchain().unwrap_or_default());
    if let Some(table) = verify(bytes, &expected).ok().as_ref().and_then(|it| it.unwind_table()) {
        use_everything(table);
    }
});
