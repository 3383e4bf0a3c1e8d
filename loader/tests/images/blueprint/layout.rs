//! Lays a blueprint out as a file.

use elf::abi::{
    DT_GNU_HASH, DT_HASH, DT_JMPREL, DT_NULL, DT_PLTREL, DT_PLTRELSZ, DT_RELA, DT_RELAENT,
    DT_RELASZ, DT_STRSZ, DT_STRTAB, DT_SYMENT, DT_SYMTAB, EM_X86_64, ET_DYN, PF_R, PT_DYNAMIC,
    PT_GNU_EH_FRAME, PT_LOAD, PT_NOTE,
};
use mote_abi::image::{NOTE_NAME, NOTE_TYPE};

use super::cfi;
use super::parts::{Blueprint, GOT, GOT_WORDS, Hash, Header, Load, Reloc, Sym};

/// A part of the read-only segment: offset and length.
type Part = (u64, u64);

/// The read-only segment as it grows.
struct Rodata {
    bytes: Vec<u8>,
    /// Where its tables are said to lie.
    address: u64,
}

impl Rodata {
    fn add(&mut self, part: &[u8]) -> Part {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let start = self.bytes.len() as u64;
        self.bytes.extend_from_slice(part);
        (start, part.len() as u64)
    }

    fn at(&self, part: Part) -> u64 {
        self.address + part.0
    }
}

/// The file that `blueprint` describes.
pub(super) fn build(blueprint: &Blueprint) -> Vec<u8> {
    let address = blueprint.tables.map_or(GOT, |tables| tables.address);
    let mut rodata = Rodata { bytes: vec![0; 8 * GOT_WORDS as usize], address };
    rodata.add(&blueprint.constants);
    let (symbols, strings) = symbol_tables(&blueprint.symbols);
    let mut dynamic = tables(blueprint, &symbols, &strings, &mut rodata);
    let mut headers = blueprint.more_headers.clone();
    let mut add_header = |kind, segment, (start, bytes): Part| {
        headers.push(Header { kind, flags: PF_R, address: segment + start, bytes });
    };
    if let Some((version, toolchain)) = &blueprint.note {
        add_header(PT_NOTE, GOT, rodata.add(&note(*version, toolchain)));
    }
    if let Some(functions) = &blueprint.functions {
        let here = GOT + rodata.bytes.len().next_multiple_of(8) as u64;
        let (bytes, header_bytes) = cfi::build(functions, here);
        let (start, _) = rodata.add(&bytes);
        add_header(PT_GNU_EH_FRAME, GOT, (start, header_bytes));
    }
    adjust(&mut dynamic, blueprint);
    if blueprint.has_dynamic {
        add_header(PT_DYNAMIC, rodata.address, rodata.add(&dynamic_bytes(&dynamic)));
    }
    file(blueprint, &rodata.bytes, &headers)
}

fn tables(
    blueprint: &Blueprint,
    symbols: &[u8],
    strings: &[u8],
    rodata: &mut Rodata,
) -> Vec<(i64, u64)> {
    let symbols = rodata.add(symbols);
    let strings = rodata.add(strings);
    let relocations = rodata.add(&relocation_bytes(&blueprint.relocations));
    let plt = rodata.add(&relocation_bytes(&blueprint.plt_relocations));
    let mut dynamic = vec![
        (DT_SYMTAB, rodata.at(symbols)),
        (DT_SYMENT, 24),
        (DT_STRTAB, rodata.at(strings)),
        (DT_STRSZ, strings.1),
        (DT_RELA, rodata.at(relocations)),
        (DT_RELASZ, relocations.1),
        (DT_RELAENT, 24),
        (DT_JMPREL, rodata.at(plt)),
        (DT_PLTRELSZ, plt.1),
        (DT_PLTREL, DT_RELA as u64),
    ];
    let tag_and_bytes = match blueprint.hash {
        Hash::Gnu => Some((DT_GNU_HASH, gnu_hash(&blueprint.symbols))),
        Hash::SystemV => Some((DT_HASH, words(&[1, blueprint.symbols.len() as u32 + 1]))),
        Hash::None => None,
    };
    if let Some((tag, bytes)) = tag_and_bytes {
        let part = rodata.add(&bytes);
        dynamic.push((tag, rodata.at(part)));
    }
    dynamic
}

fn adjust(dynamic: &mut Vec<(i64, u64)>, blueprint: &Blueprint) {
    for &(tag, value) in &blueprint.dynamic {
        dynamic.iter_mut().filter(|entry| entry.0 == tag).for_each(|entry| entry.1 = value);
    }
    dynamic.retain(|(tag, _)| !blueprint.without_dynamic.contains(tag));
    dynamic.extend(&blueprint.more_dynamic);
}

