//! What cargo knows of the user's crate, before it is compiled.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::BuildError;
use crate::event::Event;
use crate::options::Options;
use crate::toolchain::command;
use crate::toolchain::compiler::Toolchain;
use crate::toolchain::embedded;

/// The user's package.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its manifest's folder.
    pub(crate) folder: PathBuf,
    pub(crate) manifest: PathBuf,
    /// The crate root of its library.
    pub(crate) root: PathBuf,
    /// How it names the service crate.
    pub(crate) source: Source,
    /// Where intermediate files go: below `mote/` in the target directory that cargo would use.
    pub(crate) target_directory: PathBuf,
}

/// How a package names its dependency on mote-service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// By version, from crates.io.
    Version,
    /// By path, or from a repository or another registry.
    Path,
}

/// The manifest of the package in `directory`.
pub(crate) fn manifest(directory: &Path) -> Result<PathBuf, BuildError> {
    let folder = directory
        .canonicalize()
        .ok()
        .filter(|path| path.is_dir())
        .ok_or_else(|| BuildError::NoFolder { path: directory.to_owned() })?;
    let manifest = folder.join("Cargo.toml");
    if manifest.is_file() {
        return Ok(manifest);
    }
    Err(BuildError::NoManifest { path: directory.to_owned() })
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Described>,
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<crate::toolchain::messages::Target>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    source: Option<String>,
}

impl Package {
    /// Asks cargo about the package of `manifest`.
    pub(crate) fn read(
        manifest: &Path,
        toolchain: &Toolchain,
        options: &Options,
        observer: &mut dyn FnMut(Event<'_>),
    ) -> Result<Self, BuildError> {
        let metadata = metadata(manifest, toolchain, options, observer)?;
        let workspace = name_of(&metadata.workspace_root);
        let described = metadata
            .packages
            .into_iter()
            .find(|package| package.manifest_path == manifest)
            .ok_or_else(|| BuildError::NoPackage { path: manifest.to_owned() })?;
        let target_directory = metadata.target_directory.join("mote").join(&workspace);
        std::fs::create_dir_all(&target_directory)
            .map_err(|error| BuildError::Write { path: target_directory.clone(), error })?;
        Ok(Self {
            root: described.root()?,
            source: described.source()?,
            name: described.name,
            folder: manifest.parent().unwrap_or(manifest).to_owned(),
            manifest: manifest.to_owned(),
            target_directory,
        })
    }

    /// How a file is called in messages: inside the package without its folder, as the compiler does.
    pub(crate) fn shown(&self, file: &Path) -> String {
        file.strip_prefix(&self.folder).unwrap_or(file).display().to_string()
    }
}

impl Described {
    fn root(&self) -> Result<PathBuf, BuildError> {
        let is_library = |kind: &String| kind == "lib" || kind.ends_with("lib");
        let library = self.targets.iter().find(|target| target.kind.iter().any(is_library));
        library
            .map(|target| target.src_path.clone())
            .ok_or_else(|| BuildError::NoLibrary { package: self.name.clone() })
    }

    fn source(&self) -> Result<Source, BuildError> {
        let is_service = |found: &&Dependency| found.name == "mote-service" && found.kind.is_none();
        match self.dependencies.iter().find(is_service) {
            Some(found) if is_crates_io(found.source.as_deref()) => Ok(Source::Version),
            Some(_) => Ok(Source::Path),
            None => Err(BuildError::NoServiceCrate {
                package: self.name.clone(),
                manifest: self.manifest_path.clone(),
                version: embedded::VERSION,
            }),
        }
    }
}

/// A name for a workspace. Several can share a target directory (`CARGO_TARGET_DIR`), and cargo gives
/// files of packages that have one name the same name too, as long as their workspaces differ only in
/// where they lie.
fn name_of(workspace: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    workspace.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn is_crates_io(source: Option<&str>) -> bool {
    source
        .is_some_and(|source| source.starts_with("registry+") && source.contains("crates.io-index"))
}

fn metadata(
    manifest: &Path,
    toolchain: &Toolchain,
    options: &Options,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Metadata, BuildError> {
    let mut cargo = command::clean(&toolchain.cargo);
    cargo
        .current_dir(&options.directory)
        .args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"])
        .arg(manifest);
    let output = command::run(cargo, observer)?;
    let said = |stderr: &[u8]| String::from_utf8_lossy(stderr).into_owned();
    if !output.status.success() {
        return Err(BuildError::Cargo { stderr: said(&output.stderr) });
    }
    serde_json::from_slice(&output.stdout).map_err(|error| BuildError::Cargo {
        stderr: format!("its metadata is not understood: {error}"),
    })
}
