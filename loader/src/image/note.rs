//! The note that names what built an image. Spec: gABI 5.1 "Note Section"; `mote_abi::image`.
#![forbid(unsafe_code)]

use elf::abi::PT_NOTE;
use elf::endian::LittleEndian;
use elf::file::Class;
use elf::note::{Note as ElfNote, NoteIterator};
use elf::segment::ProgramHeader;
use mote_abi::image::{NOTE_NAME, NOTE_TYPE};

use super::error::ParseError;
use super::segment::file_range;

/// What the note of an image says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note<'a> {
    /// Version of the ABI.
    pub(super) abi_version: u32,
    /// The compiler.
    pub(super) toolchain: &'a str,
}

impl<'a> Note<'a> {
    /// The first note of an image among all notes of the file.
    pub(super) fn find(
        headers: &[ProgramHeader],
        file: &'a [u8],
    ) -> Result<Option<Self>, ParseError> {
        for header in headers.iter().filter(|header| header.p_type == PT_NOTE) {
            let outside = ParseError::Truncated {
                what: "a note",
                end: header.p_offset.saturating_add(header.p_filesz),
                file_bytes: file.len() as u64,
            };
            let bytes = file_range(header, file).ok_or(outside)?;
            if let Some(description) = description(bytes, header.p_align) {
                return Self::read(description).map(Some).ok_or(ParseError::Note);
            }
        }
        Ok(None)
    }

    fn read(description: &'a [u8]) -> Option<Self> {
        let (version, toolchain) = description.split_first_chunk()?;
        let toolchain = core::str::from_utf8(toolchain).ok()?;
        Some(Self { abi_version: u32::from_le_bytes(*version), toolchain })
    }
}

/// The description of the first note of ours in a segment of notes.
fn description(bytes: &[u8], align: u64) -> Option<&[u8]> {
    let align = if align == 8 { 8 } else { 4 };
    NoteIterator::new(LittleEndian, Class::ELF64, align, bytes).find_map(|note| match note {
        ElfNote::Unknown(note) if note.name == NOTE_NAME && note.n_type == u64::from(NOTE_TYPE) => {
            Some(note.desc)
        }
        _ => None,
    })
}