fn dynamic_bytes(dynamic: &[(i64, u64)]) -> Vec<u8> {
    let end = [(DT_NULL, 0)];
    let entries = dynamic.iter().chain(&end);
    entries.flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()]).flatten().collect()
}

fn symbol_tables(symbols: &[Sym]) -> (Vec<u8>, Vec<u8>) {
    let (mut table, mut strings) = (vec![0; 24], vec![0]);
    for symbol in symbols {
        table.extend((strings.len() as u32).to_le_bytes());
        table.extend([1 << 4 | symbol.kind, 0]);
        table.extend(symbol.section.to_le_bytes());
        table.extend(symbol.value.to_le_bytes());
        table.extend(0_u64.to_le_bytes());
        strings.extend(&symbol.name);
        strings.push(0);
    }
    (table, strings)
}

/// One bucket, whose chain holds every symbol from the first defined one on.
fn gnu_hash(symbols: &[Sym]) -> Vec<u8> {
    let defined = symbols.iter().position(|symbol| symbol.section != 0).unwrap_or(symbols.len());
    let (first, count) = (defined as u32 + 1, (symbols.len() - defined) as u32);
    let mut table = vec![1, first, 1, 0, 0, 0, if count == 0 { 0 } else { first }];
    table.extend((0..count).map(|i| u32::from(i + 1 == count)));
    words(&table)
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn relocation_bytes(relocations: &[Reloc]) -> Vec<u8> {
    let fields = relocations.iter().flat_map(|relocation| {
        let info = u64::from(relocation.symbol) << 32 | u64::from(relocation.kind);
        [relocation.at, info, relocation.addend as u64]
    });
    fields.flat_map(u64::to_le_bytes).collect()
}

fn note(version: u32, toolchain: &[u8]) -> Vec<u8> {
    let mut note = words(&[NOTE_NAME.len() as u32, 4 + toolchain.len() as u32, NOTE_TYPE]);
    note.extend(NOTE_NAME);
    note.resize(note.len().next_multiple_of(4), 0);
    note.extend(version.to_le_bytes());
    note.extend(toolchain);
    note.resize(note.len().next_multiple_of(4), 0);
    note
}

fn file(blueprint: &Blueprint, rodata: &[u8], headers: &[Header]) -> Vec<u8> {
    let contents = [Some(&blueprint.text[..]), Some(rodata), blueprint.data.as_deref()];
    let placed = blueprint.loads.iter().zip(contents);
    let placed = placed.filter_map(|(load, bytes)| Some((*load, bytes?)));
    let loads: Vec<(Load, &[u8])> =
        placed.chain(blueprint.tables.map(|load| (load, rodata))).collect();
    let count = loads.len() + headers.len();
    let mut file = file_header(count as u16);
    let mut body = Vec::new();
    let body_start = (file.len() + 56 * count) as u64;
    let mut rodata_start = 0;
    for (load, bytes) in &loads {
        let start = body_start + body.len() as u64;
        if load.address == GOT {
            rodata_start = start;
        }
        let length = bytes.len() as u64;
        file.extend(header_bytes(PT_LOAD, load.flags, start, load.address, length, load));
        body.extend_from_slice(bytes);
    }
    for header in headers {
        let start = header.address.wrapping_sub(GOT).wrapping_add(rodata_start);
        let load = Load { address: header.address, flags: 0, align: 4, zeros: 0 };
        let (address, bytes) = (header.address, header.bytes);
        file.extend(header_bytes(header.kind, header.flags, start, address, bytes, &load));
    }
    file.extend(body);
    file
}

fn file_header(headers: u16) -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(16, 0);
    header.extend([ET_DYN, EM_X86_64].into_iter().flat_map(u16::to_le_bytes));
    header.extend(1_u32.to_le_bytes());
    header.extend([0_u64, 64, 0].into_iter().flat_map(u64::to_le_bytes));
    header.extend(0_u32.to_le_bytes());
    header.extend([64, 56, headers, 64, 0, 0].into_iter().flat_map(u16::to_le_bytes));
    header
}

fn header_bytes(
    kind: u32,
    flags: u32,
    start: u64,
    address: u64,
    bytes: u64,
    load: &Load,
) -> Vec<u8> {
    let memory = bytes.wrapping_add(load.zeros);
    let mut header = words(&[kind, flags]);
    let fields = [start, address, address, bytes, memory, load.align];
    header.extend(fields.into_iter().flat_map(u64::to_le_bytes));
    header
}
