//! Which file of a crate uses which: every path that is written, followed to the file of what it names.
//!
//! A re-export is followed to its source. An import of a module is no use yet; what is
//! written behind its name is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::modules::{Crate, Module, ModulePath};
use crate::paths::Written;

/// More steps than any chain of re-exports has; imports may name each other in a ring.
const MOST_STEPS: usize = 16;

/// The files of a crate, and for each the others that it uses.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) uses: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// Files with `unsafe` in them.
    pub(crate) with_unsafe: BTreeSet<PathBuf>,
}

/// What a path names.
enum Target {
    Module(ModulePath),
    /// An item in this file.
    Item(usize),
}

impl Graph {
    /// Reads the crate whose root is the file `root` in `folder`.
    pub(crate) fn read(folder: &Path, root: &Path) -> Self {
        let found = Crate::read(folder, root);
        let name = |&file: &usize| found.files[file].clone();
        let mut graph = Self {
            uses: found.files.iter().map(|file| (file.clone(), BTreeSet::new())).collect(),
            with_unsafe: found.with_unsafe.iter().map(name).collect(),
        };
        for (path, module) in &found.modules {
            graph.enter(&found, path, module);
        }
        graph
    }

    fn enter(&mut self, found: &Crate, path: &ModulePath, module: &Module) {
        let items = module.written.iter().filter_map(|written| {
            let Target::Item(file) = resolve(found, path, written, MOST_STEPS)? else {
                return None;
            };
            Some(file)
        });
        let globs = module.globs.iter().filter_map(|written| {
            let Target::Module(path) = resolve(found, path, written, MOST_STEPS)? else {
                return None;
            };
            Some(found.modules[&path].file)
        });
        let from = &found.files[module.file];
        let used = items.chain(globs).filter(|&file| file != module.file);
        let used: BTreeSet<_> = used.map(|file| found.files[file].clone()).collect();
        self.uses.entry(from.clone()).or_default().extend(used);
    }
}

/// What `written` names in the module `from`; none if that is in another crate.
fn resolve(found: &Crate, from: &ModulePath, written: &Written, steps: usize) -> Option<Target> {
    let (first, rest) = written.split_first()?;
    match &first[..] {
        "crate" => descend(found, Vec::new(), rest, steps),
        "self" => descend(found, from.clone(), rest, steps),
        "super" => above(found, from.clone(), written, steps),
        _ => {
            let module = &found.modules[from];
            let is_here = module.children.contains(first) || module.imports.contains_key(first);
            is_here.then(|| descend(found, from.clone(), written, steps)).flatten()
        }
    }
}

fn above(found: &Crate, mut from: ModulePath, written: &[String], steps: usize) -> Option<Target> {
    let levels = written.iter().take_while(|segment| *segment == "super").count();
    from.truncate(from.len().checked_sub(levels)?);
    descend(found, from, &written[levels..], steps)
}

fn descend(
    found: &Crate,
    mut module: ModulePath,
    segments: &[String],
    steps: usize,
) -> Option<Target> {
    for (at, segment) in segments.iter().enumerate() {
        if !found.modules[&module].children.contains(segment) {
            return item(found, &module, &segments[at..], steps);
        }
        module.push(segment.clone());
    }
    Some(Target::Module(module))
}

/// What `segments` name in `module`, where the first is no child of it.
fn item(found: &Crate, path: &ModulePath, segments: &[String], steps: usize) -> Option<Target> {
    let steps = steps.checked_sub(1)?;
    let (module, name) = (&found.modules[path], &segments[0]);
    if let Some(import) = module.imports.get(name)
        && import != segments
    {
        let written = [&import[..], &segments[1..]].concat();
        return resolve(found, path, &written, steps);
    }
    if !module.items.contains(name) {
        let exported = found.exported_macros.get(name).filter(|_| path.is_empty());
        let by_glob =
            || module.globs.iter().find_map(|glob| in_glob(found, path, glob, segments, steps));
        if let Some(target) = exported.map(|&file| Target::Item(file)).or_else(by_glob) {
            return Some(target);
        }
    }
    Some(Target::Item(module.file))
}

/// What `segments` name in the module that `glob` imports, if anything.
fn in_glob(
    found: &Crate,
    path: &ModulePath,
    glob: &Written,
    segments: &[String],
    steps: usize,
) -> Option<Target> {
    let Target::Module(from) = resolve(found, path, glob, steps)? else { return None };
    let module = &found.modules[&from];
    let is_there =
        [&module.items, &module.children].iter().any(|names| names.contains(&segments[0]))
            || module.imports.contains_key(&segments[0]);
    is_there.then(|| descend(found, from, segments, steps)).flatten()
}

/// The roots of a package's crates: library, programs and tests, relative to `package`.
pub(crate) fn roots(package: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("src/lib.rs"), PathBuf::from("src/main.rs")];
    for folder in ["src/bin", "tests"] {
        for entry in fs::read_dir(package.join(folder)).into_iter().flatten().map(Result::unwrap) {
            let path = Path::new(folder).join(entry.file_name());
            found.extend([path.join("main.rs"), path]);
        }
    }
    found.retain(|root| {
        root.extension().is_some_and(|it| it == "rs") && package.join(root).is_file()
    });
    found
}
