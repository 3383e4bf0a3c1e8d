//! Single system calls and instructions, each with a safe face.
//!
//! | module | what |
//! | --- | --- |
//! | [`barrier`] | membarrier(2): a fence on every processor |
//! | [`clock`] | the node's clock |
//! | [`exit`] | the way out |
//! | [`serialize`] | before running code that another processor wrote |

pub mod barrier;
pub mod clock;
pub mod exit;
pub mod serialize;
