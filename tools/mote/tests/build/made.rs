//! What images are made of.

use std::collections::BTreeSet;
use std::fs;

use elf::ElfBytes;
use elf::abi;
use elf::endian::LittleEndian;
use mote_abi::image::{
    DATA_OFFSET, ENTRY_SYMBOL, NOTE_SECTION, RODATA_OFFSET, TABLES_OFFSET, provenance,
};
use mote_abi::imports::Import;
use mote_builder::{Event, Layer, Layers, Limits, Options, Policy, Profile, Step, build};
use mote_loader::Image;

use crate::service::{self, Service, built};

const RELOCATIONS: [u32; 4] =
    [abi::R_X86_64_RELATIVE, abi::R_X86_64_GLOB_DAT, abi::R_X86_64_JUMP_SLOT, abi::R_X86_64_64];

fn parse(image: &[u8]) -> ElfBytes<'_, LittleEndian> {
    ElfBytes::minimal_parse(image).unwrap()
}

fn section_bytes(image: &[u8], name: &str) -> u64 {
    parse(image).section_header_by_name(name).unwrap().map_or(0, |section| section.sh_size)
}

/// The addresses of the loaded segments.
fn segments(image: &[u8]) -> Vec<u64> {
    let headers = parse(image).segments().unwrap();
    headers
        .iter()
        .filter(|header| header.p_type == abi::PT_LOAD)
        .map(|header| header.p_vaddr)
        .collect()
}

/// Undefined and defined names of the dynamic symbol table.
fn dynamic_symbols(image: &[u8]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (symbols, names) = parse(image).dynamic_symbol_table().unwrap().unwrap();
    let name =
        |symbol: &elf::symbol::Symbol| names.get(symbol.st_name as usize).unwrap().to_owned();
    let (undefined, defined): (Vec<_>, Vec<_>) =
        symbols.iter().skip(1).partition(|symbol| symbol.st_shndx == abi::SHN_UNDEF);
    (undefined.iter().map(name).collect(), defined.iter().map(name).collect())
}

/// The addresses of all symbols whose name ends with `ending`.
fn addresses(image: &[u8], ending: &str) -> Vec<u64> {
    let (symbols, names) = parse(image).symbol_table().unwrap().unwrap();
    let has_name = |symbol: &elf::symbol::Symbol| {
        names.get(symbol.st_name as usize).unwrap().ends_with(ending)
    };
    symbols.iter().filter(has_name).map(|symbol| symbol.st_value).collect()
}

#[test]
fn image_leaves_only_listed_imports_and_exports_only_the_entry() {
    let (undefined, defined) = dynamic_symbols(&built("wordcount"));
    let strangers: Vec<_> =
        undefined.iter().filter(|name| Import::from_name(name).is_none()).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    assert!(undefined.contains("_Unwind_Resume") && undefined.contains("mote_alloc"));
    assert_eq!(defined, BTreeSet::from([ENTRY_SYMBOL.to_owned()]));
}

#[test]
fn image_has_only_the_relocations_that_placing_knows() {
    let image = built("wordcount");
    let mut count = 0;
    for name in [".rela.dyn", ".rela.plt"] {
        let parsed = parse(&image);
        let section = parsed.section_header_by_name(name).unwrap().unwrap();
        for relocation in parsed.section_data_as_relas(&section).unwrap() {
            assert!(RELOCATIONS.contains(&relocation.r_type), "{relocation:?}");
            count += 1;
        }
    }
    assert!(count > RELOCATIONS.len());
}

#[test]
fn image_has_its_segments_where_the_windows_are() {
    assert_eq!(segments(&built("hello")), [0, RODATA_OFFSET, TABLES_OFFSET]);
    let all = [0, RODATA_OFFSET, DATA_OFFSET, TABLES_OFFSET];
    assert_eq!(segments(&built("counter")), all);
}

#[test]
fn image_names_what_built_it() {
    let image = built("hello");
    let parsed = parse(&image);
    let note = parsed.section_header_by_name(NOTE_SECTION).unwrap().unwrap();
    let (bytes, _) = parsed.section_data(&note).unwrap();
    let text = String::from_utf8_lossy(bytes);
    assert!(text.contains(mote_dispatcher::TOOLCHAIN), "{text}");
}

