//! Reads an address of its choice.
#![no_std]

use mote_service::{Context, Error, Request, Response};

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new([unsafe { *(1 as *const u8) }]))
}
