//! The rows of Table 1: whose turn it is, and how much each does in a round.

use crate::contenders::mailbox::Samples;
use crate::stats::row::Row;

/// How many of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) rounds: u64,
    pub(crate) mote: usize,
    pub(crate) processes: usize,
    pub(crate) libraries_std: usize,
    pub(crate) libraries_lean: usize,
    pub(crate) modules: usize,
}

impl Size {
    /// What the paper has, or with `is_quick` less of what takes long to set up.
    pub(crate) fn new(is_quick: bool) -> Self {
        match is_quick {
            false => Self {
                rounds: 40,
                mote: 5_000,
                processes: 5_000,
                libraries_std: 5_000,
                libraries_lean: 5_000,
                modules: 5_000,
            },
            true => Self {
                rounds: 4,
                mote: 5_000,
                processes: 200,
                libraries_std: 50,
                libraries_lean: 500,
                modules: 5_000,
            },
        }
    }

    /// Steps of the progress bar.
    pub(crate) fn steps(&self) -> u64 {
        5 + self.rounds
    }
}

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contenders {
    /// All that there are.
    All,
    /// Mote and wasmtime.
    Peers,
}

/// One row's contender and situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    MoteWarmOne,
    MoteWarm,
    MoteThroughput,
    MoteCold,
    ProcessWarm,
    ProcessCold,
    StdWarm,
    StdCold,
    LeanWarm,
    LeanCold,
    WasmtimeKept,
    WasmtimeFresh,
    WasmtimeOwn,
    WasmtimeMemory,
    WasmtimeFile,
}

/// Ours.
const MOTE: &[Turn] = &[Turn::MoteWarmOne, Turn::MoteWarm, Turn::MoteThroughput, Turn::MoteCold];
/// What every system has.
const SYSTEM: &[Turn] = &[
    Turn::ProcessWarm,
    Turn::ProcessCold,
    Turn::StdWarm,
    Turn::StdCold,
    Turn::LeanWarm,
    Turn::LeanCold,
];
/// What `mote-peers` has.
const WASMTIME: &[Turn] = &[
    Turn::WasmtimeKept,
    Turn::WasmtimeFresh,
    Turn::WasmtimeOwn,
    Turn::WasmtimeMemory,
    Turn::WasmtimeFile,
];

impl Turn {
    /// In the order of the rows.
    pub(crate) fn of(contenders: Contenders, has_wasmtime: bool) -> Vec<Self> {
        let system = if contenders == Contenders::All { SYSTEM } else { &[] };
        let wasmtime = if has_wasmtime { WASMTIME } else { &[] };
        [MOTE, system, wasmtime].concat()
    }

    pub(crate) fn row(self, size: &Size) -> Row {
        let (name, label, resident) = match self {
            Self::MoteWarmOne => ("mote_warm_1", "Mote, warm, one service", size.mote),
            Self::MoteWarm => ("mote_warm_5000", "Mote, warm", size.mote),
            Self::MoteThroughput => ("mote_throughput", "Mote, warm, saturated", size.mote),
            Self::MoteCold => ("mote_cold", "Mote, cold", size.mote),
            Self::ProcessWarm => ("process_warm", "process woken by UDP", size.processes),
            Self::ProcessCold => ("process_cold", "process started", size.processes),
            Self::StdWarm => ("dlopen_std_warm", "library with std, warm", size.libraries_std),
            Self::StdCold => ("dlopen_std_cold", "library with std, dlopen", size.libraries_std),
            Self::LeanWarm => {
                ("dlopen_lean_warm", "library without std, warm", size.libraries_lean)
            }
            Self::LeanCold => {
                ("dlopen_lean_cold", "library without std, dlopen", size.libraries_lean)
            }
            Self::WasmtimeKept => ("wasmtime_warm_kept", "wasmtime, kept instance", size.modules),
            Self::WasmtimeFresh => {
                ("wasmtime_warm_fresh", "wasmtime, fresh instance", size.modules)
            }
            Self::WasmtimeOwn => {
                ("wasmtime_warm_fresh_own_slot", "wasmtime, fresh, own slot", size.modules)
            }
            Self::WasmtimeMemory => {
                ("wasmtime_cold_memory", "wasmtime, module from memory", size.modules)
            }
            Self::WasmtimeFile => {
                ("wasmtime_cold_file", "wasmtime, module from a file", size.modules)
            }
        };
        Row::new(name, label).with_resident(resident)
    }

    /// Those of one round.
    pub(crate) fn samples(self) -> Samples {
        match self {
            Self::MoteWarmOne | Self::MoteWarm | Self::WasmtimeKept => (500, 5_000),
            Self::MoteThroughput => (500, 50_000),
            Self::MoteCold | Self::WasmtimeMemory | Self::WasmtimeFile => (20, 250),
            Self::ProcessWarm => (20, 250),
            Self::ProcessCold => (2, 25),
            Self::StdWarm | Self::LeanWarm | Self::WasmtimeFresh | Self::WasmtimeOwn => {
                (200, 2_500)
            }
            Self::StdCold | Self::LeanCold => (5, 50),
        }
    }

    /// Those of one round with the mailbox always full, where that is not a row of its own.
    pub(crate) fn saturated(self) -> Option<Samples> {
        match self {
            Self::StdWarm | Self::LeanWarm | Self::WasmtimeKept => Some((500, 20_000)),
            Self::WasmtimeFresh | Self::WasmtimeOwn => Some((100, 2_000)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_and_wasmtimes_are_there_if_it_is() {
        let size = Size::new(false);
        let names = |contenders, has_wasmtime| {
            let turns = Turn::of(contenders, has_wasmtime);
            turns.into_iter().map(|turn| turn.row(&size).name).collect::<Vec<_>>()
        };
        let all = names(Contenders::All, true);
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 15);
        assert_eq!(names(Contenders::All, false), all[..10]);
        assert_eq!(names(Contenders::Peers, true).len(), 9);
    }
}
