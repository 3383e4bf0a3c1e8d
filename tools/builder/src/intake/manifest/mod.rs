//! Judges a manifest, and rewrites it: what would change how a service is built is refused, what has no
//! effect on its library goes, and the dependency on mote-service becomes the embedded crate.

#[cfg(test)]
mod tests;

use std::path::Path;

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use crate::error::intake::{IntakeError, ManifestRule};
use crate::policy::Grants;

use super::roots::{Roots, Spot};

/// Tables and keys without an effect on a library.
const DROPPED: [&str; 12] = [
    "workspace",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
    "bin",
    "example",
    "test",
    "bench",
    "badges",
    "hints",
    "default-run",
];

/// Those of them that a build script has.
const BUILD_DEPENDENCIES: [&str; 2] = ["build-dependencies", "build_dependencies"];

/// The tables of dependencies.
const DEPENDENCIES: [&str; 3] = ["dependencies", "build-dependencies", "build_dependencies"];

/// The keys that a dependency may have.
const DEPENDENCY_KEYS: [&str; 7] =
    ["version", "path", "features", "default-features", "default_features", "optional", "package"];

/// What a manifest says that the rest of the intake needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    /// The folders of its dependencies that have one.
    pub(super) folders: Vec<Spot>,
    /// How it asks for mote-service, if it does: the version, or "" where it names none.
    pub(super) service_version: Option<String>,
}

/// Where a manifest is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) roots: &'a Roots,
    pub(super) spot: &'a Spot,
    /// Whether a file `build.rs` lies beside it.
    pub(super) has_build_script: bool,
}

impl Place<'_> {
    fn refused(&self, rule: ManifestRule) -> IntakeError {
        IntakeError::Manifest { path: self.roots.shown(self.spot, "Cargo.toml"), rule }
    }

    /// What the package may do; nothing if it is not vetted.
    fn grants(&self) -> Grants {
        self.roots.grants(self.spot).unwrap_or_default()
    }

    /// What a manifest may not keep.
    fn dropped(&self) -> impl Iterator<Item = &'static str> {
        let keeps = self.grants().build_script;
        DROPPED.into_iter().filter(move |name| !keeps || !BUILD_DEPENDENCIES.contains(name))
    }
}

/// What the manifest `text` of a service becomes, and the folders that it refers to, as the fuzz targets have it;
/// `None` if it is refused.
#[cfg(fuzzing)]
#[must_use]
pub fn judge_manifest(text: &str) -> Option<(String, Vec<std::path::PathBuf>)> {
    let policy = crate::policy::Policy { vetted: Vec::new(), folders: Vec::new() };
    let roots = Roots::new(Path::new("/home/author/package"), &policy);
    let place = Place { roots: &roots, spot: &roots.own(), has_build_script: false };
    let mut manifest: DocumentMut = text.parse().ok()?;
    let judged = judge(&mut manifest, place).ok()?;
    Some((manifest.to_string(), judged.folders.into_iter().map(|spot| spot.path).collect()))
}

/// Judges `manifest` and rewrites it.
pub(super) fn judge(manifest: &mut DocumentMut, place: Place<'_>) -> Result<Judged, IntakeError> {
    // An old name of the same table.
    if let Some(project) = manifest.remove("project") {
        manifest.entry("package").or_insert(project);
    }
    for name in ["patch", "replace", "source"] {
        if manifest.contains_key(name) {
            return Err(place.refused(ManifestRule::Replaces(name)));
        }
    }
    if manifest.contains_key("cargo-features") {
        return Err(place.refused(ManifestRule::CargoFeatures));
    }
    package(manifest, place)?;
    if place.roots.grants(place.spot).is_none() {
        forbid_unsafe_code(manifest);
    }
    library(manifest, place)?;
    for name in place.dropped() {
        manifest.remove(name);
    }
    let mut judged = Judged::default();
    dependencies(manifest.as_table_mut(), place, &mut judged)?;
    let targets = manifest.get_mut("target").and_then(Item::as_table_like_mut);
    for (_, target) in targets.into_iter().flat_map(|table| table.iter_mut()) {
        if let Some(target) = target.as_table_like_mut() {
            for name in place.dropped() {
                target.remove(name);
            }
            dependencies(target, place, &mut judged)?;
        }
    }
    Ok(judged)
}

