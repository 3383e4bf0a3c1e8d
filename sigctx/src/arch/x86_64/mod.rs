//! Linux on x86-64: the kernel's signal frame, one that is kept, the crossings between host and service, system calls.

mod context;
mod crossing;
mod kept;
mod state;
mod syscall;

pub use context::{Context, SigInfo};
#[doc(hidden)]
pub use crossing::{
    BEFORE_CREATING, CAPTURED_OFFSET, CROSSING, HOST_RSP_OFFSET, PENDING_OFFSET, SERVICE_RSP_OFFSET,
};
pub use crossing::{
    Crossing, Ending, FAKE_FRAME_BYTES, Hooks, Pending, Way, enter, land, leave, resume,
};
pub use kept::{KeptFrame, STATE_BYTES};
pub use syscall::syscall4;
pub(crate) use syscall::{restorer, syscall2, syscall3};
