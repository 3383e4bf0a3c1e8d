//! What a build may use.

use rustix::process::{Resource, Rlimit};

/// The most that a program may write to stdout and stderr together.
pub(super) const OUTPUT_BYTES: u64 = 32 << 20;

/// The largest file that a program may write.
const FILE_BYTES: u64 = 1 << 30;

/// The most processes and threads of one user: of the build alone where it has its own user namespace
/// (not for root, whom the kernel does not limit).
const PROCESSES: u64 = 512;

/// What the compilation of a service may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a service and its crates that are not vetted may be compiled, in seconds. Vetted
    /// crates, which are compiled once and kept, may take ten times as long.
    pub seconds: u64,
    /// The address space of each process, in MiB.
    pub memory_mib: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { seconds: 45, memory_mib: 4096 }
    }
}

impl Limits {
    /// As the kernel's limits of one process.
    pub(super) fn resources(self) -> Vec<(Resource, Rlimit)> {
        let limit = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
        let processor_seconds = self.seconds.saturating_mul(20);
        vec![
            (Resource::As, limit(self.memory_mib.saturating_mul(1 << 20))),
            (Resource::Core, limit(0)),
            (Resource::Cpu, limit(processor_seconds)),
            (Resource::Fsize, limit(FILE_BYTES)),
            (Resource::Nproc, limit(PROCESSES)),
        ]
    }
}
