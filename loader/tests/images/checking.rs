//! What an image may not contain: one change to a good one, one error.

use crate::blueprint::{
    Blueprint, Described, GOT, Header, Load, Reloc, Sym, TOOLCHAIN, changed, check_error, load,
};
use elf::abi::*;
use mote_abi::image::{ABI_VERSION, DATA_OFFSET, RODATA_OFFSET, TABLES_OFFSET, state};
use mote_loader::{CfiError, CheckError, DATA_LIMIT_BYTES, Expected, Image, SegmentKind, verify};

#[test]
fn image_is_accepted_when_good() {
    let checked = load(&Blueprint::default().build()).unwrap();
    assert_eq!(checked.entry(), 16);
    assert_eq!(checked.data_bytes(), 128);
    assert_eq!(checked.relocations(), 6);
    assert_eq!(checked.slot_align(), 64);
    assert_eq!(checked.slot_bytes() % 64, 0);
}

#[test]
fn image_is_accepted_without_data_or_unwind_table_or_relocations() {
    let bare = changed(|it| {
        it.data = None;
        it.functions = None;
        it.relocations.clear();
        it.plt_relocations.clear();
    });
    let checked = load(&bare.build()).unwrap();
    assert_eq!((checked.data_bytes(), checked.relocations()), (0, 0));
}

#[test]
fn image_is_refused_when_one_byte_larger_than_admitted() {
    let bytes = Blueprint::default().build();
    let with_limit = |image_bytes_max| {
        let expected = Expected { image_bytes_max, ..Expected::of(TOOLCHAIN) };
        verify(&bytes, &expected).err()
    };
    let (bytes, limit) = (bytes.len() as u64, bytes.len() as u64 - 1);
    assert_eq!(with_limit(bytes), None);
    assert_eq!(with_limit(limit), Some(CheckError::ImageBytes { bytes, limit }.into()));
    assert_eq!(Expected::of(TOOLCHAIN).image_bytes_max, 8 << 20);
}

#[test]
fn segment_is_refused_when_writable_and_executable() {
    for (index, kind) in [(0, SegmentKind::Text), (2, SegmentKind::Data)] {
        let error = check_error(|it| it.loads[index].flags = PF_R | PF_W | PF_X);
        assert_eq!(error, CheckError::WritableExecutable { kind });
    }
}

#[test]
fn segment_is_refused_when_its_rights_are_another_kinds() {
    let error = check_error(|it| it.loads[1].flags = PF_R | PF_X);
    let kind = SegmentKind::ReadOnly;
    assert_eq!(error, CheckError::SegmentFlags { kind, found: 5, expected: 4 });
    let error = check_error(|it| it.loads[2].flags = PF_R);
    let kind = SegmentKind::Data;
    assert_eq!(error, CheckError::SegmentFlags { kind, found: 4, expected: 6 });
}

#[test]
fn segment_is_refused_when_alignment_is_odd_or_above_a_page() {
    for found in [3, 8192] {
        let error = check_error(|it| it.loads[2].align = found);
        assert_eq!(error, CheckError::Alignment { kind: SegmentKind::Data, found });
    }
}

#[test]
fn segment_is_refused_when_it_claims_zeros_it_cannot_need() {
    let error = check_error(|it| it.loads[1].zeros = 4097);
    assert_eq!(error, CheckError::ZeroTail { kind: SegmentKind::ReadOnly, bytes: 4097 });
    let error = check_error(|it| it.loads[0].zeros = 1 << 28);
    assert_eq!(error, CheckError::ZeroTail { kind: SegmentKind::Text, bytes: 1 << 28 });
}

#[test]
fn data_is_refused_when_one_byte_above_its_limit() {
    let with_zeros = |zeros| changed(|it| it.loads[2].zeros = zeros).build();
    let checked = load(&with_zeros(DATA_LIMIT_BYTES - 80)).unwrap();
    assert_eq!(u64::from(checked.slot_bytes()), DATA_LIMIT_BYTES);
    let error = check_error(|it| it.loads[2].zeros = DATA_LIMIT_BYTES - 79);
    assert_eq!(error, CheckError::DataBytes { bytes: DATA_LIMIT_BYTES + 1 });
}

#[test]
fn program_header_is_refused_when_it_asks_for_more_than_loading() {
    let refused = |kind, flags| {
        let header = Header { kind, flags, address: GOT, bytes: 8 };
        check_error(|it| it.more_headers.push(header))
    };
    assert_eq!(refused(PT_TLS, PF_R), CheckError::ThreadLocalStorage);
    assert_eq!(refused(PT_INTERP, PF_R), CheckError::Interpreter);
    assert_eq!(refused(PT_GNU_STACK, PF_R | PF_W | PF_X), CheckError::ExecutableStack);
    assert_eq!(refused(0x7000_0001, PF_R), CheckError::HeaderType { found: 0x7000_0001 });
}

