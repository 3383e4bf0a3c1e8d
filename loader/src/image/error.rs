//! What [`Image::parse`](crate::Image::parse) refuses.
#![forbid(unsafe_code)]

use alloc::vec::Vec;

use super::segment_kind::SegmentKind;

/// Why bytes are not an image at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The first bytes are other ones.
    #[error("not an ELF file: it starts with {found:02x?}; give an image that `mote build` made")]
    NotElf {
        /// The first bytes, at most four.
        found: Vec<u8>,
    },
    /// The file ends too early.
    #[error("truncated: {what} ends at byte {end}, but the file has {file_bytes}; copy it again")]
    Truncated {
        /// What is cut off.
        what: &'static str,
        /// Where it would end, in bytes from the file's start.
        end: u64,
        /// The file's length in bytes.
        file_bytes: u64,
    },
    /// `EI_CLASS` is not `ELFCLASS64`.
    #[error("ELF class {found} is not 2 (64-bit); build the image with `mote build`")]
    Class {
        /// The class.
        found: u8,
    },
    /// `EI_DATA` is not `ELFDATA2LSB`.
    #[error("ELF data encoding {found} is not 1 (little-endian); build it with `mote build`")]
    Endianness {
        /// The encoding.
        found: u8,
    },
    /// `EI_VERSION` is not `EV_CURRENT`.
    #[error("ELF version {found} is not 1; build the image with `mote build`")]
    Version {
        /// The version.
        found: u8,
    },
    /// `e_machine` is not `EM_X86_64`.
    #[error("built for ELF machine {found}, not 62 (x86-64); build it again with `mote build`")]
    Machine {
        /// The machine.
        found: u16,
    },
    /// `e_type` is not `ET_DYN`.
    #[error("ELF type {found} is not 3 (shared object); give an image that `mote build` made")]
    Type {
        /// The type.
        found: u16,
    },
    /// There are no program headers, or more than any image has.
    #[error("{found} program headers; an image has 1 to 32")]
    HeaderCount {
        /// How many there are.
        found: usize,
    },
    /// A table's entries have another size than the format's.
    #[error("an entry of {what} has {found} bytes instead of {expected}")]
    EntrySize {
        /// The table.
        what: &'static str,
        /// The stated size in bytes.
        found: u64,
        /// The format's size in bytes.
        expected: u64,
    },
    /// Offsets and counts of the file header exceed any file.
    #[error("the file header's offsets and counts exceed any file")]
    HeaderOverflow,
    /// A segment is not linked where one of the windows begins.
    #[error(
        "segment {index} is linked at {address:#x}; text belongs at 0, read-only at 0x20000000, \
         data at 0x40000000"
    )]
    SegmentAddress {
        /// The position among the program headers.
        index: usize,
        /// Where it is linked.
        address: u64,
    },
    /// There are two segments of one kind.
    #[error("there are two {kind} segments; an image has one")]
    SegmentTwice {
        /// The kind.
        kind: SegmentKind,
    },
    /// A segment that every image has is not there.
    #[error("there is no {kind} segment at {:#x}", .kind.address())]
    SegmentMissing {
        /// The kind.
        kind: SegmentKind,
    },
    /// A segment has less memory than bytes, or more than a window.
    #[error(
        "the {kind} segment has {file_bytes} bytes in the file and {memory_bytes} in memory; \
         memory holds at least the file's bytes and at most 536870912"
    )]
    SegmentMemory {
        /// The kind.
        kind: SegmentKind,
        /// Its bytes in the file.
        file_bytes: u64,
        /// Its bytes in memory.
        memory_bytes: u64,
    },
    /// There is no `PT_DYNAMIC`.
    #[error("there is no dynamic table; link the image with `mote build`")]
    DynamicMissing,
    /// A table does not lie in the read-only segment's bytes.
    #[error("the {what} table ({bytes} bytes at {address:#x}) is not in the read-only segment")]
    TableOutside {
        /// The table.
        what: &'static str,
        /// Its address.
        address: u64,
        /// Its length in bytes.
        bytes: u64,
    },
    /// A table has an address and no size, or a size and no address.
    #[error("the dynamic table gives only one of address and size of the {what} table")]
    TableHalf {
        /// The table.
        what: &'static str,
    },
    /// A table that every image has is not there.
    #[error("the dynamic table names no {what} table")]
    TableMissing {
        /// The table.
        what: &'static str,
    },
    /// The hash table does not say how many symbols there are.
    #[error("the hash table at {address:#x} is damaged")]
    HashTable {
        /// Its address.
        address: u64,
    },
    /// A symbol's name is not a short string of the string table.
    #[error("the name of dynamic symbol {index} is not in the string table, not UTF-8 or too long")]
    SymbolName {
        /// The position in the symbol table.
        index: usize,
    },
    /// The note is too short, or not UTF-8.
    #[error("the note in .note.mote is damaged; build the image again with `mote build`")]
    Note,
}
