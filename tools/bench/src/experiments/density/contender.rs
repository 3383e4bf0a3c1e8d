//! Who grows: each contender with so many services resident.

use mote_dispatcher::now_ns;

use super::super::setting::Setting;
use crate::contenders::libraries::Libraries;
use crate::contenders::mailbox::Samples;
use crate::contenders::node::BenchNode;
use crate::contenders::peers::wasmtime::{Instances, Origin, Wasmtime};
use crate::contenders::place::Place;
use crate::contenders::processes::Processes;
use crate::contenders::programs::{LIBRARY_LEAN, LIBRARY_STD, Program};
use crate::error::Error;
use crate::random::Random;
use crate::stats::latency::Times;

/// Over so many zones our services are spread, at every number of them: more of them need not have
/// more mappings.
pub(crate) const ZONES: usize = 4;

/// Who grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contender {
    Mote,
    Process,
    Lean,
    Std,
    WasmtimeKept,
    WasmtimeFresh,
    WasmtimeOwn,
}

impl Contender {
    /// All that there are here.
    pub(crate) fn all(has_wasmtime: bool) -> &'static [Self] {
        use Contender::{Lean, Mote, Process, Std, WasmtimeFresh, WasmtimeKept, WasmtimeOwn};
        match has_wasmtime {
            true => &[Mote, Process, Lean, Std, WasmtimeKept, WasmtimeFresh, WasmtimeOwn],
            false => &[Mote, Process, Lean, Std],
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mote => "mote",
            Self::Process => "process",
            Self::Lean => "dlopen_lean",
            Self::Std => "dlopen_std",
            Self::WasmtimeKept => "wasmtime_kept",
            Self::WasmtimeFresh => "wasmtime_fresh",
            Self::WasmtimeOwn => "wasmtime_fresh_own_slot",
        }
    }

    /// Its name for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Mote => "Mote",
            Self::Process => "process",
            Self::Lean => "library without std",
            Self::Std => "library with std",
            Self::WasmtimeKept => "wasmtime, kept instance",
            Self::WasmtimeFresh => "wasmtime, fresh instance",
            Self::WasmtimeOwn => "wasmtime, fresh, own slot",
        }
    }

    /// Sets it up with so many services, each of which ran once.
    pub(crate) fn start(
        self,
        setting: &Setting<'_>,
        resident: usize,
    ) -> Result<Box<dyn Running>, Error> {
        let libraries = |program: &Program| Libraries::start(program, resident, setting.place);
        let wasmtime = |instances| {
            let peers = setting.peers.as_ref().ok_or(Error::Absent { contender: "wasmtime" })?;
            Wasmtime::start(peers, instances, resident, setting.place)
        };
        Ok(match self {
            Self::Mote => Box::new(Mote::start(setting.image("numbered")?, resident)?),
            Self::Process => {
                let processes = Processes::start(resident, setting.place)?;
                Box::new(Waiting { processes, resident })
            }
            Self::Lean => visited(libraries(&LIBRARY_LEAN)?, Libraries::visit)?,
            Self::Std => visited(libraries(&LIBRARY_STD)?, Libraries::visit)?,
            Self::WasmtimeKept => visited(wasmtime(Instances::Kept)?, Wasmtime::visit)?,
            Self::WasmtimeFresh => visited(wasmtime(Instances::Fresh)?, Wasmtime::visit)?,
            Self::WasmtimeOwn => visited(wasmtime(Instances::Own)?, Wasmtime::visit)?,
        })
    }
}

fn visited<T: Running + 'static>(
    mut contender: T,
    visit: impl FnOnce(&mut T) -> Result<(), Error>,
) -> Result<Box<dyn Running>, Error> {
    visit(&mut contender)?;
    Ok(Box::new(contender))
}

