//! The notes that say what built an image, and of what. Spec: gABI 5.1 "Note Section"; `mote_abi::image`.
#![forbid(unsafe_code)]

use elf::abi::PT_NOTE;
use elf::endian::LittleEndian;
use elf::file::Class;
use elf::note::{Note as ElfNote, NoteIterator};
use elf::segment::ProgramHeader;
use mote_abi::image::{NOTE_NAME, NOTE_TYPE, PROVENANCE_TYPE, Provenance};

use super::error::ParseError;
use super::segment::file_range;

/// What the notes of an image say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note<'a> {
    /// Version of the ABI.
    pub(super) abi_version: u32,
    /// The compiler.
    pub(super) toolchain: &'a str,
    /// What it was made of, if it says so.
    pub(super) provenance: Option<Provenance>,
}

impl<'a> Note<'a> {
    /// The first notes of an image among all notes of the file.
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
            if let Some(built_by) = description(bytes, header.p_align, NOTE_TYPE) {
                let made_of = description(bytes, header.p_align, PROVENANCE_TYPE);
                return Self::read(built_by, made_of).map(Some).ok_or(ParseError::Note);
            }
        }
        Ok(None)
    }

    fn read(built_by: &'a [u8], made_of: Option<&[u8]>) -> Option<Self> {
        let (version, toolchain) = built_by.split_first_chunk()?;
        let toolchain = core::str::from_utf8(toolchain).ok()?;
        let provenance = match made_of {
            Some(bytes) => Some(Provenance::of_bytes(bytes)?),
            None => None,
        };
        Some(Self { abi_version: u32::from_le_bytes(*version), toolchain, provenance })
    }
}

/// The description of the first note of ours of that type in a segment of notes.
fn description(bytes: &[u8], align: u64, kind: u32) -> Option<&[u8]> {
    let align = if align == 8 { 8 } else { 4 };
    NoteIterator::new(LittleEndian, Class::ELF64, align, bytes).find_map(|note| match note {
        ElfNote::Unknown(note) if note.name == NOTE_NAME && note.n_type == u64::from(kind) => {
            Some(note.desc)
        }
        _ => None,
    })
}
