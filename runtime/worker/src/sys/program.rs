//! This program's own segments: where host text is.
//!
//! Source: the ELF specification, "ELF Header" and "Program Header". Linkers put the file's header into
//! the first segment and call it `__ehdr_start`.

use core::ops::Range;
use core::slice;

const PT_LOAD: u32 = 1;
const PF_X: u32 = 1;
#[cfg(feature = "torture")]
const PF_W: u32 = 2;

/// `Elf64_Phdr`.
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    physical_address: u64,
    file_bytes: u64,
    memory_bytes: u64,
    align: u64,
}

/// `Elf64_Ehdr`, as far as it is used here.
#[repr(C)]
struct FileHeader {
    before: [u8; 32],
    headers_offset: u64,
    sections_offset: u64,
    flags: u32,
    header_bytes: u16,
    program_header_bytes: u16,
    program_headers: u16,
}

unsafe extern "C" {
    static __ehdr_start: FileHeader;
}

impl ProgramHeader {
    fn range(&self) -> Range<u64> {
        self.address..self.address + self.memory_bytes
    }
}

/// The running program's executable segment: host text. `None` if the program was not linked as it must be, with
/// one such segment.
#[must_use]
pub fn text() -> Option<Range<u64>> {
    let is_text = |h: &&ProgramHeader| h.kind == PT_LOAD && h.flags & PF_X != 0;
    Some(program_headers()?.iter().find(is_text)?.range())
}

/// The program's writable segment.
#[cfg(feature = "torture")]
#[must_use]
pub fn writable() -> Option<Range<u64>> {
    let is_writable = |h: &&ProgramHeader| h.kind == PT_LOAD && h.flags & PF_W != 0;
    Some(program_headers()?.iter().find(is_writable)?.range())
}

fn program_headers() -> Option<&'static [ProgramHeader]> {
    // SAFETY: the linker put this program's header there, in a segment that is never written.
    let file = unsafe { &__ehdr_start };
    if usize::from(file.program_header_bytes) != size_of::<ProgramHeader>() {
        return None;
    }
    let first = core::ptr::from_ref(file).addr() as u64 + file.headers_offset;
    // SAFETY: the program headers follow in the same segment, as many as the header says.
    Some(unsafe {
        slice::from_raw_parts(first as *const ProgramHeader, usize::from(file.program_headers))
    })
}
