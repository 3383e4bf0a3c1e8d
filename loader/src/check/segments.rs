//! Judges the program headers and the segments.
#![forbid(unsafe_code)]

use elf::abi::{
    PF_R, PF_W, PF_X, PT_DYNAMIC, PT_GNU_EH_FRAME, PT_GNU_PROPERTY, PT_GNU_RELRO, PT_GNU_STACK,
    PT_INTERP, PT_LOAD, PT_NOTE, PT_NULL, PT_PHDR, PT_TLS,
};
use elf::segment::ProgramHeader;

use crate::error::CheckError;
use crate::image::{Image, Segment, SegmentKind};

/// The largest alignment, and the most padding behind bytes that are not data.
const PAGE_BYTES: u64 = 4096;

use mote_abi::image::DATA_LIMIT_BYTES;

/// Checks every program header and every segment of `image`.
pub(super) fn check(image: &Image<'_>) -> Result<(), CheckError> {
    image.headers().iter().try_for_each(check_header)?;
    image.segments().try_for_each(check_segment)
}

fn check_header(header: &ProgramHeader) -> Result<(), CheckError> {
    match header.p_type {
        PT_TLS => Err(CheckError::ThreadLocalStorage),
        PT_INTERP => Err(CheckError::Interpreter),
        PT_GNU_STACK if header.p_flags & PF_X != 0 => Err(CheckError::ExecutableStack),
        PT_NULL | PT_LOAD | PT_DYNAMIC | PT_NOTE | PT_PHDR => Ok(()),
        PT_GNU_EH_FRAME | PT_GNU_STACK | PT_GNU_RELRO | PT_GNU_PROPERTY => Ok(()),
        found => Err(CheckError::HeaderType { found }),
    }
}

fn check_segment(segment: &Segment<'_>) -> Result<(), CheckError> {
    check_flags(segment)?;
    let kind = segment.kind;
    if segment.align > PAGE_BYTES || (segment.align != 0 && !segment.align.is_power_of_two()) {
        return Err(CheckError::Alignment { kind, found: segment.align });
    }
    if kind == SegmentKind::Data && segment.memory_bytes > DATA_LIMIT_BYTES {
        return Err(CheckError::DataBytes { bytes: segment.memory_bytes });
    }
    let bytes = segment.memory_bytes - segment.bytes.len() as u64;
    if kind != SegmentKind::Data && bytes > PAGE_BYTES {
        return Err(CheckError::ZeroTail { kind, bytes });
    }
    Ok(())
}

fn check_flags(segment: &Segment<'_>) -> Result<(), CheckError> {
    let (kind, found) = (segment.kind, segment.flags);
    let expected = match kind {
        SegmentKind::Text => PF_R | PF_X,
        SegmentKind::ReadOnly | SegmentKind::Tables => PF_R,
        SegmentKind::Data => PF_R | PF_W,
    };
    match found {
        _ if found == expected => Ok(()),
        _ if found & (PF_W | PF_X) == PF_W | PF_X => Err(CheckError::WritableExecutable { kind }),
        _ => Err(CheckError::SegmentFlags { kind, found, expected }),
    }
}
