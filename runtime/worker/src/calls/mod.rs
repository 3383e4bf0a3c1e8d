//! What services call: the functions behind the import table, and the stubs that lead to them.
//!
//! Each function runs on the host stack with the service standing still. Arguments come from a service, so
//! pointers are checked against what the service owns ([`service_memory`](crate::host::service_memory)): a
//! broken one discards the service instead of killing the worker.
//!
//! | module | what |
//! | --- | --- |
//! | [`stubs`] | the symbols that images are bound to |
//! | [`hooks`] | what the crossing calls: something is pending, a raise |
//! | `heap` | allocations |
//! | `tokens` | handles |
//! | `upstream` | calls to backends, at which the invocation is suspended |
//! | `context` | clock, log, random bytes, the response |
//! | `panics` | the beginning of a panic, and `_Unwind_Resume` |
//! | `captured` | the service's frame, and a discard, for all of them |
//! | [`text`] | text without formatting machinery |

mod captured;
mod context;
mod heap;
pub mod hooks;
mod panics;
#[allow(unsafe_code, reason = "is assembly")]
pub mod stubs;
pub mod text;
mod tokens;
mod upstream;
