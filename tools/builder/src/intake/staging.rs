//! A package whose path to mote-service leads nowhere: its folder was copied from where it stood.
//!
//! Cargo reads the manifest of every path before it looks at what replaces it, so this one has to be
//! told another path. It gets a folder of links to the package's own files, so that messages show
//! those, beside a manifest with the path of the embedded crate.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, TableLike, TomlError, value};

use crate::error::BuildError;
use crate::toolchain::cache::Cache;

/// The manifest to build the package of `manifest` with: itself, unless its path to mote-service
/// leads nowhere. Then the package is staging in the cache, and so are its intermediate files.
pub(crate) fn manifest(
    manifest: PathBuf,
    embedded: &Path,
    cache: &Cache,
) -> Result<PathBuf, BuildError> {
    let unreadable = |error| BuildError::Read { path: manifest.clone(), error };
    let text = std::fs::read_to_string(&manifest).map_err(unreadable)?;
    let folder = manifest.parent().unwrap_or(&manifest);
    // What is no manifest at all is for cargo to tell.
    let rewritten = rewritten(&text, folder, embedded).unwrap_or(None);
    let Some(rewritten) = rewritten else { return Ok(manifest) };
    let stage = cache.place("staging", &manifest);
    fill(&stage, folder, &rewritten)
        .map_err(|error| BuildError::Write { path: stage.clone(), error })?;
    Ok(stage.join("Cargo.toml"))
}

fn fill(stage: &Path, folder: &Path, manifest: &str) -> io::Result<()> {
    std::fs::create_dir_all(stage)?;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != "Cargo.toml" && entry.file_name() != "target" {
            link(&entry.path(), &stage.join(entry.file_name()))?;
        }
    }
    write_if_changed(&stage.join("Cargo.toml"), manifest)
}

/// Another build of the same package may have made the link already.
fn link(file: &Path, at: &Path) -> io::Result<()> {
    match symlink(file, at) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    std::fs::write(path, text)
}

/// The manifest with the path of the embedded crate, and every other path as seen from `folder`;
/// `None` if it need not be rewritten.
fn rewritten(text: &str, folder: &Path, embedded: &Path) -> Result<Option<String>, TomlError> {
    let mut manifest: DocumentMut = text.parse()?;
    if !leads_nowhere(&mut manifest, folder) {
        return Ok(None);
    }
    redirect_in(manifest.as_table_mut(), folder, embedded);
    for outer in ["target", "patch"] {
        for inner in tables(manifest.get_mut(outer)) {
            redirect_in(inner, folder, embedded);
            redirect(inner, folder, embedded);
        }
    }
    if !manifest.contains_key("workspace") {
        manifest["workspace"] = toml_edit::table();
    }
    Ok(Some(manifest.to_string()))
}

/// Whether a dependency on mote-service has a path without a package.
fn leads_nowhere(manifest: &mut DocumentMut, folder: &Path) -> bool {
    let dependencies = manifest.get_mut("dependencies").and_then(Item::as_table_like_mut);
    dependencies.into_iter().flat_map(|table| table.iter_mut()).any(|(key, item)| {
        is_service(key.get(), item)
            && path(item).is_some_and(|path| !folder.join(path).join("Cargo.toml").exists())
    })
}

fn is_service(key: &str, dependency: &Item) -> bool {
    dependency.get("package").and_then(Item::as_str).unwrap_or(key) == "mote-service"
}

fn path(dependency: &Item) -> Option<PathBuf> {
    dependency.get("path").and_then(Item::as_str).map(PathBuf::from)
}

/// Redirects the tables of dependencies in `parent`.
fn redirect_in(parent: &mut dyn TableLike, folder: &Path, embedded: &Path) {
    for name in ["dependencies", "dev-dependencies", "build-dependencies"] {
        if let Some(table) = parent.get_mut(name).and_then(Item::as_table_like_mut) {
            redirect(table, folder, embedded);
        }
    }
}

/// Redirects each dependency of `table` that has a path.
fn redirect(table: &mut dyn TableLike, folder: &Path, embedded: &Path) {
    for (key, item) in table.iter_mut() {
        let Some(path) = path(item) else { continue };
        let is_service = is_service(key.get(), item);
        let path = if is_service { embedded.to_owned() } else { folder.join(path) };
        if let Some(dependency) = item.as_table_like_mut() {
            dependency.insert("path", value(path.to_string_lossy().into_owned()));
        }
    }
}

fn tables(item: Option<&mut Item>) -> impl Iterator<Item = &mut dyn TableLike> {
    let table = item.and_then(Item::as_table_like_mut);
    table
        .into_iter()
        .flat_map(|table| table.iter_mut())
        .filter_map(|(_, item)| item.as_table_like_mut())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_crate_is_redirected_wherever_it_is_named() {
        let text = "[package]\nname = \"p\"\n[dependencies]\n\
                    mote-service = { path = \"../gone\" }\nother = { path = \"../other\" }\n\
                    plain = \"1\"\n[dev-dependencies.renamed]\npackage = \"mote-service\"\n\
                    path = \"../gone\"\n[target.'cfg(unix)'.dependencies]\nunix = { path = \"u\" }\n";
        let found = rewritten(text, Path::new("/p"), Path::new("/embedded")).unwrap();
        let manifest: DocumentMut = found.unwrap().parse().unwrap();
        let path = |item: &Item| item["path"].as_str().unwrap().to_owned();
        assert_eq!(path(&manifest["dependencies"]["mote-service"]), "/embedded");
        assert_eq!(path(&manifest["dependencies"]["other"]), "/p/../other");
        assert_eq!(path(&manifest["dev-dependencies"]["renamed"]), "/embedded");
        assert_eq!(path(&manifest["target"]["cfg(unix)"]["dependencies"]["unix"]), "/p/u");
        assert_eq!(manifest["dependencies"]["plain"].as_str(), Some("1"));
        assert!(manifest.contains_key("workspace"));
    }

    #[test]
    fn manifest_stays_as_it_is_when_its_paths_lead_somewhere() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        for dependency in ["mote-service = { path = \".\" }", "mote-service = \"0.1\"", ""] {
            let text = format!("[dependencies]\n{dependency}\n");
            let found = rewritten(&text, folder.path(), Path::new("/embedded")).unwrap();
            assert_eq!(found, None, "{dependency}");
        }
    }
}