#[test]
fn program_header_is_accepted_when_it_only_informs() {
    for kind in [PT_GNU_STACK, PT_GNU_RELRO, PT_GNU_PROPERTY, PT_PHDR, PT_NULL] {
        let header = Header { kind, flags: PF_R | PF_W, address: GOT, bytes: 8 };
        load(&changed(|it| it.more_headers.push(header)).build()).unwrap();
    }
}

#[test]
fn unwind_table_is_refused_when_outside_the_read_only_segment() {
    let header = Header { kind: PT_GNU_EH_FRAME, flags: PF_R, address: DATA_OFFSET, bytes: 12 };
    let error = check_error(|it| {
        it.functions = None;
        it.more_headers.push(header);
    });
    let outside = CfiError::Header { address: DATA_OFFSET, bytes: 12 };
    assert_eq!(error, CheckError::Cfi(outside));
}

#[test]
fn image_is_refused_when_its_builder_is_unknown_or_another() {
    assert_eq!(check_error(|it| it.note = None), CheckError::NoteMissing);
    let version = ABI_VERSION + 1;
    let error = check_error(|it| it.note = Some((version, TOOLCHAIN.into())));
    assert_eq!(error, CheckError::AbiVersion { found: version, expected: ABI_VERSION });
    let error = check_error(|it| it.note = Some((ABI_VERSION, b"rustc 1.2.3".to_vec())));
    assert_eq!(
        error.to_string(),
        "image was built by rustc 1.2.3, this node runs rustc 1.95.0 (test): \
         build it again with `mote build`"
    );
}

#[test]
fn note_is_overlooked_when_it_has_another_owner() {
    let mut bytes = Blueprint::default().build();
    let owner = bytes.windows(5).position(|it| it == b"mote\0").unwrap();
    bytes[owner] = b'n';
    assert_eq!(load(&bytes).err(), Some(CheckError::NoteMissing.into()));
}

#[test]
fn message_is_safe_to_print_when_the_image_is_hostile() {
    let text = [b"\x1b[2J".as_slice(), &[b'a'; 4000]].concat();
    let message = check_error(|it| it.note = Some((ABI_VERSION, text))).to_string();
    assert!(!message.contains('\x1b') && message.len() < 300, "{message}");
}

#[test]
fn image_is_refused_when_it_needs_a_library() {
    let error = check_error(|it| it.more_dynamic = vec![(DT_NEEDED, 1)]);
    assert_eq!(error, CheckError::Needed { library: "mote_alloc".into() });
    let error = check_error(|it| it.more_dynamic = vec![(DT_NEEDED, u64::MAX)]);
    assert_eq!(error, CheckError::Needed { library: String::new() });
}

#[test]
fn image_is_refused_when_code_would_run_on_loading() {
    let with = |entries: &[(i64, u64)]| {
        let error = check_error(|it| it.more_dynamic = entries.to_vec());
        let CheckError::Initializer { tag } = error else { panic!("{error}") };
        tag
    };
    assert_eq!(with(&[(DT_INIT, 0)]), "DT_INIT");
    assert_eq!(with(&[(DT_FINI, 0)]), "DT_FINI");
    assert_eq!(with(&[(DT_INIT_ARRAY, GOT), (DT_INIT_ARRAYSZ, 8)]), "DT_INIT_ARRAY");
    assert_eq!(with(&[(DT_FINI_ARRAY, GOT)]), "DT_FINI_ARRAY");
    assert_eq!(with(&[(DT_PREINIT_ARRAYSZ, 8)]), "DT_PREINIT_ARRAY");
}

#[test]
fn array_of_initializers_is_accepted_when_empty() {
    let entries = vec![(DT_INIT_ARRAY, GOT), (DT_INIT_ARRAYSZ, 0)];
    load(&changed(|it| it.more_dynamic = entries).build()).unwrap();
}

#[test]
fn relocations_are_refused_when_in_text_or_in_another_format() {
    let with = |entry| check_error(|it| it.more_dynamic = vec![entry]);
    assert_eq!(with((DT_TEXTREL, 0)), CheckError::TextRelocations { tag: "DT_TEXTREL" });
    assert_eq!(with((DT_FLAGS, 0xc)), CheckError::TextRelocations { tag: "DF_TEXTREL" });
    assert_eq!(with((DT_REL, GOT)), CheckError::RelocationFormat { tag: "DT_REL" });
    assert_eq!(with((36, GOT)), CheckError::RelocationFormat { tag: "DT_RELR" });
}

