//! Links a library of the machine that builds.
#![no_std]

use mote_service::{Context, Error, Request, Response};

#[link(name = "c")]
unsafe extern "C" {
    safe fn getpid() -> i32;
}

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new(getpid().to_le_bytes()))
}
