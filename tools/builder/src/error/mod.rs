//! Why there is no image.

pub(crate) mod handle;
pub(crate) mod intake;
pub(crate) mod keys;
pub(crate) mod policy;
pub(crate) mod sandbox;
pub(crate) mod source;
pub(crate) mod substitute;

use std::io;
use std::path::PathBuf;

use handle::HandleError;
use intake::IntakeError;
use mote_loader::VerifyError;
use policy::AdmissionError;
use sandbox::SandboxError;
use source::SourceError;
use substitute::InsteadOfStd;

/// Why a service could not be built. What the compiler had to say was shown before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The folder is missing, or is none.
    #[error("{} is not a folder: name the folder of a service, the one with its Cargo.toml", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is not a package's.
    #[error("{} has no Cargo.toml: a service is a Cargo package (mote new NAME makes one)", path.display())]
    NoManifest {
        /// The folder.
        path: PathBuf,
    },
    /// The manifest describes a workspace and no package.
    #[error("{} is not a package but a workspace: name the folder of one of its members", path.display())]
    NoPackage {
        /// The manifest.
        path: PathBuf,
    },
    /// The package has no library.
    #[error("package `{package}` has no library: a service is one, with src/lib.rs")]
    NoLibrary {
        /// The package.
        package: String,
    },
    /// The package does not depend on the service crate.
    #[error(
        "package `{package}` does not depend on mote-service: add `mote-service = \"{version}\"` to \
         [dependencies] in {}", manifest.display()
    )]
    NoServiceCrate {
        /// The package.
        package: String,
        /// Its manifest.
        manifest: PathBuf,
        /// The version that `mote` carries.
        version: &'static str,
    },
    /// The package asks for a version of the service crate that is not the embedded one.
    #[error(
        "Cargo.toml asks for `{asked}`, but this mote carries mote-service {version}, and builds \
         every image with it: ask for \"{version}\""
    )]
    OtherServiceCrate {
        /// The requirement, as cargo writes it.
        asked: String,
        /// The version that `mote` carries.
        version: &'static str,
    },
    /// There is no compiler.
    #[error("cannot run `rustc`: {error}; install {wanted} (https://rustup.rs)")]
    NoCompiler {
        /// Why it did not run.
        error: io::Error,
        /// The version needed.
        wanted: String,
    },
    /// The compiler is not the one that `mote` was built with.
    #[error(
        "`rustc` is {found}, but this mote was built with {wanted} and its images must be too: \
         rustup toolchain install {release}"
    )]
    OtherCompiler {
        /// What `rustc --version` says.
        found: String,
        /// What it must say.
        wanted: String,
        /// The part of it that rustup knows.
        release: String,
    },
    /// The compiler's own files are not where they belong.
    #[error("the toolchain at {} lacks {file}: reinstall it, from rustup and not from a distribution", sysroot.display())]
    IncompleteToolchain {
        /// Its sysroot.
        sysroot: PathBuf,
        /// What was looked for.
        file: String,
    },
    /// Neither XDG_CACHE_HOME nor HOME says where the cache is.
    #[error("there is no place for a cache: set XDG_CACHE_HOME or HOME to an absolute path")]
    NoCache,
    /// A file or folder of ours cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file of ours or the compiler's cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A program could not be started.
    #[error("cannot run {}: {error}", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Cargo failed before the compiler did: a manifest, a lock file, a registry.
    #[error("cargo cannot build this package:\n{}", stderr.trim_end())]
    Cargo {
        /// What it said.
        stderr: String,
    },
    /// What cargo says of the package is not understood.
    #[error("what cargo metadata says is not understood: {error}")]
    Metadata {
        /// Where, and why.
        error: serde_json::Error,
    },
    /// The standard library is wanted.
    #[error("{place}: `{package}` wants the standard library, and an image has none: {remedy}")]
    NeedsStd {
        /// File and line, or file.
        place: String,
        /// The crate that wants it.
        package: String,
        /// What to do.
        remedy: InsteadOfStd,
    },
    /// The user's crate has unsafe code.
    #[error("{place}: `{package}` has unsafe code, and a service must be safe Rust")]
    UnsafeCode {
        /// File and line.
        place: String,
        /// The user's package.
        package: String,
    },
    /// The compiler refused a crate for any other reason.
    #[error("`{package}` does not compile: see what the compiler says above")]
    DoesNotCompile {
        /// The first crate that was refused.
        package: String,
    },
    /// The worker could not call the service's `handle`.
    #[error(transparent)]
    Handle(HandleError),
    /// The package is not taken in.
    #[error(transparent)]
    Intake(IntakeError),
    /// A crate of crates.io is not admitted.
    #[error(transparent)]
    Admission(Box<AdmissionError>),
    /// A source that nobody has vetted does not hold to the rules for services.
    #[error(transparent)]
    Source(SourceError),
    /// A compiler could not be run, or was stopped.
    #[error(transparent)]
    Sandbox(SandboxError),
    /// What `mote` generates was refused.
    #[error("the {step} of the image does not compile, which is a defect of mote:\n{}", stderr.trim_end())]
    Generated {
        /// Which part.
        step: &'static str,
        /// What the compiler said.
        stderr: String,
    },
    /// The linker failed.
    #[error("the image cannot be linked:\n{}", stderr.trim_end())]
    Link {
        /// What compiler and linker said.
        stderr: String,
    },
    /// The loader would refuse the image.
    #[error("the image was built, but the loader refuses it: {verdict}")]
    Refused {
        /// The loader's reason.
        verdict: VerifyError,
    },
}