fn package(manifest: &mut DocumentMut, place: Place<'_>) -> Result<(), IntakeError> {
    let Some(package) = manifest.get_mut("package").and_then(Item::as_table_like_mut) else {
        return Ok(());
    };
    let build = package.get("build").and_then(Item::as_value);
    let has_build_script = match (build, build.and_then(Value::as_bool)) {
        (_, Some(false)) => false,
        (None, _) => place.has_build_script,
        _ => true,
    };
    if has_build_script && !place.grants().build_script {
        return Err(place.refused(ManifestRule::BuildScript));
    }
    if package.contains_key("links") {
        return Err(place.refused(ManifestRule::Links));
    }
    for name in ["workspace", "default-run", "metabuild", "readme", "license-file"] {
        package.remove(name);
    }
    if !has_build_script {
        package.insert("build", value(false));
    }
    for name in ["autobins", "autoexamples", "autotests", "autobenches"] {
        package.insert(name, value(false));
    }
    Ok(())
}

/// The lint of the service's own crate, for every crate in its folder.
fn forbid_unsafe_code(manifest: &mut DocumentMut) {
    let lints = manifest.entry("lints").or_insert(Item::Table(Table::new()));
    if let Some(lints) = lints.as_table_like_mut() {
        let rust = lints.entry("rust").or_insert(Item::Table(Table::new()));
        if let Some(rust) = rust.as_table_like_mut() {
            rust.insert("unsafe_code", value("forbid"));
        }
    }
}

fn library(manifest: &mut DocumentMut, place: Place<'_>) -> Result<(), IntakeError> {
    let Some(library) = manifest.get_mut("lib").and_then(Item::as_table_like_mut) else {
        return Ok(());
    };
    let is_procedural_macro = is_procedural_macro(library);
    if is_procedural_macro && !place.grants().proc_macro {
        return Err(place.refused(ManifestRule::ProcMacro));
    }
    if let Some(path) = library.get("path").and_then(Item::as_str)
        && place.roots.inside(place.spot, path).is_none()
    {
        return Err(place.refused(ManifestRule::OutsideLibrary { path: path.to_owned() }));
    }
    // Which kinds of library are made is not the author's choice.
    for name in ["crate-type", "crate_type"] {
        library.remove(name);
    }
    if is_procedural_macro {
        library.insert("proc-macro", value(true));
    }
    Ok(())
}

fn is_procedural_macro(library: &dyn TableLike) -> bool {
    let mut keys = ["proc-macro", "proc_macro"].into_iter();
    let is_one = keys.any(|key| library.get(key).and_then(Item::as_bool) == Some(true));
    let types = ["crate-type", "crate_type"].into_iter().filter_map(|key| library.get(key));
    let mut types = types.filter_map(Item::as_array).flatten().filter_map(Value::as_str);
    is_one || types.any(|found| found == "proc-macro")
}

fn dependencies(
    parent: &mut dyn TableLike,
    place: Place<'_>,
    judged: &mut Judged,
) -> Result<(), IntakeError> {
    let tables = parent.iter_mut().filter(|(name, _)| DEPENDENCIES.contains(&name.get()));
    let tables = tables.filter_map(|(_, item)| item.as_table_like_mut());
    for (key, item) in tables.flat_map(|table| table.iter_mut()) {
        let name = item.get("package").and_then(Item::as_str).unwrap_or(key.get()).to_owned();
        if name == "mote-service" {
            let version = item.as_str().or_else(|| item.get("version").and_then(Item::as_str));
            judged.service_version.get_or_insert_with(|| version.unwrap_or_default().to_owned());
            *item = value(service(item, place));
        } else if let Some(table) = item.as_table_like_mut() {
            judged.folders.extend(dependency(&name, table, place)?);
        }
    }
    Ok(())
}

/// The dependency on the embedded crate, which lies beside the package, in place of `item`.
fn service(item: &Item, place: Place<'_>) -> InlineTable {
    let path = place.roots.to_stage(place.spot, Path::new("mote-service"));
    let mut table = InlineTable::from_iter([("path", Value::from(path))]);
    for key in ["package", "optional"] {
        if let Some(value) = item.get(key).and_then(Item::as_value) {
            table.insert(key, value.clone());
        }
    }
    table
}

/// Judges a dependency that is not a version alone; returns its folder if it has one.
fn dependency(
    name: &str,
    table: &mut dyn TableLike,
    place: Place<'_>,
) -> Result<Option<Spot>, IntakeError> {
    let name = || name.to_owned();
    if let Some((key, _)) = table.iter().find(|(key, _)| !DEPENDENCY_KEYS.contains(key)) {
        let rule = ManifestRule::DependencyKey { name: name(), key: key.to_owned() };
        return Err(place.refused(rule));
    }
    let Some(path) = table.get("path") else { return Ok(None) };
    let path = path.as_str().unwrap_or_default().to_owned();
    let Some(spot) = place.roots.follow(place.spot, &path) else {
        return Err(place.refused(ManifestRule::OutsidePath { name: name(), path }));
    };
    table.insert("path", value(place.roots.between(place.spot, &spot)));
    Ok(Some(spot))
}
