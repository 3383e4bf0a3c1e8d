//! What a build tells whoever shows it.

/// What happens during a build, for whoever shows it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step begins.
    Step(Step),
    /// A program is about to be run: its command line, for people.
    Command(&'a str),
    /// Cargo is done with a package.
    Compiled {
        /// Its name.
        package: &'a str,
        /// Whether it was up to date.
        is_fresh: bool,
    },
    /// A crate from outside of the service's folder may be in the image, or run while it is built.
    Admitted {
        /// Its name and version.
        package: &'a str,
        /// Why.
        by: AdmittedBy<'a>,
    },
    /// Something in the package's folder has no effect.
    Ignored {
        /// Its path, as seen from the package.
        path: &'a std::path::Path,
        /// Why.
        why: Ignored,
    },
    /// The compiler said something about the user's crate or a dependency: show it.
    Diagnostic {
        /// As the compiler renders it, with file, line and line ends; possibly coloured.
        rendered: &'a str,
        /// Whether this is why the build will fail; a warning otherwise.
        is_error: bool,
    },
}

/// Why a crate from outside of the service's folder is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmittedBy<'a> {
    /// The policy vets it.
    #[error("vetted: {reason}")]
    Policy {
        /// The reason in the policy.
        reason: &'a str,
    },
    /// It is in a folder that the policy vets.
    #[error("in a vetted folder: {reason}")]
    Folder {
        /// The reason in the policy.
        reason: &'a str,
    },
    /// It is not vetted, and holds to the rules for services.
    #[error("not vetted: holds to the rules for services")]
    Rules,
}

/// Why a file has no effect on a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Ignored {
    /// `.cargo`.
    #[error("a service is built with mote's own settings of cargo")]
    CargoConfiguration,
    /// `rust-toolchain`.
    #[error("a service is built with the compiler that mote was built with")]
    Toolchain,
    /// A symbolic link.
    #[error("a symbolic link is not followed: put the file itself there")]
    Link,
    /// A device, a fifo, a socket.
    #[error("it is not a regular file")]
    Special,
    /// `[patch]` of the workspace.
    #[error("[patch] and [replace] of a workspace have no effect on a service")]
    WorkspacePatch,
}

/// The steps of a build, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Finding the compiler, the sysroot, the embedded crate and the package.
    Prepare,
    /// The user's crate and its dependencies.
    Compile,
    /// The glue.
    Glue,
    /// The final crate.
    Link,
    /// The loader's verdict.
    Check,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 5] = [Self::Prepare, Self::Compile, Self::Glue, Self::Link, Self::Check];

    /// What is being done, as a progress bar says it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Prepare => "preparing",
            Self::Compile => "compiling",
            Self::Glue => "glueing",
            Self::Link => "linking",
            Self::Check => "checking",
        }
    }
}
