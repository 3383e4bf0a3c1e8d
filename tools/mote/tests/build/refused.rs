//! Why there is no image, and what the user is told.

use std::fs;
use std::path::Path;

use mote_builder::{BuildError, Event, InsteadOfStd, IntakeError, Options, build};

use crate::service::{self, Service, refused};

#[test]
fn version_of_the_service_crate_must_be_the_carried_one_when_it_is_named() {
    let error = Service::copied("hello", "\"7\"").build().unwrap_err();
    assert!(
        matches!(&error, BuildError::OtherServiceCrate { asked, .. } if asked.contains("7")),
        "{error}"
    );
}

#[test]
fn standard_library_is_out_of_reach() {
    let (error, shown) = refused("uses_std");
    let BuildError::NeedsStd { place, package, .. } = &error else { panic!("{error}") };
    assert_eq!((place.as_str(), package.as_str()), ("src/lib.rs:4", "uses_std"));
    assert_eq!(shown, "");
}

#[test]
fn path_into_the_standard_library_is_told_what_to_use_instead() {
    for (line, instead) in [
        ("use std::collections::HashMap as _;", InsteadOfStd::HashTable),
        ("pub fn now() { std::time::Instant::now(); }", InsteadOfStd::Clock),
    ] {
        let service = Service::copied("hello", "\"0.1\"");
        service.append("src/lib.rs", line);
        let mut shown = String::new();
        let result = build(&service.options(), &mut |event| {
            if let Event::Diagnostic { rendered, .. } = event {
                shown.push_str(rendered);
            }
        });
        let error = result.unwrap_err();
        let BuildError::NeedsStd { remedy, .. } = &error else { panic!("{error}") };
        assert_eq!(*remedy, instead, "{line}");
        assert!(error.to_string().contains("wants the standard library"), "{error}");
        assert!(!shown.contains("cargo add std"), "{shown}");
    }
}

#[test]
fn attribute_no_std_is_asked_for_when_it_is_missing() {
    let service = Service::copied("hello", "\"0.1\"");
    service.replace("src/lib.rs", "#![no_std]\n", "");
    let error = service.build().unwrap_err();
    assert!(matches!(error, BuildError::NeedsStd { .. }), "{error}");
    assert!(error.to_string().contains("`#![no_std]`"), "{error}");
}

/// The compiler's hundreds of errors about the dependency are not what the user must read.
#[test]
fn dependency_without_no_std_is_named() {
    let service = Service::copied("hello", "\"0.1\"");
    service.append("Cargo.toml", "[dependencies.wants-std]\npath = \"wants-std\"\n");
    service.write(
        "wants-std/Cargo.toml",
        "[package]\nname = \"wants-std\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    service.write("wants-std/src/lib.rs", "pub fn sum(numbers: Vec<u8>) -> Option<u8> { None }\n");
    let mut shown = String::new();
    let result = build(&service.options(), &mut |event| {
        if let Event::Diagnostic { rendered, is_error: true } = event {
            shown.push_str(rendered);
        }
    });
    let error = result.unwrap_err();
    let BuildError::NeedsStd { package, remedy, .. } = &error else { panic!("{error}") };
    assert_eq!(package, "wants_std");
    assert_eq!(*remedy, InsteadOfStd::DependencyFeature);
    assert_eq!(shown, "");
}

#[test]
fn compiler_speaks_of_the_user_s_own_file_and_line() {
    let (error, shown) = refused("does_not_compile");
    assert!(matches!(error, BuildError::DoesNotCompile { .. }), "{error}");
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
    assert!(matches!(error(folder.path()), BuildError::Intake(IntakeError::Syntax { .. })));
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
