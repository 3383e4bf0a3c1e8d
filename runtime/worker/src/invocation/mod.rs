//! One run of a service, and pausing and resuming one.
//!
//! | module | what |
//! | --- | --- |
//! | [`run`] | from a taken request to a completion |
//! | [`finish`] | the end of an invocation: its outcome, and a clean slate |
//! | [`pause`] | a pause instead of an end, and going on after one |

pub mod finish;
pub mod pause;
#[allow(unsafe_code, reason = "enters services")]
pub mod run;
