//! The dynamic table, and the tables that it names. Spec: gABI 5.2 "Dynamic Section".
//!
//! All of them are read where they lie in the segment of tables, or in the read-only one.
#![forbid(unsafe_code)]

use elf::abi::{
    DT_JMPREL, DT_NULL, DT_PLTRELSZ, DT_RELA, DT_RELASZ, DT_STRSZ, DT_STRTAB, PT_DYNAMIC,
};
use elf::dynamic::{Dyn, DynamicTable};
use elf::endian::LittleEndian;
use elf::file::Class;
use elf::relocation::{Rela, RelaIterator};
use elf::segment::ProgramHeader;

use super::error::ParseError;
use super::segment::Segment;

/// The dynamic table, its string table and its relocations.
#[derive(Debug)]
pub(crate) struct Dynamic<'a> {
    entries: DynamicTable<'a, LittleEndian>,
    strings: &'a [u8],
    relocations: &'a [u8],
    plt_relocations: &'a [u8],
}

impl<'a> Dynamic<'a> {
    /// The table that `headers` name, in `tables`.
    pub(super) fn find(
        headers: &[ProgramHeader],
        tables: &Segment<'a>,
    ) -> Result<Self, ParseError> {
        let header = headers.iter().find(|header| header.p_type == PT_DYNAMIC);
        let header = header.ok_or(ParseError::DynamicMissing)?;
        let bytes = table("dynamic", header.p_vaddr, header.p_filesz, tables)?;
        let entries = DynamicTable::new(LittleEndian, Class::ELF64, bytes);
        let find = |what, address, bytes| match (value(&entries, address), value(&entries, bytes)) {
            (Some(address), Some(bytes)) => table(what, address, bytes, tables),
            (None, None) => Ok(&[][..]),
            _ => Err(ParseError::TableHalf { what }),
        };
        let strings = find("string", DT_STRTAB, DT_STRSZ)?;
        let relocations = find("relocation", DT_RELA, DT_RELASZ)?;
        let plt_relocations = find("PLT relocation", DT_JMPREL, DT_PLTRELSZ)?;
        Ok(Self { entries, strings, relocations, plt_relocations })
    }

    /// The entries before the one that ends the table.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Dyn> + use<'a> {
        entries(&self.entries)
    }

    /// The value of the first entry with `tag`.
    pub(crate) fn value(&self, tag: i64) -> Option<u64> {
        value(&self.entries, tag)
    }

    /// The string table.
    pub(crate) fn strings(&self) -> &'a [u8] {
        self.strings
    }

    /// Both tables of relocations, one after the other.
    pub(super) fn relocations(&self) -> impl Iterator<Item = Rela> + use<'a> {
        let relocations = |bytes| RelaIterator::new(LittleEndian, Class::ELF64, bytes);
        relocations(self.relocations).chain(relocations(self.plt_relocations))
    }
}

/// The `bytes` bytes at `address`, which hold the table called `what`.
pub(super) fn table<'a>(
    what: &'static str,
    address: u64,
    bytes: u64,
    tables: &Segment<'a>,
) -> Result<&'a [u8], ParseError> {
    tables.bytes_at(address, bytes).ok_or(ParseError::TableOutside { what, address, bytes })
}

fn entries<'a>(table: &DynamicTable<'a, LittleEndian>) -> impl Iterator<Item = Dyn> + use<'a> {
    table.iter().take_while(|entry| entry.d_tag != DT_NULL)
}

fn value(table: &DynamicTable<'_, LittleEndian>, tag: i64) -> Option<u64> {
    entries(table).find(|entry| entry.d_tag == tag).map(|entry| entry.d_val())
}
