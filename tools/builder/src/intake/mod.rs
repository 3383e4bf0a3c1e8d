//! Takes a package in: a copy of its regular files in a fresh folder, with manifests that cannot change
//! how it is built, and the sources of all that it depends on.
//!
//! | module | its part |
//! | --- | --- |
//! | `stage` | the fresh folder |
//! | `copy` | regular files, and what is left out |
//! | `workspace` | what a member inherits |
//! | `manifest` | what a manifest may say |
//! | `lock` | `Cargo.lock` |
//! | `graph` | what cargo resolves it to |
//! | `crates` | the sources of crates from crates.io |

mod copy;
pub(crate) mod crates;
pub(crate) mod graph;
pub(crate) mod lock;
mod manifest;
pub(crate) mod package;
pub(crate) mod stage;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use semver::VersionReq;
use toml_edit::{DocumentMut, Item, Table};

use crate::error::BuildError;
use crate::error::intake::{IntakeError, ManifestRule};
use crate::event::{Event, Ignored};
use crate::options::Options;
use crate::toolchain::cache::Cache;
use crate::toolchain::compiler::Toolchain;
use crate::toolchain::embedded;

use crates::Unpacked;
use graph::Graph;
use lock::Locked;
use manifest::Place;
use package::Package;
use stage::Stage;
use workspace::Workspace;

/// A package that was taken in.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) stage: Stage,
    pub(crate) package: Package,
    pub(crate) graph: Graph,
    pub(crate) lock: Vec<Locked>,
    /// What was unpacked, by name and version.
    pub(crate) crates: BTreeMap<String, Unpacked>,
}

/// What a package is built with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Materials<'a> {
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) cache: &'a Cache,
    /// The folder of the embedded service crate.
    pub(crate) embedded: &'a Path,
    /// The restricted sysroot.
    pub(crate) sysroot: &'a Path,
}

/// Takes in the package in `options.directory`.
pub(crate) fn take_in(
    options: &Options,
    materials: Materials<'_>,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Intake, BuildError> {
    let origin = package::folder(&options.directory)?;
    let stage = Stage::new(materials.cache, materials.embedded, materials.sysroot)?;
    let folder = stage.path("crate");
    for (path, why) in copy::copy(&origin, &folder)? {
        observer(Event::Ignored { path: &path, why });
    }
    let root = parse(&folder, Path::new("")).map_err(BuildError::Intake)?;
    let workspace = Workspace::of(&origin, &root);
    if workspace.as_ref().is_some_and(|found| found.folder != origin && found.has_patches()) {
        observer(Event::Ignored { path: Path::new("../Cargo.toml"), why: Ignored::WorkspacePatch });
    }
    rewrite(root, &origin, &folder, workspace.as_ref())?;
    let before = lock_file(&origin, &folder, workspace.as_ref());
    let graph = Graph::resolve(&folder, materials.toolchain, options, observer)?;
    let lock = lock::read(&folder.join("Cargo.lock"));
    if options.is_locked {
        compare(&before, &lock)?;
    }
    keep_lock_file(&origin, &folder, workspace.as_ref())?;
    let crates = unpack(&graph, &lock, &stage, materials.cache)?;
    let package = Package::of(&graph.root)?;
    Ok(Intake { stage, package, graph, lock, crates })
}

fn parse(folder: &Path, path: &Path) -> Result<DocumentMut, IntakeError> {
    let path = path.join("Cargo.toml");
    let text = fs::read_to_string(folder.join(&path))
        .map_err(|error| IntakeError::Read { path: path.clone(), error })?;
    text.parse().map_err(|error| IntakeError::Syntax { path, error: Box::new(error) })
}

/// Judges and rewrites the package's manifest, and those of the folders inside that it depends on.
fn rewrite(
    mut root: DocumentMut,
    origin: &Path,
    folder: &Path,
    workspace: Option<&Workspace>,
) -> Result<(), BuildError> {
    if !root.contains_key("package") && !root.contains_key("project") {
        return Err(BuildError::NoPackage { path: origin.join("Cargo.toml") });
    }
    if let Some(workspace) = workspace {
        workspace.give_profiles(&mut root);
    }
    let name = root.get("package").and_then(|package| package.get("name")?.as_str());
    let name = name.unwrap_or_default().to_owned();
    let mut service_version = None;
    let mut seen = BTreeSet::new();
    let mut next = vec![(PathBuf::new(), root)];
    while let Some((path, mut manifest)) = next.pop() {
        let is_root = path.as_os_str().is_empty();
        let judged = judge(&mut manifest, &path, origin, folder, workspace)?;
        if is_root {
            check_library(&manifest, folder, &name)?;
            manifest.insert("workspace", Item::Table(Table::new()));
            service_version = judged.service_version;
        }
        let file = folder.join(&path).join("Cargo.toml");
        fs::write(&file, manifest.to_string())
            .map_err(|error| BuildError::Write { path: file, error })?;
        for inner in judged.folders.into_iter().filter(|inner| seen.insert(inner.clone())) {
            let manifest = parse(folder, &inner).map_err(|_| missing(&path, &inner))?;
            next.push((inner, manifest));
        }
    }
    check_service_version(service_version, name, origin)
}

