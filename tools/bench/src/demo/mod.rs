//! The services on board, built, run and stopped, in one table.
//!
//! ```text
//!  bundle ──▶ node ──▶ measure, one row per case ──▶ results ──▶ chart
//!  images     node and   plan says what and how often
//!             floors
//! ```

mod aims;
pub mod chart;
mod measure;
mod node;
mod plan;
pub mod results;

use indicatif::ProgressBar;

use crate::bundle;
use crate::error::Error;
use node::DemoNode;
use results::Results;

/// Runs all cases of the plan, a tenth of each one's samples if `is_quick`, and shows on `bar` how far it
/// is.
///
/// # Errors
/// The services do not build, or the node fails.
pub fn run(is_quick: bool, bar: &ProgressBar) -> Result<Results, Error> {
    let cases = plan::cases(is_quick);
    let mut node = DemoNode::set_up(bundle::images(&plan::services().collect::<Vec<_>>(), bar)?)?;
    bar.reset();
    bar.set_length(cases.len() as u64);
    let mut rows = Vec::new();
    for case in &cases {
        bar.set_message(case.to_string());
        rows.push(measure::case(&mut node, case)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(node.results(rows))
}
