//! What is wrong with a policy, and what a policy does not admit.

use std::io;
use std::path::PathBuf;

use super::source::SourceError;

/// Why a file is no policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// It cannot be read.
    #[error("cannot read the policy {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is no TOML, or has keys that none has.
    #[error("the policy cannot be understood: {0}")]
    Syntax(toml::de::Error),
    /// An entry does not say why.
    #[error("`{entry}` is vetted without a reason: add a line `reason`")]
    NoReason {
        /// Its name or path.
        entry: String,
    },
    /// A checksum is none.
    #[error(
        "`{entry}` has the checksum `{found}`: a SHA-256 has 64 hexadecimal digits, as in Cargo.lock"
    )]
    Checksum {
        /// Its name.
        entry: String,
        /// The checksum.
        found: String,
    },
    /// A folder's path is not absolute.
    #[error("the folder {} is vetted by a path that depends on where mote runs: write the absolute one", path.display())]
    RelativeFolder {
        /// The path.
        path: PathBuf,
    },
}

/// Why a crate of crates.io is not admitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// It would run code on the machine that builds, and is not vetted.
    #[error("{package} {code}, which would run on the machine that builds it, and {why}")]
    RunsCode {
        /// Its name and version.
        package: String,
        /// What would run.
        code: HostCode,
        /// Why that is not vetted.
        why: NotVetted,
    },
    /// It is not vetted, and does not hold to the rules for services.
    #[error("{error}; it is not vetted: {why}")]
    Source {
        /// Its name and version.
        package: String,
        /// What it has.
        error: SourceError,
        /// Why it is not vetted.
        why: NotVetted,
    },
    /// It is vetted, but what its macros expand to is not.
    #[error(
        "{place}: a macro of {package} expands to unsafe code, which its entry in the policy does not allow (unsafe-macros)"
    )]
    UnsafeMacro {
        /// Its name and version.
        package: String,
        /// File and line.
        place: String,
    },
    /// Its sources are not where its manifest says.
    #[error("the library of {package} lies outside of its folder")]
    Outside {
        /// Its name and version.
        package: String,
    },
}

/// Code of a package that runs while others are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostCode {
    /// A build script.
    #[error("has a build script")]
    BuildScript,
    /// A procedural macro.
    #[error("is a procedural macro")]
    ProcMacro,
    /// What these use.
    #[error("is used by a build script or a procedural macro")]
    Library,
}

/// Why something is not vetted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotVetted {
    /// Its name is not there.
    #[error(
        "the policy does not list it (mote policy prints it; an operator adds to it by --policy)"
    )]
    Unlisted,
    /// Other versions are.
    #[error(
        "the policy lists it for {}: choose such a version (cargo update NAME --precise VERSION), or have the operator add this one",
        listed.join(" and ")
    )]
    OtherVersion {
        /// Their requirements.
        listed: Vec<String>,
    },
    /// Another file of that version is.
    #[error("the policy lists this version by another checksum than Cargo.lock has")]
    OtherChecksum,
    /// It is, but may not do that.
    #[error("its entry in the policy does not allow it")]
    NotGranted,
}
