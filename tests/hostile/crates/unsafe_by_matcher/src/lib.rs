//! The same; the pattern of the macro comes from here, so that what it makes stands where patterns do.
#![no_std]

use mote_service::{Context, Error, Request, Response};

part::define!(());

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new([read!()]))
}
