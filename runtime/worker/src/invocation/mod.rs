//! One run of a service: [`run`] from its entry to a clean slate, [`pause`] what happens when its slice is
//! over before it is.

pub mod pause;
pub mod run;