fn judge(
    manifest: &mut DocumentMut,
    path: &Path,
    origin: &Path,
    folder: &Path,
    workspace: Option<&Workspace>,
) -> Result<manifest::Judged, BuildError> {
    let file = path.join("Cargo.toml");
    let has_build_script = folder.join(path).join("build.rs").exists();
    let place = Place { folder: path, origin, has_build_script };
    workspace::inherit(manifest, workspace, &file)
        .and_then(|()| manifest::judge(manifest, place))
        .map_err(BuildError::Intake)
}

fn check_library(manifest: &DocumentMut, folder: &Path, name: &str) -> Result<(), BuildError> {
    if manifest.contains_key("lib") || folder.join("src/lib.rs").is_file() {
        return Ok(());
    }
    Err(BuildError::NoLibrary { package: name.to_owned() })
}

fn missing(manifest: &Path, inner: &Path) -> BuildError {
    let name = inner.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let rule = ManifestRule::MissingPath { name, path: inner.display().to_string() };
    BuildError::Intake(IntakeError::Manifest { path: manifest.join("Cargo.toml"), rule })
}

/// The package must ask for the service crate, and by a version that the embedded one is.
fn check_service_version(
    asked: Option<String>,
    package: String,
    origin: &Path,
) -> Result<(), BuildError> {
    let version = embedded::VERSION;
    let Some(asked) = asked else {
        return Err(BuildError::NoServiceCrate {
            package,
            manifest: origin.join("Cargo.toml"),
            version,
        });
    };
    let embedded = semver::Version::parse(version).ok();
    let is_met = |wanted: VersionReq| embedded.is_some_and(|found| wanted.matches(&found));
    if asked.is_empty() || VersionReq::parse(&asked).is_ok_and(is_met) {
        return Ok(());
    }
    Err(BuildError::OtherServiceCrate { asked: format!("mote-service = \"{asked}\""), version })
}

/// Lets the workspace's lock file hold for its member; returns what is locked before cargo looks at it.
fn lock_file(origin: &Path, folder: &Path, workspace: Option<&Workspace>) -> Vec<Locked> {
    let copied = folder.join("Cargo.lock");
    if let Some(workspace) = workspace.filter(|found| found.folder != origin)
        && let Ok(text) = fs::read(workspace.folder.join("Cargo.lock"))
    {
        // Without it, cargo resolves anew, and --locked says so.
        let _ = fs::write(&copied, text);
    }
    lock::read(&copied)
}

/// With `--locked`, nothing is used that was not locked. The service crate always is the embedded one.
fn compare(before: &[Locked], after: &[Locked]) -> Result<(), BuildError> {
    let is_new = |found: &&Locked| found.checksum.is_some() && !before.contains(found);
    match after.iter().find(is_new) {
        None => Ok(()),
        Some(found) => Err(BuildError::Intake(IntakeError::NotLocked { package: found.title() })),
    }
}

/// A package without a lock file gets the one that it was built with, as from cargo.
fn keep_lock_file(
    origin: &Path,
    folder: &Path,
    workspace: Option<&Workspace>,
) -> Result<(), BuildError> {
    let path = origin.join("Cargo.lock");
    let is_member = workspace.is_some_and(|workspace| workspace.folder != origin);
    if is_member || path.symlink_metadata().is_ok() {
        return Ok(());
    }
    fs::copy(folder.join("Cargo.lock"), &path)
        .map(|_| ())
        .map_err(|error| BuildError::Write { path, error })
}

/// Lets cargo find the sources of every package that the lock file has from crates.io.
fn unpack(
    graph: &Graph,
    lock: &[Locked],
    stage: &Stage,
    cache: &Cache,
) -> Result<BTreeMap<String, Unpacked>, BuildError> {
    let mut unpacked = BTreeMap::new();
    for package in graph.used.iter().chain(&graph.unused).filter(|found| found.is_from_registry()) {
        let is_it =
            |found: &&Locked| found.name == package.name && found.version == package.version;
        let Some(locked) = lock.iter().find(is_it) else { continue };
        unpacked.insert(package.title(), crates::unpacked(package, locked, cache)?);
    }
    let vendor = stage.path("vendor");
    crates::link(unpacked.values(), &vendor)
        .map_err(|error| BuildError::Write { path: vendor, error })?;
    Ok(unpacked)
}
