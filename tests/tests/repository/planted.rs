//! A circle, an arrow upwards and a room that is not there are found, however they are written.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::arrows::{self, misnamed, upward};
use crate::circles::{self, circles};
use crate::graph::Graph;
use crate::layout::{ALLOC, Package, workspace};

/// Ways for `alloc/src/error.rs` to use `alloc/src/arena.rs`, which uses it.
const PLANTED: [&str; 8] = [
    "use crate::arena::Arena as _;",
    "use crate::{arena::{Arena as Planted}, plan as _};",
    "use super::arena::*;",
    "use crate::Arena as Planted;",
    "fn planted() { let _ = crate::arena::Arena::default; }",
    "fn planted() { use crate::arena; arena::Arena::default(); }",
    "fn planted() { assert!(matches!(1, crate::arena::PLANTED)); }",
    "mod planted { impl super::super::arena::Arena {} }",
];

/// What may stand there.
const HARMLESS: [&str; 4] = [
    "#[cfg(test)] mod tests { use crate::arena::Arena; }",
    "#[cfg(all(test, not(loom)))] use crate::arena::Arena;",
    "/// As [`crate::arena::Arena`].\nfn planted() {}",
    "fn planted() { let arena = core::arena::Arena::new(); }",
];

/// A copy of `alloc` with `text` at the end of its `error.rs`.
fn planted(text: &str) -> (TempDir, Graph) {
    let copy = TempDir::new().unwrap();
    copy_folder(&workspace().join("alloc"), copy.path());
    let file = copy.path().join("src/error.rs");
    let changed = fs::read_to_string(&file).unwrap() + text + "\n";
    fs::write(&file, changed).unwrap();
    let graph = Graph::read(copy.path(), Path::new("src/lib.rs"));
    (copy, graph)
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = entry.map(|it| (it.path(), to.join(it.file_name()))).unwrap();
        if from.is_dir() {
            fs::create_dir(&to).unwrap();
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

#[test]
fn planted_circle_is_found_with_its_two_files() {
    for text in PLANTED {
        let (_copy, graph) = planted(text);
        let found: Vec<_> =
            circles(&graph).iter().map(|circle| circles::described(circle)).collect();
        let expected = "src/arena.rs and src/error.rs need each other: src/arena.rs → src/error.rs → src/arena.rs";
        assert!(found.contains(&expected.to_owned()), "{text}: {found:?}");
    }
}

#[test]
fn planted_arrow_upwards_is_found_with_its_two_files() {
    for text in PLANTED {
        let (_copy, graph) = planted(text);
        let arrow = (PathBuf::from("src/error.rs"), PathBuf::from("src/arena.rs"));
        assert_eq!(upward(&ALLOC, &graph), std::slice::from_ref(&arrow), "{text}");
        let expected = "src/error.rs uses src/arena.rs, which is in a room above it";
        assert_eq!(arrows::described(&arrow.0, &arrow.1), expected);
    }
}

#[test]
fn item_of_the_root_is_above_every_room() {
    let (_copy, graph) = planted("use crate::nothing_else_has_this;");
    assert_eq!(upward(&ALLOC, &graph), [("src/error.rs".into(), "src/lib.rs".into())]);
}

#[test]
fn tests_comments_and_other_crates_are_no_arrows() {
    for text in HARMLESS {
        let (_copy, graph) = planted(text);
        assert!(circles(&graph).is_empty() && upward(&ALLOC, &graph).is_empty(), "{text}");
    }
}

#[test]
fn room_that_is_not_there_or_not_listed_is_found() {
    let (_copy, graph) = planted("");
    let package = Package { rooms: &["arena", "cellar", "error", "plan"], ..ALLOC };
    let expected =
        ["alloc/src has no room cellar", "alloc/src has a room sys, which is not listed"];
    assert_eq!(misnamed(&package, &graph), expected);
}
