//! Takes a package in: a copy of its regular files in a fresh folder, with manifests that cannot change
//! how it is built, and the sources of all that it depends on.
//!
//! | module | its part |
//! | --- | --- |
//! | `stage` | the fresh folder |
//! | `copy` | regular files, and what is left out |
//! | `roots` | the folders that a service is made of |
//! | `workspace` | what a member inherits |
//! | `manifest` | what a manifest may say |
//! | `graph` | what cargo resolves it to |
//! | `fingerprint` | the digest of all of it |
//! | `crates` | the sources of crates from crates.io |

mod copy;
pub(crate) mod crates;
mod fingerprint;
pub(crate) mod graph;
mod manifest;
pub(crate) mod package;
pub(crate) mod roots;
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
use crate::lock::{self, Locked};
use crate::options::Options;
use crate::toolchain::cache::Cache;
use crate::toolchain::compiler::Toolchain;
use crate::toolchain::digest::Digest;
use crate::toolchain::embedded;

use crates::Unpacked;
use graph::Graph;
use manifest::Place;
#[cfg(fuzzing)]
pub use manifest::judge_manifest;
use package::Package;
use roots::{Roots, Spot};
use stage::Stage;
use workspace::Workspace;

/// A package that was taken in.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) stage: Stage,
    pub(crate) package: Package,
    pub(crate) graph: Graph,
    pub(crate) lock: Vec<Locked>,
    /// SHA-256 of what the service is made of.
    pub(crate) digest: Digest,
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
    let roots = Roots::new(&origin, &options.policy);
    let root = parse(&stage, &roots, &roots.own()).map_err(BuildError::Intake)?;
    let workspace = Workspace::of(&origin, &root);
    if workspace.as_ref().is_some_and(|found| found.folder != origin && found.has_patches()) {
        observer(Event::Ignored { path: Path::new("../Cargo.toml"), why: Ignored::WorkspacePatch });
    }
    rewrite(root, &roots, &stage, workspace.as_ref())?;
    let before = lock_file(&origin, &folder, workspace.as_ref());
    let graph = Graph::resolve(&folder, materials.toolchain, options, observer)?;
    let lock = lock::read(&folder.join("Cargo.lock"));
    if options.is_locked {
        compare(&before, &lock)?;
    }
    keep_lock_file(&origin, &folder, workspace.as_ref())?;
    let crates = unpack(&graph, &lock, &stage, materials.cache)?;
    let package = Package::of(&graph.root)?;
    let digest = fingerprint(&stage, materials.embedded)?;
    Ok(Intake { stage, package, graph, lock, digest, crates })
}

fn fingerprint(stage: &Stage, embedded: &Path) -> Result<Digest, BuildError> {
    let path = stage.path("");
    let embedded = embedded.file_name().unwrap_or_default().to_string_lossy();
    fingerprint::of(&path, &embedded).map_err(|error| BuildError::Read { path, error })
}

fn parse(stage: &Stage, roots: &Roots, spot: &Spot) -> Result<DocumentMut, IntakeError> {
    let path = roots.shown(spot, "Cargo.toml");
    let text = fs::read_to_string(stage.path("").join(roots.staged(spot)).join("Cargo.toml"))
        .map_err(|error| IntakeError::Read { path: path.clone(), error })?;
    text.parse().map_err(|error| IntakeError::Syntax { path, error: Box::new(error) })
}

/// Judges and rewrites the package's manifest, and those of the folders that it depends on, of which vetted
/// ones outside are copied first.
fn rewrite(
    mut root: DocumentMut,
    roots: &Roots,
    stage: &Stage,
    workspace: Option<&Workspace>,
) -> Result<(), BuildError> {
    let own = roots.own();
    let origin = roots.origin(&own);
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
    let mut next = vec![(own.clone(), root)];
    while let Some((spot, mut manifest)) = next.pop() {
        let judged = judge(&mut manifest, &spot, roots, stage, workspace)?;
        if spot == own {
            check_library(&manifest, &stage.path("crate"), &name)?;
            manifest.insert("workspace", Item::Table(Table::new()));
            service_version = judged.service_version;
        }
        let file = stage.path("").join(roots.staged(&spot)).join("Cargo.toml");
        fs::write(&file, manifest.to_string())
            .map_err(|error| BuildError::Write { path: file, error })?;
        for inner in judged.folders.into_iter().filter(|inner| seen.insert(inner.clone())) {
            bring(&inner, roots, stage)?;
            let manifest = parse(stage, roots, &inner);
            let manifest =
                manifest.map_err(|_| missing(roots.shown(&spot, "Cargo.toml"), &inner))?;
            next.push((inner, manifest));
        }
    }
    check_service_version(service_version, name, &origin)
}

/// Copies the vetted folder that `spot` is in, unless it is there. What of it has no effect is not told: it
/// is not the service's author's.
fn bring(spot: &Spot, roots: &Roots, stage: &Stage) -> Result<(), BuildError> {
    let Some((origin, staged)) = roots.vetted(spot) else { return Ok(()) };
    let to = stage.path("").join(staged);
    if to.exists() {
        return Ok(());
    }
    copy::copy(origin, &to).map(|_| ())
}

fn judge(
    manifest: &mut DocumentMut,
    spot: &Spot,
    roots: &Roots,
    stage: &Stage,
    workspace: Option<&Workspace>,
) -> Result<manifest::Judged, BuildError> {
    let staged = stage.path("").join(roots.staged(spot));
    let place = Place { roots, spot, has_build_script: staged.join("build.rs").exists() };
    let own;
    let workspace = match roots.vetted(spot) {
        None => workspace,
        Some(_) => {
            own = Workspace::of(&roots.origin(spot), manifest);
            own.as_ref()
        }
    };
    workspace::inherit(manifest, workspace, &roots.shown(spot, "Cargo.toml"))
        .and_then(|()| manifest::judge(manifest, place))
        .map_err(BuildError::Intake)
}

fn check_library(manifest: &DocumentMut, folder: &Path, name: &str) -> Result<(), BuildError> {
    if manifest.contains_key("lib") || folder.join("src/lib.rs").is_file() {
        return Ok(());
    }
    Err(BuildError::NoLibrary { package: name.to_owned() })
}

fn missing(manifest: PathBuf, inner: &Spot) -> BuildError {
    let name = inner.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let rule = ManifestRule::MissingPath { name, path: inner.path.display().to_string() };
    BuildError::Intake(IntakeError::Manifest { path: manifest, rule })
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
