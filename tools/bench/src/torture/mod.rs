//! An invocation, preempted at every instruction, and what the cleanup did.
//!
//! ```text
//!  Case ─▶ sweep::run ─▶ Found: a record for each injection ─▶ Report ─▶ table, JSON
//!            │ worker of its own                │                └▶ html: annotated disassembly
//!            └ steps, forks, injects            └ verdict, map: what it shows, and where it was
//! ```
//!
//! The mechanism is in the torture worker (`runtime/worker/src/torture`), which carries the production
//! handlers and differs from the production worker in what drives it.

pub mod canaries;
pub mod html;
pub mod map;
pub mod report;
pub mod suite;
pub mod sweep;
pub mod table;
pub mod verdict;
