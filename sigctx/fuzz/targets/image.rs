//! Arbitrary bytes as an image: parsed, checked, and its tables used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mote_fuzz::use_everything;
use mote_loader::{Expected, Image, SegmentKind, verify};
use mote_sigctx::unwind::Module;

fuzz_target!(|bytes: &[u8]| {
    let Ok(image) = Image::parse(bytes) else { return };
    let toolchain = image.toolchain().unwrap_or_default();
    // What is refused, is; it must not be anything else.
    let _ = verify(bytes, &Expected::of(toolchain));
    if let Some(module) = tables(&image) {
        use_everything(&module);
    }
});

/// The tables of an image, as linked.
fn tables<'a>(image: &Image<'a>) -> Option<Module<'a>> {
    let segment = |kind| image.segments().find(|segment| segment.kind == kind);
    let (text, rodata) = (segment(SegmentKind::Text)?, segment(SegmentKind::ReadOnly)?);
    let start = text.kind.address();
    let text = start..start + text.bytes.len() as u64;
    Module::new(text, rodata.kind.address(), rodata.bytes, image.eh_frame_hdr()?).ok()
}
