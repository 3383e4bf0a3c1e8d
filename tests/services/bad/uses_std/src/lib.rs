//! Wants the standard library. `mote build` must say that an image has none.
#![no_std]

extern crate std;

use mote_service::{Context, Request, Response, Result};

/// Would block a worker.
pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    std::thread::park();
    Ok(Response::default())
}
