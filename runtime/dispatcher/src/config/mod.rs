//! What a node is started with.

mod sharing;
pub(crate) mod slicing;

use mote_abi::area::{MAX_STACK_SLOTS, ONE_SHOT, RING_ENTRIES};
use mote_abi::windows::ZONES_MAX;
use mote_loader::signature::PublicKey;

use thiserror::Error;

use crate::isolation::layer::Layer;
use crate::job::ids::TenantId;
use crate::job::share::Share;

pub use sharing::{MAX_SPARES, Sharing};

/// The most workers of one node: a parked dispatcher waits for all their doorbells and for its commands in
/// one call, and `futex_waitv` takes 128 words (FUTEX_WAITV_MAX).
pub const MAX_WORKERS: usize = 127;

/// The least service stack, in KiB: room for a service's frames and for the kernel's signal frame.
const MIN_STACK_KIB: u32 = 16;

/// The period of a worker's backstop timer, in microseconds. One expiry costs a handler's run of some
/// microseconds (20 on a small virtual machine): less than 0.02% of a core.
pub const BACKSTOP_US: u32 = 100_000;

/// The least [`Source::Periodic`] quantum, in microseconds: below it, a worker may do nothing else
/// than handle its timer.
pub const MIN_QUANTUM_US: u32 = 10;

/// The greatest [`Source::Periodic`] quantum, in microseconds.
pub const MAX_QUANTUM_US: u32 = 1_000_000;

/// The least [`NodeConfig::slice_us`], in microseconds: below it, a worker may do nothing else than
/// pause and resume.
pub const MIN_SLICE_US: u32 = 3;

/// The greatest [`NodeConfig::slice_us`], in microseconds.
pub const MAX_SLICE_US: u32 = 1_000_000;

/// A field of a [`NodeConfig`] that is outside its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("NodeConfig::{field} is {found}; it must be from {least} to {most}")]
pub struct ConfigError {
    /// The field.
    pub field: &'static str,
    /// Its value.
    pub found: usize,
    /// The least value allowed.
    pub least: usize,
    /// The greatest value allowed.
    pub most: usize,
}

