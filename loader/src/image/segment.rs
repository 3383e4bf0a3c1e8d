//! The segments of an image: three that are placed, and the loader's tables. Spec: gABI 5.1.
#![forbid(unsafe_code)]

use elf::abi::PT_LOAD;
use elf::segment::ProgramHeader;
use mote_abi::windows::WINDOW_BYTES;

use super::error::ParseError;
use super::segment_kind::SegmentKind;

/// A part of an image that is loaded, or read by the loader. It has no more bytes than memory, and no more memory than a
/// window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// What it is for.
    pub kind: SegmentKind,
    /// Its address as linked.
    pub address: u64,
    /// Its bytes in the file.
    pub bytes: &'a [u8],
    /// Its bytes in memory; those beyond `bytes` start as zeros.
    pub memory_bytes: u64,
    /// Its alignment in bytes, as stated.
    pub align: u64,
    /// Its `PF_` flags.
    pub flags: u32,
}

impl<'a> Segment<'a> {
    /// The file's bytes from `address` on, if the segment has any there.
    pub(crate) fn bytes_from(&self, address: u64) -> Option<&'a [u8]> {
        let offset = address.checked_sub(self.address)?;
        self.bytes.get(usize::try_from(offset).ok()?..)
    }

    /// The `bytes` bytes at `address`, if the file has them all.
    pub(crate) fn bytes_at(&self, address: u64, bytes: u64) -> Option<&'a [u8]> {
        self.bytes_from(address)?.get(..usize::try_from(bytes).ok()?)
    }

    /// Offset of `address` in the segment, if the `bytes` bytes there lie in its memory.
    pub(crate) fn offset_of(&self, address: u64, bytes: u64) -> Option<u64> {
        let offset = address.checked_sub(self.address)?;
        (offset.checked_add(bytes)? <= self.memory_bytes).then_some(offset)
    }

    fn new(index: usize, header: &ProgramHeader, file: &'a [u8]) -> Result<Self, ParseError> {
        let address = header.p_vaddr;
        let kind = SegmentKind::at(address).ok_or(ParseError::SegmentAddress { index, address })?;
        let outside = ParseError::Truncated {
            what: kind.name(),
            end: header.p_offset.saturating_add(header.p_filesz),
            file_bytes: file.len() as u64,
        };
        let bytes = file_range(header, file).ok_or(outside)?;
        if header.p_memsz < header.p_filesz || header.p_memsz > WINDOW_BYTES {
            return Err(ParseError::SegmentMemory {
                kind,
                file_bytes: header.p_filesz,
                memory_bytes: header.p_memsz,
            });
        }
        let (memory_bytes, align, flags) = (header.p_memsz, header.p_align, header.p_flags);
        Ok(Self { kind, address, bytes, memory_bytes, align, flags })
    }
}

/// The bytes of the file that `header` names, if they are all there.
pub(super) fn file_range<'a>(header: &ProgramHeader, file: &'a [u8]) -> Option<&'a [u8]> {
    let start = usize::try_from(header.p_offset).ok()?;
    file.get(start..)?.get(..usize::try_from(header.p_filesz).ok()?)
}

/// The segments of an image, one of a kind.
#[derive(Debug)]
pub(super) struct Segments<'a> {
    pub(super) text: Segment<'a>,
    pub(super) rodata: Segment<'a>,
    pub(super) data: Option<Segment<'a>>,
    /// Where the tables are: a segment of their own, or the read-only one.
    pub(super) tables: Segment<'a>,
}

impl<'a> Segments<'a> {
    /// The segments that `headers` name.
    pub(super) fn find(headers: &[ProgramHeader], file: &'a [u8]) -> Result<Self, ParseError> {
        let mut found = [None; 4];
        for (index, header) in headers.iter().enumerate() {
            if header.p_type == PT_LOAD {
                let segment = Segment::new(index, header, file)?;
                if found[segment.kind as usize].replace(segment).is_some() {
                    return Err(ParseError::SegmentTwice { kind: segment.kind });
                }
            }
        }
        let [text, rodata, data, tables] = found;
        let missing = |kind| ParseError::SegmentMissing { kind };
        let text = text.ok_or(missing(SegmentKind::Text))?;
        let rodata = rodata.ok_or(missing(SegmentKind::ReadOnly))?;
        Ok(Self { text, rodata, data, tables: tables.unwrap_or(rodata) })
    }
}
