//! A node that runs by itself. One thread owns it, does what others command, and keeps deadlines whether
//! anybody calls or not; while there is nothing to do, it sleeps.
//!
//! ```text
//!  Handle (any thread) ─▶ Mailbox, bounded ─▶ Owner (its thread) ─▶ Node
//!     │                                          │
//!     └── full, or ended: replied at once        └── Reply: called on that thread, exactly once
//! ```
//!
//! Whatever takes long beside an invocation happens before a command is sent: an image comes verified. What the
//! thread does between two looks at its workers is bounded, and the longest time it took is counted.

pub(crate) mod command;
mod handle;
mod mailbox;
mod owner;
pub(crate) mod reply;
pub(crate) mod statistics;
mod thread;

pub use handle::Handle;
pub use thread::NodeThread;
