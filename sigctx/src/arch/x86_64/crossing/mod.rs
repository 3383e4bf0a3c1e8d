//! The crossings between host and service: the only code that stands with one foot on each side.
//!
//! Host code never runs on a service's stack. A service's call into the host switches to the host
//! stack before anything is pushed, so a service that runs out of stack faults in its own text, and
//! what lies on its stack is its own.
//!
//! ```text
//!   host stack                                service stack
//!  ┌───────────────────────────┐             ┌───────────────────────────┐ ← top
//!  │ frames of the worker      │             │ return address: `bottom`  │
//!  │ rbp rbx r12 r13 r14 r15   │   enter ──▶ │ frames of the service     │
//!  │ 8 B, for alignment        │             │ return address of a call  │
//!  ├───────────────────────────┤ ← host_rsp  ├───────────────────────────┤ ← service_rsp
//!  │ frames of the host call   │ ◀── call    │ red zone (128 B)          │
//!  └───────────────────────────┘             └───────────────────────────┘
//! ```
//!
//! `host_rsp` is the recovery point: [`leave`] and a redirected signal load it, pop what [`enter`] or
//! [`resume`] pushed, and return to the worker, whatever the service's registers were.
//!
//! **Edges.** A signal that finds host code running sets [`Pending`], and the last instructions before
//! service code runs look at it. A signal that arrives between that look and the jump would be
//! forgotten, so each such sequence is restartable: it reads its inputs from registers or memory that
//! it does not overwrite, and a handler that finds RIP inside one moves it back to the look
//! ([`Crossing::restart`]). No flag is set on the way in; nothing can be left set by mistake.
//!
//! | module | sequences |
//! | --- | --- |
//! | `enter` | into a service, and into one that was paused |
//! | `recover` | back to the worker: the recovery point, and what is forgotten there |
//! | `host_call` | the stubs that services call |
//! | `exits` | back from a host call; capturing the service's registers |
//! | `answer` | back from a host call that took time |
//! | `land` | to a landing pad |
//! | `fake_frame` | the frame that a raise begins with |
//! | `edges` | the table of restartable sequences |
//! | `shared` | what all of them and the handlers know |

mod answer;
mod edges;
mod enter;
mod exits;
mod fake_frame;
mod host_call;
mod land;
mod recover;
mod shared;

pub use answer::{answer, reenter};
pub use enter::{enter, resume};
pub use fake_frame::FAKE_FRAME_BYTES;
#[doc(hidden)]
pub use host_call::{
    BEFORE_CREATING, CAPTURED_OFFSET, HOST_RSP_OFFSET, PENDING_OFFSET, SERVICE_RSP_OFFSET,
};
pub use land::land;
pub use recover::leave;
#[doc(hidden)]
pub use shared::CROSSING;
pub use shared::{Crossing, CrossingResult, Hooks, Pending, Resets, ReturnPath};