/// How a [`Node`](crate::Node) is set up. Take the default and change what matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeConfig {
    /// Worker processes: 1 to [`MAX_WORKERS`].
    pub workers: usize,
    /// How long an idle worker, or a waiting dispatcher, spins before it sleeps, in microseconds.
    /// Who shares a processor does not spin: nobody on a machine with one, and no worker where there
    /// are more workers than processors left for them.
    pub spin_us: u32,
    /// The largest arena that any job may ask for, in KiB. Address space, not memory.
    pub arena_kib: u32,
    /// The stack of a service, in KiB.
    pub stack_kib: u32,
    /// Zones: 1 to [`ZONES_MAX`](mote_abi::windows::ZONES_MAX). Each has room for 512 MiB of images'
    /// text, and costs a worker three mappings whatever is in it.
    pub zones: usize,
    /// What resident images may take of each window together, in KiB. When that or the windows are full, the idle
    /// image that was not used for longest is unloaded, and its service's next invocation is cold.
    pub images_kib: u32,
    /// Jobs that may wait for a worker; more are refused.
    pub queue_limit: usize,
    /// What tenants may have beside others; who is not here has [`Share::default`].
    pub tenants: Vec<(TenantId, Share)>,
    /// Jobs that one worker may have: one runs, the others are behind it in its ring. 1 to
    /// [`RING_ENTRIES`]. More hide the dispatcher's own time, fewer keep jobs from being
    /// stuck behind a slow one.
    pub depth: usize,
    /// Who makes a worker look at the clock when an invocation may be past its budget, or its slice.
    pub source: Source,
    /// Whether [`Source::Breakpoint`] is used also on a processor that is not on the list of those on which
    /// it was tried at length: for who does that.
    pub unlisted_processor: bool,
    /// How long an invocation may run while others wait for its worker, in microseconds:
    /// [`MIN_SLICE_US`] to [`MAX_SLICE_US`]. Then it is paused and goes on behind those that wait, until
    /// its slices together have used up its budget. `None`: invocations run one after the other.
    ///
    /// With slices, a worker has at least two jobs in its ring, whatever [`NodeConfig::depth`] says: one
    /// that waits is why another is paused.
    pub slice_us: Option<u32>,
    /// With slices: stack slots of each worker, 2 to [`MAX_STACK_SLOTS`]. One is for the invocation that
    /// runs; so many less one can be paused, and any more run to their end.
    pub stack_slots: usize,
    /// How many invocations of each worker may wait for [upstreams](crate::UpstreamDriver) while others run; more
    /// calls are refused as [`Busy`](crate::CallError::Busy). 0: none can call. Each has a stack slot, beside those
    /// of [`NodeConfig::stack_slots`]: together at most [`MAX_STACK_SLOTS`].
    pub waiting: usize,
    /// How long after the entry of its service an invocation may still wait for an upstream, in milliseconds. Then it
    /// ends as at its soft deadline, however much of its budget is left.
    pub wait_limit_ms: u32,
    /// After how many [strikes](crate::Strikes) a tenant's services of one name are banned until the operator
    /// lifts that ([`Node::set_banned`](crate::Node::set_banned)); `None`: never.
    pub ban_after: Option<u32>,
    /// Who shares a worker with whom.
    pub sharing: Sharing,
    /// Ready spares of each worker, at most [`MAX_SPARES`]: one takes the place of a worker that died, or serves another
    /// tenant. Each is a process that waits. `None`: 2 with [`Sharing::Tenant`], which needs one; 0 otherwise.
    pub spares: Option<usize>,
    /// With [`Sharing::Tenant`]: for how long jobs may overtake one of another tenant that waits for a worker, in
    /// microseconds. Longer batches switch less often.
    pub batch_us: u32,
    /// The keys whose images the node takes; empty: any image.
    pub trusted_keys: Vec<PublicKey>,
    /// What `now_ns` of a service is a multiple of, in nanoseconds; `None`: 1000 with [`Sharing::Tenant`], so that
    /// it measures little of what others leave in caches, and 1 otherwise.
    pub clock_step_ns: Option<u32>,
    /// Whether this process may be dumped, and traced by others of its user, while the node runs: for who
    /// debugs it.
    pub is_dumpable: bool,
    /// Layers of isolation that workers do without, besides those that the machine lacks
    /// ([`layers`](crate::layers)). Empty but for who traces workers without `CAP_SYS_PTRACE`
    /// ([`Layer::Undumpable`]), measures what a layer costs, or shows what it stops. No command offers
    /// it.
    pub without_layers: Vec<Layer>,
}

/// What makes a worker look at the clock when an invocation may be past a deadline.
///
/// Whichever it is, the worker's handler decides by its own clock, and the dispatcher kills a worker
/// that does not end an invocation long after its hard deadline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The dispatcher, which polls anyway, stores breakpoints into the text of a service that is past a
    /// deadline, and the next one that the worker fetches stops it: within a microsecond or two where a
    /// signal takes some fifteen. Where nobody comes by one, as in host text, a signal follows.
    ///
    /// A worker that has no processor of its own, or a processor on which this is not known to be
    /// safe ([`NodeConfig::unlisted_processor`]), is signalled as by [`Source::Signal`]. See
    /// [`Node::worker_sources`](crate::Node::worker_sources).
    #[default]
    Breakpoint,
    /// The dispatcher signals a worker that is past a deadline. In-budget services see no signals, except
    /// of the backstop: a timer of the worker itself that expires every [`BACKSTOP_US`] while the worker
    /// is awake, in case that the dispatcher stands still.
    Signal,
    /// A timer of the worker expires each quantum, as in the paper. Deadlines are noticed up to a
    /// quantum late, and every service is interrupted once in a quantum.
    Periodic {
        /// The quantum, in microseconds: [`MIN_QUANTUM_US`] to [`MAX_QUANTUM_US`].
        quantum_us: u32,
    },
    /// A timer of the worker is set for the deadlines of each invocation: one system call for each.
    OneShot,
}

impl Source {
    /// What a worker is told of it.
    pub(crate) fn timer_us(self) -> u32 {
        match self {
            Self::Breakpoint | Self::Signal => BACKSTOP_US,
            Self::Periodic { quantum_us } => quantum_us,
            Self::OneShot => ONE_SHOT,
        }
    }

    /// Who fires at the deadlines of a worker, which can be stopped by breakpoints or not.
    pub(crate) fn of_worker(self, can_break: bool) -> Self {
        if self == Self::Breakpoint && !can_break { Self::Signal } else { self }
    }

