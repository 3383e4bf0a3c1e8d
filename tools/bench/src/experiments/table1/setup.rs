//! All contenders of Table 1, set up.

use super::super::setting::Setting;
use super::entry::Entry;
use super::turn::{Contenders, Size, Turn};
use crate::contenders::libraries::Libraries;
use crate::contenders::node::BenchNode;
use crate::contenders::peers::wasmtime::{Instances, Origin, Wasmtime};
use crate::contenders::place::Place;
use crate::contenders::processes::Processes;
use crate::contenders::programs::{LIBRARY_LEAN, LIBRARY_STD};
use crate::error::Error;
use crate::random::Random;

/// The contenders; those that take no part are not there.
pub(crate) struct Setup {
    mote: BenchNode,
    random: Random,
    processes: Option<Processes>,
    std: Option<Libraries>,
    lean: Option<Libraries>,
    kept: Option<Wasmtime>,
    fresh: Option<Wasmtime>,
    own: Option<Wasmtime>,
}

impl Setup {
    /// Starts the contenders with all their services, and notes what each service takes.
    pub(crate) fn start(
        setting: &Setting<'_>,
        contenders: Contenders,
        size: &Size,
        entries: &mut [Entry],
    ) -> Result<Self, Error> {
        let mut setup = Self {
            mote: BenchNode::start(setting.image("timestamp")?)?,
            random: Random::new(),
            processes: None,
            std: None,
            lean: None,
            kept: None,
            fresh: None,
            own: None,
        };
        if contenders == Contenders::All {
            setup.add_systems(setting, size)?;
        }
        setup.add_wasmtime(setting, size)?;
        setting.step("placing services");
        let before_bytes = setup.mote.memory_bytes()?;
        setup.mote.fill(size.mote)?;
        setup.mote.visit()?;
        let bytes = setup.mote.memory_bytes()?.saturating_sub(before_bytes);
        note(entries, Turn::MoteWarm, bytes / size.mote as u64);
        setup.note_memory(size, entries)?;
        Ok(setup)
    }

    fn add_systems(&mut self, setting: &Setting<'_>, size: &Size) -> Result<(), Error> {
        setting.step("starting processes");
        self.processes = Some(Processes::start(size.processes, setting.place)?);
        setting.step("loading libraries with std");
        self.std = Some(Libraries::start(&LIBRARY_STD, size.libraries_std, setting.place)?);
        setting.step("loading libraries without std");
        self.lean = Some(Libraries::start(&LIBRARY_LEAN, size.libraries_lean, setting.place)?);
        Ok(())
    }

    fn add_wasmtime(&mut self, setting: &Setting<'_>, size: &Size) -> Result<(), Error> {
        let Some(peers) = &setting.peers else { return Ok(()) };
        setting.step("compiling modules");
        let start = |how| Wasmtime::start(peers, how, size.modules, setting.place);
        self.kept = Some(start(Instances::Kept)?);
        self.fresh = Some(start(Instances::Fresh)?);
        self.own = Some(start(Instances::Own)?);
        Ok(())
    }

    /// Every service was called once by then, so that memory which is only promised does not count as
    /// little.
    fn note_memory(&mut self, size: &Size, entries: &mut [Entry]) -> Result<(), Error> {
        if let Some(processes) = &self.processes {
            let bytes = processes.memory_bytes()? / size.processes as u64;
            note(entries, Turn::ProcessWarm, bytes);
        }
        let libraries = [(Turn::StdWarm, &mut self.std), (Turn::LeanWarm, &mut self.lean)];
        for (turn, libraries) in libraries {
            if let Some(libraries) = libraries {
                libraries.visit()?;
                note(entries, turn, libraries.bytes_each()?);
            }
        }
        let modules = [
            (Turn::WasmtimeKept, &mut self.kept),
            (Turn::WasmtimeFresh, &mut self.fresh),
            (Turn::WasmtimeOwn, &mut self.own),
        ];
        for (turn, modules) in modules {
            if let Some(modules) = modules {
                modules.visit()?;
                note(entries, turn, modules.bytes_each()?);
            }
        }
        Ok(())
    }

    /// One turn of one contender.
    pub(crate) fn turn(&mut self, entry: &mut Entry, place: &Place) -> Result<(), Error> {
        let samples = entry.turn.samples();
        let times = &mut entry.row.times;
        match entry.turn {
            Turn::MoteWarmOne => return self.mote.warm(samples, times, || 0),
            Turn::MoteWarm => {
                let (random, count) = (&mut self.random, self.mote.services.len());
                return self.mote.warm(samples, times, || random.below(count));
            }
            Turn::MoteThroughput => {
                entry.counted.add(self.mote.saturate(samples, times, &mut self.random)?);
            }
            Turn::MoteCold => return self.mote.cold(samples, times, &mut self.random),
            Turn::ProcessWarm => here(&mut self.processes)?.warm(samples, times)?,
            Turn::ProcessCold => {
                place.anywhere(|| here(&mut self.processes)?.cold(samples, times))?;
            }
            Turn::StdWarm => here(&mut self.std)?.warm(samples, times)?,
            Turn::StdCold => here(&mut self.std)?.cold(samples, times)?,
            Turn::LeanWarm => here(&mut self.lean)?.warm(samples, times)?,
            Turn::LeanCold => here(&mut self.lean)?.cold(samples, times)?,
            Turn::WasmtimeKept => here(&mut self.kept)?.warm(samples, times)?,
            Turn::WasmtimeFresh => here(&mut self.fresh)?.warm(samples, times)?,
            Turn::WasmtimeOwn => here(&mut self.own)?.warm(samples, times)?,
            // Kept instances have their slots for themselves: what is cold takes nobody's.
            Turn::WasmtimeMemory => here(&mut self.kept)?.cold(Origin::Memory, samples, times)?,
            Turn::WasmtimeFile => here(&mut self.kept)?.cold(Origin::File, samples, times)?,
        }
        self.saturate(entry)
    }

    /// As many as there can be at once, in those turns that have it.
    fn saturate(&mut self, entry: &mut Entry) -> Result<(), Error> {
        if entry.turn == Turn::ProcessWarm {
            entry.counted.add(here(&mut self.processes)?.saturated(4)?);
        }
        let Some(samples) = entry.turn.saturated() else { return Ok(()) };
        entry.counted.add(match entry.turn {
            Turn::StdWarm => here(&mut self.std)?.saturated(samples)?,
            Turn::LeanWarm => here(&mut self.lean)?.saturated(samples)?,
            Turn::WasmtimeKept => here(&mut self.kept)?.saturated(samples)?,
            Turn::WasmtimeFresh => here(&mut self.fresh)?.saturated(samples)?,
            Turn::WasmtimeOwn => here(&mut self.own)?.saturated(samples)?,
            _ => return Ok(()),
        });
        Ok(())
    }
}

fn here<T>(contender: &mut Option<T>) -> Result<&mut T, Error> {
    contender.as_mut().ok_or(Error::Absent { contender: "a contender of Table 1" })
}

fn note(entries: &mut [Entry], turn: Turn, bytes_each: u64) {
    let mine = entries.iter_mut().find(|entry| entry.turn == turn);
    if let Some(entry) = mine {
        entry.row.rss_bytes_each = Some(bytes_each);
    }
}
