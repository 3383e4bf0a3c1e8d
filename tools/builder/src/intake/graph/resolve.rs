//! Which packages use which, as cargo resolves it for every platform, and what of it is for images.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::str::FromStr as _;

use cargo_platform::{Cfg, Platform};
use serde::Deserialize;

use crate::toolchain::TARGET;

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
pub(super) struct Resolve {
    pub(super) root: Option<String>,
    pub(super) nodes: Vec<Node>,
}

#[derive(Deserialize)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) features: Vec<String>,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
pub(super) struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
    target: Option<String>,
}

impl Resolve {
    /// The packages that are reached from the root over edges, each from a package, that are `followed`.
    pub(super) fn reached(&self, followed: impl Fn(&str, &Edge) -> bool) -> BTreeSet<String> {
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

    /// What runs here: the procedural macros that are used, what build scripts use, and what all of these
    /// use themselves.
    pub(super) fn host(&self, macros: &BTreeSet<String>) -> BTreeSet<String> {
        let used = self.reached(|_, edge| edge.is_used());
        let from_scripts = |node: &Node| {
            let edges = node.deps.iter().filter(|edge| edge.is_of(|kind| kind == Some("build")));
            edges.map(|edge| edge.pkg.clone()).collect::<Vec<_>>()
        };
        let nodes = self.nodes.iter().filter(|node| used.contains(&node.id));
        let mut next: Vec<String> = nodes.flat_map(from_scripts).collect();
        next.extend(macros.intersection(&used).cloned());
        let uses = self.uses();
        let mut host = BTreeSet::new();
        while let Some(id) = next.pop() {
            if host.insert(id.clone()) {
                next.extend(uses.get(&id).into_iter().flatten().cloned());
            }
        }
        host
    }

    /// What each package uses.
    pub(super) fn uses(&self) -> BTreeMap<String, Vec<String>> {
        let used = |node: &Node| {
            let edges = node.deps.iter().filter(|edge| edge.is_used());
            edges.map(|edge| edge.pkg.clone()).collect()
        };
        self.nodes.iter().map(|node| (node.id.clone(), used(node))).collect()
    }
}

impl Edge {
    /// Whether a build for the image's platform, or of a program that runs here for it, follows it.
    pub(super) fn is_used(&self) -> bool {
        self.is_of(|kind| kind != Some("dev"))
    }

    /// Whether what it leads to is linked to what it comes from.
    pub(super) fn is_linked(&self) -> bool {
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