    fn check(self) -> Result<(), ConfigError> {
        let Self::Periodic { quantum_us } = self else { return Ok(()) };
        let (least, most) = (MIN_QUANTUM_US as usize, MAX_QUANTUM_US as usize);
        within("source (quantum_us)", quantum_us as usize, least, most)
    }
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            workers: 1,
            spin_us: 1000,
            arena_kib: 64 << 10,
            stack_kib: 256,
            zones: 1,
            images_kib: u32::MAX,
            queue_limit: 1024,
            tenants: Vec::new(),
            depth: 2,
            source: Source::default(),
            unlisted_processor: false,
            slice_us: None,
            stack_slots: 8,
            waiting: 0,
            wait_limit_ms: 10_000,
            ban_after: None,
            sharing: Sharing::Node,
            spares: None,
            batch_us: 1_000,
            trusted_keys: Vec::new(),
            clock_step_ns: None,
            is_dumpable: false,
            without_layers: Vec::new(),
        }
    }
}

impl NodeConfig {
    /// With [`Sharing::Tenant`]: how long jobs of one tenant may overtake another's, in nanoseconds.
    pub(crate) fn batch_ns(&self) -> Option<u64> {
        (self.sharing == Sharing::Tenant).then(|| u64::from(self.batch_us) * 1_000)
    }

    /// What services' clocks are multiples of, in nanoseconds.
    pub(crate) fn service_clock_step_ns(&self) -> u32 {
        self.clock_step_ns.unwrap_or(self.sharing.clock_step_ns())
    }

    /// Refuses what cannot work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        within("workers", self.workers, 1, MAX_WORKERS)?;
        within("zones", self.zones, 1, ZONES_MAX)?;
        within("depth", self.depth, 1, RING_ENTRIES)?;
        self.source.check()?;
        let (spares, least) = (self.sharing.spares(self.spares), self.sharing.least_spares());
        within("spares", spares, least, MAX_SPARES)?;
        if let Some(slice_us) = self.slice_us {
            let (least, most) = (MIN_SLICE_US as usize, MAX_SLICE_US as usize);
            within("slice_us", slice_us as usize, least, most)?;
            within("stack_slots", self.stack_slots, 2, MAX_STACK_SLOTS)?;
        }
        let others = self.all_stack_slots() - self.waiting.min(self.all_stack_slots());
        within("waiting", self.waiting, 0, MAX_STACK_SLOTS - others)?;
        within("arena_kib", self.arena_kib as usize, 1, 3 << 20)?;
        within("stack_kib", self.stack_kib as usize, MIN_STACK_KIB as usize, 1 << 20)
    }
}

fn within(field: &'static str, found: usize, least: usize, most: usize) -> Result<(), ConfigError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(ConfigError { field, found, least, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_is_accepted() {
        assert!(NodeConfig::default().check().is_ok());
    }

    #[test]
    fn limits_are_told_when_a_field_is_outside_them() {
        let config = NodeConfig { depth: RING_ENTRIES + 1, ..NodeConfig::default() };
        let message = config.check().unwrap_err().to_string();
        assert_eq!(message, "NodeConfig::depth is 17; it must be from 1 to 16");
        assert!(NodeConfig { workers: 0, ..NodeConfig::default() }.check().is_err());
        assert!(NodeConfig { zones: ZONES_MAX + 1, ..NodeConfig::default() }.check().is_err());
        assert!(NodeConfig { stack_kib: 0, ..NodeConfig::default() }.check().is_err());
        for slice_us in [0, MIN_SLICE_US - 1, MAX_SLICE_US + 1] {
            let config = NodeConfig { slice_us: Some(slice_us), ..NodeConfig::default() };
            let message = config.check().unwrap_err().to_string();
            let expected =
                format!("NodeConfig::slice_us is {slice_us}; it must be from 3 to 1000000");
            assert_eq!(message, expected);
        }
        let one_slot = NodeConfig { slice_us: Some(100), stack_slots: 1, ..NodeConfig::default() };
        assert!(one_slot.check().is_err());
        for quantum_us in [0, MIN_QUANTUM_US - 1, MAX_QUANTUM_US + 1] {
            let source = Source::Periodic { quantum_us };
            let message = NodeConfig { source, ..NodeConfig::default() }.check().unwrap_err();
            assert!(message.to_string().contains("it must be from 10 to 1000000"), "{message}");
        }
    }
}
