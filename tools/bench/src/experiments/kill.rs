//! What a kill takes: from the deadline to the handler, and from the handler to a worker that is ready
//! for its next request, by mode, by frames to unwind and by memory to take back.

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::{Completed, Job};

use super::setting::Setting;
use crate::contenders::node::{BenchNode, ended_as};
use crate::error::Error;
use crate::stats::row::Row;

/// Frames, each with a token.
const FRAMES: &[u32] = &[1, 4, 16];
/// Memory that was written, in KiB.
const MEMORY_KIB: &[u32] = &[0, 64, 1_024];
/// Long enough to be under way.
const BUDGET_US: u32 = 200;
/// On top of that for each KiB: the first write into a page takes a microsecond and more.
const BUDGET_US_PER_KIB: u32 = 2;

/// One mode and one depth.
struct Case {
    mode: Mode,
    frames: u32,
    memory_kib: u32,
    late: Row,
    ready: Row,
}

/// Steps of the progress bar.
pub(crate) fn steps(is_quick: bool) -> u64 {
    rounds(is_quick)
}

fn rounds(is_quick: bool) -> u64 {
    if is_quick { 2 } else { 20 }
}

/// Kills, round by round.
pub(crate) fn rows(setting: &Setting<'_>) -> Result<Vec<Row>, Error> {
    let samples = if setting.is_quick { 5 } else { 25 };
    let mut node = BenchNode::start(setting.image("holds")?)?;
    node.fill(1)?;
    let mut cases = cases();
    let rounds = rounds(setting.is_quick);
    for round in 0..rounds {
        setting.step(&format!("kill, round {} of {rounds}", round + 1));
        for case in &mut cases {
            case.round(&mut node, samples)?;
        }
    }
    Ok(cases.into_iter().flat_map(|case| [case.late, case.ready]).collect())
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &mode in Mode::ALL {
        for &frames in FRAMES {
            cases.extend(MEMORY_KIB.iter().map(|&memory_kib| Case::new(mode, frames, memory_kib)));
        }
    }
    cases
}

impl Case {
    fn new(mode: Mode, frames: u32, memory_kib: u32) -> Self {
        let what = format!("{mode}_{frames}_frames_{memory_kib}_kib");
        let frames_word = if frames == 1 { "frame" } else { "frames" };
        let label = format!("{mode}, {frames} {frames_word}, {memory_kib} KiB");
        Self {
            mode,
            frames,
            memory_kib,
            late: Row::new(format!("kill_late_{what}"), format!("deadline to handler: {label}")),
            ready: Row::new(format!("kill_ready_{what}"), format!("handler to ready: {label}")),
        }
    }

    fn round(&mut self, node: &mut BenchNode, samples: u64) -> Result<(), Error> {
        const WARM_UP: u64 = 2;
        for sample in 0..WARM_UP + samples {
            let completed = self.kill(node)?;
            let late_ns = completed.late_ns.ok_or(Error::NotPreempted)?;
            let ready_ns = completed.cleanup_ns.ok_or(Error::NotPreempted)?;
            if sample >= WARM_UP {
                self.late.times.add(late_ns);
                self.ready.times.add(ready_ns);
            }
        }
        Ok(())
    }

    fn kill(&self, node: &mut BenchNode) -> Result<Completed, Error> {
        let mut body = self.frames.to_le_bytes().to_vec();
        body.extend(self.memory_kib.to_le_bytes());
        let budget_us = BUDGET_US + BUDGET_US_PER_KIB * self.memory_kib;
        let job = Job { mode: self.mode, budget_us, ..node.job(0, &body) };
        let completed = node.run(job)?;
        ended_as(Outcome::OverBudget, &completed)?;
        Ok(completed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_depth_and_size_has_two_rows_of_their_own() {
        let cases = cases();
        assert_eq!(cases.len(), Mode::ALL.len() * FRAMES.len() * MEMORY_KIB.len());
        let names = cases.iter().flat_map(|case| [&case.late.name, &case.ready.name]);
        assert_eq!(names.collect::<std::collections::BTreeSet<_>>().len(), 2 * cases.len());
    }
}
