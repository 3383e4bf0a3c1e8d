//! The worker program, made for one place: an executable for fixed addresses out of a position-independent one.
//!
//! The kernel would put a position-independent program elsewhere in each process, and somebody inside would have
//! to relocate it. Here that is done once for all workers of a node, in the file that they are started from, with
//! all else that names addresses, symbols and sections too, so that debuggers and profilers read it as any program.
//! What relocations fill is not written afterwards: the linker has put it into a segment of its own (`PT_GNU_RELRO`),
//! which loses the right to be written.
//!
//! Total: any bytes are answered. Spec: System V gABI chapters 4 and 5, System V AMD64 psABI 4.4.

use std::ops::Range;

use elf::ElfBytes;
use elf::abi::{
    ET_DYN, ET_EXEC, PF_W, PT_GNU_RELRO, PT_LOAD, R_X86_64_RELATIVE, SHF_ALLOC, SHN_ABS, SHT_RELA,
};
use elf::endian::LittleEndian;
use elf::file::Class;
use elf::segment::ProgramHeader;

use super::error::ProgramError;

/// Where fields lie in `Elf64_Ehdr`, `Elf64_Phdr`, `Elf64_Shdr` and `Elf64_Sym`, in bytes.
const FILE_TYPE: usize = 16;
const FILE_ENTRY: usize = 24;
const SEGMENT_FLAGS: usize = 4;
const SEGMENT_ADDRESS: usize = 16;
const SEGMENT_PHYSICAL_ADDRESS: usize = 24;
const SEGMENT_MEMORY_BYTES: usize = 40;
const SEGMENT_BYTES: usize = 56;
const SECTION_ADDRESS: usize = 16;
const SECTION_BYTES: usize = 64;
const SYMBOL_VALUE: usize = 8;
const SYMBOL_BYTES: usize = 24;

/// `program`, position-independent and linked at 0, made to run at `base`.
pub(super) fn relocated(program: &[u8], base: u64) -> Result<Vec<u8>, ProgramError> {
    let file = ElfBytes::<LittleEndian>::minimal_parse(program)?;
    if file.ehdr.class != Class::ELF64 || file.ehdr.e_type != ET_DYN {
        return Err(ProgramError::Fixed);
    }
    let mut patch = Patch { bytes: program.to_vec(), base };
    patch.set(FILE_TYPE, &ET_EXEC.to_le_bytes())?;
    patch.set(FILE_ENTRY, &file.ehdr.e_entry.wrapping_add(base).to_le_bytes())?;
    segments(&file, &mut patch)?;
    words(&file, &mut patch)?;
    sections(&file, &mut patch)?;
    symbols(&file, &mut patch)?;
    Ok(patch.bytes)
}

type File<'a> = ElfBytes<'a, LittleEndian>;

/// The bytes as far as they are changed.
struct Patch {
    bytes: Vec<u8>,
    base: u64,
}

impl Patch {
    fn set(&mut self, at: usize, value: &[u8]) -> Result<(), ProgramError> {
        let end = at.saturating_add(value.len());
        let field =
            self.bytes.get_mut(at..end).ok_or(ProgramError::Relocation { at: at as u64 })?;
        field.copy_from_slice(value);
        Ok(())
    }

    /// Puts `address`, as linked, where it lies now.
    fn set_address(&mut self, at: usize, address: u64) -> Result<(), ProgramError> {
        self.set(at, &address.wrapping_add(self.base).to_le_bytes())
    }
}

fn segments(file: &File<'_>, patch: &mut Patch) -> Result<(), ProgramError> {
    let Some(segments) = file.segments() else { return Ok(()) };
    let sealed = segments.iter().find(|it| it.p_type == PT_GNU_RELRO).map(|it| memory(&it));
    for (number, segment) in segments.iter().enumerate() {
        let at = entry(file.ehdr.e_phoff, number, SEGMENT_BYTES);
        patch.set_address(at + SEGMENT_ADDRESS, segment.p_vaddr)?;
        patch.set_address(at + SEGMENT_PHYSICAL_ADDRESS, segment.p_paddr)?;
        let is_sealed = sealed.as_ref().is_some_and(|sealed| is_within(&memory(&segment), sealed));
        if segment.p_type == PT_LOAD && is_sealed {
            patch.set(at + SEGMENT_FLAGS, &(segment.p_flags & !PF_W).to_le_bytes())?;
            // What is behind its bytes in the file is padding.
            patch.set(at + SEGMENT_MEMORY_BYTES, &segment.p_filesz.to_le_bytes())?;
        }
    }
    Ok(())
}

/// Every relocation is of a word that holds an address of the program.
fn words(file: &File<'_>, patch: &mut Patch) -> Result<(), ProgramError> {
    let sections = file.section_headers().into_iter().flat_map(|all| all.iter());
    for section in sections.filter(|it| it.sh_type == SHT_RELA && is_loaded(it.sh_flags)) {
        for word in file.section_data_as_relas(&section)? {
            let offset = file_offset(file, word.r_offset);
            match offset.filter(|_| word.r_type == R_X86_64_RELATIVE) {
                Some(at) => patch.set_address(at, word.r_addend.cast_unsigned())?,
                None => return Err(ProgramError::Relocation { at: word.r_offset }),
            }
        }
    }
    Ok(())
}

fn sections(file: &File<'_>, patch: &mut Patch) -> Result<(), ProgramError> {
    let sections = file.section_headers().into_iter().flat_map(|all| all.iter());
    for (number, section) in sections.enumerate().filter(|(_, it)| is_loaded(it.sh_flags)) {
        let at = entry(file.ehdr.e_shoff, number, SECTION_BYTES);
        patch.set_address(at + SECTION_ADDRESS, section.sh_addr)?;
    }
    Ok(())
}

fn symbols(file: &File<'_>, patch: &mut Patch) -> Result<(), ProgramError> {
    let Some(table) = file.section_header_by_name(".symtab")? else { return Ok(()) };
    let (symbols, _) = file.symbol_table()?.ok_or(ProgramError::NoSymbols)?;
    for (number, symbol) in symbols.iter().enumerate() {
        if !symbol.is_undefined() && symbol.st_shndx != SHN_ABS {
            let at = entry(table.sh_offset, number, SYMBOL_BYTES);
            patch.set_address(at + SYMBOL_VALUE, symbol.st_value)?;
        }
    }
    Ok(())
}

/// Where in the file the entry with this number of a table lies. The table was read, so it is wholly in the file.
fn entry(table: u64, number: usize, bytes: usize) -> usize {
    table as usize + number * bytes
}

/// Where the word at `address`, as linked, lies in the file.
fn file_offset(file: &File<'_>, address: u64) -> Option<usize> {
    let holds = |it: &ProgramHeader| {
        it.p_type == PT_LOAD && is_within(&(address..address.saturating_add(8)), &in_file(it))
    };
    let segment = file.segments()?.iter().find(holds)?;
    usize::try_from((address - segment.p_vaddr).checked_add(segment.p_offset)?).ok()
}

fn memory(segment: &ProgramHeader) -> Range<u64> {
    segment.p_vaddr..segment.p_vaddr.saturating_add(segment.p_memsz)
}

fn in_file(segment: &ProgramHeader) -> Range<u64> {
    segment.p_vaddr..segment.p_vaddr.saturating_add(segment.p_filesz)
}

fn is_within(inner: &Range<u64>, outer: &Range<u64>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn is_loaded(flags: u64) -> bool {
    flags & u64::from(SHF_ALLOC) != 0
}