#[test]
fn table_is_refused_when_its_entries_have_another_shape() {
    for (tag, value) in
        [(DT_PLTREL, 17), (DT_RELAENT, 16), (DT_SYMENT, 16), (DT_RELASZ, 23), (DT_PLTRELSZ, 23)]
    {
        let error = check_error(|it| it.dynamic = vec![(tag, value)]);
        assert!(matches!(error, CheckError::TableShape { found, .. } if found == value), "{error}");
    }
}

#[test]
fn import_is_refused_when_not_on_the_whitelist() {
    let error = check_error(|it| it.symbols[0].name = b"getpid".to_vec());
    let message = "import \"getpid\" at 0x20000000 is not on the whitelist (see mote inspect)";
    assert_eq!(error.to_string(), message);
    let error = check_error(|it| {
        it.symbols.insert(0, Sym::undefined("getpid"));
        it.relocations.clear();
        it.plt_relocations.clear();
    });
    assert_eq!(error.to_string(), "import \"getpid\" is not on the whitelist (see mote inspect)");
}

#[test]
fn symbol_is_refused_when_indirect_or_thread_local() {
    for found in [STT_GNU_IFUNC, STT_TLS] {
        let error = check_error(|it| it.symbols[1].kind = found);
        assert_eq!(error, CheckError::SymbolType { name: "memcpy".into(), found });
    }
}

#[test]
fn entry_is_refused_when_nothing_at_all_is_defined() {
    let error = check_error(|it| it.symbols.truncate(3));
    assert_eq!(error, CheckError::EntryMissing);
}

#[test]
fn entry_is_refused_when_missing_doubled_no_function_or_outside_text() {
    let missing = check_error(|it| it.symbols[3].name = b"main".to_vec());
    assert_eq!(missing, CheckError::EntryMissing);
    let doubled = check_error(|it| it.symbols.push(it.symbols[3].clone()));
    assert_eq!(doubled, CheckError::EntryTwice);
    let object = check_error(|it| it.symbols[3].kind = STT_OBJECT);
    assert_eq!(object, CheckError::EntryType { found: STT_OBJECT });
    for address in [300, RODATA_OFFSET] {
        let outside = check_error(|it| it.symbols[3].value = address);
        assert_eq!(outside, CheckError::EntryOutside { address });
    }
}

fn with_relocation(kind: u32, at: u64, symbol: u32, addend: i64) -> CheckError {
    check_error(|it| it.relocations.push(Reloc { at, kind, symbol, addend }))
}

#[test]
fn relocation_is_refused_when_its_kind_is_unknown() {
    for kind in [R_X86_64_COPY, R_X86_64_IRELATIVE, R_X86_64_DTPMOD64, R_X86_64_PC32, 9999] {
        let error = with_relocation(kind, GOT, 1, 0);
        assert_eq!(error, CheckError::RelocationKind { kind, address: GOT });
    }
}

#[test]
fn relocation_is_refused_when_it_changes_text_or_nothing_of_the_image() {
    for address in [0, 296, GOT - 4, DATA_OFFSET - 8, DATA_OFFSET + 121, u64::MAX - 3] {
        let error = with_relocation(R_X86_64_RELATIVE, address, 0, 0);
        assert_eq!(error, CheckError::RelocationTarget { address });
    }
}

#[test]
fn relocation_is_refused_when_it_changes_zeros() {
    for address in [DATA_OFFSET + 73, DATA_OFFSET + 80, DATA_OFFSET + 120] {
        let error = with_relocation(R_X86_64_RELATIVE, address, 0, 0);
        assert_eq!(error, CheckError::RelocationInZeros { address });
    }
}

#[test]
fn relocation_is_refused_when_its_symbol_has_no_address() {
    for symbol in [0, 5, u32::MAX] {
        let error = with_relocation(R_X86_64_GLOB_DAT, GOT, symbol, 0);
        assert_eq!(error, CheckError::RelocationSymbol { address: GOT, symbol });
    }
    let absolute = check_error(|it| {
        it.symbols.push(Sym { section: SHN_ABS, ..Sym::defined("x", STT_OBJECT, 8) });
        it.relocations.push(Reloc { at: GOT, kind: R_X86_64_64, symbol: 5, addend: 0 });
    });
    assert_eq!(absolute, CheckError::RelocationSymbol { address: GOT, symbol: 5 });
}

#[test]
fn relocation_is_refused_when_its_value_is_outside_the_image() {
    for addend in [-1, 301, RODATA_OFFSET as i64 - 1, DATA_OFFSET as i64 + 129, i64::MIN] {
        let error = with_relocation(R_X86_64_RELATIVE, GOT, 0, addend);
        assert_eq!(error, CheckError::RelocationValue { address: GOT, value: addend as u64 });
    }
    let error = with_relocation(R_X86_64_64, GOT, 4, -17);
    assert_eq!(error, CheckError::RelocationValue { address: GOT, value: u64::MAX });
}

