//! What is not an image at all: one damage, one error.

use crate::blueprint::{Blueprint, GOT, Hash, Load, TOOLCHAIN, bytes_error, changed, parse_error};
use elf::abi::{DT_GNU_HASH, DT_HASH, DT_RELASZ, DT_STRSZ, DT_STRTAB, DT_SYMTAB, R_X86_64_COPY};
use mote_abi::image::{ABI_VERSION, DATA_OFFSET, RODATA_OFFSET};
use mote_loader::{Image, ImportUse, ParseError, RelocationCounts, SegmentKind};

#[test]
fn image_says_what_it_holds_when_it_is_good() {
    let bytes = Blueprint::default().build();
    let image = Image::parse(&bytes).unwrap();
    assert_eq!(image.toolchain(), Some(TOOLCHAIN));
    assert_eq!(image.abi_version(), Some(ABI_VERSION));
    assert_eq!(image.entry(), Some(16));
    let header = image.eh_frame_hdr().unwrap();
    assert_eq!(header.end - header.start, 20);
    let counts = RelocationCounts { relative: 3, glob_dat: 1, jump_slot: 1, direct: 1, other: 0 };
    assert_eq!(image.relocation_counts(), counts);
    let used = |name, first_use| ImportUse { name, first_use: Some(first_use) };
    let imports =
        [used("mote_alloc", GOT), used("memcpy", GOT + 24), used("rust_eh_personality", GOT + 16)];
    assert_eq!(image.imports(), imports);
}

#[test]
fn segments_are_told_apart_by_address() {
    let bytes = Blueprint::default().build();
    let image = Image::parse(&bytes).unwrap();
    let segments: Vec<_> = image.segments().map(|it| (it.kind, it.address)).collect();
    let expected = [
        (SegmentKind::Text, 0),
        (SegmentKind::ReadOnly, RODATA_OFFSET),
        (SegmentKind::Data, DATA_OFFSET),
    ];
    assert_eq!(segments, expected);
    let data = image.segments().last().unwrap();
    assert_eq!((data.bytes.len(), data.memory_bytes), (80, 128));
}

#[test]
fn symbols_are_the_same_under_either_hash_table() {
    let (gnu, system_v) = (Blueprint::default(), changed(|it| it.hash = Hash::SystemV));
    let (gnu, system_v) = (gnu.build(), system_v.build());
    let [gnu, system_v] = [&gnu, &system_v].map(|bytes| Image::parse(bytes).unwrap());
    let names = |image: &Image<'_>| image.imports().iter().map(|it| it.name.len()).sum::<usize>();
    assert_eq!(names(&gnu), names(&system_v));
    assert_eq!(system_v.entry(), Some(16));
}

#[test]
fn relocations_of_unknown_kind_are_counted() {
    let bytes = changed(|it| it.relocations[0].kind = R_X86_64_COPY).build();
    assert_eq!(Image::parse(&bytes).unwrap().relocation_counts().other, 1);
}

#[test]
fn file_is_refused_when_it_is_not_elf() {
    let error = Image::parse(b"#!/bin/sh").unwrap_err();
    assert_eq!(error, ParseError::NotElf { found: b"#!/b".to_vec() });
    assert_eq!(Image::parse(b"").unwrap_err(), ParseError::NotElf { found: Vec::new() });
}

#[test]
fn file_is_refused_when_cut_anywhere() {
    let bytes = Blueprint::default().build();
    for end in 4..bytes.len() {
        let error = Image::parse(&bytes[..end]).unwrap_err();
        assert!(matches!(error, ParseError::Truncated { .. }), "cut at {end}: {error}");
    }
}

#[test]
fn file_is_refused_when_made_for_another_machine() {
    assert_eq!(bytes_error(|it| it[4] = 1), ParseError::Class { found: 1 });
    assert_eq!(bytes_error(|it| it[5] = 2), ParseError::Endianness { found: 2 });
    assert_eq!(bytes_error(|it| it[6] = 0), ParseError::Version { found: 0 });
    assert_eq!(bytes_error(|it| it[16] = 2), ParseError::Type { found: 2 });
    assert_eq!(bytes_error(|it| it[18] = 183), ParseError::Machine { found: 183 });
}

