//! What a member inherits from its workspace: it is built from its own folder, so that what it
//! inherits is written into its manifest.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::error::intake::IntakeError;

/// The workspace of a package.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The folder of its manifest.
    pub(super) folder: PathBuf,
    manifest: DocumentMut,
}

impl Workspace {
    /// The workspace of the package in `folder` whose manifest is `manifest`: itself if it has that
    /// table, or the nearest above that does not exclude it.
    pub(super) fn of(folder: &Path, manifest: &DocumentMut) -> Option<Self> {
        if manifest.contains_key("workspace") {
            return Some(Self { folder: folder.to_owned(), manifest: manifest.clone() });
        }
        let above = folder.ancestors().skip(1).find_map(Self::at)?;
        (!above.excludes(folder)).then_some(above)
    }

    fn at(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let manifest: DocumentMut = text.parse().ok()?;
        manifest.contains_key("workspace").then(|| Self { folder: folder.to_owned(), manifest })
    }

    fn excludes(&self, folder: &Path) -> bool {
        let excluded = self.table("exclude").and_then(Item::as_array);
        let mut excluded = excluded.into_iter().flatten().filter_map(Value::as_str);
        excluded.any(|path| folder.starts_with(self.folder.join(path)))
    }

    fn table(&self, name: &str) -> Option<&Item> {
        self.manifest.get("workspace")?.get(name)
    }

    /// Whether it replaces dependencies.
    pub(super) fn has_patches(&self) -> bool {
        self.manifest.contains_key("patch") || self.manifest.contains_key("replace")
    }

    /// Gives the package that is built the profiles of its workspace.
    pub(super) fn give_profiles(&self, manifest: &mut DocumentMut) {
        if let Some(profiles) = self.manifest.get("profile") {
            manifest.insert("profile", profiles.clone());
        }
    }
}

/// Writes into `manifest` what it inherits.
pub(super) fn inherit(
    manifest: &mut DocumentMut,
    workspace: Option<&Workspace>,
    path: &Path,
) -> Result<(), IntakeError> {
    let inherited = |table: &str, key: &str| -> Result<Item, IntakeError> {
        let found = workspace.and_then(|workspace| workspace.table(table)?.get(key));
        let missing = || IntakeError::NotInherited { path: path.to_owned(), key: key.to_owned() };
        found.cloned().ok_or_else(missing)
    };
    if let Some(package) = manifest.get_mut("package").and_then(Item::as_table_like_mut) {
        for (key, item) in package.iter_mut().filter(|(_, item)| is_inherited(item)) {
            *item = match key.get() {
                // Files for people: no package needs them to be built.
                "readme" | "license-file" => Item::None,
                key => inherited("package", key)?,
            };
        }
    }
    if manifest.get("lints").is_some_and(is_inherited) {
        let lints = workspace.and_then(|workspace| workspace.table("lints"));
        manifest["lints"] = lints.cloned().unwrap_or(Item::Table(Table::new()));
    }
    let folder = workspace.map(|workspace| workspace.folder.as_path());
    for table in dependency_tables(manifest) {
        for (key, item) in table.iter_mut().filter(|(_, item)| is_inherited(item)) {
            *item = merged(inherited("dependencies", key.get())?, item, folder);
        }
    }
    Ok(())
}

fn is_inherited(item: &Item) -> bool {
    item.get("workspace").and_then(Item::as_bool) == Some(true)
}

fn dependency_tables(manifest: &mut DocumentMut) -> impl Iterator<Item = &mut dyn TableLike> {
    let mut tables = Vec::new();
    for (name, item) in manifest.iter_mut() {
        match name.get() {
            "dependencies" => tables.push(item),
            "target" => {
                let targets =
                    item.as_table_like_mut().into_iter().flat_map(|table| table.iter_mut());
                tables.extend(targets.filter_map(|(_, target)| target.get_mut("dependencies")));
            }
            _ => {}
        }
    }
    tables.into_iter().filter_map(Item::as_table_like_mut)
}

/// A dependency of the workspace with what the member adds: features, and whether it is optional.
fn merged(base: Item, member: &Item, folder: Option<&Path>) -> Item {
    let mut table = match base.as_str() {
        Some(version) => InlineTable::from_iter([("version", Value::from(version))]),
        None => base.into_table().map(Table::into_inline_table).unwrap_or_default(),
    };
    if let (Some(path), Some(folder)) = (table.get("path").and_then(Value::as_str), folder) {
        let path = folder.join(path).display().to_string();
        table.insert("path", Value::from(path));
    }
    for key in ["optional", "default-features"] {
        if let Some(value) = member.get(key).and_then(Item::as_value) {
            table.insert(key, value.clone());
        }
    }
    if let Some(more) = member.get("features").and_then(Item::as_array) {
        let features = table.get("features").and_then(Value::as_array).cloned();
        let mut features = features.unwrap_or_default();
        features.extend(more.iter().cloned());
        table.insert("features", Value::Array(features));
    }
    Item::Value(Value::InlineTable(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace]\nmembers = [\"a\"]\nexclude = [\"x\"]\n[workspace.package]\n\
        version = \"1.2.3\"\n[workspace.dependencies]\nserde = \"1\"\nother = { path = \"other\", \
        features = [\"f\"] }\n[workspace.lints.rust]\nunused = \"warn\"\n[profile.release]\nlto = true\n";

    #[test]
    fn member_gets_what_it_inherits() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), ROOT).unwrap();
        let text = "[package]\nversion.workspace = true\nreadme.workspace = true\n[lints]\nworkspace = true\n\
            [dependencies]\nserde = { workspace = true, features = [\"derive\"] }\n\
            [target.x.dependencies]\nother.workspace = true\n";
        let mut manifest: DocumentMut = text.parse().unwrap();
        let workspace = Workspace::of(&folder.path().join("a"), &manifest).unwrap();
        inherit(&mut manifest, Some(&workspace), Path::new("Cargo.toml")).unwrap();
        workspace.give_profiles(&mut manifest);
        assert_eq!(manifest["package"]["version"].as_str(), Some("1.2.3"));
        assert_eq!(manifest["lints"]["rust"]["unused"].as_str(), Some("warn"));
        assert_eq!(manifest["dependencies"]["serde"]["version"].as_str(), Some("1"));
        assert_eq!(manifest["dependencies"]["serde"]["features"].as_array().unwrap().len(), 1);
        let path = manifest["target"]["x"]["dependencies"]["other"]["path"].as_str().unwrap();
        assert_eq!(Path::new(path), folder.path().join("other"));
        assert_eq!(manifest["profile"]["release"]["lto"].as_bool(), Some(true));
    }

    #[test]
    fn package_that_is_excluded_has_no_workspace() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), ROOT).unwrap();
        assert!(Workspace::of(&folder.path().join("x/y"), &DocumentMut::new()).is_none());
    }

    #[test]
    fn key_that_no_workspace_has_is_named() {
        let mut manifest: DocumentMut = "[package]\nversion.workspace = true\n".parse().unwrap();
        let error = inherit(&mut manifest, None, Path::new("Cargo.toml")).unwrap_err();
        assert!(error.to_string().contains("`version`"), "{error}");
    }
}
