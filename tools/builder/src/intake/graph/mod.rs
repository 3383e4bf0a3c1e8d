//! What cargo resolves the package's dependencies to. Cargo is asked without the network first; what it
//! fails for is not looked at, and the network tried.

mod resolve;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::BuildError;
use crate::error::intake::IntakeError;
use crate::event::Event;
use crate::options::Options;
use crate::toolchain::command;
use crate::toolchain::compiler::Toolchain;
use crate::toolchain::messages::Target;
use resolve::Resolve;

/// How cargo names the one registry.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Described>,
    resolve: Resolve,
}

/// A package of the graph.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Described {
    id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) targets: Vec<Target>,
}

impl Described {
    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// Its name and version.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// Whether it is from crates.io; otherwise it is a folder.
    pub(crate) fn is_from_registry(&self) -> bool {
        self.source.is_some()
    }

    /// Whether it has a target of that kind.
    pub(crate) fn has(&self, kind: &str) -> bool {
        self.targets.iter().any(|target| target.kind.iter().any(|found| found == kind))
    }

    /// The crate root of its library.
    pub(crate) fn library(&self) -> Option<&Path> {
        let is_library = |kind: &String| kind.ends_with("lib") || kind == "proc-macro";
        let library = self.targets.iter().find(|target| target.kind.iter().any(is_library));
        library.map(|target| target.src_path.as_path())
    }
}

/// A package's dependencies, all of them.
#[derive(Debug)]
pub(crate) struct Graph {
    /// The package itself.
    pub(crate) root: Described,
    /// What goes into the image or runs while it is built, without the package itself.
    pub(crate) used: Vec<Described>,
    /// The ids of those that are compiled for the image, or are procedural macros that it uses; the others
    /// are what build scripts and procedural macros use themselves.
    linked: BTreeSet<String>,
    /// The ids of what runs here while the image is built.
    host: BTreeSet<String>,
    /// What each uses for the image's platform or here, by id.
    uses: BTreeMap<String, Vec<String>>,
    /// What cargo knows of besides, for other platforms.
    pub(crate) unused: Vec<Described>,
    /// Name, version and features of everything: what a compilation depends on.
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

impl Graph {
    /// Whether `package` is compiled for the image, or a procedural macro that the image uses.
    pub(crate) fn is_linked(&self, package: &Described) -> bool {
        self.linked.contains(&package.id)
    }

    /// Whether `package` runs here while the image is built: a build script, a procedural macro, or what
    /// these use. It may be compiled for the image besides.
    pub(crate) fn runs_here(&self, package: &Described) -> bool {
        self.host.contains(&package.id)
    }

    /// `package` and all that it uses.
    pub(crate) fn tree(&self, package: &Described) -> Vec<&Described> {
        let mut ids = BTreeSet::new();
        let mut next = vec![&package.id];
        while let Some(id) = next.pop() {
            if ids.insert(id) {
                next.extend(self.uses.get(id).into_iter().flatten());
            }
        }
        self.used.iter().filter(|package| ids.contains(&package.id)).collect()
    }

    /// Resolves the package in `folder`.
    pub(crate) fn resolve(
        folder: &Path,
        toolchain: &Toolchain,
        options: &Options,
        observer: &mut dyn FnMut(Event<'_>),
    ) -> Result<Self, BuildError> {
        let mut resolved = metadata(folder, toolchain, true, observer);
        if resolved.is_err() && !options.is_offline {
            resolved = metadata(folder, toolchain, false, observer);
        }
        Self::of(resolved?, folder)
    }

    fn of(metadata: Metadata, folder: &Path) -> Result<Self, BuildError> {
        let manifest = folder.join("Cargo.toml");
        let used = metadata.resolve.reached(|_, edge| edge.is_used());
        let macros: BTreeSet<String> = metadata
            .packages
            .iter()
            .filter(|package| package.has("proc-macro"))
            .map(|package| package.id.clone())
            .collect();
        let linked =
            metadata.resolve.reached(|from, edge| !macros.contains(from) && edge.is_linked());
        let host = metadata.resolve.host(&macros);
        let uses = metadata.resolve.uses();
        let by_id: BTreeMap<_, _> =
            metadata.packages.iter().map(|package| (package.id.as_str(), package)).collect();
        let features =
            metadata.resolve.nodes.iter().filter_map(|node| {
                Some((by_id.get(node.id.as_str())?.title(), node.features.clone()))
            });
        let features = features.collect();
        let (mut root, mut others) = (None, [Vec::new(), Vec::new()]);
        for package in metadata.packages {
            let is_root = package.manifest_path == manifest;
            if let Some(origin) = package.source.as_deref().filter(|source| *source != CRATES_IO) {
                return Err(BuildError::Intake(IntakeError::Origin {
                    package: package.title(),
                    origin: origin.to_owned(),
                }));
            }
            if is_root {
                root = Some(package);
            } else {
                others[usize::from(!used.contains(&package.id))].push(package);
            }
        }
        let [used, unused] = others;
        let root = root.ok_or(BuildError::NoPackage { path: manifest })?;
        Ok(Self { root, used, linked, host, uses, unused, features })
    }
}

fn metadata(
    folder: &Path,
    toolchain: &Toolchain,
    is_offline: bool,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Metadata, BuildError> {
    let mut cargo = command::clean(&toolchain.cargo);
    cargo
        .current_dir(folder)
        .args(["metadata", "--format-version=1"])
        .args(is_offline.then_some("--offline"))
        .env("RUSTC", &toolchain.rustc)
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "");
    let output = command::run(cargo, observer)?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(BuildError::Cargo { stderr });
    }
    serde_json::from_slice(&output.stdout).map_err(|error| BuildError::Metadata { error })
}
