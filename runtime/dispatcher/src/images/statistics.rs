//! What is told of a deployed service.

use crate::images::bans::Ban;
use crate::images::strikes::Strikes;

/// Counts of one deployed service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceStatistics {
    /// Invocations that ended.
    pub ended: u64,
    /// Those of them that were over their budget.
    pub over_budget: u64,
    /// Strikes of all services of its tenant and name since the node started, or its operator forgave them.
    pub strikes: Strikes,
    /// Why it is banned, if it is.
    pub ban: Option<Ban>,
}
