//! Its `handle` takes the body alone. `mote build` must say which signature it wants, and where.
#![no_std]

use mote_service::{Response, Result};

/// Not of the type that `mote build` wants.
pub fn handle(_body: &[u8]) -> Result<Response> {
    Ok(Response::default())
}
