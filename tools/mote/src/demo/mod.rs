//! `mote demo`: the bundled services, built, run and stopped, in one table.
//!
//! ```text
//!  bundle ──▶ build ──▶ stage ──▶ measure, one row per case ──▶ chart or JSON
//!  sources    images    node and   plan says what and how often
//!  on board             floors
//! ```

mod aims;
pub(crate) mod bundle;
mod chart;
mod measure;
mod plan;
mod results;
mod stage;

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::args::DemoArgs;
use crate::status::{Failure, Status};
use plan::Case;
use results::Results;
use stage::Stage;

/// Runs all cases of the plan and prints what came of them.
///
/// # Errors
/// The services do not build, or the node fails.
pub fn execute(args: &DemoArgs) -> Result<Status, Failure> {
    let cases = plan::cases(args.quick);
    let bar = progress();
    let mut stage = Stage::set_up(bundle::images(&plan::services().collect::<Vec<_>>(), &bar)?)?;
    let results = run(&mut stage, &cases, &bar)?;
    let output = if args.json { json(&results)? } else { chart::of(&results) };
    io::stdout().write_all(output.as_bytes()).context("cannot write the result")?;
    Ok(results.status())
}

fn run(stage: &mut Stage, cases: &[Case], bar: &ProgressBar) -> Result<Results, Failure> {
    bar.reset();
    bar.set_length(cases.len() as u64);
    let mut rows = Vec::new();
    for case in cases {
        bar.set_message(case.to_string());
        rows.push(measure::case(stage, case)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Results::new(stage, rows))
}

fn json(results: &Results) -> anyhow::Result<String> {
    Ok(serde_json::to_string(results).context("cannot write the result")? + "\n")
}

/// Shown on terminals only.
pub(crate) fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(TEMPLATE).expect("a constant template that is tested");
    ProgressBar::new(0).with_style(style)
}

const TEMPLATE: &str = "{bar:30} {pos} of {len}: {msg}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_of_the_progress_bar_is_valid() {
        let _ = ProgressStyle::with_template(TEMPLATE).unwrap();
    }
}
