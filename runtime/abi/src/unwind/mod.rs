//! The unwind table of an image: what the loader makes of its DWARF, and a worker looks up.
//!
//! ```text
//!  UnwindHeader │ functions │ rules │ pads │ rows │ sites      counts are in the header
//!
//!  function ─┬─▶ its rows:  from this offset on, frames are left by this rule
//!            └─▶ its sites: from this offset on, a raise goes to this landing pad
//! ```
//! Functions are sorted by their start, rows and sites by their offset in the function; a function's lie
//! together, and those of the next one behind them. An offset that comes before a function's first site has
//! none: the compiler took it not to unwind. A function that is longer than an offset can say is several.
//!
//! The table lies in shared memory. [`UnwindTable`] reads nothing outside its bytes, whatever they are: a
//! damaged table gives `None` or a wrong answer, which costs an invocation its destructors.
//!
//! Numbers of registers are DWARF's: System V AMD64 psABI, figure 3.36.

mod format;
mod table;

pub use format::{
    Coverage, FunctionEntry, Pad, Row, Rule, SAVED_REGISTERS, Site, TABLE_ALIGN_BYTES,
    UnwindHeader, function, rule_kind,
};
pub use table::{Found, UnwindTable};
