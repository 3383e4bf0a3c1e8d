//! What `Cargo.lock` says.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table};

/// A package of a lock file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: String,
    /// SHA-256 of its `.crate` file, in hexadecimal; of a folder, there is none.
    pub(crate) checksum: Option<String>,
}

impl Locked {
    /// Its name and version, as messages and folders have it.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

/// The packages of the lock file at `path`; none if there is no such file, or it is none.
pub(crate) fn read(path: &Path) -> Vec<Locked> {
    parse(&std::fs::read_to_string(path).unwrap_or_default())
}

/// The packages of a lock file's text; none if it is none.
pub(crate) fn parse(text: &str) -> Vec<Locked> {
    let lock: DocumentMut = text.parse().unwrap_or_default();
    let packages = lock.get("package").and_then(Item::as_array_of_tables);
    packages.into_iter().flatten().filter_map(locked).collect()
}

fn locked(table: &Table) -> Option<Locked> {
    let text = |key| table.get(key).and_then(Item::as_str).map(str::to_owned);
    Some(Locked { name: text("name")?, version: text("version")?, checksum: text("checksum") })
}
