//! The user's package, as the later steps need it.

use std::path::{Path, PathBuf};

use crate::error::BuildError;
use crate::intake::graph::Described;

/// The copied package.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its manifest's folder, in the stage.
    pub(crate) folder: PathBuf,
    pub(crate) manifest: PathBuf,
    /// The crate root of its library.
    pub(crate) root: PathBuf,
}

impl Package {
    /// What cargo says of it.
    pub(crate) fn of(described: &Described) -> Result<Self, BuildError> {
        let name = described.name.clone();
        let Some(root) = described.library() else {
            return Err(BuildError::NoLibrary { package: name });
        };
        Ok(Self {
            name,
            folder: described.folder().to_owned(),
            manifest: described.manifest_path.clone(),
            root: root.to_owned(),
        })
    }

    /// How a file is called in messages: inside the package without its folder, as the compiler does.
    pub(crate) fn shown(&self, file: &Path) -> String {
        file.strip_prefix(&self.folder).unwrap_or(file).display().to_string()
    }
}

/// The folder of the package that the user names.
pub(super) fn folder(directory: &Path) -> Result<PathBuf, BuildError> {
    let folder = directory
        .canonicalize()
        .ok()
        .filter(|path| path.is_dir())
        .ok_or_else(|| BuildError::NoFolder { path: directory.to_owned() })?;
    if folder.join("Cargo.toml").is_file() {
        return Ok(folder);
    }
    Err(BuildError::NoManifest { path: directory.to_owned() })
}
