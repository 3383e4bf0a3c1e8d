//! The format of `policy.toml`.

use std::path::PathBuf;

use semver::VersionReq;
use serde::{Deserialize, Serialize};

/// An operator's policy: what the builder trusts beyond what holds to the rules for services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Crates of crates.io, grouped by why they are vetted.
    #[serde(default)]
    pub vetted: Vec<VettedGroup>,
    /// Folders outside of a service's, whose packages it may depend on by path.
    #[serde(default, rename = "folder")]
    pub folders: Vec<VettedFolder>,
}

/// Crates that are vetted for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VettedGroup {
    /// Why, in a line.
    pub reason: String,
    /// The crates.
    pub crates: Vec<VettedCrate>,
}

/// A crate of crates.io whose code, unsafe code too, is trusted. What it may do besides, an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VettedCrate {
    /// Its name.
    pub name: String,
    /// Which versions.
    pub version: VersionReq,
    /// SHA-256 of the files that are meant, as Cargo.lock has them; with none, every file that crates.io
    /// has for these versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checksums: Vec<String>,
    /// Whether its build script may run.
    #[serde(default, skip_serializing_if = "is_false")]
    pub build_script: bool,
    /// Whether it may be a procedural macro.
    #[serde(default, skip_serializing_if = "is_false")]
    pub proc_macro: bool,
    /// Whether its macros may expand to unsafe code.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unsafe_macros: bool,
}

/// A folder outside of a service's, whose packages are trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VettedFolder {
    /// Its absolute path. What lies below it is vetted too.
    pub path: PathBuf,
    /// Why, in a line.
    pub reason: String,
    /// Whether build scripts in it may run.
    #[serde(default, skip_serializing_if = "is_false")]
    pub build_script: bool,
    /// Whether its packages may be procedural macros.
    #[serde(default, skip_serializing_if = "is_false")]
    pub proc_macro: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What a vetted package may do besides being compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Run a build script.
    pub build_script: bool,
    /// Be a procedural macro.
    pub proc_macro: bool,
    /// Have macros that expand to unsafe code.
    pub unsafe_macros: bool,
}

impl VettedCrate {
    /// What it may do.
    #[must_use]
    pub fn grants(&self) -> Grants {
        Grants {
            build_script: self.build_script,
            proc_macro: self.proc_macro,
            unsafe_macros: self.unsafe_macros,
        }
    }
}
