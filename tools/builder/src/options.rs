//! What to build, and how: what a caller decides.

use std::path::PathBuf;

use crate::keys::Key;
use crate::policy::Policy;
use crate::sandbox::Limits;

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the service: the one with its `Cargo.toml`.
    pub directory: PathBuf,
    /// The output of `rustc --version` of the compiler to build with; no other is accepted.
    pub toolchain: String,
    /// How well to optimise.
    pub profile: Profile,
    /// Refuses to change `Cargo.lock`, as cargo's `--locked`.
    pub is_locked: bool,
    /// Refuses to use the network, as cargo's `--offline`. Without it the network is used when the
    /// service has dependencies that are not on this machine yet.
    pub is_offline: bool,
    /// Renders the compiler's messages with colours.
    pub has_colors: bool,
    /// Whether compilers and build scripts run in a sandbox. Without one, build sources of your own only.
    pub has_sandbox: bool,
    /// What the operator vets.
    pub policy: Policy,
    /// The key that signs the image.
    pub key: Option<Key>,
    /// What the build may use.
    pub limits: Limits,
    /// The folder that outlives a build; `None` is the user's cache.
    pub cache: Option<PathBuf>,
}

impl Options {
    /// An optimised build of the service in `directory`.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, toolchain: impl Into<String>) -> Self {
        Self {
            directory: directory.into(),
            toolchain: toolchain.into(),
            profile: Profile::Release,
            is_locked: false,
            is_offline: false,
            has_colors: false,
            has_sandbox: true,
            policy: Policy::default(),
            key: None,
            limits: Limits::default(),
            cache: None,
        }
    }
}

/// How well a service is optimised. What a profile of the user's crate says holds, but for `panic`
/// and `lto`, which an image cannot choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Cargo's `release`.
    #[default]
    Release,
    /// Cargo's `dev`: not optimised, arithmetic overflow panics.
    Debug,
}

impl Profile {
    /// Each.
    pub const ALL: [Self; 2] = [Self::Release, Self::Debug];

    /// The name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Debug => "debug",
        }
    }

    /// What cargo calls it.
    pub(crate) fn cargo_name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Debug => "dev",
        }
    }

    /// For the glue, which is the user's code as far as it is instantiated there.
    pub(crate) fn opt_level(self) -> &'static str {
        match self {
            Self::Release => "-Copt-level=3",
            Self::Debug => "-Copt-level=0",
        }
    }
}
