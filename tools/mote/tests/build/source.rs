//! What the sources of a service may not have.

use mote_builder::{BuildError, Finding, SourceError};

use crate::service::{Service, refused};

fn found(service: &Service) -> SourceError {
    match service.build() {
        Err(BuildError::Source(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was built"),
    }
}

#[test]
fn unsafe_code_is_refused_with_its_line() {
    let (error, _) = refused("uses_unsafe");
    let BuildError::Source(SourceError { place, finding, .. }) = error else { panic!("{error}") };
    assert_eq!((place.as_str(), finding), ("src/lib.rs:8", Finding::Unsafe));
}

#[test]
fn unsafe_code_is_refused_when_the_crate_allows_it() {
    let service = Service::copied("bad/uses_unsafe", "\"0.1\"");
    service.replace("src/lib.rs", "#![no_std]", "#![no_std]\n#![allow(unsafe_code)]");
    assert_eq!(found(&service).finding, Finding::Unsafe);
}

/// rustc's lint is silent about it: the macro is of another crate.
#[test]
fn unsafe_code_of_a_dependency_s_macro_is_refused() {
    let service = Service::copied("hello", "\"0.1\"");
    service.append("Cargo.toml", "[dependencies.dep]\npath = \"dep\"\n");
    service.write("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\n");
    let text =
        "#![no_std]\n#[macro_export]\nmacro_rules! read { ($p:expr) => { unsafe { *$p } } }\n";
    service.write("dep/src/lib.rs", text);
    let error = found(&service);
    let expected = ("dep/src/lib.rs:3", "dep", Finding::Unsafe);
    assert_eq!((error.place.as_str(), error.package.as_str(), error.finding), expected);
}

#[test]
fn attribute_that_changes_how_code_is_linked_is_named() {
    let service = Service::copied("hello", "\"0.1\"");
    service.append("src/lib.rs", "#[unsafe(naked)]\nextern \"C\" fn f() { loop {} }\n");
    let message = found(&service).to_string();
    assert!(message.contains("`naked`"), "{message}");
}

#[test]
fn file_and_environment_of_the_builder_are_out_of_reach() {
    for text in
        ["const A: &str = include_str!(\"a\");", "const A: Option<&str> = option_env!(\"HOME\");"]
    {
        let service = Service::copied("hello", "\"0.1\"");
        service.append("src/lib.rs", text);
        assert!(matches!(found(&service).finding, Finding::Name { .. }), "{text}");
    }
}
