//! The file header and the program headers. Spec: gABI 4.1 and 5.1.
#![forbid(unsafe_code)]

use alloc::vec::Vec;

use elf::ElfBytes;
use elf::abi::{
    EI_CLASS, EI_DATA, EI_VERSION, ELFCLASS64, ELFDATA2LSB, ELFMAGIC, EM_X86_64, ET_DYN, EV_CURRENT,
};
use elf::endian::LittleEndian;
use elf::segment::ProgramHeader;

use super::error::ParseError;

/// Length of the file header, in bytes.
const HEADER_BYTES: usize = 64;

/// More program headers than any image has.
const HEADERS_MAX: usize = 32;

/// The program headers of an ELF shared object for x86-64.
pub(super) fn program_headers(bytes: &[u8]) -> Result<Vec<ProgramHeader>, ParseError> {
    identify(bytes)?;
    let file = ElfBytes::<LittleEndian>::minimal_parse(bytes)
        .map_err(|error| headers_error(&error, bytes))?;
    match (file.ehdr.e_machine, file.ehdr.e_type) {
        (EM_X86_64, ET_DYN) => {}
        (EM_X86_64, found) => return Err(ParseError::Type { found }),
        (found, _) => return Err(ParseError::Machine { found }),
    }
    let Some(table) = file.segments() else { return Err(ParseError::HeaderCount { found: 0 }) };
    match table.len() {
        1..=HEADERS_MAX => Ok(table.iter().collect()),
        found => Err(ParseError::HeaderCount { found }),
    }
}

/// Checks the part of the file header that says how to read the rest.
fn identify(bytes: &[u8]) -> Result<(), ParseError> {
    if !bytes.starts_with(&ELFMAGIC) {
        let found = bytes.iter().copied().take(ELFMAGIC.len()).collect();
        return Err(ParseError::NotElf { found });
    }
    let header = bytes.get(..HEADER_BYTES).ok_or(ParseError::Truncated {
        what: "the file header",
        end: HEADER_BYTES as u64,
        file_bytes: bytes.len() as u64,
    })?;
    match (header[EI_CLASS], header[EI_DATA], header[EI_VERSION]) {
        (ELFCLASS64, ELFDATA2LSB, EV_CURRENT) => Ok(()),
        (ELFCLASS64, ELFDATA2LSB, found) => Err(ParseError::Version { found }),
        (ELFCLASS64, found, _) => Err(ParseError::Endianness { found }),
        (found, ..) => Err(ParseError::Class { found }),
    }
}

/// What can still go wrong behind a header that [`identify`] accepts.
fn headers_error(error: &elf::ParseError, bytes: &[u8]) -> ParseError {
    match *error {
        elf::ParseError::SliceReadError((_, end)) => ParseError::Truncated {
            what: "a header table",
            end: end as u64,
            file_bytes: bytes.len() as u64,
        },
        elf::ParseError::BadEntsize((found, expected)) => {
            ParseError::EntrySize { what: "a header table", found, expected }
        }
        _ => ParseError::HeaderOverflow,
    }
}
