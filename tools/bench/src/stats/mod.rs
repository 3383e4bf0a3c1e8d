//! What is counted and timed: percentiles, tokens, and rows of an experiment.

pub mod latency;
pub mod row;
pub mod tokens;