#[test]
fn relocation_is_refused_when_it_points_beside_an_import() {
    let error = with_relocation(R_X86_64_64, GOT, 2, 8);
    assert_eq!(error, CheckError::ImportAddend { address: GOT, import: "memcpy", addend: 8 });
}

#[test]
fn text_is_refused_when_it_contains_a_system_call() {
    for offset in [20, 297] {
        let error = check_error(|it| it.text[offset..][..2].copy_from_slice(&[0x0f, 0x05]));
        let CheckError::Instruction { instruction, place } = error else { panic!("{error}") };
        assert_eq!((instruction, place.address), ("syscall", offset as u64));
        assert!(place.to_string().starts_with(&format!("text (at {offset:#x}, bytes 0f 05 ")));
    }
}

#[test]
fn text_is_accepted_when_a_constant_reads_like_a_system_call() {
    let compare = [0x3d, 0x0f, 0x05, 0x00, 0x00];
    load(&changed(|it| it.text[20..25].copy_from_slice(&compare)).build()).unwrap();
}

#[test]
fn text_is_refused_when_it_holds_data_or_half_instructions() {
    let error = check_error(|it| it.text[20] = 0x06);
    assert!(matches!(error, CheckError::NoInstruction { .. }), "{error}");
    let error = check_error(|it| it.text[214] = 0xb8);
    assert!(matches!(error, CheckError::InstructionStraddles { .. }), "{error}");
    let error = check_error(|it| it.text[20..22].copy_from_slice(&[0xeb, 0x80]));
    assert!(matches!(error, CheckError::BranchTarget { target: -106, .. }), "{error}");
    let error = check_error(|it| it.text[20..24].copy_from_slice(&[0x66, 0x74, 0x00, 0x90]));
    assert!(matches!(error, CheckError::BranchPrefix { .. }), "{error}");
}

#[test]
fn functions_are_refused_when_they_overlap_or_leave_text() {
    let with = |functions| {
        let error = check_error(|it| it.functions = Some(functions));
        let CheckError::Cfi(error) = error else { panic!("{error}") };
        error
    };
    let error = with(vec![Described::at(16, 20), Described::at(35, 20)]);
    assert_eq!(error, CfiError::Overlap { first: 16, second: 35 });
    let error = with(vec![Described::at(290, 11)]);
    assert_eq!(error, CfiError::FunctionOutside { start: 290, bytes: 11 });
    let twice_and_empty = vec![Described::at(16, 20), Described::at(16, 20), Described::at(17, 0)];
    load(&changed(|it| it.functions = Some(twice_and_empty)).build()).unwrap();
}

#[test]
fn state_that_text_can_change_is_told() {
    let state = |bytes: &[u8]| {
        let blueprint = changed(|it| it.text[20..][..bytes.len()].copy_from_slice(bytes));
        load(&blueprint.build()).unwrap().state()
    };
    assert_eq!(state(&[0x90]), 0);
    assert_eq!(state(&[0xd9, 0xe8, 0x9d]), state::X87 | state::FLAGS);
}

/// The loader's tables in a segment of their own.
fn apart(it: &mut Blueprint) {
    it.tables = Some(Load { address: TABLES_OFFSET, flags: PF_R, align: 64, zeros: 0 });
}

#[test]
fn tables_may_lie_in_a_segment_of_their_own() {
    let bytes = changed(apart).build();
    assert!(load(&bytes).is_ok(), "{:?}", load(&bytes));
    let image = Image::parse(&bytes).unwrap();
    assert_eq!(image.segments().count(), 4);
    assert_eq!(image.imports().len(), 3);
}

#[test]
fn address_in_the_tables_is_refused_because_they_are_not_placed() {
    let error = check_error(|it| {
        apart(it);
        it.relocations[1].addend = TABLES_OFFSET as i64 + 8;
    });
    let value = TABLES_OFFSET + 8;
    assert!(matches!(error, CheckError::RelocationValue { value: found, .. } if found == value));
}

#[test]
fn relocation_of_the_tables_is_refused() {
    let error = check_error(|it| {
        apart(it);
        it.relocations[1].at = TABLES_OFFSET + 8;
    });
    assert!(matches!(error, CheckError::RelocationTarget { .. }), "{error}");
}

#[test]
fn writable_tables_are_refused() {
    let error = check_error(|it| {
        it.tables = Some(Load { address: TABLES_OFFSET, flags: PF_R | PF_W, align: 64, zeros: 0 });
    });
    assert!(matches!(error, CheckError::SegmentFlags { kind: SegmentKind::Tables, .. }), "{error}");
}
