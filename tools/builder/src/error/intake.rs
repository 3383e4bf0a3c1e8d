//! What of a package keeps it from being taken in.

use std::io;
use std::path::PathBuf;

/// Why a package is not taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// There is more than a service should have.
    #[error("the package has more than {limit}: a service's folder holds its sources only")]
    TooLarge {
        /// What of it is limited.
        limit: SizeLimit,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file, as seen from the package.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A manifest is no TOML.
    #[error("{} cannot be understood: {error}", path.display())]
    Syntax {
        /// The manifest, as seen from the package.
        path: PathBuf,
        /// Where, and what.
        error: Box<toml_edit::TomlError>,
    },
    /// A manifest has what would change how a service is built.
    #[error("{}: {rule}", path.display())]
    Manifest {
        /// The manifest, as seen from the package.
        path: PathBuf,
        /// What it may not have.
        rule: ManifestRule,
    },
    /// Something is to be inherited from a workspace, and is not there.
    #[error("{}: `{key}` is inherited from a workspace, but no Cargo.toml above has it", path.display())]
    NotInherited {
        /// The manifest, as seen from the package.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// With `--locked`, a package is used that Cargo.lock does not have.
    #[error(
        "Cargo.lock does not have {package}, and --locked was asked for: run cargo update, or build without"
    )]
    NotLocked {
        /// Its name and version.
        package: String,
    },
    /// A package is not from crates.io, where it is used by one that is.
    #[error(
        "{package} comes from {origin}: only crates.io and folders inside the package are taken in"
    )]
    Origin {
        /// Its name and version.
        package: String,
        /// What cargo says.
        origin: String,
    },
    /// A package of crates.io is not what Cargo.lock says.
    #[error("{package} is not what its checksum says, {}: remove it, and let cargo fetch it again", path.display())]
    Checksum {
        /// Its name and version.
        package: String,
        /// The file or folder.
        path: PathBuf,
    },
}

/// How much may be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeLimit {
    /// Of all files together.
    #[error("{} MiB", .0 >> 20)]
    Bytes(u64),
    /// The number of files.
    #[error("{0} files")]
    Files(usize),
}

/// What a manifest may not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestRule {
    /// A build script.
    #[error(
        "a service has no build script (build.rs), which would run on the machine that builds it: generate its code beforehand"
    )]
    BuildScript,
    /// A native library.
    #[error("`links` names a native library, and an image has none")]
    Links,
    /// A procedural macro.
    #[error(
        "a procedural macro would run on the machine that builds it; only crates that the policy vets may be one (mote policy)"
    )]
    ProcMacro,
    /// A table that replaces dependencies.
    #[error(
        "[{0}] replaces dependencies, and a service's are those of crates.io: depend on what is meant"
    )]
    Replaces(&'static str),
    /// Unstable features of cargo.
    #[error("`cargo-features` needs an unstable cargo; images are built with a stable one")]
    CargoFeatures,
    /// A dependency from elsewhere.
    #[error(
        "dependency `{name}` has `{key}`: only crates.io and folders inside the package are taken in"
    )]
    DependencyKey {
        /// The dependency.
        name: String,
        /// What it may not have.
        key: String,
    },
    /// A dependency whose folder is not inside.
    #[error(
        "dependency `{name}` lies outside of the package's folder, at {path}: copy it inside, publish it, or have the operator vet its folder ([[folder]] in the policy that mote build --policy names)"
    )]
    OutsidePath {
        /// The dependency.
        name: String,
        /// Its path.
        path: String,
    },
    /// A dependency whose folder has no package.
    #[error("dependency `{name}` is not at {path}")]
    MissingPath {
        /// The dependency.
        name: String,
        /// Its path.
        path: String,
    },
    /// A target's file is not inside.
    #[error("the library's path, {path}, lies outside of the package's folder")]
    OutsideLibrary {
        /// The path.
        path: String,
    },
}
