//! Builds services from source, and looks at what comes out, or at why nothing does.

mod service;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use elf::ElfBytes;
use elf::abi;
use elf::endian::LittleEndian;
use mote::build::{BuildError, Event, Options, Profile, Step, build};
use mote_abi::image::{DATA_OFFSET, ENTRY_SYMBOL, NOTE_SECTION, RODATA_OFFSET};
use mote_abi::imports::Import;
use service::{Service, built, refused};

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
    assert_eq!(segments(&built("hello")), [0, RODATA_OFFSET]);
    assert_eq!(segments(&built("counter")), [0, RODATA_OFFSET, DATA_OFFSET]);
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
fn other_service_crate_is_refused() {
    let other = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"mote-service\"\nversion = \"7.0.0\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(other.path().join("Cargo.toml"), manifest).unwrap();
    fs::create_dir(other.path().join("src")).unwrap();
    let source = "#![no_std]\nextern crate alloc;\npub struct Context;\npub struct Request<'a>(pub &'a u8);\n\
                  #[derive(Default)] pub struct Response;\npub type Result<T> = core::result::Result<T, ()>;\n";
    fs::write(other.path().join("src/lib.rs"), source).unwrap();
    let service =
        Service::copied("hello", &format!("{{ path = {:?} }}", other.path().to_str().unwrap()));
    service.write(
        "src/lib.rs",
        "#![no_std]\nuse mote_service::{Context, Request, Response, Result};\n\
        pub fn handle(_: &Request<'_>, _: &mut Context) -> Result<Response> { Ok(Response) }\n",
    );
    let error = service.build().unwrap_err();
    assert!(matches!(&error, BuildError::OtherServiceCrate { .. }), "{error}");
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
fn second_build_finds_everything_fresh() {
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
    assert!(stale.is_empty(), "{stale:?}");
    assert_eq!(steps, Step::ALL);
}

#[test]
fn folder_of_the_user_gets_only_the_lock_file_and_the_target_directory() {
    let service = Service::copied("hello", "\"0.1\"");
    service.build().unwrap();
    let names = fs::read_dir(service.folder()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: BTreeSet<_> = names.map(|name| name.into_string().unwrap()).collect();
    let allowed = BTreeSet::from(["Cargo.lock", "Cargo.toml", "src", "target"].map(String::from));
    assert!(names.is_subset(&allowed), "{names:?}");
}

#[test]
fn handle_is_asked_for_when_it_is_missing() {
    let (error, _) = refused("no_handle");
    assert!(matches!(error, BuildError::NoHandle { .. }), "{error}");
    let message = error.to_string();
    assert!(message.starts_with("src/lib.rs has no function `handle`"), "{message}");
    assert!(message.contains("pub fn handle(request: &Request<'_>, context: &mut Context)"));
}

#[test]
fn handle_is_shown_beside_the_wanted_one_when_it_is_of_another_type() {
    let (error, _) = refused("wrong_signature");
    assert!(matches!(error, BuildError::WrongHandle { .. }), "{error}");
    let message = error.to_string();
    assert!(message.starts_with("src/lib.rs:7: "), "{message}");
    assert!(message.contains("fn handle(_body: &[u8]) -> Result<Response>"), "{message}");
}

#[test]
fn handle_must_be_public() {
    let service = Service::copied("hello", "\"0.1\"");
    service.replace("src/lib.rs", "pub fn handle", "fn handle");
    let error = service.build().unwrap_err();
    assert!(matches!(error, BuildError::PrivateHandle { .. }), "{error}");
    assert!(error.to_string().starts_with("src/lib.rs:11: "), "{error}");
}

#[test]
fn handle_may_be_an_exported_function_of_a_module() {
    let service = Service::copied("hello", "\"0.1\"");
    let module = service.read("src/lib.rs").replace("#![no_std]\n", "");
    service.write("src/greet.rs", &module.replace("extern crate alloc;\n", ""));
    service.write(
        "src/lib.rs",
        "#![no_std]\nextern crate alloc;\nmod greet;\npub use greet::handle;\n",
    );
    service.build().unwrap();
}

#[test]
fn standard_library_is_out_of_reach() {
    let (error, shown) = refused("uses_std");
    let BuildError::NeedsStd { place, package, .. } = &error else { panic!("{error}") };
    assert_eq!((place.as_str(), package.as_str()), ("src/lib.rs:4", "uses_std"));
    assert!(!shown.contains("rustup target add"), "{shown}");
}

#[test]
fn attribute_no_std_is_asked_for_when_it_is_missing() {
    let service = Service::copied("hello", "\"0.1\"");
    service.replace("src/lib.rs", "#![no_std]\n", "");
    let error = service.build().unwrap_err();
    assert!(matches!(error, BuildError::NeedsStd { .. }), "{error}");
    assert!(error.to_string().contains("`#![no_std]`"), "{error}");
}

#[test]
fn unsafe_code_is_refused_with_its_line() {
    let (error, shown) = refused("uses_unsafe");
    let BuildError::UnsafeCode { place, .. } = &error else { panic!("{error}") };
    assert_eq!(place, "src/lib.rs:8");
    assert!(shown.contains("usage of an `unsafe` block"), "{shown}");
}

#[test]
fn unsafe_code_is_refused_when_the_crate_allows_it() {
    let service = Service::copied("bad/uses_unsafe", "\"0.1\"");
    service.replace("src/lib.rs", "#![no_std]", "#![no_std]\n#![allow(unsafe_code)]");
    let error = service.build().unwrap_err();
    assert!(
        matches!(error, BuildError::DoesNotCompile { .. } | BuildError::UnsafeCode { .. }),
        "{error}"
    );
}

#[test]
fn compiler_speaks_of_the_user_s_own_file_and_line() {
    let (error, shown) = refused("does_not_compile");
    assert!(matches!(error, BuildError::DoesNotCompile { errors: 1, .. }), "{error}");
    assert!(shown.contains("--> src/lib.rs:8:22"), "{shown}");
    assert!(shown.contains("mismatched types"), "{shown}");
}

#[test]
fn compiler_speaks_of_the_user_s_own_file_when_the_package_is_staged() {
    let service = Service::copied("bad/does_not_compile", "{ path = \"../nowhere\" }");
    let mut shown = String::new();
    let result = build(&service.options(), &mut |event| {
        if let Event::Diagnostic { rendered, .. } = event {
            shown.push_str(rendered);
        }
    });
    assert!(result.is_err());
    assert!(shown.contains("--> src/lib.rs:8:22"), "{shown}");
}

#[test]
fn folder_without_a_service_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let error = |path: &Path| {
        build(&Options::new(path, mote_dispatcher::TOOLCHAIN), &mut |_| {}).unwrap_err()
    };
    assert!(matches!(error(&folder.path().join("none")), BuildError::NoFolder { .. }));
    assert!(matches!(error(folder.path()), BuildError::NoManifest { .. }));
    assert!(matches!(error(&service::repository()), BuildError::NoPackage { .. }));
    fs::write(folder.path().join("Cargo.toml"), "[package").unwrap();
    assert!(matches!(error(folder.path()), BuildError::Cargo { .. }));
}

#[test]
fn package_without_the_service_crate_is_told_what_to_add() {
    let service = Service::copied("hello", "\"0.1\"");
    service.replace("Cargo.toml", "mote-service = \"0.1\"", "");
    let error = service.build().unwrap_err();
    assert!(error.to_string().contains("add `mote-service = "), "{error}");
}

#[test]
fn package_without_a_library_is_refused() {
    let service = Service::copied("hello", "\"0.1\"");
    fs::rename(service.folder().join("src/lib.rs"), service.folder().join("src/main.rs")).unwrap();
    let error = service.build().unwrap_err();
    assert!(matches!(error, BuildError::NoLibrary { .. }), "{error}");
}

#[test]
fn compiler_of_another_version_is_refused() {
    let service = Service::copied("hello", "\"0.1\"");
    let mut options = service.options();
    options.toolchain = "rustc 1.0.0 (a59de37e9 2015-05-13)".to_owned();
    let error = build(&options, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("rustc 1.0.0") && error.contains(mote_dispatcher::TOOLCHAIN), "{error}");
}