/// A contender that is set up.
pub(crate) trait Running {
    /// Invokes services at random that are resident.
    fn warm(&mut self, samples: Samples, times: &mut Times) -> Result<(), Error>;
    /// Invokes services at random that are not.
    fn cold(&mut self, place: &Place, samples: Samples, times: &mut Times) -> Result<(), Error>;
    /// What a service takes, in bytes.
    fn bytes_each(&self) -> Result<u64, Error>;
    /// The worker's mappings; `None` where each service has a process.
    fn mappings(&self) -> Result<Option<usize>, Error>;
    /// How long it takes to check and place one image; `None` for who has no such step.
    fn deployed_ns_each(&self) -> Option<u64> {
        None
    }
}

struct Mote {
    node: BenchNode,
    random: Random,
    bytes_each: u64,
    deployed_ns_each: u64,
}

impl Mote {
    fn start(image: &[u8], resident: usize) -> Result<Self, Error> {
        let mut node = BenchNode::start_with(image, ZONES)?;
        let before_bytes = node.memory_bytes()?;
        let begin_ns = now_ns();
        node.fill(resident)?;
        let deployed_ns = now_ns() - begin_ns;
        node.visit()?;
        let bytes = node.memory_bytes()?.saturating_sub(before_bytes);
        let each = |all: u64| all / resident.max(1) as u64;
        let (bytes_each, deployed_ns_each) = (each(bytes), each(deployed_ns));
        Ok(Self { node, random: Random::new(), bytes_each, deployed_ns_each })
    }
}

impl Running for Mote {
    fn warm(&mut self, samples: Samples, times: &mut Times) -> Result<(), Error> {
        let (random, resident) = (&mut self.random, self.node.services.len());
        self.node.warm(samples, times, || random.below(resident))
    }

    fn cold(&mut self, _: &Place, samples: Samples, times: &mut Times) -> Result<(), Error> {
        self.node.cold(samples, times, &mut self.random)
    }

    fn bytes_each(&self) -> Result<u64, Error> {
        Ok(self.bytes_each)
    }

    fn mappings(&self) -> Result<Option<usize>, Error> {
        self.node.mappings().map(Some)
    }

    fn deployed_ns_each(&self) -> Option<u64> {
        Some(self.deployed_ns_each)
    }
}

struct Waiting {
    processes: Processes,
    resident: usize,
}

impl Running for Waiting {
    /// A wake takes a hundred times as long as what it is compared with, so there are fewer.
    fn warm(&mut self, (warm_up, samples): Samples, times: &mut Times) -> Result<(), Error> {
        self.processes.warm((warm_up / 10, samples / 10), times)
    }

    fn cold(&mut self, place: &Place, samples: Samples, times: &mut Times) -> Result<(), Error> {
        place.anywhere(|| self.processes.cold(samples, times))
    }

    fn bytes_each(&self) -> Result<u64, Error> {
        Ok(self.processes.memory_bytes()? / self.resident.max(1) as u64)
    }

    fn mappings(&self) -> Result<Option<usize>, Error> {
        Ok(None)
    }
}

impl Running for Libraries {
    fn warm(&mut self, samples: Samples, times: &mut Times) -> Result<(), Error> {
        Self::warm(self, samples, times)
    }

    fn cold(&mut self, _: &Place, samples: Samples, times: &mut Times) -> Result<(), Error> {
        Self::cold(self, samples, times)
    }

    fn bytes_each(&self) -> Result<u64, Error> {
        Self::bytes_each(self)
    }

    fn mappings(&self) -> Result<Option<usize>, Error> {
        Self::mappings(self).map(Some)
    }
}

impl Running for Wasmtime {
    fn warm(&mut self, samples: Samples, times: &mut Times) -> Result<(), Error> {
        Self::warm(self, samples, times)
    }

    fn cold(&mut self, _: &Place, samples: Samples, times: &mut Times) -> Result<(), Error> {
        Self::cold(self, Origin::File, samples, times)
    }

    fn bytes_each(&self) -> Result<u64, Error> {
        Self::bytes_each(self)
    }

    fn mappings(&self) -> Result<Option<usize>, Error> {
        Self::mappings(self).map(Some)
    }
}
