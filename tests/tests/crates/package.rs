//! Writes packages: a service for each entry, and one program for all entries that answers natively.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::listed::Listed;

/// What the answers were first compiled with, so that nobody's new release fails a test of ours.
const LOCK: &str = include_str!("Cargo.lock");

/// What each answer finds in scope.
const SCOPE: &str = "#[allow(unused_imports)]
use alloc::{borrow::ToOwned, boxed::Box, format, string::{String, ToString}, vec, vec::Vec};

#[allow(dead_code)]
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!(\"{byte:02x}\")).collect()
}
";

/// The service of `entry`. It holds a token while it works, so that a destructor that does not run is seen.
pub(crate) fn service(entry: &Listed, folder: &Path) -> PathBuf {
    let folder = folder.join(entry.title());
    let manifest = manifest(&entry.module(), std::slice::from_ref(entry));
    let source = format!(
        "#![no_std]
extern crate alloc;
{SCOPE}
use mote_service::{{Context, Request, Response, Result}};

pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {{
    let _token = context.token();
    Ok(Response::new(answer(core::str::from_utf8(request.body())?)))
}}

{}",
        answer(entry)
    );
    write(&folder, &format!("{manifest}mote-service = \"*\"\n"), "lib.rs", &source);
    folder
}

/// The program that prints the answer of each of `entries`, a line each.
pub(crate) fn program(entries: &[Listed], folder: &Path) -> PathBuf {
    let folder = folder.join("natively");
    let modules = entries.iter().map(|entry| {
        let (module, answer) = (entry.module(), answer(entry));
        format!("mod {module} {{\n{SCOPE}\npub(crate) {answer}}}\n")
    });
    let calls = entries.iter().map(|entry| {
        let (module, title) = (entry.module(), entry.title());
        format!("    println!(\"{title} {{}}\", {module}::answer(&request).escape_debug());\n")
    });
    let source = format!(
        "extern crate alloc;\n{}fn main() {{\n    let request = std::env::args().nth(1).unwrap();\n{}}}\n",
        modules.collect::<String>(),
        calls.collect::<String>()
    );
    write(&folder, &manifest("natively", entries), "main.rs", &source);
    folder
}

fn answer(entry: &Listed) -> String {
    format!("fn answer(request: &str) -> String {{{}\n}}\n", entry.answer)
}

fn write(folder: &Path, manifest: &str, name: &str, source: &str) {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("Cargo.lock"), LOCK).unwrap();
    fs::write(folder.join("src").join(name), source).unwrap();
}

/// A manifest with what `entries` depend on, which ends with its dependencies.
fn manifest(name: &str, entries: &[Listed]) -> String {
    let mut asked = BTreeMap::<_, (&str, Vec<&str>)>::new();
    for (name, version, features) in entries.iter().flat_map(Listed::dependencies) {
        let (_, all) = asked.entry(name).or_insert((version, Vec::new()));
        all.extend(features);
    }
    let lines = asked.iter().map(|(name, (version, features))| {
        format!("{name} = {{ version = {version:?}, default-features = false, features = {features:?} }}\n")
    });
    format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}",
        lines.collect::<String>()
    )
}
