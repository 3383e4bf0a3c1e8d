//! Linux on x86-64.
//!
//! | module | what |
//! | --- | --- |
//! | [`registers`] | general registers, in DWARF's numbering |
//! | `flags` | bits of EFLAGS |
//! | `stack` | what the psABI says of stacks |
//! | `context` | the kernel's signal frame, as a handler sees it |
//! | `control_words` | what of the floating-point state survives a call |
//! | `saved_frame` | one that is saved, and returned from later |
//! | `state` | vector and floating-point state, and what resets it |
//! | `crossing` | the crossings between host and service stacks |
//! | `signal_entry` | where the kernel enters a handler |
//! | [`step`] | single-stepping: which instructions trap, and what stepping must repair |
//! | `syscall` | system calls |

mod context;
mod control_words;
mod crossing;
mod flags;
pub mod registers;
mod saved_frame;
mod signal_entry;
mod stack;
mod state;
pub mod step;
mod syscall;

pub use context::{Context, SigInfo};
pub use control_words::ControlWords;
#[doc(hidden)]
pub use crossing::{
    BEFORE_CREATING, CAPTURED_OFFSET, CROSSING, HOST_RSP_OFFSET, PENDING_OFFSET, SERVICE_RSP_OFFSET,
};
pub use crossing::{
    Crossing, CrossingResult, FAKE_FRAME_BYTES, Hooks, Pending, Resets, ReturnPath, answer, enter,
    land, leave, reenter, resume,
};
pub use flags::TRAP_FLAG;
pub use saved_frame::{STATE_BYTES, SavedFrame};
pub(crate) use signal_entry::entry_for;
pub use signal_entry::take_entered;
pub use stack::{CALL_BYTES, RED_ZONE_BYTES, STACK_ALIGN_BYTES};
pub(crate) use syscall::{restorer, syscall2, syscall3};
pub use syscall::{syscall4, syscall5};