#[test]
fn program_headers_are_refused_when_none_many_or_misshapen() {
    assert_eq!(bytes_error(|it| it[56] = 0), ParseError::HeaderCount { found: 0 });
    let many = parse_error(|it| {
        let header = crate::blueprint::Header { kind: 0, flags: 0, address: 0, bytes: 0 };
        it.more_headers = vec![header; 33];
    });
    assert!(matches!(many, ParseError::HeaderCount { found: 39 }), "{many}");
    let misshapen = bytes_error(|it| it[54] = 55);
    assert!(matches!(misshapen, ParseError::EntrySize { found: 55, expected: 56, .. }));
}

#[test]
fn headers_are_refused_when_their_offset_overflows() {
    let error = bytes_error(|it| it[32..40].fill(0xff));
    assert_eq!(error, ParseError::HeaderOverflow);
}

#[test]
fn segment_is_refused_when_misplaced_doubled_or_missing() {
    let misplaced = parse_error(|it| it.loads[1].address += 4096);
    assert_eq!(misplaced, ParseError::SegmentAddress { index: 1, address: RODATA_OFFSET + 4096 });
    let doubled = parse_error(|it| it.loads[2].address = 0);
    assert_eq!(doubled, ParseError::SegmentTwice { kind: SegmentKind::Text });
    let missing = parse_error(|it| {
        it.data = None;
        it.loads[0].address = DATA_OFFSET;
    });
    assert_eq!(missing, ParseError::SegmentMissing { kind: SegmentKind::Text });
}

#[test]
fn segment_is_refused_when_its_memory_is_less_than_its_bytes_or_more_than_a_window() {
    let zeros = |zeros| move |it: &mut Blueprint| it.loads[2] = Load { zeros, ..it.loads[2] };
    let more = parse_error(zeros((512 << 20) - 79));
    assert!(matches!(more, ParseError::SegmentMemory { memory_bytes: 0x2000_0001, .. }), "{more}");
    let less = parse_error(zeros(u64::MAX));
    assert!(matches!(less, ParseError::SegmentMemory { memory_bytes: 79, .. }), "{less}");
}

#[test]
fn dynamic_table_is_refused_when_missing() {
    assert_eq!(parse_error(|it| it.has_dynamic = false), ParseError::DynamicMissing);
}

#[test]
fn table_is_refused_when_outside_half_named_or_missing() {
    let outside = parse_error(|it| it.dynamic = vec![(DT_STRTAB, 16)]);
    assert!(matches!(outside, ParseError::TableOutside { what: "string", address: 16, .. }));
    let long = parse_error(|it| it.dynamic = vec![(DT_RELASZ, u64::MAX)]);
    assert!(matches!(long, ParseError::TableOutside { what: "relocation", .. }), "{long}");
    let half = parse_error(|it| it.without_dynamic = vec![DT_STRSZ]);
    assert_eq!(half, ParseError::TableHalf { what: "string" });
    let missing = parse_error(|it| it.without_dynamic = vec![DT_SYMTAB]);
    assert_eq!(missing, ParseError::TableMissing { what: "symbol" });
    let unhashed = parse_error(|it| it.hash = Hash::None);
    assert_eq!(unhashed, ParseError::TableMissing { what: "hash" });
}

#[test]
fn hash_table_is_refused_when_it_lies() {
    let outside = parse_error(|it| it.dynamic = vec![(DT_GNU_HASH, 64)]);
    assert_eq!(outside, ParseError::HashTable { address: 64 });
    let text = parse_error(|it| {
        it.hash = Hash::SystemV;
        it.dynamic = vec![(DT_HASH, GOT + 512)];
    });
    assert!(matches!(text, ParseError::TableOutside { what: "symbol", .. }), "{text}");
}

#[test]
fn symbol_is_refused_when_its_name_is_unreadable() {
    let not_utf8 = parse_error(|it| it.symbols[1].name = vec![0xff]);
    assert_eq!(not_utf8, ParseError::SymbolName { index: 2 });
    let long = parse_error(|it| it.symbols[2].name = vec![b'a'; 512]);
    assert_eq!(long, ParseError::SymbolName { index: 3 });
    let cut = parse_error(|it| it.dynamic = vec![(DT_STRSZ, 4)]);
    assert_eq!(cut, ParseError::SymbolName { index: 1 });
}

#[test]
fn note_is_refused_when_its_text_is_not_utf8() {
    let error = parse_error(|it| it.note = Some((1, vec![0xff])));
    assert_eq!(error, ParseError::Note);
}
