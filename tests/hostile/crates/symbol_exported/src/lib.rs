//! The same, with another spelling.
#![no_std]

use mote_service::{Context, Error, Request, Response};

#[unsafe(export_name = "memcpy")]
pub extern "C" fn copy(to: usize, _from: usize, _bytes: usize) -> usize {
    to
}

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new("answered"))
}