#[test]
fn image_says_what_it_was_made_of() {
    let provenance = |service: &Service, options: &Options| {
        let image = build(options, &mut |_| {}).unwrap().image;
        assert_eq!(options.directory, service.folder());
        Image::parse(&image).unwrap().provenance().unwrap()
    };
    let service = Service::copied("hello", "\"0.1\"");
    let options = service.options();
    let first = provenance(&service, &options);
    assert_eq!(hex(&first.policy), Policy::default().sha256());
    assert_eq!(first.build_seconds, Limits::default().seconds);
    assert_eq!(first.flags, provenance::OPTIMISED | provenance::SANDBOXED);
    let policy = Policy::parse("").unwrap();
    let limits = Limits { seconds: 33, ..Limits::default() };
    let other = Options { policy, limits, profile: Profile::Debug, ..options.clone() };
    let second = provenance(&service, &other);
    assert_eq!(second.source, first.source);
    assert_ne!(second.policy, first.policy);
    assert_eq!((second.build_seconds, second.flags), (33, provenance::SANDBOXED));
    service.append("src/lib.rs", "// a remark\n");
    assert_ne!(provenance(&service, &options).source, first.source);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn image_keeps_landing_pads_and_names_in_both_profiles() {
    for profile in [Profile::Release, Profile::Debug] {
        let service = Service::of_tests("guard_spin");
        let image = service.build_as(profile).unwrap().image;
        assert!(section_bytes(&image, ".gcc_except_table") > 0, "{profile:?}");
        assert!(!addresses(&image, ENTRY_SYMBOL).is_empty(), "{profile:?}");
        assert_eq!(section_bytes(&image, ".debug_info"), 0, "{profile:?}");
    }
}

/// The standard library's own would panic through a function that may not be unwound.
#[test]
fn refused_allocation_leads_to_the_image_s_own_panic() {
    let image = built("out_of_memory");
    let ours = addresses(&image, "mote_allocation_refused");
    assert_eq!(ours.len(), 1);
    assert_eq!(addresses(&image, "___rdl_alloc_error_handler"), ours);
}

#[test]
fn service_crate_is_the_carried_one_however_it_is_named() {
    let path = service::repository().join("runtime/service");
    let by_path = format!("{{ path = {:?} }}", path.to_str().unwrap());
    for named in ["\"0.1\"", "\"*\"", &by_path, "{ path = \"../nowhere\" }"] {
        let service = Service::copied("hello", named);
        service.build().unwrap_or_else(|error| panic!("{named}: {error}"));
    }
}

#[test]
fn service_crate_is_the_carried_one_when_another_version_lies_at_its_path() {
    let other = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"mote-service\"\nversion = \"7.0.0\"\n[workspace]\n";
    fs::write(other.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(other.path().join("src")).unwrap();
    fs::write(other.path().join("src/lib.rs"), "compile_error!(\"the other\");").unwrap();
    let path = format!("{{ path = {:?} }}", other.path().to_str().unwrap());
    Service::copied("hello", &path).build().unwrap();
}

#[test]
fn settings_of_the_user_cannot_break_an_image() {
    let service = Service::copied("wordcount", "\"0.1\"");
    service.append(
        "Cargo.toml",
        "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\
         [profile.release]\nlto = \"fat\"\npanic = \"abort\"\nstrip = true\n",
    );
    service.write(
        ".cargo/config.toml",
        "[build]\nrustc-wrapper = \"/nonexistent\"\ntarget = \"wasm32-unknown-unknown\"\n\
         rustflags = [\"-Cpanic=abort\", \"-Cno-such-option\"]\n",
    );
    let output = service.command().env("RUSTFLAGS", "-Cno-such-option").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let image = fs::read(service.image()).unwrap();
    assert!(section_bytes(&image, ".gcc_except_table") > 0);
}

#[test]
fn second_build_compiles_the_service_alone() {
    let service = Service::copied("hello", "\"0.1\"");
    let first = service.build().unwrap();
    let mut stale = Vec::new();
    let mut steps = Vec::new();
    let second = build(&service.options(), &mut |event| match event {
        Event::Compiled { package, is_fresh: false } => stale.push(package.to_owned()),
        Event::Step(step) => steps.push(step),
        _ => {}
    });
    assert_eq!(second.unwrap().image, first.image);
    if Layers::available().has(Layer::Namespaces) {
        assert_eq!(stale, ["hello"]);
    }
    assert_eq!(steps, Step::ALL);
}

#[test]
fn folder_of_the_user_gets_only_the_lock_file() {
    let service = Service::copied("hello", "\"0.1\"");
    service.build().unwrap();
    let names = fs::read_dir(service.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: BTreeSet<_> = names.map(|name| name.into_string().unwrap()).collect();
    let allowed = BTreeSet::from(["Cargo.lock", "Cargo.toml", "src"].map(String::from));
    assert!(names.is_subset(&allowed), "{names:?}");
}

/// A constant has the bytes of `syscall`.
#[test]
fn image_is_built_when_a_constant_reads_like_a_system_call() {
    let service = Service::copied("timestamp", "\"0.1\"");
    service.replace("src/lib.rs", "    Ok(", "    core::hint::black_box(0x050f_u32);\n    Ok(");
    service.build().unwrap();
}

/// Its stack frame is so large that a local lies where the bytes of `syscall` tell it.
#[test]
fn image_is_built_when_a_distance_reads_like_a_system_call() {
    let service = Service::of_tests("alloc_spin");
    service.build_as(Profile::Debug).unwrap();
}
