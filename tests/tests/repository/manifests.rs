//! Dependencies between packages point one way.

use std::collections::BTreeMap;
use std::fs;

use toml_edit::DocumentMut;

use crate::layout::{PACKAGES, workspace};

/// Each package with those it may depend on.
const MAY_USE: [(&str, &[&str]); 12] = [
    ("mote-abi", &[]),
    ("mote-service", &[]),
    ("mote-alloc", &[]),
    ("mote-sigctx", &["mote-abi"]),
    ("mote-loader", &["mote-abi"]),
    ("mote-worker", &["mote-abi", "mote-alloc", "mote-sigctx"]),
    ("mote-dispatcher", &["mote-abi", "mote-loader"]),
    ("mote-builder", &["mote-abi", "mote-loader"]),
    ("mote-bench", &["mote-abi", "mote-builder", "mote-dispatcher", "mote-loader", "mote-sigctx"]),
    ("mote-server", &["mote-abi", "mote-dispatcher"]),
    (
        "mote",
        &[
            "mote-abi",
            "mote-bench",
            "mote-builder",
            "mote-dispatcher",
            "mote-loader",
            "mote-server",
        ],
    ),
    (
        "mote-tests",
        &[
            "mote-abi",
            "mote-bench",
            "mote-builder",
            "mote-dispatcher",
            "mote-loader",
            "mote-sigctx",
        ],
    ),
];

/// The name of the package in `manifest`, and the packages of this workspace that it depends on.
fn read(manifest: &str) -> (String, Vec<String>) {
    let parsed: DocumentMut = manifest.parse().unwrap();
    let name = parsed["package"]["name"].as_str().unwrap().to_owned();
    let sections = ["dependencies", "build-dependencies", "dev-dependencies"];
    let used = sections.iter().filter_map(|section| parsed.get(section)?.as_table_like());
    let used = used.flat_map(|table| table.iter().map(|(name, _)| name.to_owned()));
    (name, used.filter(|name| name.starts_with("mote")).collect())
}

/// What `manifest` depends on and may not.
fn wrong(manifest: &str) -> Vec<String> {
    let (name, used) = read(manifest);
    let allowed = BTreeMap::from(MAY_USE).remove(&name[..]).unwrap_or_default();
    let wrong = used.into_iter().filter(|used| !allowed.contains(&&used[..]));
    wrong.map(|used| format!("{name} depends on {used}, which is not below it")).collect()
}

#[test]
fn packages_depend_on_those_below_them() {
    for package in &PACKAGES {
        let file = workspace().join(package.folder).join("Cargo.toml");
        assert_eq!(wrong(&fs::read_to_string(file).unwrap()), [""; 0]);
    }
}

#[test]
fn planted_dependency_upwards_is_found() {
    let manifest =
        "[package]\nname = 'mote-loader'\n[dependencies]\nmote-dispatcher.workspace = true";
    assert_eq!(wrong(manifest), ["mote-loader depends on mote-dispatcher, which is not below it"]);
    let allowed = "[package]\nname = 'mote-loader'\n[dependencies]\nmote-abi.workspace = true";
    assert_eq!(wrong(allowed), [""; 0]);
}
