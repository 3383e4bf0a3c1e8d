//! Whether services can be stopped by breakpoints on this processor: what is listed of it, and a storm that tries it.

use mote_bench::storm::{self, Report, Size};
use mote_dispatcher::{Processor, TRIED_PROCESSORS};

use super::finding::Finding;
use super::finding::Group::Machine;
use super::finding::Verdict::{Missing, Weaker};
use crate::status::Failure;
use crate::terminal::bars;

/// Stops for each kill.
const STOPS_PER_KILL: u64 = 10;

/// What is known of this processor.
pub(super) fn listed() -> Finding {
    let this = Processor::this();
    match TRIED_PROCESSORS.iter().find(|tried| tried.processor == this) {
        Some(tried) => Finding::ok(
            Machine,
            "breakpoints",
            format!(
                "{this} was tried on {}: {} stops, {} kills",
                tried.date, tried.stops, tried.kills
            ),
        ),
        None => Finding::ok(Machine, "breakpoints", format!("{this} is not listed")).or(
            Weaker,
            "services are stopped by signals, which come some 10 µs later; `mote doctor --storm` tries this processor",
        ),
    }
}

/// What a storm of so many stops says of it.
///
/// # Errors
/// The services cannot be built, or the node does not start.
pub(super) fn storm(stops: u64) -> Result<Finding, Failure> {
    let bar = bars::invocations(stops + stops / STOPS_PER_KILL);
    let report = storm::run(Size { stops, kills: stops / STOPS_PER_KILL }, &bar)?;
    bar.finish_and_clear();
    Ok(report.map_or_else(untried, |report| judged(&report)))
}

fn untried() -> Finding {
    Finding::ok(Machine, "storm", "not possible: no worker has a processor to itself")
        .or(Weaker, "give this machine two processors; on one, services are stopped by signals")
}

fn judged(report: &Report) -> Finding {
    let Report { processor, stops, met, kills, stale_traps, wrong } = report;
    let found = format!(
        "{processor}: {stops} stops ({met} breakpoints met, {stale_traps} traps after they were restored), \
         {kills} kills, {wrong} wrong answers"
    );
    let found = Finding::ok(Machine, "storm", found);
    if report.is_trustworthy() {
        return found;
    }
    found.or(Missing, "use --source signal on this machine, and report its processor")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict::Ok;
    use super::*;

    #[test]
    fn one_wrong_answer_is_one_too_many() {
        let report = Report {
            processor: "X family 1 model 2".to_owned(),
            stops: 20,
            met: 9,
            kills: 2,
            stale_traps: 3,
            wrong: 0,
        };
        let good = judged(&report);
        assert_eq!((good.verdict, good.remedy), (Ok, None));
        assert!(good.found.starts_with("X family 1 model 2: 20 stops (9 "), "{}", good.found);
        assert_eq!(judged(&Report { wrong: 1, ..report }).verdict, Missing);
        assert_eq!(untried().verdict, Weaker);
    }
}
