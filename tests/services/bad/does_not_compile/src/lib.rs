//! Has a type error. `mote build` must pass on what the compiler says, with this file and its line.
#![no_std]

use mote_service::{Context, Request, Response, Result};

/// A number is not text.
pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    let text: &str = 7;
    Ok(Response::new(text))
}
