//! What cargo resolves the package's dependencies to. Cargo is asked without the network first; what it
//! fails for is not looked at, and the network tried.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use cargo_platform::{Cfg, Platform};
use serde::Deserialize;

use crate::error::BuildError;
use crate::error::intake::IntakeError;
use crate::event::Event;
use crate::options::Options;
use crate::toolchain::compiler::Toolchain;
use crate::toolchain::messages::Target;
use crate::toolchain::{TARGET, command};

/// How cargo names the one registry.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What `rustc --print cfg` says of every image, as far as dependencies can ask for it.
const CFG: [&str; 14] = [
    "unix",
    "panic=\"unwind\"",
    "target_arch=\"x86_64\"",
    "target_endian=\"little\"",
    "target_env=\"gnu\"",
    "target_family=\"unix\"",
    "target_feature=\"fxsr\"",
    "target_feature=\"sse\"",
    "target_feature=\"sse2\"",
    "target_os=\"linux\"",
    "target_pointer_width=\"64\"",
    "target_vendor=\"unknown\"",
    "target_has_atomic=\"64\"",
    "target_has_atomic=\"ptr\"",
];

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

#[derive(Deserialize)]
struct Resolve {
    root: Option<String>,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    features: Vec<String>,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
    target: Option<String>,
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
        Ok(Self { root, used, linked, unused, features })
    }
}

impl Resolve {
    /// The packages that are reached from the root over edges, each from a package, that are `followed`.
    fn reached(&self, followed: impl Fn(&str, &Edge) -> bool) -> BTreeSet<String> {
        let nodes: BTreeMap<_, _> = self.nodes.iter().map(|node| (&node.id, node)).collect();
        let mut used = BTreeSet::new();
        let mut next: VecDeque<&String> = self.root.iter().collect();
        while let Some(id) = next.pop_front() {
            let node = nodes.get(id).filter(|_| used.insert(id.clone()));
            let edges = node.into_iter().flat_map(|node| &node.deps);
            next.extend(edges.filter(|edge| followed(id, edge)).map(|edge| &edge.pkg));
        }
        used
    }
}

impl Edge {
    /// Whether a build for the image's platform, or of a program that runs here for it, follows it.
    fn is_used(&self) -> bool {
        self.is_of(|kind| kind != Some("dev"))
    }

    /// Whether what it leads to is linked to what it comes from.
    fn is_linked(&self) -> bool {
        self.is_of(|kind| kind.is_none())
    }

    fn is_of(&self, kind: impl Fn(Option<&str>) -> bool) -> bool {
        self.dep_kinds.iter().any(|found| {
            kind(found.kind.as_deref()) && found.target.as_deref().is_none_or(is_our_platform)
        })
    }
}

/// Whether a dependency for `platform` is one for images. What cannot be understood is.
fn is_our_platform(platform: &str) -> bool {
    let cfg: Vec<Cfg> = CFG.iter().filter_map(|cfg| Cfg::from_str(cfg).ok()).collect();
    Platform::from_str(platform).map_or(true, |platform| platform.matches(TARGET, &cfg))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_is_an_image_s_when_its_condition_holds() {
        for platform in ["cfg(unix)", TARGET, "cfg(not(windows))", "cfg(target_arch = \"x86_64\")"]
        {
            assert!(is_our_platform(platform), "{platform}");
        }
        for platform in ["cfg(windows)", "wasm32-unknown-unknown", "cfg(target_os = \"wasi\")"] {
            assert!(!is_our_platform(platform), "{platform}");
        }
    }
}
