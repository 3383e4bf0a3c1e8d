//! Single system calls and instructions, each with a safe face, and what is known of the program itself.
//!
//! | module | what |
//! | --- | --- |
//! | [`barrier`] | membarrier(2): a fence on every processor |
//! | [`blocks`] | looking at blocks of a stack, and zeroing them |
//! | [`clock`] | the node's clock |
//! | [`exit`] | the way out |
//! | [`futex`] | sleeping and waking |
//! | [`life`] | what tells of this process's end |
//! | [`mem_functions`] | `memcpy` and its like, for the host and for services |
//! | [`pages`] | giving memory back |
//! | [`program`] | the program's own segments |
//! | [`serialize`] | before running code that another processor wrote |
//! | `stepping` | with the feature `torture`: the trap flag |

pub mod barrier;
pub mod blocks;
pub mod clock;
pub mod exit;
pub mod futex;
pub mod life;
pub mod mem_functions;
pub mod pages;
pub mod program;
pub mod serialize;
#[cfg(feature = "torture")]
pub mod stepping;
