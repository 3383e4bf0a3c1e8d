//! The same, in a package of the first edition.
#![no_std]

use mote_service::{Context, Error, Request, Response};

extern crate part as _;

pub fn handle(_request: &Request<'_>, _context: &mut Context) -> Result<Response, Error> {
    Ok(Response::new("answered"))
}
