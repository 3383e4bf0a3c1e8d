//! Arbitrary text as a package's manifest: what is taken in cannot change how it is built.
#![no_main]

use std::path::Component;

use libfuzzer_sys::fuzz_target;
use mote_builder::fuzzing::judge_manifest;
use toml_edit::{DocumentMut, Item};

/// Tables and keys that change how a package, or what it depends on, is built.
const REFUSED: [&str; 5] = ["patch", "replace", "source", "cargo-features", "build-dependencies"];

fuzz_target!(|text: &str| {
    let Some((written, folders)) = judge_manifest(text) else { return };
    let manifest: DocumentMut = written.parse().expect("what was written is a manifest");
    assert!(REFUSED.iter().all(|key| !manifest.contains_key(key)), "{written}");
    if let Some(package) = manifest.get("package").and_then(Item::as_table_like) {
        assert_eq!(package.get("build").and_then(Item::as_bool), Some(false), "{written}");
        assert!(!package.contains_key("links"), "{written}");
    }
    let library = manifest.get("lib").and_then(|library| library.get("proc-macro")?.as_bool());
    assert_ne!(library, Some(true), "{written}");
    for folder in folders {
        assert!(folder.components().all(|part| matches!(part, Component::Normal(_))), "{folder:?}");
    }
});
