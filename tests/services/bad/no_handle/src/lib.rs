//! Its function has another name. `mote build` must say which one it looks for.
#![no_std]

use mote_service::{Context, Request, Response, Result};

/// Not what `mote build` looks for.
pub fn handel(_request: &Request<'_>, _context: &mut Context) -> Result<Response> {
    Ok(Response::default())
}
