//! Images with machine code that no compiler makes: that of a built image, with the bytes at its entry
//! replaced. The loader takes them as any other image, because nothing forbidden is in them.
//!
//! The entry is called as `entry(rdi body, rsi bytes)`.

use mote_loader::{Image, SegmentKind};

/// Stands in a `call [rip + …]` for the way to an import: see [`with_entry`].
pub const IMPORT: u32 = 0x1122_3344;

/// The bytes of some assembly, which is not executed. It must not refer to anything outside itself.
/// `call [rip + 0x11223344]` stands for a call of an import.
#[macro_export]
macro_rules! machine_code {
    ($($line:literal),+ $(,)?) => {{
        let (start, end): (*const u8, *const u8);
        // SAFETY: jumps over the bytes, and changes two registers.
        unsafe {
            core::arch::asm!(
                "lea {start}, [rip + 20f]",
                "lea {end}, [rip + 21f]",
                "jmp 21f",
                "20:",
                $($line,)+
                "21:",
                start = out(reg) start,
                end = out(reg) end,
                options(nomem, nostack, preserves_flags),
            );
        }
        let bytes = end.addr() - start.addr();
        // SAFETY: the bytes between two labels of this function's text, which is readable.
        unsafe { core::slice::from_raw_parts(start, bytes) }.to_vec()
    }};
}

/// `image` with `code` at its entry. Each [`IMPORT`] in the code becomes the way to `import`.
///
/// # Panics
/// If the image has no such import, or its text is too short.
#[must_use]
pub fn with_entry(mut image: Vec<u8>, code: &[u8], import: &str) -> Vec<u8> {
    let parsed = Image::parse(&image).expect("a built image");
    let entry = parsed.entry().expect("a built image has one");
    let text = parsed.segments().find(|it| it.kind == SegmentKind::Text).expect("it has text");
    let start = text.bytes.as_ptr().addr() - image.as_ptr().addr() + entry as usize;
    let room = text.bytes.len() - entry as usize;
    assert!(code.len() <= room, "{} bytes of code for {room} bytes of text", code.len());
    let uses = parsed.imports();
    let found = uses.iter().find(|it| it.name == import).and_then(|it| it.first_use);
    let slot = found.unwrap_or_else(|| panic!("the image does not import {import}"));
    image[start..start + code.len()].copy_from_slice(&linked(code, entry, slot));
    image
}

/// `code`, linked at `entry`, with each [`IMPORT`] replaced by the distance to `slot`.
fn linked(code: &[u8], entry: u64, slot: u64) -> Vec<u8> {
    let mut code = code.to_vec();
    for at in 0..code.len().saturating_sub(3) {
        if code[at..at + 4] == IMPORT.to_le_bytes() {
            let distance = slot - (entry + at as u64 + 4);
            code[at..at + 4].copy_from_slice(&(distance as u32).to_le_bytes());
        }
    }
    code
}
