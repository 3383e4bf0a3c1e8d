//! The folders that a service is made of: its own, and those outside that the operator vets. Each has a
//! place in the stage, and a path of a manifest leads from one to another.

use std::path::{Component, Path, PathBuf};

use crate::policy::{Grants, Policy};

/// A folder of packages.
#[derive(Debug)]
struct Root {
    /// Where its author has it.
    origin: PathBuf,
    /// Where it is in the stage.
    staged: PathBuf,
    /// What its packages may do, if it is vetted.
    grants: Option<Grants>,
}

/// All of them; the service's own is the first.
#[derive(Debug)]
pub(super) struct Roots(Vec<Root>);

/// A folder in one of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    root: usize,
    /// Its path as seen from the root.
    pub(super) path: PathBuf,
}

/// The folder in the stage of the policy's vetted folder of that number.
pub(crate) fn staged(number: usize) -> PathBuf {
    Path::new("folders").join(number.to_string())
}

impl Roots {
    /// The package in `origin`, and what `policy` vets besides.
    pub(super) fn new(origin: &Path, policy: &Policy) -> Self {
        let own = Root { origin: origin.to_owned(), staged: "crate".into(), grants: None };
        let vetted = policy.folders.iter().enumerate().map(|(number, folder)| Root {
            origin: folder.path.canonicalize().unwrap_or_else(|_| folder.path.clone()),
            staged: staged(number),
            grants: Some(Grants {
                build_script: folder.build_script,
                proc_macro: folder.proc_macro,
                unsafe_macros: true,
            }),
        });
        Self(std::iter::once(own).chain(vetted).collect())
    }

    /// The service's own folder.
    pub(super) fn own(&self) -> Spot {
        Spot { root: 0, path: PathBuf::new() }
    }

    /// The vetted folder that `spot` is in, as its author has it, and where it is in the stage.
    pub(super) fn vetted(&self, spot: &Spot) -> Option<(&Path, &Path)> {
        let root = &self.0[spot.root];
        root.grants.map(|_| (root.origin.as_path(), root.staged.as_path()))
    }

    /// What the package at `spot` may do; `None` if it must hold to the rules for services.
    pub(super) fn grants(&self, spot: &Spot) -> Option<Grants> {
        self.0[spot.root].grants
    }

    /// Where its author has `spot`.
    pub(super) fn origin(&self, spot: &Spot) -> PathBuf {
        self.0[spot.root].origin.join(&spot.path)
    }

    /// Where `spot` is in the stage.
    pub(super) fn staged(&self, spot: &Spot) -> PathBuf {
        self.0[spot.root].staged.join(&spot.path)
    }

    /// How a file beside a manifest is called in messages: as seen from the service's own folder, or by its
    /// whole path.
    pub(super) fn shown(&self, spot: &Spot, file: &str) -> PathBuf {
        match self.grants(spot) {
            None => spot.path.join(file),
            Some(_) => self.origin(spot).join(file),
        }
    }

    /// Where `path` leads from the package at `spot`; `None` if it leads out of all roots.
    pub(super) fn follow(&self, spot: &Spot, path: &str) -> Option<Spot> {
        let inside = self.inside(spot, path);
        inside.or_else(|| self.outside(spot, path))
    }

    /// The same, within the root of `spot` alone.
    pub(super) fn inside(&self, spot: &Spot, path: &str) -> Option<Spot> {
        let path = Path::new(path);
        let (path, mut inside) = match path.strip_prefix(&self.0[spot.root].origin) {
            Ok(path) => (path, PathBuf::new()),
            Err(_) => (path, spot.path.clone()),
        };
        for component in path.components() {
            match component {
                Component::CurDir => {}
                Component::Normal(name) => inside.push(name),
                Component::ParentDir if inside.pop() => {}
                _ => return None,
            }
        }
        Some(Spot { root: spot.root, path: inside })
    }

    /// The vetted folder that `path` leads to, links followed.
    fn outside(&self, spot: &Spot, path: &str) -> Option<Spot> {
        let path = self.origin(spot).join(path).canonicalize().ok()?;
        let mut vetted = self.0.iter().enumerate().filter(|(_, root)| root.grants.is_some());
        vetted.find_map(|(root, found)| {
            let path = path.strip_prefix(&found.origin).ok()?.to_owned();
            Some(Spot { root, path })
        })
    }

    /// The path in the stage from the package at `from` to the one at `to`.
    pub(super) fn between(&self, from: &Spot, to: &Spot) -> String {
        if from.root == to.root {
            return format!("{}{}", up(&from.path), to.path.display());
        }
        self.to_stage(from, &self.staged(to))
    }

    /// The path in the stage from the package at `from` to what is at `staged`.
    pub(super) fn to_stage(&self, from: &Spot, staged: &Path) -> String {
        format!("{}{}", up(&self.staged(from)), staged.display())
    }
}

/// As many steps up as `path` has down.
fn up(path: &Path) -> String {
    "../".repeat(path.components().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(vetted: &Path) -> Roots {
        let folder =
            format!("[[folder]]\npath = {:?}\nreason = \"ours\"\n", vetted.to_str().unwrap());
        Roots::new(Path::new("/home/a/p"), &Policy::parse(&folder).unwrap())
    }

    #[test]
    fn path_leads_out_into_vetted_folders_only() {
        let shared = tempfile::tempdir().unwrap();
        let shared = shared.path().canonicalize().unwrap();
        std::fs::create_dir_all(shared.join("vetted/a")).unwrap();
        std::fs::create_dir_all(shared.join("vetted-not")).unwrap();
        std::os::unix::fs::symlink(shared.join("vetted-not"), shared.join("vetted/link")).unwrap();
        let roots = roots(&shared.join("vetted"));
        let follow = |path: &str| roots.follow(&roots.own(), shared.join(path).to_str().unwrap());
        let a = follow("vetted/a").unwrap();
        assert_eq!(roots.staged(&a), Path::new("folders/0/a"));
        assert_eq!(roots.between(&roots.own(), &a), "../folders/0/a");
        assert_eq!(roots.between(&a, &roots.follow(&a, "../b").unwrap()), "../b");
        for path in ["vetted-not", "vetted/link", "vetted/a/../../vetted-not", "vetted/gone", ""] {
            assert_eq!(follow(path), None, "{path}");
        }
        assert_eq!(roots.follow(&roots.own(), "../q"), None);
    }

    #[test]
    fn path_within_the_service_needs_nothing_there() {
        let roots = roots(Path::new("/nowhere"));
        let inner = roots.follow(&roots.own(), "x/inner").unwrap();
        assert_eq!(roots.between(&inner, &roots.follow(&inner, "/home/a/p/b").unwrap()), "../../b");
        assert_eq!(roots.to_stage(&inner, Path::new("mote-service")), "../../../mote-service");
    }
}
