//! The same, in code that is there only for one architecture.
#![no_std]

use mote_service::{Context, Error, Request, Response};

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new([part::read(1)]))
}
