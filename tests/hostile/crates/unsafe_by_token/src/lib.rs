//! The same; the keyword comes from here, as a token that a macro takes.
#![no_std]

use mote_service::{Context, Error, Request, Response};

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new([part::read!(unsafe, 1 as *const u8)]))
}
