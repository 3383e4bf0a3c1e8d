//! What commands say of invocations: rows of JSON, percentiles, and times a person can read.
//!
//! All of it is pure: values in, text or serializable values out.

pub mod body;
pub mod latency;
pub mod row;
pub mod table;
pub mod text;
pub mod time;
