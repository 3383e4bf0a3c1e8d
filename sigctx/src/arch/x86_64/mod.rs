//! Linux on x86-64: the kernel's signal frame, one that is kept, the crossings between host and service, system calls.

mod context;
mod crossing;
mod saved_frame;
mod state;
mod syscall;

pub use context::{Context, SigInfo};
#[doc(hidden)]
pub use crossing::{
    BEFORE_CREATING, CAPTURED_OFFSET, CROSSING, HOST_RSP_OFFSET, PENDING_OFFSET, SERVICE_RSP_OFFSET,
};
pub use crossing::{
    Crossing, CrossingResult, FAKE_FRAME_BYTES, Hooks, Pending, ReturnPath, enter, land, leave,
    resume,
};
pub use saved_frame::{STATE_BYTES, SavedFrame};
pub use syscall::syscall4;
pub(crate) use syscall::{restorer, syscall2, syscall3};
