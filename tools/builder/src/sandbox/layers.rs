//! What of the kernel's means for a sandbox is there.

use std::fmt;

/// One of a sandbox's means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// Namespaces for user, processes, network, IPC and mounts, with a root of its own.
    Namespaces,
    /// Landlock rules for files and TCP.
    Landlock,
}

impl Layer {
    /// Each.
    pub const ALL: [Self; 2] = [Self::Namespaces, Self::Landlock];

    /// What an operator can change where the kernel does not give it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Namespaces => {
                "allow unprivileged user namespaces (sysctl user.max_user_namespaces, and \
                 kernel.apparmor_restrict_unprivileged_userns=0 where there is AppArmor)"
            }
            Self::Landlock => "use a kernel of 5.13 or later with landlock in its lsm= list",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Namespaces => "namespaces (user, pid, net, ipc, mount)",
            Self::Landlock => "Landlock",
        })
    }
}

/// Which layers are active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    namespaces: bool,
    landlock: bool,
}

impl Layers {
    /// No sandbox: limits alone.
    pub const NONE: Self = Self { namespaces: false, landlock: false };

    /// These layers, as far as they are there.
    pub(super) const fn of(namespaces: bool, landlock: bool) -> Self {
        Self { namespaces, landlock }
    }

    /// Whether `layer` is among them.
    #[must_use]
    pub const fn has(self, layer: Layer) -> bool {
        match layer {
            Layer::Namespaces => self.namespaces,
            Layer::Landlock => self.landlock,
        }
    }

    /// Those of these that are also `layers`'.
    #[must_use]
    pub const fn only(self, layer: Layer) -> Self {
        Self {
            namespaces: self.namespaces && matches!(layer, Layer::Namespaces),
            landlock: self.landlock && matches!(layer, Layer::Landlock),
        }
    }

    pub(super) const fn has_namespaces(self) -> bool {
        self.namespaces
    }

    pub(super) const fn has_landlock(self) -> bool {
        self.landlock
    }
}
