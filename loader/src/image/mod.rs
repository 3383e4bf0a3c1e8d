//! Parsing: what an image says, before anyone asks whether it may.
//!
//! [`Image::parse`] finds the segments, the dynamic tables and the note, and nothing in an [`Image`]
//! reaches outside the file's bytes. Called by [`check`](crate::check) and by `mote inspect`.
#![forbid(unsafe_code)]

mod dynamic;
mod error;
mod header;
mod note;
mod segment;
mod segment_kind;
mod symbols;

use alloc::vec::Vec;
use core::ops::Range;

use elf::abi::PT_GNU_EH_FRAME;
use elf::relocation::Rela;
use elf::segment::ProgramHeader;
use mote_abi::image::Provenance;

pub(crate) use dynamic::Dynamic;
pub use error::ParseError;
use note::Note;
pub use segment::Segment;
use segment::Segments;
pub use segment_kind::SegmentKind;
pub(crate) use symbols::{NamedSymbol, Symbols};

/// A parsed image, borrowed from its bytes. Nothing in it has been judged yet: see
/// [`check`](crate::check()).
#[derive(Debug)]
pub struct Image<'a> {
    file: &'a [u8],
    headers: Vec<ProgramHeader>,
    segments: Segments<'a>,
    dynamic: Dynamic<'a>,
    symbols: Symbols<'a>,
    note: Option<Note<'a>>,
}

/// An undefined symbol of an image, and where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportUse<'a> {
    /// The symbol's name.
    pub name: &'a str,
    /// The address, as linked, of the first word that is relocated to it.
    pub first_use: Option<u64>,
}

/// How many relocations of each kind an image has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelocationCounts {
    /// `R_X86_64_RELATIVE`: the image's own addresses.
    pub relative: usize,
    /// `R_X86_64_GLOB_DAT`: slots of the global offset table.
    pub glob_dat: usize,
    /// `R_X86_64_JUMP_SLOT`: slots of the procedure linkage table.
    pub jump_slot: usize,
    /// `R_X86_64_64`: other words.
    pub direct: usize,
    /// Kinds that no image may have.
    pub other: usize,
}

impl<'a> Image<'a> {
    /// Parses the bytes of an image. Total: any bytes give a value or an error.
    ///
    /// # Errors
    /// The bytes are not an ELF shared object for x86-64, are cut short, or do not have the segments
    /// and tables of an image where an image has them.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let headers = header::program_headers(bytes)?;
        let segments = Segments::find(&headers, bytes)?;
        let dynamic = Dynamic::find(&headers, &segments.tables)?;
        let symbols = Symbols::find(&dynamic, &segments.tables)?;
        let note = Note::find(&headers, bytes)?;
        Ok(Self { file: bytes, headers, segments, dynamic, symbols, note })
    }

    /// The segments: text, read-only, and data and tables if there are any.
    pub fn segments(&self) -> impl Iterator<Item = &Segment<'a>> {
        let tables = Some(&self.segments.tables).filter(|it| it.kind == SegmentKind::Tables);
        self.placed().chain(tables)
    }

    /// The segments that are placed: all but the tables.
    pub(crate) fn placed(&self) -> impl Iterator<Item = &Segment<'a>> {
        [&self.segments.text, &self.segments.rodata].into_iter().chain(&self.segments.data)
    }

    /// The undefined symbols, in the order of the symbol table.
    #[must_use]
    pub fn imports(&self) -> Vec<ImportUse<'a>> {
        let first_uses = self.first_uses();
        let undefined = self.symbols.iter().filter(|symbol| symbol.symbol.is_undefined());
        undefined
            .map(|symbol| ImportUse { name: symbol.name, first_use: first_uses[symbol.index] })
            .collect()
    }

    /// How many relocations of each kind there are.
    #[must_use]
    pub fn relocation_counts(&self) -> RelocationCounts {
        let mut counts = RelocationCounts::default();
        for relocation in self.relocations() {
            *match relocation.r_type {
                elf::abi::R_X86_64_RELATIVE => &mut counts.relative,
                elf::abi::R_X86_64_GLOB_DAT => &mut counts.glob_dat,
                elf::abi::R_X86_64_JUMP_SLOT => &mut counts.jump_slot,
                elf::abi::R_X86_64_64 => &mut counts.direct,
                _ => &mut counts.other,
            } += 1;
        }
        counts
    }

    /// The compiler that built the image, as `rustc --version` prints it, if its note says so.
    #[must_use]
    pub fn toolchain(&self) -> Option<&'a str> {
        self.note.as_ref().map(|note| note.toolchain)
    }

    /// The version of the ABI that the image was built for, if its note says so.
    #[must_use]
    pub fn abi_version(&self) -> Option<u32> {
        self.note.as_ref().map(|note| note.abi_version)
    }

    /// What the image was made of, if its note says so.
    #[must_use]
    pub fn provenance(&self) -> Option<Provenance> {
        self.note.as_ref().and_then(|note| note.provenance)
    }

    /// The address, as linked, of the entry, if the image defines one.
    #[must_use]
    pub fn entry(&self) -> Option<u64> {
        self.symbols.entries().next().map(|entry| entry.symbol.st_value)
    }

    /// The addresses, as linked, of `.eh_frame_hdr`. Without it the image cannot be unwound.
    #[must_use]
    pub fn eh_frame_hdr(&self) -> Option<Range<u64>> {
        let header = self.headers.iter().find(|header| header.p_type == PT_GNU_EH_FRAME)?;
        Some(header.p_vaddr..header.p_vaddr.saturating_add(header.p_memsz))
    }

    pub(crate) fn file(&self) -> &'a [u8] {
        self.file
    }

    pub(crate) fn headers(&self) -> &[ProgramHeader] {
        &self.headers
    }

    /// The segment that has the `bytes` bytes at `address`, of those that are only read: what unwinding
    /// needs may be placed with constants or kept apart.
    pub(crate) fn unplaced_or_rodata(&self, address: u64, bytes: u64) -> Option<&Segment<'a>> {
        let read_only = [&self.segments.tables, &self.segments.rodata];
        read_only.into_iter().find(|segment| segment.bytes_at(address, bytes).is_some())
    }

    pub(crate) fn text(&self) -> &Segment<'a> {
        &self.segments.text
    }

    pub(crate) fn rodata(&self) -> &Segment<'a> {
        &self.segments.rodata
    }

    pub(crate) fn data(&self) -> Option<&Segment<'a>> {
        self.segments.data.as_ref()
    }

    pub(crate) fn dynamic(&self) -> &Dynamic<'a> {
        &self.dynamic
    }

    pub(crate) fn symbols(&self) -> &Symbols<'a> {
        &self.symbols
    }

    /// Both tables of relocations, one after the other.
    pub(crate) fn relocations(&self) -> impl Iterator<Item = Rela> + use<'a> {
        self.dynamic.relocations()
    }

    fn first_uses(&self) -> Vec<Option<u64>> {
        let mut first_uses = alloc::vec![None; self.symbols.count()];
        for relocation in self.relocations() {
            if let Some(first_use) = first_uses.get_mut(relocation.r_sym as usize) {
                first_use.get_or_insert(relocation.r_offset);
            }
        }
        first_uses
    }
}
