//! Puts the bundled services' sources into the executable: a list of paths and texts.
//!
//! Only what a service's package needs is taken, its manifest and its source files, and never the
//! target folder that its author's tests leave beside them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() {
    let manifest_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let services = manifest_dir.join("../../tests/services");
    let output = PathBuf::from(variable("OUT_DIR")).join("services.rs");
    let list = list(&services).unwrap_or_else(|error| {
        panic!("the bundled services in {} cannot be read: {error}", services.display())
    });
    fs::write(&output, list)
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", output.display()));
    println!("cargo::rerun-if-changed=build.rs");
}

/// The expression `&[(path, text), …]`, in the order of the paths.
fn list(services: &Path) -> io::Result<String> {
    println!("cargo::rerun-if-changed={}", services.display());
    let mut files = Vec::new();
    for service in sorted(services)? {
        for manifest in ["Cargo.toml", "Cargo.lock"] {
            files.extend(Some(service.join(manifest)).filter(|path| path.is_file()));
        }
        sources(&service.join("src"), &mut files)?;
    }
    let mut list = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(services).expect("a path that begins with this folder");
        let text = fs::canonicalize(&file)?;
        let _ = writeln!(list, "    ({:?}, include_str!({:?})),", name.display().to_string(), text);
    }
    Ok(list + "]\n")
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for path in sorted(folder)? {
        if path.is_dir() {
            sources(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn variable(name: &str) -> std::ffi::OsString {
    env::var_os(name).unwrap_or_else(|| panic!("cargo did not set {name}"))
}
