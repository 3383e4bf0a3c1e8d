//! Images with machine code that no compiler makes: that of a built image, with one of
//! its functions replaced. The loader takes them as any other image, because nothing forbidden is in them.
//!
//! The entry is called as `entry(rdi body, rsi bytes)`.

use std::ops::Range;

use elf::ElfBytes;
use elf::abi::STT_FUNC;
use elf::endian::LittleEndian;
use mote_loader::{Image, SegmentKind};

/// Stands in a `call [rip + …]` for the way to an import: see [`with_entry`].
pub const IMPORT: u32 = 0x1122_3344;

/// One-byte breakpoint.
const INT3: u8 = 0xcc;

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

/// Code that asks for its process's number by `syscall`, in the second byte of an instruction, and returns.
#[macro_export]
macro_rules! hidden_system_call {
    () => {
        $crate::machine_code!(
            "lea r8, [rip + 3f]",
            "inc r8",
            "mov eax, 39",
            "jmp r8",
            // mov edx, …: its last bytes are `syscall; ret` and a filler.
            "3: mov edx, 0x90c3050f",
            "ret",
        )
    };
}

/// `image` with `code` as its entry, in the place of its largest function. Each [`IMPORT`] in the code becomes
/// the way to `import`.
///
/// # Panics
/// If the image has no such import, or no function of that length.
#[must_use]
pub fn with_entry(mut image: Vec<u8>, code: &[u8], import: &str) -> Vec<u8> {
    let parsed = Image::parse(&image).expect("a built image");
    let uses = parsed.imports();
    let found = uses.iter().find(|it| it.name == import).and_then(|it| it.first_use);
    let slot = found.unwrap_or_else(|| panic!("the image does not import {import}"));
    let text = parsed.segments().find(|it| it.kind == SegmentKind::Text).expect("it has text");
    let text_offset = text.bytes.as_ptr().addr() - image.as_ptr().addr();
    let (entry, room) = largest_function(&image);
    assert!(code.len() <= room, "{} bytes of code for {room}", code.len());
    let function = &mut image[text_offset + entry as usize..][..room];
    function.fill(INT3);
    function[..code.len()].copy_from_slice(&linked(code, entry, slot));
    set_entry(&mut image, entry);
    image
}

/// Address and length of the largest function that has a symbol.
fn largest_function(image: &[u8]) -> (u64, usize) {
    let file = ElfBytes::<LittleEndian>::minimal_parse(image).expect("a built image");
    let (symbols, _) = file.symbol_table().ok().flatten().expect("it has symbols");
    let functions = symbols.iter().filter(|it| it.st_symtype() == STT_FUNC && !it.is_undefined());
    let largest = functions.max_by_key(|it| it.st_size).expect("it has functions");
    (largest.st_value, largest.st_size as usize)
}

/// Makes `entry` the address of the only function that the image defines for others.
fn set_entry(image: &mut [u8], entry: u64) {
    const SYMBOL_BYTES: usize = 24;
    const VALUE: Range<usize> = 8..16;
    let file = ElfBytes::<LittleEndian>::minimal_parse(image).expect("a built image");
    let header = file.section_header_by_name(".dynsym").ok().flatten().expect("it has symbols");
    let (symbols, _) = file.dynamic_symbol_table().ok().flatten().expect("it has symbols");
    let index = symbols.iter().position(|it| it.st_symtype() == STT_FUNC && !it.is_undefined());
    let symbol = header.sh_offset as usize + SYMBOL_BYTES * index.expect("it has an entry");
    image[symbol..][VALUE].copy_from_slice(&entry.to_le_bytes());
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
