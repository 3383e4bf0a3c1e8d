//! One attack each: which layer stops it, how it ends, and what a well-behaved neighbour answers
//! afterwards. Each succeeds where its layer is not there, so that none passes for another reason.

mod addresses;
mod calls;
mod counters;
mod crates;
mod file;
mod forged;
mod instructions;
mod layer;
mod machine;
mod pairs;
mod runs;
mod speculation;
mod structure;
