//! Vetted dependencies are compiled once and kept. Each set of them is compiled by itself, as what a
//! generated package depends on, before any source that is not vetted comes near the compiler, and copied
//! into the cache then; a later build gets a copy, of which every file is compared with its digest.
//!
//! Cargo decides what of it is up to date. A crate that is compiled with other features in the end (those
//! of its uses in build scripts are told apart only there) is compiled once more with the service.
//!
//! Kept only where every build sees its files under the same paths: cargo compiles anew what it finds
//! elsewhere.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use toml_edit::{Array, DocumentMut, InlineTable, Value, value};

use crate::compile::cargo;
use crate::compile::context::BuildContext;
use crate::error::BuildError;
use crate::error::sandbox::{Limit, SandboxError};
use crate::event::Event;
use crate::sandbox::Deadline;
use crate::toolchain::digest;
use crate::toolchain::messages::Message;

/// The list of files beside a kept folder.
const LIST: &str = "files.json";

/// Digests by path.
type Files = BTreeMap<String, String>;

/// Puts what is kept of the vetted dependencies into the target folder, or compiles and keeps it.
pub(super) fn prepare(
    context: &BuildContext<'_>,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<(), BuildError> {
    if !context.sandbox.has_fixed_paths() {
        return Ok(());
    }
    let target = context.intake.stage.path("work/target");
    let manifest = manifest(context);
    let kept = context.cache.compiled().join(digest::hex(&key(context, &manifest)));
    if take(&kept, &target).is_ok() {
        return Ok(());
    }
    // What is damaged goes, and so does half a copy of it.
    let unwritable = |path: &Path, error| BuildError::Write { path: path.to_owned(), error };
    remove(&kept).map_err(|error| unwritable(&kept, error))?;
    remove(&target)
        .and_then(|()| fs::create_dir(&target))
        .map_err(|error| unwritable(&target, error))?;
    if !compile(context, &manifest, observer)? {
        return Ok(());
    }
    context.cache.install(&kept, |folder| keep(&target, folder)).map_err(|e| unwritable(&kept, e))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What the compiled dependencies depend on: the generated package, and how it is compiled.
fn key(context: &BuildContext<'_>, manifest: &str) -> digest::Digest {
    let embedded = context.embedded.file_name().unwrap_or_default().to_string_lossy();
    let flags = cargo::rustflags(context).join(" ");
    let mut parts = vec![
        context.toolchain.version.as_str(),
        context.options.profile.name(),
        &flags,
        &embedded,
        manifest,
    ];
    parts.extend(context.intake.lock.iter().filter_map(|locked| locked.checksum.as_deref()));
    digest::of_parts(parts.into_iter().map(str::as_bytes))
}

/// The manifest of a package that depends on what is vetted, with the features that it has in the end.
fn manifest(context: &BuildContext<'_>) -> String {
    let intake = &context.intake;
    let text = fs::read_to_string(&intake.package.manifest).unwrap_or_default();
    let original: DocumentMut = text.parse().unwrap_or_default();
    let mut manifest = DocumentMut::new();
    manifest["package"] = toml_edit::table();
    for key in ["edition", "resolver"] {
        if let Some(item) = original.get("package").and_then(|package| package.get(key)) {
            manifest["package"][key] = item.clone();
        }
    }
    manifest["package"]["name"] = value("mote-dependencies");
    manifest["package"]["version"] = value("0.0.0");
    manifest["workspace"] = toml_edit::table();
    manifest["dependencies"] = toml_edit::table();
    if let Some(profile) = original.get("profile") {
        manifest.insert("profile", profile.clone());
    }
    for (number, package) in context.vetted().iter().enumerate() {
        let features = intake.graph.features.get(&package.title()).cloned().unwrap_or_default();
        let mut dependency = InlineTable::new();
        dependency.insert("package", package.name.as_str().into());
        if package.is_from_registry() {
            dependency.insert("version", format!("={}", package.version).into());
            dependency.insert("default-features", false.into());
            dependency.insert("features", Value::Array(features.iter().collect::<Array>()));
        } else {
            dependency.insert("path", "../../mote-service".into());
        }
        manifest["dependencies"][&format!("vetted-{number}")] = value(dependency);
    }
    manifest.to_string()
}

/// Compiles them; whether that went well. What does not compile by itself is compiled, and told about,
/// with the service.
fn compile(
    context: &BuildContext<'_>,
    manifest: &str,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<bool, BuildError> {
    let folder = context.intake.stage.path("work/dependencies");
    let lock = context.intake.package.folder.join("Cargo.lock");
    fs::create_dir_all(folder.join("src"))
        .and_then(|()| fs::write(folder.join("Cargo.toml"), manifest))
        .and_then(|()| fs::write(folder.join("src/lib.rs"), "#![no_std]\n"))
        .and_then(|()| fs::copy(lock, folder.join("Cargo.lock")))
        .map_err(|error| BuildError::Write { path: folder.clone(), error })?;
    let mut cargo = cargo::command(context, "build");
    cargo.arg("--manifest-path").arg(context.sandbox.path(&folder.join("Cargo.toml")));
    let deadline = Deadline::after(context.options.limits.seconds.saturating_mul(10));
    let finished = context.sandbox.run(cargo, deadline, observer, &mut |line, observer| {
        if let Message::Artifact(artifact) = Message::of_line(line) {
            let package = &artifact.target.name;
            observer(Event::Compiled { package, is_fresh: artifact.fresh });
        }
    });
    match finished {
        Err(BuildError::Sandbox(SandboxError::Limit(Limit::Output(_)))) => Ok(false),
        finished => finished.map(|finished| finished.is_success()),
    }
}

/// Copies the files below `target` and lists them.
fn keep(target: &Path, kept: &Path) -> io::Result<()> {
    let mut files = Files::new();
    for path in below(target, Path::new(""))? {
        let digest = copy(&target.join(&path), &kept.join("target").join(&path))?;
        files.insert(path.display().to_string(), digest);
    }
    fs::write(kept.join(LIST), serde_json::to_vec(&files)?)
}

/// Copies what is kept to `target`; fails if a file is not what it was.
fn take(kept: &Path, target: &Path) -> io::Result<()> {
    let files: Files = serde_json::from_slice(&fs::read(kept.join(LIST))?)?;
    for (path, expected) in files {
        if copy(&kept.join("target").join(&path), &target.join(&path))? != expected {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(())
}

/// The regular files below a folder. Cargo's locks are not among them.
fn below(folder: &Path, path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder.join(path))? {
        let entry = entry?;
        let path = path.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            files.extend(below(folder, &path)?);
        } else if entry.file_type()?.is_file() && entry.file_name() != ".cargo-lock" {
            files.push(path);
        }
    }
    Ok(files)
}

/// Copies a file with its permissions and time, by which cargo tells what is up to date, and returns the
/// copy's digest.
fn copy(from: &Path, to: &Path) -> io::Result<String> {
    let bytes = fs::read(from)?;
    let metadata = fs::metadata(from)?;
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(to, &bytes)?;
    let copy = File::options().write(true).open(to)?;
    copy.set_permissions(metadata.permissions())?;
    copy.set_modified(metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_was_changed_in_the_cache_is_not_taken() {
        let [target, kept, taken] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        fs::create_dir(target.path().join("deps")).unwrap();
        fs::write(target.path().join("deps/lib.rlib"), "code").unwrap();
        keep(target.path(), kept.path()).unwrap();
        take(kept.path(), taken.path()).unwrap();
        assert_eq!(fs::read(taken.path().join("deps/lib.rlib")).unwrap(), b"code");
        fs::write(kept.path().join("target/deps/lib.rlib"), "evil").unwrap();
        assert!(take(kept.path(), taken.path()).is_err());
    }
}
