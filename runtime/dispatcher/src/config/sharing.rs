//! Who shares a worker with whom.

/// The most [`NodeConfig::spares`](crate::NodeConfig::spares).
pub const MAX_SPARES: usize = 64;

/// Who shares a worker with whom. Whoever breaks out of the language in a worker sees and changes all that passes
/// through it; the kernel keeps them from everything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// All services of the node share its workers, as in the paper.
    #[default]
    Node,
    /// A worker serves one tenant. Before it serves another, a process that has served nobody takes its place.
    Tenant,
}

impl Sharing {
    /// How many spares each worker has, where so many are set.
    pub(crate) fn spares(self, set: Option<usize>) -> usize {
        set.unwrap_or(2 * self.least_spares())
    }

    /// How many it needs.
    pub(crate) fn least_spares(self) -> usize {
        usize::from(self == Self::Tenant)
    }

    /// What services' clocks are multiples of, in nanoseconds, unless it is set.
    pub(crate) fn clock_step_ns(self) -> u32 {
        match self {
            Self::Node => 1,
            Self::Tenant => 1_000,
        }
    }
}
