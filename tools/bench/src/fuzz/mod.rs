//! Random programs against the cleanup.
//!
//! ```text
//!  seed ─generate▶ program ─render▶ batch: a service, and the same natively
//!                                     │ undisturbed: must end as natively
//!                                     ▼ sweep: every injection has a verdict, or an oracle's
//!                                   report ◀── finds: shrunk, each a crate with its point
//! ```
//!
//! A batch holds many programs, because a build takes as long as hundreds of thousands of instructions. All
//! that a seed decides is pure: `generate`, `render`, `shrink`.

mod batch;
pub mod find;
mod generate;
mod grammar;
mod hunt;
mod injection;
mod judge;
mod native;
mod oracle;
mod package;
mod render;
pub mod report;
pub mod session;
mod shrink;
pub mod sweep;
mod trial;
mod undisturbed;
pub mod wrong;
